"""Digests of what the tables hold, equal before a backup and after its restoration."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from openbureau.base.database import db
from openbureau.shell.archive import TableDigest

_ROWS_PER_FETCH = 2000
_encode = msgspec.json.Encoder().encode


def embedded_digests(path: Path) -> dict[str, TableDigest]:
    """Every ordinary table of a SQLite file nobody writes to, by name."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        return {
            name: _digest(connection.execute(_ordered(name, keys)))
            for name, keys in _embedded_tables(connection)
        }


def _embedded_tables(connection: sqlite3.Connection) -> Iterator[tuple[str, list[str]]]:
    virtual = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
        )
    ]
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    ).fetchall():
        is_derived = name in virtual or any(name.startswith(f"{v}_") for v in virtual)
        if is_derived or name.startswith("sqlite_"):
            continue
        columns = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
        keys = [column[1] for column in columns if column[5]] or [column[1] for column in columns]
        yield name, keys


def server_digests() -> dict[str, TableDigest]:
    """Every table of the current PostgreSQL transaction, by name."""
    digests = {}
    for name in sorted(db.get_tables()):
        keys = list(db.get_primary_keys(name)) or [c.name for c in db.get_columns(name)]
        with db.connection().cursor(name="digest") as cursor:
            cursor.itersize = _ROWS_PER_FETCH
            cursor.execute(_ordered(name, keys))
            digests[name] = _digest(cursor)
    return digests


def _ordered(name: str, keys: list[str]) -> str:
    columns = ", ".join(f'"{key}"' for key in keys)
    return f'SELECT * FROM "{name}" ORDER BY {columns}'  # noqa: S608 - names from the catalogue


def _digest(rows: Iterable[Any]) -> TableDigest:
    digest = hashlib.sha256()
    count = 0
    for row in rows:
        digest.update(_encode(tuple(row)) + b"\n")
        count += 1
    return TableDigest(count, digest.hexdigest())
