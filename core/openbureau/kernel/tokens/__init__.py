"""Tokens with which other systems use the API in somebody's name."""
