"""Unfinished forms: kept while somebody types, listed, thrown away."""

from typing import Any

import msgspec
from starlette.responses import Response

from openbureau.base.declarations import Page
from openbureau.base.drafts import page_of, restoring
from openbureau.base.errors import BadRequest
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.drafts.actions import KEPT, delete_draft, save_draft
from openbureau.kernel.drafts.forms import is_kept
from openbureau.kernel.drafts.queries import drafts_of, own_draft
from openbureau.kernel.files.uploads import KEPT_PREFIX
from openbureau.kernel.submissions.actions import earlier_location


def list_drafts(request: Request) -> Any:
    """What this person has begun and not sent."""
    drafts = [
        {
            **_draft(row),
            "text_url": f"/-/drafts/{row.id}",
            "discard_url": f"/-/drafts/{row.id}/delete",
        }
        for row in drafts_of(request.person.account.id)
    ]
    return page("core/drafts.html", drafts=drafts, kept_days=KEPT.days)


def _draft(row: Any) -> dict[str, Any]:
    return {
        "title": row.title or row.page,
        "url": restoring(row.page),
        "saved_at": row.saved_at,
    }


def show_draft(request: Request) -> Any:
    """What was typed, to read and to copy: its form may be gone meanwhile."""
    draft = own_draft(request.person.account.id, request.params["id"])
    fields = msgspec.json.decode(draft.fields, type=list[tuple[str, str]])
    texts = [
        value for name, value in fields if _is_text(value) and not name.startswith(KEPT_PREFIX)
    ]
    return page("core/draft.html", draft=_draft(draft), texts=texts)


def _is_text(value: str) -> bool:
    """Whether somebody may miss it: not the single letter of a ticked box."""
    return bool(value.strip()) and (len(value) > 1 or not value.isascii())


def create_draft(request: Request) -> Any:
    """Keeps what a browser saw being typed: `page`, `title`, and `fields` as a JSON list of
    [name, value]. `of` is the form's number: what was sent meanwhile is no draft any more."""
    ctx, form = request.person, request.form
    where = page_of(str(form.get("page") or "")) if form is not None else ""
    if form is None or not where:
        raise BadRequest
    if earlier_location(str(form.get("of") or ""), ctx.account.id) is None:
        fields = _fields(str(form.get("fields") or ""))
        save_draft(ctx.account.id, where, str(form.get("title") or ""), fields, ctx.now)
    return Response(status_code=204)


def _fields(content: str) -> list[tuple[str, str]]:
    try:
        sent = msgspec.json.decode(content, type=list[tuple[str, str]])
    except msgspec.MsgspecError as fault:
        raise BadRequest from fault
    if any("\0" in name or "\0" in value for name, value in sent):
        raise BadRequest
    return [(name, value) for name, value in sent if is_kept(name)]


def confirm_removal(request: Request) -> Any:
    """Asks before a draft is thrown away."""
    ctx = request.person
    draft = own_draft(ctx.account.id, request.params["id"])
    return page(
        "core/confirm.html",
        heading=ctx.gettext("丢弃没有提交的内容"),
        lines=[draft.title or draft.page, ctx.gettext("丢弃后不能恢复。")],
        action=f"/-/drafts/{draft.id}/delete",
        hidden=[],
        submit_label=ctx.gettext("丢弃"),
        cancel_url=draft.page,
        form=None,
    )


def remove_draft(request: Request) -> Any:
    """Throws a draft away; shows the list it was chosen from, or its empty form."""
    draft = own_draft(request.person.account.id, request.params["id"])
    delete_draft(draft)
    is_listed = request.form_page == "/-/drafts"
    return redirect("/-/drafts" if is_listed else draft.page, "已丢弃。")


PAGES = (
    Page("drafts", list_drafts, "signed-in"),
    Page("drafts", create_draft, "signed-in", methods=("POST",)),
    Page("drafts/{id:int}", show_draft, "signed-in"),
    Page("drafts/{id:int}/delete", confirm_removal, "signed-in"),
    Page("drafts/{id:int}/delete", remove_draft, "signed-in", methods=("POST",)),
)
