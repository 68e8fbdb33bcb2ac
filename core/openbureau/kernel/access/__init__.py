"""Roles, grants, participants and the one visibility function."""
