"""Layer 4: the assembled product: application, desk, console, command line."""
