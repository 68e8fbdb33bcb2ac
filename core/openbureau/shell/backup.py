"""Backing up a running installation into one file, and restoring it elsewhere."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from openbureau.base.database import db, open_database, reading
from openbureau.base.errors import OperatorError
from openbureau.base.migrations import Owner, status
from openbureau.base.settings import CONFIG_NAME, Settings
from openbureau.base.snapshot import restore_dump, snapshot, snapshot_with
from openbureau.shell.archive import (
    FORMAT,
    HEADER,
    ArchiveWriter,
    Header,
    Manifest,
    TableDigest,
    checked_header,
    newer,
    unpack,
)
from openbureau.shell.kept_content import (
    Faults,
    compared,
    contents,
    embedded_recorded,
    members_on_disk,
    recorded,
)
from openbureau.shell.table_digests import embedded_digests, server_digests

_EMBEDDED, _SERVER = "database.sqlite3", "database.dump"


@dataclass(frozen=True, slots=True)
class Report:
    """What a backup holds, or a restoration brought.

    `missing` and `damaged` name stored files; a restoration looks for them only when asked
    to verify. `is_verified`: every table and every stored file is as it should be.
    """

    file: Path
    release: str
    size_bytes: int
    members: int
    rows: int
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    is_verified: bool = False


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the database held: digest of every table, size by sha256 of every stored file."""

    tables: Mapping[str, TableDigest]
    files: Mapping[str, int]


def back_up(settings: Settings, file: Path, owners: Sequence[Owner], now: datetime) -> Report:
    """Writes database, stored files and keys to `file` while the installation runs.

    The database is one moment; every stored file it names existed at that moment. One that
    is missing or not what its name says is named in the report; the backup is written all
    the same.
    Raises OperatorError: the file exists, the disk is full, a database tool is missing.
    """
    if file.exists():
        raise OperatorError(
            "BKP-010",
            f"文件 {file} 已存在，没有覆盖。请另选文件名。",
            f"{file} exists and was not overwritten. Choose another name.",
        )
    partial = file.with_name(f".{file.name}.part")
    try:
        file.absolute().parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=settings.data, prefix="backup-") as folder:
            manifest, release, faults = _write(settings, partial, Path(folder), owners, now)
        partial.rename(file)
    except OSError as fault:
        raise OperatorError(
            "BKP-011",
            f"备份 {file} 无法写入：{fault}。系统照常运行。请检查磁盘空间和目录权限。",
            f"Cannot write the backup {file}: {fault}. The system runs on. "
            "Check disk space and permissions.",
        ) from fault
    finally:
        partial.unlink(missing_ok=True)
    return _report(file, release, manifest, faults)


def _write(
    settings: Settings, partial: Path, folder: Path, owners: Sequence[Owner], now: datetime
) -> tuple[Manifest, str, Faults]:
    is_server = _is_server(settings)
    copy = folder / (_SERVER if is_server else _EMBEDDED)
    moment = _copied(copy, settings.database_url, is_server=is_server)
    header = Header(
        format=FORMAT,
        release=version("openbureau"),
        database="postgresql" if is_server else "sqlite",
        created_at=now.isoformat(timespec="seconds"),
        migrations={state.owner: list(state.applied) for state in status(owners)},
        plugins=[owner.name for owner in owners if owner.name != "core"],
    )
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        archive = ArchiveWriter(out, header)
        archive.add_file(copy.name, copy)
        for name, path in _kept_files(settings.data):
            with suppress(FileNotFoundError):  # swept away meanwhile: no row names it
                archive.add_file(name, path)
        manifest = archive.finish(moment.tables)
        out.flush()
        os.fsync(out.fileno())
    return manifest, header.release, compared(manifest.members, moment.files)


def _copied(copy: Path, url: str, *, is_server: bool) -> _Moment:
    with reading():
        if is_server:
            return snapshot_with(copy, url, _server_moment)
        snapshot(copy, url)
    return _embedded_moment(copy)


def _server_moment() -> _Moment:
    return _Moment(server_digests(), recorded())


def _embedded_moment(file: Path) -> _Moment:
    return _Moment(embedded_digests(file), embedded_recorded(file))


def _kept_files(data: Path) -> Iterator[tuple[str, Path]]:
    """(member name, path) of stored content, keys and the configuration file."""
    yield from contents(data)
    for path in sorted((data / "keys").glob("*.key")):
        yield str(path.relative_to(data)), path
    if (data / CONFIG_NAME).exists():
        yield CONFIG_NAME, data / CONFIG_NAME


def restore(
    settings: Settings,
    file: Path,
    owners: Sequence[Owner],
    now: datetime,
    *,
    is_verified: bool = False,
    is_forced: bool = False,
) -> Report:
    """Brings database, files and keys of `file` into an empty data directory.

    Every member's hash is compared before anything is put in its place. With
    `is_verified` every table is compared afterwards too, and every stored file with its
    name and its row: the report names those that were not whole when they were backed up.
    With `is_forced` what is in the way is moved to `replaced-<time>` first. The
    configuration file of the backup is kept beside as `openbureau.toml.restored`: it may
    name another database.
    Raises OperatorError: the file is refused, the data directory is in use, a table differs.
    """
    if not file.is_file():
        raise OperatorError(
            "BKP-009",
            f"找不到备份文件 {file}。没有恢复任何内容。",
            f"There is no backup {file}. Nothing was restored.",
        )
    header = checked_header(file)
    _check_fits(settings, file, header, owners)
    settings.data.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.data, prefix="restore-") as name:
        staging = Path(name)
        manifest = unpack(file, staging)
        _make_room(settings, now, is_forced=is_forced)
        _place(settings, staging)
        faults = _compare(settings, file, manifest) if is_verified else Faults()
    is_whole = is_verified and faults.is_whole
    return _report(file, header.release, manifest, faults, is_verified=is_whole)


def _check_fits(settings: Settings, file: Path, header: Header, owners: Sequence[Owner]) -> None:
    known = {owner.name: {f.stem for f in owner.directory.glob("[0-9]*.py")} for owner in owners}
    for owner, applied in header.migrations.items():
        if owner in known and not known[owner].issuperset(applied):
            raise newer(file, header.release)
    wanted = "postgresql" if _is_server(settings) else "sqlite"
    if header.database != wanted:
        raise OperatorError(
            "BKP-006",
            f"备份 {file} 来自 {header.database} 数据库，而本系统配置为 {wanted}。"
            "没有恢复任何内容。请改正数据库地址。",
            f"The backup {file} is of a {header.database} database, this installation is set to "
            f"{wanted}. Nothing was restored. Correct the database URL.",
        )


def _make_room(settings: Settings, now: datetime, *, is_forced: bool) -> None:
    """Raises OperatorError where something would be overwritten; moves it away if forced."""
    data, database = settings.data, embedded_path(settings)
    in_the_way = [
        path for path in (data / "keys", data / "files", data / "anchors") if _holds(path)
    ]
    if database is not None:
        in_the_way += [p for p in (database, *_side_files(database)) if p.exists()]
    elif _has_tables(settings):
        raise _occupied(settings.database_url.rpartition("@")[2])
    if in_the_way and not is_forced:
        raise _occupied(str(data))
    replaced = data / f"replaced-{now:%Y%m%dT%H%M%SZ}"
    for path in in_the_way:
        replaced.mkdir(exist_ok=True)
        shutil.move(path, replaced / path.name)


def _holds(folder: Path) -> bool:
    return folder.is_dir() and any(path.is_file() for path in folder.rglob("*"))


def _occupied(where: str) -> OperatorError:
    return OperatorError(
        "BKP-004",
        f"{where} 中已有数据，没有恢复任何内容。请另选空的数据目录（--data）或空的数据库，"
        "或用 --force 先把数据目录中现有的内容移开。",
        f"{where} already holds data; nothing was restored. Choose an empty data directory "
        "(--data) or an empty database, or move what the data directory holds aside with --force.",
    )


def _place(settings: Settings, staging: Path) -> None:
    for name in ("files", "keys"):
        if (staging / name).is_dir():
            shutil.rmtree(settings.data / name, ignore_errors=True)  # empty folders only
            (staging / name).rename(settings.data / name)
    if (staging / CONFIG_NAME).exists():
        (staging / CONFIG_NAME).rename(settings.data / f"{CONFIG_NAME}.restored")
    (staging / HEADER).unlink()
    database = embedded_path(settings)
    if database is None:
        restore_dump(staging / _SERVER, settings.database_url)
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    # Another file system is possible: copy beside, then rename.
    shutil.copyfile(staging / _EMBEDDED, database.with_name(database.name + ".part"))
    database.with_name(database.name + ".part").chmod(0o600)
    database.with_name(database.name + ".part").rename(database)


def _compare(settings: Settings, file: Path, manifest: Manifest) -> Faults:
    """Stored files that are not whole. Raises OperatorError: a table differs."""
    database = embedded_path(settings)
    if database is not None:
        moment = _embedded_moment(database)
    else:
        with _connected(settings), db.atomic("REPEATABLE READ"):
            db.execute_sql("SET LOCAL statement_timeout = 0")
            moment = _server_moment()
    expected, found = manifest.tables, moment.tables
    differing = [n for n in sorted({*expected, *found}) if expected.get(n) != found.get(n)]
    if differing:
        names = ", ".join(differing)
        raise OperatorError(
            "BKP-007",
            f"恢复后的表与备份 {file} 不一致：{names}。请不要使用恢复的数据，换用另一份备份。",
            f"Restored tables differ from the backup {file}: {names}. Do not use the restored "
            "data; use another backup.",
        )
    return compared(members_on_disk(settings.data), moment.files)


@contextmanager
def _connected(settings: Settings) -> Iterator[None]:
    if db.obj is None:
        db.initialize(open_database(settings.database_url))
    with reading():
        yield


def _has_tables(settings: Settings) -> bool:
    with _connected(settings):
        return bool(db.get_tables())


def _is_server(settings: Settings) -> bool:
    return urlsplit(settings.database_url).scheme != "sqlite"


def embedded_path(settings: Settings) -> Path | None:
    """The file of a SQLite database; None with PostgreSQL."""
    if _is_server(settings):
        return None
    return Path(urlsplit(settings.database_url).path.removeprefix("/"))


def _side_files(database: Path) -> list[Path]:
    return [database.with_name(database.name + suffix) for suffix in ("-wal", "-shm")]


def _report(
    file: Path, release: str, manifest: Manifest, faults: Faults, *, is_verified: bool = False
) -> Report:
    return Report(
        file=file,
        release=release,
        size_bytes=file.stat().st_size,
        members=len(manifest.members),
        rows=sum(table.rows for table in manifest.tables.values()),
        missing=faults.missing,
        damaged=faults.damaged,
        is_verified=is_verified,
    )
