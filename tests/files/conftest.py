"""Databases for these tests."""

from openbureau.testing.databases import migrated, migrated_sqlite, postgres_server

__all__ = ["migrated", "migrated_sqlite", "postgres_server"]
