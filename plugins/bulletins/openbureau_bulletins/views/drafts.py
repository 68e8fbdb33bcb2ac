"""One bulletin: showing it, drafting and changing it, discarding a draft."""

from typing import Any

from openbureau import (
    Context,
    NotFound,
    Request,
    attachments_of,
    is_followed,
    page,
    participants_of,
    reading_totals,
    redirect,
    unit_tree,
)
from openbureau.kit import holder_labels
from openbureau_bulletins import queries
from openbureau_bulletins.actions import create_draft, delete_draft, mark_read, update_draft
from openbureau_bulletins.forms import BulletinForm
from openbureau_bulletins.models import DRAFT, PUBLISHED, REALM, WITHDRAWN, Bulletin

from .lists import STATES, bulletin_url

PUBLISH = "bulletins.publish_bulletin"


def show_bulletin(request: Request) -> Any:
    """One bulletin; opening it is reading it."""
    ctx = request.person
    bulletin = queries.bulletin(ctx, request.params["id"])
    request.afterwards.append(lambda: mark_read(ctx, bulletin.id))
    return page("bulletins/show.html", **detail(ctx, bulletin))


def detail(ctx: Context, bulletin: Bulletin) -> dict[str, Any]:
    """Values of the page of one bulletin."""
    tree = unit_tree(ctx.tree_version)
    is_ours = ctx.may_in(PUBLISH, bulletin.unit_id)
    is_closed = bulletin.state == WITHDRAWN and not is_ours
    kind = "former_reader" if bulletin.state == WITHDRAWN else "reader"
    progress = None
    if is_ours and bulletin.state != DRAFT:
        total, read = reading_totals(REALM, [bulletin.id]).get(bulletin.id, (0, 0))
        progress = {
            "read_total": read,
            "receiver_total": total,
            "url": f"/bulletins/bulletin/{bulletin.id}/progress",
        }
    return {
        "is_followed": is_followed(ctx, REALM, bulletin.id),
        "bulletin": {
            "id": bulletin.id,
            "url": bulletin_url(bulletin.id),
            "title": bulletin.title,
            "number": "",
            "unit_name": tree.by_id[bulletin.unit_id].name,
            "author_name": queries.person_name(bulletin.account_id),
            "published_at": bulletin.published_at,
            "state": bulletin.state,
            "state_text": ctx.gettext(STATES[bulletin.state]),
            "is_urgent": bulletin.is_urgent,
            "withdrawn_at": bulletin.withdrawn_at,
            "withdrawn_reason": bulletin.withdrawn_reason,
            "withdrawn_by": queries.person_name(bulletin.withdrawn_by_id),
        },
        "paragraphs": [] if is_closed else _paragraphs(bulletin.body),
        "attachments": [] if is_closed else attachment_lines(bulletin.id),
        "receivers_text": ctx.gettext("、").join(
            holder_labels(ctx, participants_of(REALM, bulletin.id, kind))
        ),
        "may_withdraw": is_ours and "bulletins" in ctx.writable and bulletin.state == PUBLISHED,
        "may_edit": "bulletins" in ctx.writable and bulletin.state == DRAFT,
        "progress": progress,
    }


def _paragraphs(body: str) -> list[str]:
    return [line.strip() for line in body.splitlines() if line.strip()]


def attachment_lines(bulletin_id: int) -> list[dict[str, Any]]:
    """Attachments as file lists show them."""
    return [
        {
            "id": found.uid,
            "name": found.name,
            "url": f"/-/files/{found.uid}",
            "size_bytes": found.size_bytes,
            "media_type": found.media_type,
        }
        for found in attachments_of(REALM, bulletin_id)
    ]


def new_bulletin(request: Request) -> Any:
    """An empty draft form."""
    return _edit_page(request, BulletinForm(request), None)


def create_bulletin(request: Request) -> Any:
    """Saves a new draft."""
    form = BulletinForm(request)
    if not form.validate():
        return _edit_page(request, form, None, status=422)
    return _saved(request, create_draft(request.person, form.data))


def edit_bulletin(request: Request) -> Any:
    """One's own draft in the form."""
    draft = own_draft(request)
    form = BulletinForm(
        request,
        title=draft.title,
        is_urgent=draft.is_urgent,
        body=draft.body,
        receivers=queries.chosen_receivers(draft),
    )
    return _edit_page(request, form, draft)


def update_bulletin(request: Request) -> Any:
    """Saves a draft again."""
    draft = own_draft(request)
    form = BulletinForm(request)
    if not form.validate():
        return _edit_page(request, form, draft, status=422)
    update_draft(request.person, draft, form.data)
    return _saved(request, draft)


def confirm_deletion(request: Request) -> Any:
    """Asks before a draft is discarded."""
    draft = own_draft(request)
    ctx = request.person
    return page(
        "core/confirm.html",
        heading=ctx.gettext("删除草稿"),
        lines=[draft.title, ctx.gettext("草稿删除后不能恢复。")],
        action=f"/bulletins/bulletin/{draft.id}/delete",
        hidden=[],
        submit_label=ctx.gettext("删除草稿"),
        cancel_url=f"/bulletins/bulletin/{draft.id}/edit",
        form=None,
    )


def delete_bulletin(request: Request) -> Any:
    """Discards one's own draft."""
    delete_draft(request.person, own_draft(request))
    return redirect("/bulletins/?tab=drafts", "草稿已删除。")


def own_draft(request: Request) -> Bulletin:
    """A draft of the person's own. Raises NotFound: it is none, or somebody else's."""
    draft = queries.bulletin(request.person, request.params["id"])
    if draft.state != DRAFT and request.is_safe:
        raise NotFound("这条通知公告已经发布或撤回，不能再改。")
    return draft


def _saved(request: Request, draft: Bulletin) -> Any:
    assert request.form is not None  # noqa: S101 - only reached by POST
    if request.form.get("intent") == "publish":
        return redirect(f"/bulletins/bulletin/{draft.id}/publish")
    return redirect(f"/bulletins/bulletin/{draft.id}/edit", "草稿已保存。")


def _edit_page(
    request: Request, form: BulletinForm, draft: Bulletin | None, status: int = 200
) -> Any:
    ctx: Context = request.person
    return page(
        "bulletins/edit.html",
        status=status,
        form=form,
        action=f"/bulletins/bulletin/{draft.id}/edit" if draft else "/bulletins/bulletin/new",
        bulletin=draft,
        attachments=attachment_lines(draft.id) if draft else [],
        may_publish=ctx.may(PUBLISH),
    )
