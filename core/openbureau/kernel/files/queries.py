"""Reads of attachments. Visibility is the record's: ask its kind before serving a file."""

from typing import Any

from openbureau.base.database import param, statement
from openbureau.base.errors import NotFound
from openbureau.kernel.files.models import Attachment, StoredFile


def attachments_of(realm: str, record_id: int) -> list[Any]:
    """Files hanging on a record, in the order they were attached.

    Rows: uid, name, realm, record_id, digest, size_bytes, media_type, attached_at (ms).
    """
    return _of_record().rows(realm=realm, record_id=record_id)


def attachment(uid: str) -> Any:
    """One attachment, as a row of `attachments_of`. Raises NotFound: none, or removed."""
    row = _by_uid().row(uid=uid)
    if row is None:
        raise NotFound
    return row


def _attachments() -> Any:
    return (
        Attachment.select(
            Attachment.uid,
            Attachment.name,
            Attachment.realm,
            Attachment.record_id,
            StoredFile.digest,
            StoredFile.size_bytes,
            StoredFile.media_type,
            Attachment.attached_at,
        )
        .join(StoredFile)
        .where(Attachment.removed_at.is_null())
    )


@statement
def _of_record() -> Any:
    return (
        _attachments()
        .where((Attachment.realm == param("realm")) & (Attachment.record_id == param("record_id")))
        .order_by(Attachment.position, Attachment.id)
    )


@statement
def _by_uid() -> Any:
    return _attachments().where(Attachment.uid == param("uid"))
