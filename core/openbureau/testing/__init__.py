"""Test support for the core and for plugins."""
