"""Fixtures: every test that takes `database_url` or `database` runs on both databases."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import openbureau
from openbureau.base.database import db, is_postgresql, open_database
from openbureau.base.migrations import CORE, Owner, migrate
from openbureau.testing.postgresql import Postgresql, missing, running_postgresql
from openbureau.testing.prepared import keep_copy, start_from_copy

NOW = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)
CORE_OWNER = Owner(CORE, Path(str(openbureau.__file__)).parent / "migrations")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A PostgreSQL server, started once per test process."""
    if reason := missing():
        pytest.skip(f"postgresql: {reason}")
    # Not below pytest's own folder: another run would close that to the server's user.
    with (
        TemporaryDirectory(prefix="openbureau-") as folder,
        running_postgresql(Path(folder)) as server,
    ):
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "postgresql":
        server: Postgresql = request.getfixturevalue("postgresql")
        return server.new_database()
    return f"sqlite:///{tmp_path / 'openbureau.sqlite3'}"


@pytest.fixture
def empty_database(database_url: str) -> Iterator[str]:
    """An opened database without any table; its address."""
    db.initialize(open_database(database_url))
    yield database_url
    db.close()
    if is_postgresql():
        db.close_all()


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[str]:
    """An opened database with the core's schema; its address."""
    is_ready = start_from_copy(database_url, "core")
    db.initialize(open_database(database_url))
    if not is_ready:
        migrate([CORE_OWNER], tmp_path, NOW, database_url=database_url)
        keep_copy(database_url, "core")
    yield database_url
    db.close()
    if is_postgresql():
        db.close_all()
