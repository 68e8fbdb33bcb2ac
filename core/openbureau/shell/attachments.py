"""Looking at attachments and downloading them: through the visibility of their record."""

from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.base.pages import Download, page, redirect
from openbureau.base.request import Request
from openbureau.kernel.files.errors import FileGone
from openbureau.kernel.files.names import content_disposition, extension_of
from openbureau.kernel.files.queries import attachment, attachments_of
from openbureau.kernel.files.storage import content_path
from openbureau.kernel.jobs.actions import enqueue
from openbureau.shell.conversion import (
    EXTENSIONS,
    KIND,
    conversion_state,
    converter,
    derived_path,
    once_key,
)

PDF = "application/pdf"
# What browsers show by themselves and what cannot act: no SVG, no HTML.
PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))


def _seen(request: Request) -> tuple[Any, str]:
    """The attachment and its record's address, when the record's owner says that this person
    may see it. Raises NotFound, FileGone."""
    ctx = request.person
    found = attachment(request.params["uid"])
    slug = found.realm.partition("/")[0]
    record = request.app.plugins.records.get(slug)
    if record is None or slug not in ctx.plugins:
        raise NotFound
    for kind in record.declared.records:
        if kind.realm == found.realm and kind.visible(ctx, found.record_id):
            if not content_path(found.digest).exists():
                raise FileGone(name=found.name)
            return found, kind.url(found.record_id)
    raise NotFound


def download_attachment(request: Request) -> Any:
    """The file; with `view` what a browser may show of it: a picture, a PDF, or the PDF made
    of a document."""
    found, _ = _seen(request)
    path, media_type = content_path(found.digest), found.media_type
    is_shown = "view" in request.query
    if is_shown and _is_document(found) and derived_path(found.digest).exists():
        path, media_type = derived_path(found.digest), PDF
    is_shown = is_shown and media_type in {*PICTURES, PDF}
    return Download(path, content_disposition(found.name), media_type, is_shown)


def view_attachment(request: Request) -> Any:
    """A page that shows the file, or says why it does not."""
    found, record_url = _seen(request)
    state = "done"
    if _is_document(found):
        state = conversion_state(found.digest) or ("possible" if converter() else "never")
    elif found.media_type not in {*PICTURES, PDF}:
        state = "never"
    if state == "done" and request.is_part:
        request.response_headers.append((b"hx-refresh", b"true"))
    return page(
        "core/attachment.html",
        fragment="shown",
        file=found,
        url=f"/-/files/{found.uid}",
        record_url=record_url,
        state=state,
        is_picture=found.media_type in PICTURES,
    )


def convert_attachment(request: Request) -> Any:
    """Asks for the PDF of a document."""
    found, _ = _seen(request)
    if not _is_document(found) or converter() is None:
        return redirect(f"/-/files/{found.uid}/view", N_("这个文件不能预览，请下载。"))
    enqueue(
        KIND,
        {"digest": found.digest, "extension": extension_of(found.name).lower()},
        now=request.person.now,
        lane=KIND,
        once=once_key(found.digest),
    )
    return redirect(f"/-/files/{found.uid}/view")


def _is_document(found: Any) -> bool:
    return extension_of(found.name).lower() in EXTENSIONS


def attachment_lines(realm: str, record_id: int) -> list[dict[str, Any]]:
    """The attachments of a record as file lists show them."""
    return [
        {
            "id": found.uid,
            "name": found.name,
            "url": f"/-/files/{found.uid}",
            "view_url": f"/-/files/{found.uid}/view" if _is_viewable(found) else "",
            "size_bytes": found.size_bytes,
            "media_type": found.media_type,
        }
        for found in attachments_of(realm, record_id)
    ]


def _is_viewable(found: Any) -> bool:
    if _is_document(found):
        return converter() is not None
    return found.media_type in {*PICTURES, PDF}


PAGES = (
    Page("files/{uid}", download_attachment, "signed-in"),
    Page("files/{uid}/view", view_attachment, "signed-in"),
    Page("files/{uid}/view", convert_attachment, "signed-in", methods=("POST",)),
)
