"""Files of a form: stored before the write transaction, kept when the form comes back."""

import datetime as dt
import hashlib
import hmac

from starlette.datastructures import UploadFile

from openbureau.base.errors import Problem
from openbureau.base.request import Request
from openbureau.kernel.files.storage import Stored, store

KEPT_PREFIX = "kept_"


def store_form_files(request: Request, now: dt.datetime) -> None:
    """Fills `request.uploads` and `request.upload_problems` by field name.

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
                stored = store(value.file, value.filename, limit, now)
            except Problem as problem:
                request.upload_problems.setdefault(name, []).append(problem)
            else:
                request.uploads.setdefault(name, []).append(stored)
        elif name.startswith(KEPT_PREFIX):
            kept = _kept(request.app.key, str(value))
            if kept is not None:
                request.uploads.setdefault(name.removeprefix(KEPT_PREFIX), []).append(kept)


def kept_token(key: bytes, stored: Stored) -> str:
    """A signed value that brings a stored file back with the form."""
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
