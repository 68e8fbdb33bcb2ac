"""The database: one proxy, short transactions, statements compiled once.

Embedded default is SQLite (WAL, foreign keys, full synchronisation); at scale
PostgreSQL through psycopg 3 with a pool. The proxy `db` is the one honest global.
"""

import asyncio
import datetime as dt
import re
import secrets
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import peewee
from peewee import (
    BigIntegerField,
    CharField,
    Database,
    DatabaseError,
    DatabaseProxy,
    Model,
    OperationalError,
    PeeweeException,
    Query,
    SqliteDatabase,
    Value,
)
from playhouse.pool import PooledPostgresqlDatabase

from openbureau.base.errors import OperatorError, Unavailable
from openbureau.base.i18n import N_

db: Any = DatabaseProxy()
_writer = threading.RLock()

BUSY_TIMEOUT_S = 10
POOL_SIZE = 24
ACQUIRE_TIMEOUT_S = 2
STATEMENT_TIMEOUT_MS = 5000


class _OffLoop:
    """Refuses statements on a thread that runs an event loop: one slow query there
    would stop every other page."""

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        if asyncio._get_running_loop() is not None:
            raise RuntimeError("database used on the event loop thread; move it into the view")
        return super().execute_sql(sql, params)  # type: ignore[misc]


class EmbeddedDatabase(_OffLoop, SqliteDatabase):
    """SQLite with one kept connection per thread."""


class ServerDatabase(_OffLoop, PooledPostgresqlDatabase):  # type: ignore[misc]
    """PostgreSQL with a bounded pool."""


def open_database(url: str) -> Database:
    """A database object for `sqlite:///path` or `postgresql://user:password@host/name`.

    Raises OperatorError: the scheme is unknown.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = Path(parts.path.removeprefix("/"))
        return EmbeddedDatabase(
            str(path),
            timeout=BUSY_TIMEOUT_S,
            pragmas={
                "journal_mode": "wal",
                "foreign_keys": 1,
                "synchronous": "full",
                "cache_size": -32000,
                "temp_store": "memory",
            },
        )
    if parts.scheme in {"postgresql", "postgres"}:
        return ServerDatabase(
            parts.path.removeprefix("/"),
            host=parts.hostname,
            port=parts.port or 5432,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or "") or None,
            max_connections=POOL_SIZE,
            timeout=ACQUIRE_TIMEOUT_S,
            stale_timeout=300,
            prefer_psycopg3=True,
            options=f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC",
        )
    raise OperatorError(
        "DB-001",
        f"不支持的数据库地址 {parts.scheme}://…。系统未启动。请使用 sqlite 或 postgresql。",
        f"Unsupported database URL {parts.scheme}://…. Nothing was started. "
        "Use sqlite or postgresql.",
    )


def is_postgresql() -> bool:
    """Whether the current database is PostgreSQL."""
    return isinstance(db.obj, PooledPostgresqlDatabase)


@contextmanager
def reading() -> Iterator[None]:
    """A connection for reading; nothing may be written inside."""
    with _connected():
        yield


@contextmanager
def writing() -> Iterator[None]:
    """One write transaction: `BEGIN IMMEDIATE` on SQLite, an ordinary one on PostgreSQL.

    Keep it short: no network, password hash, rendering or file streaming inside.
    Raises Unavailable: the disk is full, the file read-only or the database busy.
    """
    with _connected():
        if is_postgresql():
            with db.atomic():
                yield
        else:
            with _turn(), db.atomic("IMMEDIATE"):
                yield


@contextmanager
def _turn() -> Iterator[None]:
    """One writing thread of this process at a time. SQLite's own waiting is sleeping and asking
    again, so that with eight threads the unluckiest waits half a second."""
    if not _writer.acquire(timeout=BUSY_TIMEOUT_S):
        raise Unavailable(N_("数据库正忙，没有及时响应。"), code="DB-013")
    try:
        yield
    finally:
        _writer.release()


@contextmanager
def _connected() -> Iterator[None]:
    try:
        if not is_postgresql():
            db.connect(reuse_if_open=True)
            yield
        elif db.is_closed():
            # Not the library's own context: it fails when `waiting` closed in between.
            db.connect()
            try:
                yield
            finally:
                db.close()
        else:
            yield
    except (OperationalError, PeeweeException) as fault:
        raise explained(fault) from fault


@contextmanager
def waiting() -> Iterator[None]:
    """No connection of the pool is held while something else than the database is waited for."""
    is_held = is_postgresql() and not db.is_closed()
    if is_held:
        db.close()
    try:
        yield
    finally:
        if is_held:
            db.connect()


_STORAGE_FAULTS = (
    (re.compile("readonly|read-only|permission denied"), "DB-011", N_("数据库文件是只读的。")),
    (re.compile("disk is full|No space left|disk I/O"), "DB-012", N_("磁盘已满或写入出错。")),
    (
        re.compile("locked|timeout|canceling statement|deadlock"),
        "DB-013",
        N_("数据库正忙，没有及时响应。"),
    ),
    (re.compile("connect|closed the connection|server"), "DB-014", N_("数据库服务器没有响应。")),
    (re.compile("unable to open|malformed|not a database"), "DB-015", N_("数据库文件无法打开。")),
)


def explained(fault: Exception) -> Exception:
    """The storage fault behind an error. A full disk ends SQLite's transaction by itself,
    so that the error seen last is only about the rollback."""
    link: BaseException | None = fault
    while link is not None:
        # A damaged file is a DatabaseError itself; so would be its subclass IntegrityError.
        is_storage = isinstance(link, OperationalError) or type(link) is DatabaseError
        if is_storage or "MaxConnections" in type(link).__name__:
            for pattern, code, what in _STORAGE_FAULTS:
                if pattern.search(str(link)):
                    return Unavailable(what, code=code)
        link = link.__context__
    return fault


class InstantField(BigIntegerField):
    """An instant: milliseconds since 1970-01-01 UTC in the column, aware datetime in Python."""

    def db_value(self, value: dt.datetime | int | None) -> int | None:
        return to_instant(value) if isinstance(value, dt.datetime) else value

    def python_value(self, value: int | None) -> dt.datetime | None:
        return None if value is None else from_instant(value)


def to_instant(moment: dt.datetime) -> int:
    """Milliseconds since the epoch of an aware datetime."""
    return int(moment.timestamp() * 1000)


def from_instant(instant: int) -> dt.datetime:
    """The aware UTC datetime of milliseconds since the epoch."""
    return dt.datetime.fromtimestamp(instant / 1000, dt.UTC)


def new_uid() -> str:
    """A UUIDv7 as 32 hexadecimal digits: time-ordered and unique across installations."""
    stamp = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = (stamp << 80) | (0x7 << 76) | ((random >> 62) << 64) | (0b10 << 62)
    return f"{value | (random & ((1 << 62) - 1)):032x}"


class Table(Model):
    """The only base class of tables. Integer key `id`; name given in `Meta.table_name`."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """`<foreign key>_id` columns and what a query selects besides."""

    id: Any

    class Meta:
        database = db
        legacy_table_names = False
        only_save_dirty = True


class UidField(CharField):
    """A UUIDv7 that travels when the row leaves the installation; filled on creation."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 32)
        options.setdefault("unique", True)
        options.setdefault("default", new_uid)
        super().__init__(**options)


class _Parameter:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def param(name: str) -> Any:
    """A named place in a compiled statement, filled at each execution."""
    return Value(_Parameter(name), converter=False)


class Statement:
    """A query whose SQL is built once; rows come back as named tuples.

    Values given at execution reach the driver as they are: instants as integers.
    """

    def __init__(self, query: Query) -> None:
        sql, values = query.sql()
        self.sql: str = sql
        self._values = tuple(values)
        self._row: Any = None

    def rows(self, **given: Any) -> list[Any]:
        """All rows, in the query's order."""
        cursor = self._execute(given)
        found = cursor.fetchall()
        return [self._row(*values) for values in found] if found else []

    def row(self, **given: Any) -> Any:
        """The first row, or None."""
        cursor = self._execute(given)
        found = cursor.fetchone()
        return None if found is None else self._row(*found)

    def value(self, **given: Any) -> Any:
        """The first column of the first row, or None."""
        found = self._execute(given).fetchone()
        return None if found is None else found[0]

    def run(self, **given: Any) -> int:
        """Executes a writing statement; the number of rows touched."""
        return int(self._execute(given).rowcount)

    def run_many(self, given: Sequence[Mapping[str, Any]]) -> None:
        """Executes a writing statement once for each of these, in one go. It has no other
        values than those."""
        names = [value.name for value in self._values]
        rows = [[one[name] for name in names] for one in given]
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
            db.cursor().executemany(self.sql, rows)

    def _execute(self, given: dict[str, Any]) -> Any:
        values = [
            given[value.name] if type(value) is _Parameter else value for value in self._values
        ]
        cursor = db.execute_sql(self.sql, values)
        if self._row is None and cursor.description:
            names = [column[0] for column in cursor.description]
            self._row = _row_type(names)
        return cursor


def _row_type(names: list[str]) -> Any:
    return namedtuple("Row", names, rename=True)


def statement(build: Callable[..., Query]) -> Callable[..., Statement]:
    """Decorates a function that builds a query; the compiled statement is kept per arguments
    and per kind of database."""

    @lru_cache(maxsize=512)
    def compiled(kind: str, args: Any, kwargs: Any) -> Statement:
        return Statement(build(*args, **dict(kwargs)))

    def compiled_for(*args: Any, **kwargs: Any) -> Statement:
        return compiled(db.obj.__class__.__name__, args, tuple(sorted(kwargs.items())))

    compiled_for.__doc__ = build.__doc__
    compiled_for.__name__ = build.__name__
    return compiled_for
