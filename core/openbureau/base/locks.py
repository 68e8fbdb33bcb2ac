"""One process at a time: a lock every process of an installation respects."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from openbureau.base.database import db, is_postgresql

_POLL_S = 0.1


class LockedError(Exception):
    """Another process holds the lock and did not let go in time."""


@contextmanager
def exclusive(name: str, data: Path, timeout_s: float) -> Iterator[None]:
    """Holds the lock `name` for the block; it vanishes with the process.

    SQLite: a locked file in the data directory. PostgreSQL: an advisory lock of the
    current connection, which must stay open through the block.
    Raises LockedError: another process held it for `timeout_s` seconds.
    """
    if is_postgresql():
        _wait(lambda: _value("SELECT pg_try_advisory_lock(hashtext(%s))", name), timeout_s)
        try:
            yield
        finally:
            with suppress(Exception):  # a lost connection has released it already
                db.execute_sql("SELECT pg_advisory_unlock(hashtext(%s))", (name,))
        return
    data.mkdir(parents=True, exist_ok=True)
    with (data / f"{name}.lock").open("w") as file:
        _wait(lambda: _file_locked(file), timeout_s)
        yield


def _value(sql: str, name: str) -> bool:
    return bool(db.execute_sql(sql, (name,)).fetchone()[0])


def _file_locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(acquire: Callable[[], bool], timeout_s: float) -> None:
    ends = time.monotonic() + timeout_s
    while not acquire():
        if time.monotonic() >= ends:
            raise LockedError
        time.sleep(_POLL_S)
