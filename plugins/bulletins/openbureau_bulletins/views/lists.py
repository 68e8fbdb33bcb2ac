"""Lists of bulletins: received, sent by my unit, my drafts, found."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from openbureau import N_, Context, Request, page, reading_totals, unit_tree
from openbureau_bulletins import queries
from openbureau_bulletins.models import DRAFT, PUBLISHED, REALM, WITHDRAWN
from openbureau_bulletins.queries import PER_PAGE, Listing, Position

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
    tab = request.query.get("tab", "")
    tab = tab if tab in {"sent", "drafts"} else "received"
    words = request.query.get("q", "").strip()
    if words:
        listing = queries.found(ctx, words)
    elif tab == "drafts":
        listing = queries.drafts(ctx)
    elif tab == "sent":
        listing = queries.sent(ctx, position_of(request))
    else:
        listing = queries.received(ctx, position_of(request))
    rows = listing.rows
    lines = received_lines(ctx, rows) if tab == "received" else own_lines(ctx, rows, tab)
    return page(
        "bulletins/list.html",
        fragment="rows",
        tab=tab,
        tabs=list_tabs(ctx, tab),
        rows=lines,
        has_unread=any(line.is_unread for line in lines),
        q=words,
        **list_pager(listing, tab, request.number("passed", 0)),
        may_create=ctx.may(WRITE) and "bulletins" in ctx.writable,
    )


def list_tabs(ctx: Context, current: str) -> list[tuple[str, str, bool, int | None]]:
    """The lists this person has: label, address, whether it is shown, number."""
    return [
        (ctx.gettext(label), f"/bulletins/?tab={tab}", tab == current, None)
        for tab, label, permission in TABS
        if ctx.may(permission)
    ]


class Line(NamedTuple):
    """A bulletin as a list shows it."""

    title: str
    url: str
    unit_name: str
    state_text: str
    at: int
    is_urgent: bool
    is_unread: bool = False
    read_total: int = 0
    receiver_total: int = 0


def received_lines(ctx: Context, rows: Sequence[Any]) -> list[Line]:
    """What the person received, with what is unread."""
    units = unit_tree(ctx.tree_version).by_id
    published, withdrawn = ctx.gettext(STATES[PUBLISHED]), ctx.gettext(STATES[WITHDRAWN])
    return [
        Line(
            row.title,
            bulletin_url(row.id),
            units[row.unit_id].short_name,
            published if row.state == PUBLISHED else withdrawn,
            row.published_at,
            bool(row.is_urgent),
            bool(row.is_unread),
        )
        for row in rows
    ]


def own_lines(ctx: Context, rows: Sequence[Any], tab: str) -> list[Line]:
    """What the unit sent, with how far reading has come; or the person's drafts."""
    units = unit_tree(ctx.tree_version).by_id
    is_sent = tab == "sent"
    progress = reading_totals(REALM, [row.id for row in rows]) if is_sent else {}
    return [
        Line(
            row.title,
            bulletin_url(row.id) if is_sent else f"{bulletin_url(row.id)}/edit",
            units[row.unit_id].short_name,
            ctx.gettext(STATES[row.state]),
            row.published_at if is_sent else row.updated_at,
            bool(row.is_urgent),
            read_total=progress.get(row.id, (0, 0))[1],
            receiver_total=progress.get(row.id, (0, 0))[0],
        )
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
