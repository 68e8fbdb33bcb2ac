"""Audit: append-only rows, chained and sealed within a second."""
