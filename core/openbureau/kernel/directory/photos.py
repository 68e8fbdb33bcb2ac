"""Pictures of people: kept by their content, so that an unchanged one is written once."""

import datetime as dt
import hashlib
import io
import logging
from collections.abc import Iterable

from openbureau.base.errors import Problem
from openbureau.kernel.directory.entrance import KeepPhoto
from openbureau.kernel.files.storage import Stored, content_path, store

log = logging.getLogger("openbureau.directory")

MAX_BYTES = 1024 * 1024
_KINDS = ((b"\xff\xd8\xff", "photo.jpg", "image/jpeg"), (b"\x89PNG", "photo.png", "image/png"))


def photo_shelf(now: dt.datetime) -> KeepPhoto:
    """A function that keeps a picture and returns its digest, empty for none. What is no JPEG
    or PNG picture, or larger than 1 MiB, counts as none: nobody stays out for it."""

    def keep(raw: bytes) -> str:
        name = next((name for head, name, _ in _KINDS if raw.startswith(head)), "")
        if not name or len(raw) > MAX_BYTES:
            return ""
        digest = hashlib.sha256(raw).hexdigest()
        if content_path(digest).exists():
            return digest
        try:
            return store(io.BytesIO(raw), name, MAX_BYTES, now).digest
        except Problem as fault:
            log.warning("照片没有保存 / a photo was not kept: %s", fault)
            return ""

    return keep


def kept_photos(digests: Iterable[str]) -> list[Stored]:
    """What the files' rows have to say of these pictures (`files.actions.stored_file`)."""
    kept = []
    for digest in sorted(set(digests)):
        path = content_path(digest)
        if path.exists():
            with path.open("rb") as content:
                head = content.read(8)
            kind = next((kind for start, _, kind in _KINDS if head.startswith(start)), "")
            kept.append(Stored(digest, path.stat().st_size, kind, "photo"))
    return kept
