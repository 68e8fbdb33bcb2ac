"""Writes of bulletins: each in the caller's transaction, each with its audit line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from openbureau import (
    N_,
    Conflict,
    Context,
    Forbidden,
    attach,
    attachments_of,
    bump_stamp,
    cancel_todos,
    close_todo,
    emit,
    enqueue,
    index_record,
    mark_started,
    participants_of,
    record_audit,
    remove_attachment,
    set_participants,
    unindex_record,
)

from .models import DRAFT, PUBLISHED, REALM, WITHDRAWN, Bulletin
from .queries import findable

FAN_OUT = "bulletins.give_todos"


def create_draft(ctx: Context, values: Mapping[str, Any]) -> Bulletin:
    """A new draft of the acting unit."""
    draft = Bulletin.create(
        title=values["title"],
        body=values["body"],
        is_urgent=values["is_urgent"],
        receivers=json.dumps(values["receivers"]),
        unit=ctx.unit_id,
        account=ctx.account.id,
        post=ctx.post.id if ctx.post else None,
        created_at=ctx.now,
        updated_at=ctx.now,
    )
    _attach(ctx, draft, values["files"])
    _audit(ctx, "bulletins.create_bulletin", draft, {"title": draft.title})
    bump_stamp("bulletins")
    return draft


def update_draft(ctx: Context, draft: Bulletin, values: Mapping[str, Any]) -> None:
    """Changes a draft. Raises Conflict: it has been published meanwhile."""
    _require_draft(ctx, draft)
    Bulletin.update(
        title=values["title"],
        body=values["body"],
        is_urgent=values["is_urgent"],
        receivers=json.dumps(values["receivers"]),
        updated_at=ctx.now,
    ).where(Bulletin.id == draft.id).execute()
    for attachment in attachments_of(REALM, draft.id):
        if attachment.uid in values["remove"]:
            remove_attachment(REALM, draft.id, attachment.uid, ctx.now)
    _attach(ctx, draft, values["files"])
    _audit(ctx, "bulletins.update_bulletin", draft, {"title": values["title"]})
    bump_stamp("bulletins")


def publish_bulletin(ctx: Context, draft: Bulletin, holders: Sequence[str]) -> None:
    """Publishes a draft to disjoint holders; a job then gives every reader a todo (待阅).

    Raises Conflict: it is no draft any more. Raises Forbidden: not the author's, or not
    theirs to publish.
    """
    _require_draft(ctx, draft)
    if not ctx.may_in("bulletins.publish_bulletin", draft.unit_id):
        raise Forbidden
    Bulletin.update(state=PUBLISHED, published_at=ctx.now, updated_at=ctx.now).where(
        Bulletin.id == draft.id
    ).execute()
    set_participants(REALM, draft.id, "reader", holders, ctx.now)
    mark_started(ctx, REALM, draft.id, draft.title)
    index_record(findable(draft, ctx.now))
    enqueue(
        FAN_OUT,
        {"bulletin": draft.id},
        now=ctx.now,
        unit_id=draft.unit_id,
        lane=f"{REALM}:{draft.id}",
        once=f"{FAN_OUT}:{draft.id}",
    )
    _audit(ctx, "bulletins.publish_bulletin", draft, {"title": draft.title, "to": list(holders)})
    _emit(ctx, "bulletins.published", draft)
    bump_stamp("bulletins")


def withdraw_bulletin(ctx: Context, bulletin: Bulletin, reason: str) -> None:
    """Withdraws a published bulletin: receivers see only that it was withdrawn and why.

    Raises Conflict: it is not published. Raises Forbidden: another unit's, or not theirs.
    """
    if not ctx.may_in("bulletins.publish_bulletin", bulletin.unit_id):
        raise Forbidden
    touched = (
        Bulletin.update(
            state=WITHDRAWN,
            withdrawn_at=ctx.now,
            withdrawn_reason=reason,
            withdrawn_by=ctx.account.id,
            updated_at=ctx.now,
        )
        .where((Bulletin.id == bulletin.id) & (Bulletin.state == PUBLISHED))
        .execute()
    )
    if not touched:
        raise Conflict("这条通知公告已经撤回，或还没有发布。")
    holders = participants_of(REALM, bulletin.id, "reader")
    set_participants(REALM, bulletin.id, "reader", (), ctx.now)
    set_participants(REALM, bulletin.id, "former_reader", holders, ctx.now)
    unindex_record(REALM, bulletin.id)
    cancel_todos(REALM, bulletin.id, ctx.now)
    _audit(ctx, "bulletins.withdraw_bulletin", bulletin, {"reason": reason})
    _emit(ctx, "bulletins.withdrawn", bulletin)
    bump_stamp("bulletins")


def delete_draft(ctx: Context, draft: Bulletin) -> None:
    """Discards one's own draft that nobody else has seen."""
    _require_draft(ctx, draft)
    for attachment in attachments_of(REALM, draft.id):
        remove_attachment(REALM, draft.id, attachment.uid, ctx.now)
    _audit(ctx, "bulletins.delete_bulletin", draft, {"title": draft.title})
    Bulletin.delete().where(Bulletin.id == draft.id).execute()
    bump_stamp("bulletins")


def hand_over(ctx: Context, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The service of a handover: lists the drafts of the account `from`, and moves them to the
    account `to` where the operation is `move`. Lines of kind, title, count, url."""
    mine = (Bulletin.account == asked["from"]) & (Bulletin.state == DRAFT)
    found = list(Bulletin.select().where(mine).order_by(Bulletin.id))
    if asked["operation"] == "move" and found:
        Bulletin.update(account=asked["to"], updated_at=ctx.now).where(mine).execute()
        for draft in found:
            detail = {"title": draft.title, "to": asked["to"]}
            _audit(ctx, "bulletins.hand_over_bulletin", draft, detail)
        bump_stamp("bulletins")
    return [
        {
            "kind": N_("公告草稿"),
            "title": draft.title,
            "count": 1,
            "url": f"/bulletins/bulletin/{draft.id}",
        }
        for draft in found
    ]


def mark_read(ctx: Context, bulletin_id: int) -> None:
    """Closes the todo to read a bulletin: the person's, or of whom they stand in for."""
    if close_todo("read", REALM, bulletin_id, ctx.principal_id, ctx.now):
        bump_stamp("bulletins")


def _require_draft(ctx: Context, draft: Bulletin) -> None:
    if draft.state != DRAFT:
        raise Conflict(
            "这条通知公告已经发布，不能再改。",
            remedy=N_("如内容有误，请先撤回，再另发一条。"),
        )
    if draft.account_id != ctx.account.id:
        raise Forbidden


def _attach(ctx: Context, draft: Bulletin, files: Sequence[Any]) -> None:
    for stored in files:
        attach(REALM, draft.id, stored, account_id=ctx.account.id, now=ctx.now)


def _audit(ctx: Context, action: str, bulletin: Bulletin, detail: Mapping[str, Any]) -> None:
    record_audit(
        action=action,
        at=ctx.now,
        account_id=ctx.account.id,
        post_id=ctx.post.id if ctx.post else None,
        unit_id=bulletin.unit_id,
        realm=REALM,
        record_id=bulletin.id,
        detail=detail,
        request_id=ctx.request_id,
        address=ctx.address,
    )


def _emit(ctx: Context, name: str, bulletin: Bulletin) -> None:
    emit(
        name,
        realm=REALM,
        record_id=bulletin.id,
        now=ctx.now,
        unit_id=bulletin.unit_id,
        account_id=ctx.account.id,
        payload={"uid": bulletin.uid},
    )
