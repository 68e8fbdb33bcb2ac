"""The backup file: one tar, readable with common tools, in which no bit can change unseen.

openbureau-backup.json   format, release, database kind, applied migrations, plugins
database.sqlite3 | database.dump
files/ab/cd/<sha256> …   keys/<name>.key …
manifest.json            size and sha256 of every member, digest of every table
<after the tar>          a line with the sha256 of everything before it
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec

from openbureau.base.errors import OperatorError

FORMAT = 1
HEADER = "openbureau-backup.json"
MANIFEST = "manifest.json"
_MARK = b"openbureau-sha256 "
_TRAILER_BYTES = len(_MARK) + 64 + 1
_BLOCK_BYTES = 1 << 20


class Header(msgspec.Struct, frozen=True):
    """What the file is. `database` is `sqlite` or `postgresql`, `created_at` in UTC."""

    format: int
    release: str
    database: str
    created_at: str
    migrations: dict[str, list[str]]
    plugins: list[str]


class Member(msgspec.Struct, frozen=True):
    """One member's content."""

    size_bytes: int
    sha256: str


class TableDigest(msgspec.Struct, frozen=True):
    """One table's content, rows in key order."""

    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """Every member but the manifest itself, and every table of the database."""

    members: dict[str, Member]
    tables: dict[str, TableDigest]


@dataclass(frozen=True, slots=True)
class _Hashing:
    """Passes bytes on and digests them."""

    file: IO[bytes]
    digest: Any

    def write(self, block: bytes) -> int:
        self.digest.update(block)
        return self.file.write(block)

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        self.digest.update(block)
        return block


class ArchiveWriter:
    """Writes an archive to an open file; call `finish` last."""

    def __init__(self, file: IO[bytes], header: Header) -> None:
        self._out = _Hashing(file, hashlib.sha256())
        self._tar = tarfile.open(fileobj=self._out, mode="w|", format=tarfile.PAX_FORMAT)  # type: ignore[call-overload]  # noqa: SIM115 - closed by finish
        self._members: dict[str, Member] = {}
        self.add_bytes(HEADER, msgspec.json.format(msgspec.json.encode(header)))

    def add_bytes(self, name: str, content: bytes) -> None:
        """Adds a member from memory."""
        self._add(name, len(content), io.BytesIO(content))

    def add_file(self, name: str, path: Path) -> None:
        """Adds a file as it is now; it must not change while it is read."""
        with path.open("rb") as file:
            self._add(name, os.fstat(file.fileno()).st_size, file)

    def finish(self, tables: Mapping[str, TableDigest]) -> Manifest:
        """Adds the manifest and the closing line."""
        manifest = Manifest(dict(self._members), dict(tables))
        self.add_bytes(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        self._tar.close()
        line = _MARK + self._out.digest.hexdigest().encode() + b"\n"
        self._out.file.write(line)
        return manifest

    def _add(self, name: str, size_bytes: int, content: IO[bytes]) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size_bytes, 0o600
        reader = _Hashing(content, hashlib.sha256())
        self._tar.addfile(entry, reader)
        self._members[name] = Member(size_bytes, reader.digest.hexdigest())


def checked_header(path: Path) -> Header:
    """The header of a whole, undamaged archive; reads the file to its end.

    Raises OperatorError: the file is not one of ours, cut short, damaged or too new.
    """
    with path.open("rb") as file:
        header = _header(file, path)
        if header.format > FORMAT:
            raise newer(path, header.release)
        size_bytes = os.fstat(file.fileno()).st_size
        file.seek(max(size_bytes - _TRAILER_BYTES, 0))
        trailer = file.read()
        if not (trailer.startswith(_MARK) and trailer.endswith(b"\n")):
            raise _refused(
                "BKP-002",
                path,
                "不完整：文件末尾缺失或被改动",
                "is not complete: its end is missing or was changed",
            )
        file.seek(0)
        if _digest(file, size_bytes - _TRAILER_BYTES) != trailer[len(_MARK) : -1].decode("latin-1"):
            raise damaged(path, _damaged_member(path))
    return header


def _header(file: IO[bytes], path: Path) -> Header:
    try:
        with tarfile.open(fileobj=file, mode="r|") as tar:
            first = tar.next()
            content = tar.extractfile(first) if first and first.name == HEADER else None
            if content is not None:
                return msgspec.json.decode(content.read(), type=Header)
    except (tarfile.TarError, msgspec.MsgspecError, OSError, EOFError, ValueError):
        pass
    raise _refused(
        "BKP-003",
        path,
        "不是本系统的备份，或开头已损坏",
        "is not a backup of this system, or its beginning is damaged",
    )


def _digest(file: IO[bytes], size_bytes: int) -> str:
    digest = hashlib.sha256()
    while size_bytes > 0 and (block := file.read(min(_BLOCK_BYTES, size_bytes))):
        digest.update(block)
        size_bytes -= len(block)
    return digest.hexdigest()


def _damaged_member(path: Path) -> str:
    """The first member that differs from the manifest; empty if that cannot be told."""
    found: dict[str, Member] = {}
    try:
        for name, content in members(path):
            if name != MANIFEST:
                found[name] = _member_of(content)
                continue
            manifest = msgspec.json.decode(content.read(), type=Manifest)
            return next((n for n, m in manifest.members.items() if found.get(n) != m), "")
    except (tarfile.TarError, msgspec.MsgspecError, OSError, EOFError, ValueError):
        return ""
    return ""


def _member_of(content: IO[bytes]) -> Member:
    reader = _Hashing(content, hashlib.sha256())
    size_bytes = 0
    while block := reader.read(_BLOCK_BYTES):
        size_bytes += len(block)
    return Member(size_bytes, reader.digest.hexdigest())


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """(name, content) of every regular member in order; read each before the next."""
    with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
        for entry in tar:
            content = tar.extractfile(entry)
            if content is not None:
                yield entry.name, content


def unpack(path: Path, target: Path) -> Manifest:
    """Writes every member below `target` and compares each with the manifest.

    Raises OperatorError: a member differs, is missing, extra, or has a foreign name.
    """
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    for name, content in members(path):
        if name == MANIFEST:
            manifest = msgspec.json.decode(content.read(), type=Manifest)
            continue
        if not _is_ours(name):
            raise damaged(path, name)
        found[name] = _write(content, target / name)
    if manifest is None:
        raise damaged(path, MANIFEST)
    for name in sorted(found.keys() ^ manifest.members.keys()):
        raise damaged(path, name)
    for name, member in manifest.members.items():
        if found[name] != member:
            raise damaged(path, name)
    return manifest


def _is_ours(name: str) -> bool:
    parts = name.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        return False
    is_content = parts[0] in {"files", "keys"} and len(parts) > 1
    return is_content or name in {HEADER, "database.sqlite3", "database.dump", "openbureau.toml"}


def _write(content: IO[bytes], path: Path) -> Member:
    path.parent.mkdir(parents=True, exist_ok=True)
    reader = _Hashing(content, hashlib.sha256())
    size_bytes = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while block := reader.read(_BLOCK_BYTES):
            size_bytes += file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return Member(size_bytes, reader.digest.hexdigest())


def damaged(path: Path, member: str) -> OperatorError:
    """The refusal of a damaged file, naming the member if it is known."""
    zh = f"已损坏（{member}）" if member else "已损坏"
    en = f"is damaged ({member})" if member else "is damaged"
    return _refused("BKP-001", path, zh, en)


def newer(path: Path, release: str) -> OperatorError:
    """The refusal of a file made by a newer release."""
    return _refused(
        "BKP-005",
        path,
        f"由较新的版本 {release} 制作，请先安装该版本",
        f"was made by the newer release {release}; install that first",
    )


def _refused(code: str, path: Path, zh: str, en: str) -> OperatorError:
    return OperatorError(
        code,
        f"备份文件 {path} {zh}。没有恢复任何内容。请换用另一份备份。",
        f"The backup {path} {en}. Nothing was restored. Use another backup.",
    )
