"""Menus: what a person sees, cached per enablement, permissions and language."""
