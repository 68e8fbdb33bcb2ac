"""Receiving a file in pieces; answers are JSON for the script that sends them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse

from openbureau.base.declarations import Page
from openbureau.base.errors import BadRequest, Problem
from openbureau.base.request import Request
from openbureau.kernel.files.pieces import (
    add_piece,
    as_plain,
    discard_upload,
    start_upload,
    upload,
)
from openbureau.kernel.files.quotas import require_room

View = Callable[[Request], Any]


def _plainly(view: View) -> View:
    """The view with its refusals as JSON: `problem` is the sentence to show."""

    @wraps(view)
    def answered(request: Request) -> Any:
        try:
            return JSONResponse(view(request), headers={"cache-control": "no-store"})
        except Problem as refused:
            say = request.catalogue.gettext
            text = f"{say(refused.what, **refused.params)}{say(refused.remedy, **refused.params)}"
            plain = {**refused.params, "problem": text, "code": refused.code}
            return JSONResponse(plain, refused.status, {"cache-control": "no-store"})

    return answered


@_plainly
def create_upload(request: Request) -> Any:
    """Begins an upload: name and size in bytes."""
    limit = request.app.settings.upload_max_mb * 1024 * 1024
    name, size_bytes = _text(request, "name"), _number(request, "size")
    with request.writing():
        ctx = request.person
        begun = start_upload(ctx.account.id, name, size_bytes, limit, ctx.now)
        unit_id = ctx.post.unit_id if ctx.post else None
        require_room(ctx.account.id, unit_id, begun.name, size_bytes)
    return as_plain(begun)


@_plainly
def create_piece(request: Request) -> Any:
    """Takes the piece that begins at `offset`."""
    ctx = request.person
    piece = request.form.get("piece") if request.form is not None else None
    if not isinstance(piece, UploadFile):
        raise BadRequest
    offset = _number(request, "offset")
    uid = request.params["uid"]
    return as_plain(add_piece(ctx.account.id, uid, offset, piece.file, request.app.key, ctx.now))


@_plainly
def show_upload(request: Request) -> Any:
    """How much has been received, and what the form sends when it is whole."""
    return as_plain(upload(request.person.account.id, request.params["uid"]))


@_plainly
def cancel_upload(request: Request) -> Any:
    """Forgets an upload."""
    with request.writing():
        discard_upload(request.person.account.id, request.params["uid"])
    return {}


def _text(request: Request, name: str) -> str:
    value = request.form.get(name) if request.form is not None else None
    return value if isinstance(value, str) else ""


def _number(request: Request, name: str) -> int:
    text = _text(request, name)
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise BadRequest
    return int(text)


PAGES = (
    Page("uploads", create_upload, "signed-in", methods=("POST",), is_self_managed=True),
    Page("uploads/{uid}", show_upload, "signed-in"),
    Page("uploads/{uid}/piece", create_piece, "signed-in", methods=("POST",), is_self_managed=True),
    Page(
        "uploads/{uid}/cancel", cancel_upload, "signed-in", methods=("POST",), is_self_managed=True
    ),
)
