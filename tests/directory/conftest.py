"""A small bureau in a real directory server, and an empty database to bring it into."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import openbureau
from openbureau.base.database import db, open_database
from openbureau.base.migrations import CORE, Owner, migrate
from openbureau.testing.directory import Entries, bureau_entries
from openbureau.testing.fault_proxy import FaultProxy
from openbureau.testing.ldif import ldif
from openbureau.testing.slapd import (
    Slapd,
    missing,
    running_slapd,
)

NOW = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session", autouse=True)
def _needs_slapd() -> None:
    reason = missing()
    if reason:
        pytest.skip(f"slapd: {reason}")


@pytest.fixture(scope="session")
def shared_slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """The bureau; only for tests that change nothing in it."""
    with running_slapd(tmp_path_factory.mktemp("shared"), ldif(bureau_entries())) as server:
        yield server


@pytest.fixture
def slapd(tmp_path: Path) -> Iterator[Slapd]:
    """The bureau in a server of the test's own."""
    with running_slapd(tmp_path / "slapd", ldif(bureau_entries())) as server:
        yield server


@pytest.fixture
def make_slapd(tmp_path: Path) -> Iterator[Callable[..., Slapd]]:
    """Starts servers with given entries and options; all are stopped at the end."""
    started: list[Slapd] = []

    def make(entries: Entries, **options: Any) -> Slapd:
        server = Slapd(tmp_path / f"slapd-{len(started)}", **options)
        server.load(ldif(entries))
        server.start()
        started.append(server)
        return server

    yield make
    for server in started:
        server.stop()


@pytest.fixture
def proxy(shared_slapd: Slapd) -> Iterator[FaultProxy]:
    """A misbehaving way to the shared bureau."""
    with FaultProxy(shared_slapd.port) as between:
        yield between


@pytest.fixture
def database(tmp_path: Path) -> Iterator[None]:
    """An empty migrated database."""
    url = f"sqlite:///{tmp_path / 'bureau.sqlite3'}"
    db.initialize(open_database(url))
    folder = Path(str(openbureau.__file__)).parent / "migrations"
    migrate([Owner(CORE, folder)], tmp_path, NOW, database_url=url)
    yield
    db.close()
