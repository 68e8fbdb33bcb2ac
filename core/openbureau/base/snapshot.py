"""A consistent copy of the whole database while it is being used."""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from openbureau.base.database import db, is_postgresql
from openbureau.base.errors import OperatorError

T = TypeVar("T")


def snapshot(target: Path, url: str) -> None:
    """Writes the database at `url` to `target`: a SQLite file or a pg_dump archive.

    The file is complete and on disk when this returns, absent when it raises.
    Raises OperatorError: pg_dump is missing or refuses, the disk is full.
    """
    with _written(target) as partial:
        if is_postgresql():
            _dump(partial, url)
        else:
            _copy(partial)


def snapshot_with(target: Path, url: str, look: Callable[[], T]) -> T:
    """A dump of a PostgreSQL database, and what `look` finds at the same moment."""
    with _written(target) as partial, db.atomic("REPEATABLE READ"):
        db.execute_sql("SET LOCAL statement_timeout = 0")
        db.execute_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        (moment,) = db.execute_sql("SELECT pg_export_snapshot()").fetchone()
        _dump(partial, url, f"--snapshot={moment}")
        return look()


@contextmanager
def _written(target: Path) -> Iterator[Path]:
    partial = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.rename(target)
    except (sqlite3.Error, OSError) as fault:
        raise OperatorError(
            "BKP-011",
            f"数据库副本 {target} 无法写入：{fault}。数据库未改动。请检查磁盘空间和目录权限。",
            f"Cannot write the database copy {target}: {fault}. The database is unchanged. "
            "Check disk space and permissions.",
        ) from fault
    finally:
        with suppress(OSError):
            partial.unlink()


def _copy(target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(target)) as copy:
        # In one step: several would start again whenever somebody writes in between,
        # and in WAL mode a long step holds up no writer.
        db.connection().backup(copy)
        # A copy in WAL mode would need its side files when opened.
        copy.execute("PRAGMA journal_mode=DELETE")
    target.chmod(0o600)


def _dump(target: Path, url: str, *options: str) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise OperatorError(
            "BKP-012",
            "找不到 pg_dump，无法备份 PostgreSQL。数据库未改动。"
            "请安装 postgresql-client，或自行备份后加 --no-backup。",
            "pg_dump is missing, so PostgreSQL cannot be backed up. The database is unchanged. "
            "Install postgresql-client, or make your own backup and add --no-backup.",
        )
    address, environment = server_address(url)
    command = [program, "--format=custom", "--no-owner", f"--file={target}", *options, address]
    run_client(command, environment)
    target.chmod(0o600)


def restore_dump(dump: Path, url: str) -> None:
    """Brings a pg_dump archive into an empty database, wholly or not at all."""
    program = shutil.which("pg_restore")
    if program is None:
        raise OperatorError(
            "BKP-014",
            "找不到 pg_restore，数据库没有恢复。请安装 postgresql-client。",
            "pg_restore is missing; the database was not restored. Install postgresql-client.",
        )
    address, environment = server_address(url)
    run_client(
        [program, "--no-owner", "--single-transaction", f"--dbname={address}", str(dump)],
        environment,
    )


def server_address(url: str) -> tuple[str, dict[str, str]]:
    """The URL without its password, and the environment that carries the password."""
    password = urlsplit(url).password
    environment = dict(os.environ)
    if password:
        environment["PGPASSWORD"] = unquote(password)
    return re.sub(r"(?<=://)([^:/@]*):[^@]*@", r"\1@", url), environment


def run_client(command: list[str], environment: dict[str, str]) -> None:
    """Runs a PostgreSQL client program; OperatorError with its own words if it refuses."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip()[-800:]
        raise OperatorError(
            "BKP-013",
            f"{Path(command[0]).name} 没有完成：{said}。请按其提示处理后重试。",
            f"{Path(command[0]).name} did not finish: {said}. Act on its message and try again.",
        )
