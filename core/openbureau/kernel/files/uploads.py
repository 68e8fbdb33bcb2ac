"""Files of a form: stored before the write transaction, kept when the form comes back."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable

from starlette.datastructures import UploadFile

from openbureau.base.database import reading
from openbureau.base.errors import Problem
from openbureau.base.request import Request
from openbureau.kernel.files.names import cleaned_name
from openbureau.kernel.files.quotas import require_room
from openbureau.kernel.files.storage import Stored, content_path, store

KEPT_PREFIX = "kept_"


def store_form_files(request: Request, now: dt.datetime) -> None:
    """Fills `request.uploads`, `kept` and `upload_problems` by field name.

    Values of `kept_<field>` are files stored by an earlier, rejected sending of the form.
    """
    if request.form is None:
        return
    limit = request.app.settings.upload_max_mb * 1024 * 1024
    for name, value in request.form.multi_items():
        if isinstance(value, UploadFile):
            if not value.filename:
                continue
            try:
                _require_room(request, value)
                stored = store(value.file, value.filename, limit, now)
            except Problem as problem:
                request.upload_problems.setdefault(name, []).append(problem)
            else:
                _accept(request, name, stored)
        elif name.startswith(KEPT_PREFIX):
            kept = _kept(request.app.key, str(value))
            if kept is not None:
                _accept(request, name.removeprefix(KEPT_PREFIX), kept)


def _require_room(request: Request, sent: UploadFile) -> None:
    ctx = request.ctx
    if ctx is not None:
        waiting = sum(stored.size_bytes for files in request.uploads.values() for stored in files)
        unit_id = ctx.post.unit_id if ctx.post else None
        name = cleaned_name(sent.filename or "")
        with reading():
            require_room(ctx.account.id, unit_id, name, waiting + (sent.size or 0))


def take_kept(request: Request, fields: Iterable[tuple[str, str]]) -> None:
    """Fills `request.kept` with the files a draft names, while they are in the store."""
    for name, value in fields:
        kept = _kept(request.app.key, value) if name.startswith(KEPT_PREFIX) else None
        if kept is not None and content_path(kept.digest).exists():
            _accept(request, name.removeprefix(KEPT_PREFIX), kept)


def _accept(request: Request, field: str, stored: Stored) -> None:
    """Adds a stored file, and the signed value that brings it back with a rejected form."""
    token = kept_value(request.app.key, stored)
    request.uploads.setdefault(field, []).append(stored)
    request.kept.setdefault(field, []).append((stored.name, stored.size_bytes, token))


def kept_value(key: bytes, stored: Stored) -> str:
    """What a form sends as `kept_<field>` for a file that is in the store already."""
    content = f"{stored.digest}:{stored.size_bytes}:{stored.media_type}:{stored.name}"
    return f"{_signature(key, content)}:{content}"


def _kept(key: bytes, token: str) -> Stored | None:
    signature, _, content = token.partition(":")
    if not hmac.compare_digest(signature.encode(), _signature(key, content).encode()):
        return None
    digest, size_bytes, media_type, name = content.split(":", 3)
    return Stored(digest=digest, size_bytes=int(size_bytes), media_type=media_type, name=name)


def _signature(key: bytes, content: str) -> str:
    return hmac.digest(key, b"kept:" + content.encode(), hashlib.sha256).hex()[:40]
