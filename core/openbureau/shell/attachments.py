"""Downloading attachments: through the visibility of the record they hang on."""

from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.errors import NotFound
from openbureau.base.pages import Download
from openbureau.base.request import Request
from openbureau.kernel.files.errors import FileGone
from openbureau.kernel.files.names import content_disposition
from openbureau.kernel.files.queries import attachment, attachments_of
from openbureau.kernel.files.storage import content_path


def download_attachment(request: Request) -> Any:
    """The file, when the owner of its record says this person may see it."""
    ctx = request.person
    found = attachment(request.params["uid"])
    slug = found.realm.partition("/")[0]
    record = request.app.plugins.records.get(slug)
    if record is None or slug not in ctx.plugins:
        raise NotFound
    for kind in record.declared.records:
        if kind.realm == found.realm and kind.visible(ctx, found.record_id):
            path = content_path(found.digest)
            if not path.exists():
                raise FileGone(name=found.name)
            return Download(path, content_disposition(found.name), found.media_type)
    raise NotFound


def attachment_lines(realm: str, record_id: int) -> list[dict[str, Any]]:
    """The attachments of a record as file lists show them."""
    return [
        {
            "id": found.uid,
            "name": found.name,
            "url": f"/-/files/{found.uid}",
            "size_bytes": found.size_bytes,
            "media_type": found.media_type,
        }
        for found in attachments_of(realm, record_id)
    ]


PAGES = (Page("files/{uid}", download_attachment, "signed-in"),)
