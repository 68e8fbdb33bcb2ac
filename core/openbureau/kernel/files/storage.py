"""Content on disk: named by its sha256, complete before anything refers to it.

`<root>/ab/cd/<digest>`; a file being received lies in `<root>/tmp` until it is whole,
checked and on the disk. A row is written afterwards; content that never got one is
swept away a day later.
"""

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO, cast

from openbureau.kernel.files.errors import FileEmpty, FileTooLarge, StoreUnavailable
from openbureau.kernel.files.formats import BLOCK_BYTES, checked_type
from openbureau.kernel.files.names import cleaned_name

TMP = "tmp"
PIECES = ".pieces"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file whose content is safely on disk, under its cleaned name."""

    digest: str
    size_bytes: int
    media_type: str
    name: str


class _Store:
    """Where this process keeps content; set once at start."""

    root: Path | None = None


def open_store(root: Path) -> None:
    """Keeps content under this folder from now on, creating it when needed."""
    (root / TMP).mkdir(parents=True, exist_ok=True)
    _Store.root = root


def store_root() -> Path:
    """The folder of the opened store. Raises RuntimeError: none was opened."""
    if _Store.root is None:
        raise RuntimeError("open_store() was not called")
    return _Store.root


def content_path(digest: str) -> Path:
    """Where the content with this sha256 lies."""
    return store_root() / digest[:2] / digest[2:4] / digest


def store(stream: IO[bytes], name: str, max_bytes: int, now: dt.datetime) -> Stored:
    """Copies a stream into the store; the same content is kept once.

    Raises FileEmpty, FileTooLarge, FileTypeRefused, FileTypeMismatch, ArchiveRefused,
    MacrosRefused: nothing was kept. Raises StoreUnavailable: the disk is full or read-only.
    """
    name = cleaned_name(name)
    try:
        with NamedTemporaryFile(dir=store_root() / TMP, delete=False) as temporary:
            path = Path(temporary.name)
            try:
                return _received(stream, cast("BinaryIO", temporary), path, name, max_bytes, now)
            finally:
                path.unlink(missing_ok=True)
    except OSError as fault:
        raise StoreUnavailable(name=name) from fault


def adopt(path: Path, name: str, now: dt.datetime) -> Stored:
    """Moves a file that lies whole and synchronised in `tmp` to its place in the store.

    Raises FileTypeRefused, FileTypeMismatch, ArchiveRefused, MacrosRefused: it stays
    where it is.
    """
    name = cleaned_name(name)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size_bytes = file.tell()
        kind = checked_type(file, name)
    _place(path, content_path(digest), now)
    return Stored(digest, size_bytes, kind.media_type, name)


def keep_made(path: Path, name: str, media_type: str, now: dt.datetime) -> Stored:
    """Moves a file that this system made itself, whole, from `tmp` to its place in the store."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size_bytes = file.tell()
        os.fsync(file.fileno())
    _place(path, content_path(digest), now)
    return Stored(digest, size_bytes, media_type, cleaned_name(name))


def _received(
    stream: IO[bytes], temporary: BinaryIO, path: Path, name: str, max_bytes: int, now: dt.datetime
) -> Stored:
    digest, size_bytes = _copied(stream, temporary, name, max_bytes)
    if not size_bytes:
        raise FileEmpty(name=name)
    temporary.flush()
    kind = checked_type(temporary, name)
    os.fsync(temporary.fileno())
    _place(path, content_path(digest), now)
    return Stored(digest, size_bytes, kind.media_type, name)


def _copied(stream: IO[bytes], temporary: BinaryIO, name: str, max_bytes: int) -> tuple[str, int]:
    hashing = hashlib.sha256()
    size_bytes = 0
    while block := stream.read(BLOCK_BYTES):
        size_bytes += len(block)
        if size_bytes > max_bytes:
            raise FileTooLarge(name=name, limit_mb=f"{max_bytes / 1024 / 1024:g}")
        hashing.update(block)
        temporary.write(block)
    return hashing.hexdigest(), size_bytes


def _place(path: Path, target: Path, now: dt.datetime) -> None:
    # The file's own time is the clock of the sweep, also when the content was there before.
    moment = now.timestamp()
    os.utime(path, (moment, moment))
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)
    for folder in (target.parent, target.parent.parent, target.parent.parent.parent):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def contents() -> Iterator[Path]:
    """Every content file of the store, and what was left in `tmp`; not the pieces of uploads,
    which go with their rows."""
    root = store_root()
    yield from (path for path in (root / TMP).iterdir() if path.suffix != PIECES)
    yield from root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")
