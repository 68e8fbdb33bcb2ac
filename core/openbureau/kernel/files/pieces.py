"""Files that arrive in pieces: a row says how much is safely on the disk, the pieces lie in
`tmp` until the file is whole. What was acknowledged survives the process and the machine."""

import datetime as dt
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from openbureau.base.database import reading, writing
from openbureau.base.errors import BadRequest, Invalid, NotFound
from openbureau.kernel.files.errors import (
    FileEmpty,
    FileTooLarge,
    PieceOutOfPlace,
    StoreUnavailable,
    UploadsUnfinished,
)
from openbureau.kernel.files.formats import listed_type
from openbureau.kernel.files.models import Upload
from openbureau.kernel.files.names import cleaned_name
from openbureau.kernel.files.storage import PIECES, TMP, adopt, content_path, store_root
from openbureau.kernel.files.uploads import kept_value

PIECE_BYTES = 1024 * 1024
SMALLEST_PIECE_BYTES = 64 * 1024
UNFINISHED_PER_ACCOUNT = 20
FORGET_AFTER = dt.timedelta(days=2)


def start_upload(
    account_id: int, name: str, size_bytes: int, max_bytes: int, now: dt.datetime
) -> Upload:
    """A new, empty upload. The caller holds the transaction.

    Raises FileEmpty, FileTooLarge, FileTypeRefused: it would be refused when whole.
    Raises UploadsUnfinished: the account has too many already.
    """
    name = cleaned_name(name)
    if size_bytes <= 0:
        raise FileEmpty(name=name)
    if size_bytes > max_bytes:
        raise FileTooLarge(name=name, limit_mb=f"{max_bytes / 1024 / 1024:g}")
    listed_type(name)
    mine = (Upload.account == account_id) & (Upload.stored == "")
    if Upload.select().where(mine).count() >= UNFINISHED_PER_ACCOUNT:
        raise UploadsUnfinished(total=UNFINISHED_PER_ACCOUNT)
    return Upload.create(account=account_id, name=name, size_bytes=size_bytes, started_at=now)


def upload(account_id: int, uid: str) -> Upload:
    """One's own upload.

    Raises NotFound: there is none, it is somebody else's, or its content was swept away
    because no form took it.
    """
    found = Upload.get_or_none((Upload.uid == uid) & (Upload.account == account_id))
    if found is None or (found.stored and not content_path(found.stored.split(":")[1]).exists()):
        raise NotFound
    return found


def add_piece(
    account_id: int, uid: str, offset: int, piece: IO[bytes], key: bytes, now: dt.datetime
) -> Upload:
    """Writes a piece to the disk, then says so in the row; the last one stores the file.

    Opens its own transactions. Raises PieceOutOfPlace: pieces go on at another offset.
    Raises BadRequest: the piece is empty, too small, too large or past the end. Raises
    FileTypeMismatch, ArchiveRefused, MacrosRefused: the whole file is refused, and forgotten.
    """
    content = piece.read(PIECE_BYTES + 1)
    with reading():
        path = piece_path(upload(account_id, uid).uid)
    try:
        with _locked(path) as file:
            with reading():
                found = upload(account_id, uid)
            if not found.stored:
                _check(found, offset, content, file)
                _write(file, offset, content)
                _acknowledge(found, offset + len(content))
                if found.received_bytes == found.size_bytes:
                    _finish(found, path, key, now)
    except OSError as fault:
        raise StoreUnavailable(name=found.name) from fault
    return found


def discard_upload(account_id: int, uid: str) -> None:
    """Forgets an upload and its pieces. The caller holds the transaction."""
    found = upload(account_id, uid)
    piece_path(found.uid).unlink(missing_ok=True)
    found.delete_instance()


def sweep_uploads(now: dt.datetime) -> int:
    """Forgets uploads begun more than two days ago, whole or not; the number forgotten."""
    with reading():
        old = list(Upload.select().where(Upload.started_at < now - FORGET_AFTER))
    for found in old:
        piece_path(found.uid).unlink(missing_ok=True)
    with writing():
        for found in old:
            found.delete_instance()
    return len(old)


def piece_path(uid: str) -> Path:
    """Where the pieces of an upload lie; content sweeps leave these names alone."""
    return store_root() / TMP / f"{uid}{PIECES}"


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes]]:
    # The same piece may be sent again while the first sending is still being written.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _check(found: Upload, offset: int, content: bytes, file: IO[bytes]) -> None:
    present = os.fstat(file.fileno()).st_size
    if present < found.received_bytes:  # the disk was restored from an older state
        _acknowledge(found, 0)
    if offset != found.received_bytes:
        raise PieceOutOfPlace(received_bytes=found.received_bytes)
    end = offset + len(content)
    is_last = end == found.size_bytes
    if end > found.size_bytes or len(content) > PIECE_BYTES:
        raise BadRequest
    if len(content) < SMALLEST_PIECE_BYTES and not is_last:
        raise BadRequest


def _write(file: IO[bytes], offset: int, content: bytes) -> None:
    file.truncate(offset)
    file.seek(offset)
    written = 0
    while written < len(content):
        written += file.write(content[written:])
    os.fsync(file.fileno())
    if not offset:
        folder = os.open(store_root() / TMP, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _acknowledge(found: Upload, received_bytes: int) -> None:
    found.received_bytes = received_bytes
    with writing():
        Upload.update(received_bytes=received_bytes).where(Upload.id == found.id).execute()


def _finish(found: Upload, path: Path, key: bytes, now: dt.datetime) -> None:
    try:
        stored = adopt(path, found.name, now)
    except Invalid:
        with writing():
            found.delete_instance()
        path.unlink(missing_ok=True)
        raise
    found.stored = kept_value(key, stored)
    with writing():
        Upload.update(stored=found.stored).where(Upload.id == found.id).execute()


def as_plain(found: Upload) -> dict[str, Any]:
    """An upload as scripts read it; `kept` is what the form sends when the file is whole."""
    return {
        "uid": found.uid,
        "name": found.name,
        "size_bytes": found.size_bytes,
        "received_bytes": found.received_bytes,
        "kept": found.stored,
    }
