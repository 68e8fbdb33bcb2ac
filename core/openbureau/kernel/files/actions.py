"""Writes of attachments, and the sweep of content nothing refers to."""

import datetime as dt
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from peewee import IntegrityError, fn

from openbureau.base.database import db, is_postgresql, reading
from openbureau.base.errors import NotFound
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.files.errors import FileGone
from openbureau.kernel.files.models import Attachment, StoredFile
from openbureau.kernel.files.storage import Stored, content_path, contents

SWEEP_AFTER = dt.timedelta(hours=24)
_SWEEP_BATCH = 200


def attach(
    realm: str, record_id: int, stored: Stored, account_id: int | None, now: dt.datetime
) -> Attachment:
    """Hangs a stored file on a record, after those already there. The caller holds the
    transaction. Raises FileGone: the content was stored too long ago and swept away."""
    file = stored_file(stored, now)
    last = (
        Attachment.select(fn.MAX(Attachment.position))
        .where((Attachment.realm == realm) & (Attachment.record_id == record_id))
        .scalar()
    )
    return Attachment.create(
        file=file,
        realm=realm,
        record_id=record_id,
        name=stored.name,
        position=(last or 0) + 1,
        account=account_id,
        attached_at=now,
    )


def stored_file(stored: Stored, now: dt.datetime) -> StoredFile:
    """The row of a content, made when it is new; content with a row is never swept away.

    Raises FileGone: the content was stored too long ago and swept away already.
    """
    if not content_path(stored.digest).exists():
        raise FileGone(name=stored.name)
    # Where the row is there it is held, so that nobody lets the content go meanwhile.
    StoredFile.insert(
        digest=stored.digest,
        size_bytes=stored.size_bytes,
        media_type=stored.media_type,
        stored_at=now,
    ).on_conflict(
        conflict_target=[StoredFile.digest], update={StoredFile.media_type: StoredFile.media_type}
    ).execute()
    return StoredFile.get(StoredFile.digest == stored.digest)


def release_content(digest: str, is_kept: Callable[[str], bool]) -> bool:
    """Lets content go that its holder needs no more: the sweep deletes it where nothing else
    refers to it; whether it will. The caller holds the transaction, has dropped its own
    reference, and knows by `is_kept` of those that are no foreign keys."""
    query: Any = StoredFile.select(StoredFile.id).where(StoredFile.digest == digest)
    row = (query.for_update() if is_postgresql() else query).first()
    if row is None or is_kept(digest) or _is_photo(digest):
        return False
    try:
        with db.atomic():
            row.delete_instance()
    except IntegrityError:
        return False
    return True


def _is_photo(digest: str) -> bool:
    return bool(Account.select(Account.id).where(Account.photo == digest).exists())


def remove_attachment(realm: str, record_id: int, uid: str, now: dt.datetime) -> None:
    """Takes a file off a record; row and content stay for the history.

    Raises NotFound: the record has no such attachment.
    """
    touched = (
        Attachment.update(removed_at=now)
        .where(
            (Attachment.uid == uid)
            & (Attachment.realm == realm)
            & (Attachment.record_id == record_id)
            & Attachment.removed_at.is_null()
        )
        .execute()
    )
    if not touched:
        raise NotFound


def sweep_orphans(now: dt.datetime) -> int:
    """Deletes content older than 24 hours that no row names; the number deleted."""
    limit = (now - SWEEP_AFTER).timestamp()
    old = (path for path in contents() if path.stat().st_mtime < limit)
    swept = 0
    while batch := list(islice(old, _SWEEP_BATCH)):
        swept += sum(_sweep(path, limit) for path in _unreferenced(batch))
    return swept


def _unreferenced(paths: Iterable[Path]) -> list[Path]:
    by_digest = {path.name: path for path in paths}
    with reading():
        kept = {
            row.digest
            for row in StoredFile.select(StoredFile.digest).where(
                StoredFile.digest.in_(list(by_digest))
            )
        }
    return [path for digest, path in by_digest.items() if digest not in kept]


def _sweep(path: Path, limit: float) -> bool:
    # The same content may have arrived again while the rows were read.
    if path.stat().st_mtime >= limit:
        return False
    path.unlink()
    return True
