"""Lists of bulletins: received, sent by my unit, my drafts, found."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from openbureau import N_, Context, Request, page, reading_totals, unit_tree
from openbureau_bulletins import queries
from openbureau_bulletins.models import DRAFT, PUBLISHED, REALM, WITHDRAWN
from openbureau_bulletins.queries import PER_PAGE, Listing, Position

LISTS = {"received": queries.received, "sent": queries.sent}
STATES = {DRAFT: N_("草稿"), PUBLISHED: N_("已发布"), WITHDRAWN: N_("已撤回")}
TABS = (
    ("received", N_("收到的"), "bulletins.list_bulletin"),
    ("sent", N_("本单位发布的"), "bulletins.publish_bulletin"),
    ("drafts", N_("我的草稿"), "bulletins.write_bulletin"),
)
WRITE = "bulletins.write_bulletin"


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


def list_tabs(ctx: Context, current: str) -> list[tuple[str, str, bool, int | None]]:
    """The lists this person has: label, address, whether it is shown, number."""
    return [
        (ctx.gettext(label), f"/bulletins/?tab={tab}", tab == current, None)
        for tab, label, permission in TABS
        if ctx.may(permission)
    ]


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


def bulletin_url(bulletin_id: int) -> str:
    """Where a bulletin opens."""
    return f"/bulletins/bulletin/{bulletin_id}"


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
