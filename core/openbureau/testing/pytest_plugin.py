"""Fixtures for the core and for plugins; loaded by pytest wherever openbureau is installed."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.testing.bureau import Bureau, close_bureau, open_bureau
from openbureau.testing.databases import database, database_url, empty_database, postgresql

__all__ = [
    "bureau",
    "database",
    "database_url",
    "either_bureau",
    "empty_database",
    "postgresql",
]

if importlib.util.find_spec("playwright"):
    from openbureau.testing.browser import browser, demo_server, walker

    __all__ += ["browser", "demo_server", "walker"]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are no name for a test: an archive made by two processes differs by its time."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    """A fresh small bureau on SQLite, no plugin switched on."""
    yield open_bureau(tmp_path / "data")
    close_bureau()


@pytest.fixture
def either_bureau(tmp_path: Path, database_url: str) -> Iterator[Bureau]:
    """A fresh small bureau, once on SQLite and once on PostgreSQL."""
    yield open_bureau(tmp_path / "data", database_url)
    close_bureau()
