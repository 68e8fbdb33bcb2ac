"""Pages of bulletins; the route table is at the bottom."""

from typing import Any

from openbureau import Context, NotFound, Page, Request, page, redirect
from openbureau.kit import receiver_picker, receivers

from . import queries
from .actions import (
    create_draft,
    delete_draft,
    mark_read,
    publish_bulletin,
    update_draft,
    withdraw_bulletin,
)
from .forms import BulletinForm, WithdrawalForm
from .models import DRAFT, WITHDRAWN, Bulletin
from .presentation import (
    attachment_lines,
    bulletin_lines,
    confirmation,
    detail,
    list_pager,
    list_tabs,
    position_of,
    reading_progress,
    unit_readers,
)

LISTS = {"received": queries.received, "sent": queries.sent}
WRITE = "bulletins.write_bulletin"
PUBLISH = "bulletins.publish_bulletin"


def list_bulletins(request: Request) -> Any:
    """Received, sent by my unit, or my drafts; or what a search finds."""
    ctx = request.person
    tab = request.query.get("tab", "received")
    words = request.query.get("q", "").strip()
    if words:
        listing = queries.found(ctx, words)
    elif tab == "drafts":
        listing = queries.drafts(ctx)
    else:
        listing = LISTS.get(tab, queries.received)(ctx, position_of(request))
    return page(
        "bulletins/list.html",
        fragment="rows",
        tab=tab,
        tabs=list_tabs(ctx, tab),
        rows=bulletin_lines(ctx, listing.rows, tab),
        q=words,
        **list_pager(listing, tab, request.number("passed", 0)),
        may_create=ctx.may(WRITE),
    )


def show_bulletin(request: Request) -> Any:
    """One bulletin; opening it is reading it."""
    ctx = request.person
    bulletin = queries.bulletin(ctx, request.params["id"])
    request.afterwards.append(lambda: mark_read(ctx, bulletin.id))
    return page("bulletins/show.html", **detail(ctx, bulletin))


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
    draft = _own_draft(request)
    form = BulletinForm(request, draft, receivers=queries.chosen_receivers(draft))
    return _edit_page(request, form, draft)


def update_bulletin(request: Request) -> Any:
    """Saves a draft again."""
    draft = _own_draft(request)
    form = BulletinForm(request)
    if not form.validate():
        return _edit_page(request, form, draft, status=422)
    update_draft(request.person, draft, form.data)
    return _saved(request, draft)


def confirm_publication(request: Request) -> Any:
    """Who will receive it, counted, before anything is sent."""
    return page("bulletins/confirm_publish.html", **confirmation(request.person, _own_draft(request)))


def create_publication(request: Request) -> Any:
    """Publishes a draft."""
    ctx = request.person
    draft = queries.bulletin(ctx, request.params["id"])
    chosen = receivers(ctx, PUBLISH, queries.chosen_receivers(draft))
    if not chosen.holders or chosen.refused:
        return redirect(f"/bulletins/bulletin/{draft.id}/edit", "请选择发送范围后再发布。")
    publish_bulletin(ctx, draft, chosen.holders)
    return redirect(f"/bulletins/bulletin/{draft.id}", "已发布。")


def confirm_withdrawal(request: Request) -> Any:
    """Asks why a bulletin is withdrawn."""
    return _withdrawal_page(request, WithdrawalForm(request))


def create_withdrawal(request: Request) -> Any:
    """Withdraws a bulletin."""
    form = WithdrawalForm(request)
    if not form.validate():
        return _withdrawal_page(request, form, status=422)
    bulletin = queries.bulletin(request.person, request.params["id"])
    withdraw_bulletin(request.person, bulletin, form.reason.data.strip())
    return redirect(f"/bulletins/bulletin/{bulletin.id}", "已撤回。")


def confirm_deletion(request: Request) -> Any:
    """Asks before a draft is discarded."""
    draft = _own_draft(request)
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
    delete_draft(request.person, _own_draft(request))
    return redirect("/bulletins/?tab=drafts", "草稿已删除。")


def show_progress(request: Request) -> Any:
    """Who has read it, by unit; one unit's people when it is opened."""
    ctx = request.person
    bulletin = queries.bulletin(ctx, request.params["id"])
    if bulletin.state == DRAFT or not ctx.may_in(PUBLISH, bulletin.unit_id):
        raise NotFound()
    code = request.query.get("unit", "")
    if request.is_part:
        people = unit_readers(ctx, bulletin, code)
        return page("bulletins/progress.html", fragment="people", people=people)
    return page("bulletins/progress.html", **reading_progress(ctx, bulletin, code))


def _own_draft(request: Request) -> Bulletin:
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
        picker=receiver_picker(ctx, PUBLISH, form.receivers.data or ()),
        may_publish=ctx.may(PUBLISH),
    )


def _withdrawal_page(request: Request, form: WithdrawalForm, status: int = 200) -> Any:
    ctx = request.person
    bulletin = queries.bulletin(ctx, request.params["id"])
    if bulletin.state in {DRAFT, WITHDRAWN} or not ctx.may_in(PUBLISH, bulletin.unit_id):
        raise NotFound()
    return page(
        "core/confirm.html",
        status=status,
        heading=ctx.gettext("撤回通知公告"),
        lines=[bulletin.title, ctx.gettext("撤回后，接收人只能看到标题、撤回时间和理由。")],
        action=f"/bulletins/bulletin/{bulletin.id}/withdraw",
        hidden=[],
        submit_label=ctx.gettext("撤回"),
        cancel_url=f"/bulletins/bulletin/{bulletin.id}",
        form=form,
    )


LIST = "bulletins.list_bulletin"
PAGES = (
    Page("", list_bulletins, LIST, stamps=("bulletins",)),
    Page("bulletin/new", new_bulletin, WRITE),
    Page("bulletin/new", create_bulletin, WRITE, methods=("POST",), uploads=True),
    Page("bulletin/{id:int}", show_bulletin, LIST),
    Page("bulletin/{id:int}/edit", edit_bulletin, WRITE),
    Page("bulletin/{id:int}/edit", update_bulletin, WRITE, methods=("POST",), uploads=True),
    Page("bulletin/{id:int}/publish", confirm_publication, PUBLISH),
    Page("bulletin/{id:int}/publish", create_publication, PUBLISH, methods=("POST",)),
    Page("bulletin/{id:int}/withdraw", confirm_withdrawal, PUBLISH),
    Page("bulletin/{id:int}/withdraw", create_withdrawal, PUBLISH, methods=("POST",)),
    Page("bulletin/{id:int}/delete", confirm_deletion, WRITE),
    Page("bulletin/{id:int}/delete", delete_bulletin, WRITE, methods=("POST",)),
    Page("bulletin/{id:int}/progress", show_progress, LIST),
)
