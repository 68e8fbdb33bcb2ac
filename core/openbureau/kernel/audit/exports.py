"""The trail as one file that proves itself: JSON lines, signed as a whole.

First line: what it is. Then records `[seal id, digest, [columns]]` and checkpoints in the
order of the chain. Last line: how many there are, SHA-256 of everything before it, and that
digest's signature. Records not yet sealed are left out.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from openbureau.base.signing import is_signed, public_key, signature
from openbureau.kernel.audit.chain import COLUMNS, Checkpoint
from openbureau.kernel.audit.trails import Chunk, DamagedTrailError, OpenTrail, Rest, Trail

CHUNK = 10_000
FORMAT = "openbureau-audit/1"
_encode = msgspec.json.Encoder().encode


class Head(msgspec.Struct, frozen=True):
    """The first line of an exported trail."""

    format: str
    installation: str
    exported_at: str
    public_key: str
    late_records: int
    columns: tuple[str, ...]


class End(msgspec.Struct, frozen=True):
    """The last line of an exported trail."""

    records: int
    checkpoints: int
    sha256: str
    signature: str


_record = msgspec.json.Decoder(tuple[int, str, list[Any]]).decode
_checkpoint = msgspec.json.Decoder(Checkpoint).decode
_end = msgspec.json.Decoder(End).decode


def export_trail(file: IO[bytes], secret: bytes | None, installation: str, now: dt.datetime) -> End:
    """Writes every sealed record of the open database and what proves it; the last line.

    Without a secret the file is not signed: its records and checkpoints still are.
    """
    public = "" if secret is None else public_key(secret).hex()
    trail = OpenTrail()
    hashing = hashlib.sha256()

    def write(line: bytes) -> None:
        hashing.update(line + b"\n")
        file.write(line + b"\n")

    write(_encode(Head(FORMAT, installation, now.isoformat(), public, trail.late_records, COLUMNS)))
    records = checkpoints = 0
    for chunk in trail.chunks():
        for line in _lines(chunk):
            write(line)
        records += len(chunk.rows)
        checkpoints += len(chunk.checkpoints)
    digest = hashing.hexdigest()
    signed = "" if secret is None else signature(secret, _statement(digest)).hex()
    end = End(records, checkpoints, digest, signed)
    file.write(_encode(end) + b"\n")
    return end


def _lines(chunk: Chunk) -> Iterator[bytes]:
    taken = {checkpoint.seal_id: checkpoint for checkpoint in chunk.checkpoints}
    for seal_id, _, digest, *columns in chunk.rows:
        yield _encode((seal_id, digest, columns))
        if seal_id in taken:
            yield _encode(taken[seal_id])


def _statement(digest: str) -> bytes:
    return f"openbureau audit export\n{digest}".encode()


def is_export(path: Path) -> bool:
    """Whether a file begins as an exported trail does."""
    with path.open("rb") as file:
        return file.read(1) == b"{"


def export_head(path: Path) -> Head | None:
    """The first line of an exported trail; None when it cannot be read."""
    with path.open("rb") as file:
        try:
            head = msgspec.json.decode(file.readline(1 << 16), type=Head)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
    return head if head.format == FORMAT and head.columns == COLUMNS else None


class ExportedTrail(Trail):
    """The trail in an exported file, read once from its beginning; `public` is the key the
    whole file must be signed with, if it is known."""

    def __init__(self, path: Path, public: bytes | None) -> None:
        self._path = path
        self._public = public
        self._last_id = 0
        self._hashing = hashlib.sha256()
        self._records = 0
        self._checkpoints = 0
        self._end: End | None = None
        self.late_records = 0

    def chunks(self) -> Iterator[Chunk]:
        """The sealed records. Raises DamagedTrailError: a line is not what it should be."""
        rows: list[tuple[Any, ...]] = []
        checkpoints: list[Checkpoint] = []
        for item in self._items():
            if isinstance(item, Checkpoint):
                checkpoints.append(item)
                continue
            # A checkpoint stands behind its record and must come in the same chunk.
            if len(rows) >= CHUNK:
                yield Chunk(rows, checkpoints)
                rows, checkpoints = [], []
            rows.append(item)
            self._last_id = item[1]
        if rows:
            yield Chunk(rows, checkpoints)
        elif checkpoints:
            raise DamagedTrailError

    def _items(self) -> Iterator[Checkpoint | tuple[Any, ...]]:
        """The lines between the first and the last, counted, hashed and read."""
        try:
            with self._path.open("rb") as file:
                head = file.readline()
                if export_head(self._path) is None:
                    raise DamagedTrailError
                self._hashing.update(head)
                for line in file:
                    if line.startswith(b'{"records"'):
                        self._end = _end(line)
                        if _encode(self._end) + b"\n" != line or file.read(1):
                            raise DamagedTrailError(self._last_id)
                        return
                    self._hashing.update(line)
                    yield self._item(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, OSError, IndexError) as fault:
            raise DamagedTrailError(self._last_id) from fault

    def _item(self, line: bytes) -> Checkpoint | tuple[Any, ...]:
        if not line.startswith(b"["):
            self._checkpoints += 1
            return _checkpoint(line)
        self._records += 1
        seal_id, digest, columns = _record(line)
        if type(columns[0]) is not int:
            raise DamagedTrailError(self._last_id)
        return (seal_id, columns[0], digest, *columns)

    def rest(self) -> Rest:
        """Nothing: an export holds sealed records only. Raises DamagedTrailError: lines are
        missing at the end, or the file as a whole is not what was written."""
        end = self._end
        if end is None or end.sha256 != self._hashing.hexdigest():
            raise DamagedTrailError(self._last_id)
        if (end.records, end.checkpoints) != (self._records, self._checkpoints):
            raise DamagedTrailError(self._last_id)
        if self._public is not None and not self._is_signed(end, self._public):
            raise DamagedTrailError(self._last_id)
        return Rest()

    @staticmethod
    def _is_signed(end: End, public: bytes) -> bool:
        try:
            signed = bytes.fromhex(end.signature)
        except ValueError:
            return False
        return is_signed(public, signed, _statement(end.sha256))
