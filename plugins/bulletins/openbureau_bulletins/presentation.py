"""What the templates show: rows and values as people read them."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from openbureau import (
    N_,
    Context,
    Request,
    attachments_of,
    participants_of,
    reading_by_person,
    reading_by_unit,
    reading_totals,
    unit_tree,
)
from openbureau.kit import holder_labels, people_of_receivers, receivers

from . import queries
from .models import DRAFT, PUBLISHED, REALM, WITHDRAWN, Bulletin
from .queries import PER_PAGE, Listing, Position

STATES = {DRAFT: N_("草稿"), PUBLISHED: N_("已发布"), WITHDRAWN: N_("已撤回")}
TABS = (
    ("received", N_("收到的"), "bulletins.list_bulletin"),
    ("sent", N_("本单位发布的"), "bulletins.publish_bulletin"),
    ("drafts", N_("我的草稿"), "bulletins.write_bulletin"),
)
PUBLISH = "bulletins.publish_bulletin"


def list_tabs(ctx: Context, current: str) -> list[tuple[str, str, bool, int | None]]:
    """The lists this person has: label, address, whether it is shown, number."""
    return [
        (ctx.gettext(label), f"/bulletins/?tab={tab}", tab == current, None)
        for tab, label, permission in TABS
        if ctx.may(permission)
    ]


def bulletin_url(bulletin_id: int) -> str:
    """Where a bulletin opens."""
    return f"/bulletins/bulletin/{bulletin_id}"


def bulletin_lines(ctx: Context, rows: Sequence[Any], tab: str) -> list[dict[str, Any]]:
    """Rows of a list, with what is unread or how far reading has come."""
    tree = unit_tree(ctx.tree_version)
    unread = queries.unread(ctx, rows) if tab == "received" else set()
    progress = reading_totals(REALM, [row.id for row in rows]) if tab == "sent" else {}
    edit = "/edit" if tab == "drafts" else ""
    return [
        {
            "title": row.title,
            "url": f"{bulletin_url(row.id)}{edit}",
            "unit_name": tree.by_id[row.unit_id].short_name,
            "published_at": row.published_at,
            "updated_at": row.updated_at,
            "is_unread": row.id in unread,
            "is_urgent": bool(row.is_urgent),
            "state_text": ctx.gettext(STATES[row.state]),
            "read_total": progress.get(row.id, (0, 0))[1],
            "receiver_total": progress.get(row.id, (0, 0))[0],
        }
        for row in rows
    ]


def list_pager(listing: Listing, tab: str, passed: int) -> dict[str, Any]:
    """Newer and older pages by position, and the exact count. `passed` rows stand before."""
    rows = listing.rows

    def address(row: Any, direction: str, rows_before: int) -> str:
        place = {"tab": tab, direction: f"{row.published_at}-{row.id}", "passed": rows_before}
        return f"/bulletins/?{urlencode(place)}"

    newer, older = max(0, passed - PER_PAGE), passed + len(rows)
    return {
        "first": passed + 1 if rows else 0,
        "last": passed + len(rows),
        "total": listing.total,
        "previous_url": address(rows[0], "after", newer) if rows and listing.has_newer else None,
        "next_url": address(rows[-1], "before", older) if rows and listing.has_older else None,
    }


def position_of(request: Request) -> Position:
    """The place named by `before` or `after` in the address; the top when it makes no sense."""
    for name, is_backwards in (("before", False), ("after", True)):
        at, _, key = request.query.get(name, "").partition("-")
        if at.isdecimal() and key.isdecimal() and len(at) < 18 and len(key) < 18:
            return Position(int(at), int(key), is_backwards)
    return Position()


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
        "bulletin": {
            "id": bulletin.id,
            "url": bulletin_url(bulletin.id),
            "title": bulletin.title,
            "number": "",
            "unit_name": tree.by_id[bulletin.unit_id].name,
            "author_name": queries.author_name(bulletin),
            "published_at": bulletin.published_at,
            "state": bulletin.state,
            "state_text": ctx.gettext(STATES[bulletin.state]),
            "is_urgent": bulletin.is_urgent,
            "withdrawn_at": bulletin.withdrawn_at,
            "withdrawn_reason": bulletin.withdrawn_reason,
            "withdrawn_by": bulletin.withdrawn_by.name if bulletin.withdrawn_by_id else "",
        },
        "paragraphs": [] if is_closed else _paragraphs(bulletin.body),
        "attachments": [] if is_closed else attachment_lines(bulletin.id),
        "receivers_text": "、".join(
            holder_labels(ctx, participants_of(REALM, bulletin.id, kind))
        ),
        "may_withdraw": is_ours and bulletin.state == PUBLISHED,
        "may_edit": bulletin.state == DRAFT,
        "progress": progress,
    }


def _paragraphs(body: str) -> list[str]:
    return [line.strip() for line in body.splitlines() if line.strip()]


def confirmation(ctx: Context, draft: Bulletin) -> dict[str, Any]:
    """Who would receive a draft: units, people, and what to know before sending."""
    chosen = receivers(ctx, PUBLISH, queries.chosen_receivers(draft))
    people = people_of_receivers(unit_tree(ctx.tree_version), chosen.holders)
    warnings = []
    if not chosen.holders:
        warnings.append(ctx.gettext("还没有选择发送范围。"))
    if chosen.refused:
        warnings.append(
            ctx.gettext("有 %(total)s 个范围不在您的发布权限内，已略去。", total=len(chosen.refused))
        )
    if chosen.holders and not people:
        warnings.append(ctx.gettext("所选单位目前没有在用的账号。"))
    return {
        "bulletin": {
            "url": bulletin_url(draft.id),
            "title": draft.title,
            "is_urgent": draft.is_urgent,
        },
        "labels": holder_labels(ctx, chosen.holders),
        "units": chosen.units,
        "unit_total": len(chosen.units),
        "people_total": len(people),
        "warnings": warnings,
        "may_publish": bool(chosen.holders) and not chosen.refused,
    }


def reading_progress(ctx: Context, bulletin: Bulletin, code: str) -> dict[str, Any]:
    """Readers by unit in official order; the people of one unit when its code is given."""
    tree = unit_tree(ctx.tree_version)
    order = {unit.id: number for number, unit in enumerate(tree.access_units())}
    rows = sorted(reading_by_unit(REALM, bulletin.id), key=lambda row: order.get(row.unit_id, 0))
    opened = tree.by_code.get(code)
    people = unit_readers(ctx, bulletin, code)
    return {
        "bulletin": {"url": bulletin_url(bulletin.id), "title": bulletin.title},
        "receiver_total": sum(row.total for row in rows),
        "read_total": sum(row.done for row in rows),
        "rows": [
            {
                "code": tree.by_id[row.unit_id].code,
                "unit_name": tree.by_id[row.unit_id].name,
                "receiver_total": row.total,
                "read_total": row.done,
                "url": f"{bulletin_url(bulletin.id)}/progress?unit={tree.by_id[row.unit_id].code}",
                "people": people if opened is not None and row.unit_id == opened.id else None,
            }
            for row in rows
        ],
    }


def unit_readers(ctx: Context, bulletin: Bulletin, code: str) -> list[dict[str, Any]]:
    """The receivers in one unit, in official order, with when they read it."""
    unit = unit_tree(ctx.tree_version).by_code.get(code)
    found = reading_by_person(REALM, bulletin.id, unit.id) if unit else ()
    return [{"name": row.name, "title": row.title or "", "read_at": row.done_at} for row in found]
