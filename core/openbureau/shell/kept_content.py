"""Stored content compared with its name, which is its sha256, and with the rows that name it."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from openbureau.base.database import db
from openbureau.kernel.files.models import StoredFile
from openbureau.shell.archive import Member

_FOLDER = "files"
_CONTENT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with stored content, as names `files/ab/cd/<sha256>`, sorted.

    `unread` is how many files were only looked at for presence and size.
    """

    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    unread: int = 0

    @property
    def is_whole(self) -> bool:
        return not (self.missing or self.damaged)


def recorded() -> dict[str, int]:
    """Size in bytes by sha256 of every row of the open database, the newest first."""
    if StoredFile._meta.table_name not in db.get_tables():
        return {}
    rows = StoredFile.select(StoredFile.digest, StoredFile.size_bytes)
    return {row.digest: row.size_bytes for row in rows.order_by(StoredFile.id.desc())}


def embedded_recorded(path: Path) -> dict[str, int]:
    """The same of a SQLite file nobody writes to."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'stored_file'"
        if connection.execute(known).fetchone() is None:
            return {}
        return dict(connection.execute("SELECT digest, size_bytes FROM stored_file"))


def contents(data: Path) -> Iterator[tuple[str, Path]]:
    """(name, path) of every content in the data directory, whether a row names it or not."""
    for path in sorted((data / _FOLDER).rglob("*")):
        if _CONTENT.fullmatch(path.name) and path.is_file():
            yield str(path.relative_to(data)), path


def members_on_disk(data: Path) -> dict[str, Member]:
    """Size and sha256 of every content in the data directory, read again."""
    return {name: Member(path.stat().st_size, _sha256(path) or "") for name, path in contents(data)}


def compared(found: Mapping[str, Member], rows: Mapping[str, int]) -> Faults:
    """What of these members differs from its name or its row, and which rows have none."""
    held = {n: member for n, member in found.items() if n.startswith(f"{_FOLDER}/")}
    expected = {_name(digest): size_bytes for digest, size_bytes in rows.items()}
    damaged = (
        name
        for name, member in held.items()
        if member.sha256 != name.rpartition("/")[2]
        or member.size_bytes != expected.get(name, member.size_bytes)
    )
    return Faults(tuple(sorted(expected.keys() - held.keys())), tuple(sorted(damaged)))


def looked_through(data: Path, rows: Mapping[str, int], most_bytes: int | None = None) -> Faults:
    """What of these rows the data directory does not hold as it was stored.

    Contents are read in the order of the rows, no more than `most_bytes` in total.
    """
    missing, damaged, unread, read_bytes = [], [], 0, 0
    for digest, size_bytes in rows.items():
        path = data / _name(digest)
        if not path.is_file():
            missing.append(_name(digest))
        elif path.stat().st_size != size_bytes:
            damaged.append(_name(digest))
        elif most_bytes is not None and read_bytes + size_bytes > most_bytes:
            unread += 1
        else:
            read_bytes += size_bytes
            if _sha256(path) != digest:
                damaged.append(_name(digest))
    return Faults(tuple(sorted(missing)), tuple(sorted(damaged)), unread)


def _sha256(path: Path) -> str | None:
    """The content's sha256; None when the disk does not give it."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _name(digest: str) -> str:
    return f"{_FOLDER}/{digest[:2]}/{digest[2:4]}/{digest}"
