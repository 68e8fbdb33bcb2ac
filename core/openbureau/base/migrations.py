"""Schema changes: numbered files of the core and of each plugin, applied exactly once.

peewee supplies the file format and the operations; what it lacks is here: one
process at a time, a checksum per applied file, a backup before a database with
content is touched, and a look at what the change did before it is committed. On
SQLite five of ten common operations rebuild a table and so delete the children of
ON DELETE CASCADE; they are safe only where foreign keys were switched off before
the transaction began, which is why the transaction belongs to this module.
"""

import graphlib
import hashlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from peewee import CharField, Database, Model
from playhouse.migrate import SchemaMigrator
from playhouse.migrations import Migration

from openbureau.base.database import InstantField, db, is_postgresql, reading
from openbureau.base.errors import OperatorError
from openbureau.base.locks import LockedError, exclusive
from openbureau.base.snapshot import snapshot

CORE = "core"
_LOCK_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose schema: `core` or a plugin's slug, its folder of migrations, what comes first."""

    name: str
    directory: Path
    depends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """One migration that was applied now."""

    owner: str
    name: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class Status:
    """What of one owner is applied, what is waiting, and why it cannot go on."""

    owner: str
    applied: tuple[str, ...]
    pending: tuple[str, ...]
    problem: "MigrationError | None" = None

    @property
    def is_current(self) -> bool:
        return not self.pending and self.problem is None


class MigrationError(OperatorError):
    """A refusal or a change that was rolled back, for one owner."""

    def __init__(self, code: str, zh: str, en: str, owner: str = CORE) -> None:
        super().__init__(code, zh, en)
        self.owner = owner


def status(owners: Sequence[Owner]) -> list[Status]:
    """The state of each owner's schema, core first, requirements before dependents."""
    with reading():
        return [_status(owner) for owner in _ordered(owners)]


def migrate(
    owners: Sequence[Owner],
    data: Path,
    now: datetime,
    *,
    database_url: str,
    is_backed_up: bool = False,
) -> list[Applied]:
    """Brings every owner's schema up to date; the migrations applied now, in order.

    Each migration is one transaction: after a kill it is either done or not there. A
    database that has tables is first copied to `data/backups`, unless the caller says
    `is_backed_up`. A plugin whose migration is refused does not stop the others.
    Raises MigrationError: the first refusal, after every other owner had its turn;
    a refusal of the core at once. OperatorError: no backup could be made.
    """
    with _alone(data):
        states = {state.owner: state for state in map(_status, _ordered(owners))}
        core = states.get(CORE)
        if core is not None and core.problem is not None:
            raise core.problem
        if any(state.pending for state in states.values()) and not is_backed_up:
            _back_up(data, now, database_url)
        return _migrate_all(_ordered(owners), states, now)


def _migrate_all(
    owners: Sequence[Owner], states: Mapping[str, Status], now: datetime
) -> list[Applied]:
    done: list[Applied] = []
    faults: dict[str, MigrationError] = {}
    for owner in owners:
        problem = states[owner.name].problem
        if problem is not None:
            faults[owner.name] = problem
        if owner.name in faults or any(need in faults for need in owner.depends):
            continue
        try:
            done += _migrate_owner(owner, states[owner.name].pending, now)
        except MigrationError as fault:
            if owner.name == CORE:
                raise
            faults[owner.name] = fault
    if faults:
        raise next(iter(faults.values()))
    return done


def _migrate_owner(owner: Owner, pending: Sequence[str], now: datetime) -> Iterator[Applied]:
    history = _history(owner.name)
    history.create_table(safe=True)
    files = {file.name: file for file in Migration.load_directory(owner.directory)}
    for name in pending:
        started = time.monotonic()
        _apply(owner, files[name], history, now)
        yield Applied(owner.name, name, time.monotonic() - started)


def _apply(owner: Owner, file: Migration, history: Any, now: datetime) -> None:
    module = _load(owner, file)
    database: Database = db.obj
    migrator = SchemaMigrator.from_database(database)
    source = Path(file.path).read_text("utf-8")
    try:
        # `False`: the transaction is opened here, after foreign keys are off, so that
        # it can take the write lock at once.
        with migrator.migration_context(False), database.atomic(_isolation()):
            before = _Picture.taken()
            module.up(migrator, database)
            _compare(owner, file.name, source, before, _Picture.taken())
            history.insert(
                name=file.name, checksum=_checksum(file), applied_at=now, release=_release()
            ).execute()
    except OperatorError:
        raise
    except Exception as fault:
        raise MigrationError(
            "MIG-004",
            f"迁移 {owner.name}/{file.name} 没有完成：{fault}。数据库已恢复到迁移之前的状态。"
            "请把此信息交给模块的提供者。",
            f"Migration {owner.name}/{file.name} did not finish: {fault}. The database is as it "
            "was before it. Give this message to the plugin's provider.",
            owner.name,
        ) from fault


def _isolation() -> str:
    # A snapshot of its own: rows other processes delete meanwhile are not counted.
    return "REPEATABLE READ" if is_postgresql() else "IMMEDIATE"


def _load(owner: Owner, file: Migration) -> ModuleType:
    module: ModuleType = file.load()
    if not hasattr(module, "up") or not getattr(module, "atomic", True):
        raise MigrationError(
            "MIG-008",
            f"迁移 {owner.name}/{file.name} 没有定义 up()，或要求不使用事务。未作任何改动。",
            f"Migration {owner.name}/{file.name} defines no up() or asks for no transaction. "
            "Nothing was changed.",
            owner.name,
        )
    return module


@dataclass(frozen=True, slots=True)
class _Picture:
    """Rows per table, number of broken references and triggers at one moment."""

    rows: Mapping[str, int]
    broken: int
    triggers: frozenset[str]

    @classmethod
    def taken(cls) -> "_Picture":
        rows = {
            name: db.execute_sql(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - names from the catalogue
            for name in _tables()
        }
        if is_postgresql():
            return cls(rows, 0, frozenset())
        broken = len(db.execute_sql("PRAGMA foreign_key_check").fetchall())
        found = db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        return cls(rows, broken, frozenset(name for (name,) in found))


def _compare(owner: Owner, name: str, source: str, before: _Picture, after: _Picture) -> None:
    """Raises MigrationError: the migration harmed something it does not speak of."""
    where = f"{owner.name}/{name}"
    for table, count in before.rows.items():
        left = after.rows.get(table, 0)
        if left < count and not re.search(rf"\b{re.escape(table)}\b", source):
            raise MigrationError(
                "MIG-005",
                f"迁移 {where} 会使未提及的表 {table} 从 {count} 行减少到 {left} 行，"
                "已撤销。数据未改动。",
                f"Migration {where} would leave {left} of {count} rows in the table {table}, which "
                "it does not mention; it was rolled back. No data changed.",
                owner.name,
            )
    lost = sorted(
        trigger
        for trigger in before.triggers - after.triggers
        if not re.search(rf"\b{re.escape(trigger)}\b", source)
    )
    if after.broken > before.broken or lost:
        what = ", ".join(lost) or str(after.broken - before.broken)
        raise MigrationError(
            "MIG-006",
            f"迁移 {where} 会破坏引用关系或触发器（{what}），已撤销。数据未改动。",
            f"Migration {where} would break references or triggers ({what}); it was rolled back. "
            "No data changed.",
            owner.name,
        )


def _status(owner: Owner) -> Status:
    history = _history(owner.name)
    recorded: dict[str, str] = {}
    if history.table_exists():
        recorded = dict(history.select(history.name, history.checksum).tuples())
    files = {file.name: file for file in Migration.load_directory(owner.directory)}
    pending = tuple(name for name in files if name not in recorded)
    return Status(owner.name, tuple(sorted(recorded)), pending, _problem(owner, recorded, files))


def _problem(
    owner: Owner, recorded: Mapping[str, str], files: Mapping[str, Migration]
) -> MigrationError | None:
    unknown = sorted(set(recorded) - set(files))
    if unknown:
        return MigrationError(
            "MIG-003",
            f"数据库比程序新：{owner.name} 已应用本版本不认识的迁移 {', '.join(unknown)}。"
            "数据未改动。请安装较新的版本，或恢复升级前的备份。",
            f"The database is newer than the program: {owner.name} has migrations this release "
            f"does not know: {', '.join(unknown)}. No data changed. Install the newer release, or "
            "restore the backup made before the upgrade.",
            owner.name,
        )
    changed = [name for name, digest in recorded.items() if _checksum(files[name]) != digest]
    if changed:
        return MigrationError(
            "MIG-002",
            f"{owner.name} 的迁移文件 {', '.join(changed)} 在应用之后被改动过。数据未改动。"
            "请重新安装该模块的原始版本。",
            f"Migration files of {owner.name} were changed after they were applied: "
            f"{', '.join(changed)}. No data changed. Install the original distribution again.",
            owner.name,
        )
    return None


def _ordered(owners: Sequence[Owner]) -> list[Owner]:
    by_name = {owner.name: owner for owner in owners}
    graph = {
        name: {need for need in (*owner.depends, CORE) if need in by_name and need != name}
        for name, owner in sorted(by_name.items())
    }
    return [by_name[name] for name in graphlib.TopologicalSorter(graph).static_order()]


def _history(owner: str) -> Any:
    """The table of applied migrations of one owner."""

    class History(Model):
        name = CharField(max_length=200, unique=True)
        checksum = CharField(max_length=64)
        applied_at = InstantField()
        release = CharField(max_length=40)

        class Meta:
            database = db
            table_name = f"schema_migration_{owner}"

    return History


def _checksum(file: Migration) -> str:
    content = Path(file.path).read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()


def _release() -> str:
    return version("openbureau")


def _tables() -> list[str]:
    return [name for name in db.get_tables() if not name.startswith("sqlite_")]


def _back_up(data: Path, now: datetime, database_url: str) -> None:
    if not _tables():
        return
    suffix = "dump" if is_postgresql() else "sqlite3"
    name = f"before-{_release()}-{now:%Y%m%dT%H%M%S%fZ}.{suffix}"
    snapshot(data / "backups" / name, database_url)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    with reading():
        if db.in_transaction():
            raise RuntimeError("a migration was started inside a transaction")
        try:
            with exclusive("migrate", data, _LOCK_TIMEOUT_S), _without_time_limit():
                yield
        except LockedError as fault:
            raise MigrationError(
                "MIG-001",
                f"另一个进程正在迁移数据库，{_LOCK_TIMEOUT_S} 秒内没有结束。未作任何改动。"
                "请稍后重试。",
                "Another process is migrating the database and did not end in "
                f"{_LOCK_TIMEOUT_S} s. Nothing was changed. Try again later.",
            ) from fault


@contextmanager
def _without_time_limit() -> Iterator[None]:
    if not is_postgresql():
        yield
        return
    db.execute_sql("SET statement_timeout = 0")
    try:
        yield
    finally:
        db.execute_sql("RESET statement_timeout")
