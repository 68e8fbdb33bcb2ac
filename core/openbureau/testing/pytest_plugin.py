"""pytest plugin."""

from openbureau.testing.databases import database, database_url, empty_database, postgresql

__all__ = ["database", "database_url", "empty_database", "postgresql"]
