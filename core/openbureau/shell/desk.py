"""The desk (工作台): what I must do today; tiles of the plugins beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.datastructures import FormData

from openbureau.base.context import CHINA
from openbureau.base.contributions import PATIENCE_S, contributions, contributors
from openbureau.base.declarations import DeskTile, Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.calendar.days import WEEKDAYS
from openbureau.kernel.menus.queries import MenuGroup, MenuLine
from openbureau.kernel.preferences.actions import keep_preference
from openbureau.kernel.preferences.queries import Arrangement, desk_arrangement, pinned_urls
from openbureau.kernel.todos.queries import todos_of
from openbureau.shell.todos import todo_lines

ROWS = 8
SUPERVISED_ROWS = 4
BUDGET_S = 0.15
OWN_CARDS = {"read": N_("待阅"), "today": N_("今日"), "shortcuts": N_("常用")}
TILE = "tile:"


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile as the desk shows it; `html` is empty while unavailable."""

    slug: str
    title: str
    url: str
    html: Markup
    order: int
    is_unavailable: bool = False
    is_schedule: bool = False


def show_desk(request: Request) -> Any:
    """The desk of the signed-in person; leaders see less on it."""
    return _desk(request, BUDGET_S)


def _desk(request: Request, budget_s: float) -> Any:
    ctx = request.person
    arranged = desk_arrangement(ctx.account.id)
    is_leader = ctx.post is not None and ctx.post.is_leader
    tiles, late = _tiles(request, _shown_plugins(request, arranged), budget_s)
    local = ctx.now.astimezone(CHINA)
    counts = request.app.gate.counts(request)
    dos = todo_lines(request, todos_of(ctx, "do", "open", limit=ROWS))
    return page(
        "core/desk.html",
        is_leader=is_leader,
        dos=dos,
        do_total=counts.get("do", 0),
        reads=todo_lines(request, todos_of(ctx, "read", "open", limit=ROWS)),
        read_total=counts.get("read", 0),
        supervised=_supervised(request, counts),
        supervised_total=counts.get("supervise", 0),
        side=_side(arranged, tiles, has_dos=bool(dos), is_leader=is_leader),
        late_url=f"/-/desk/tiles?late={','.join(late)}" if late else None,
        shortcuts=_shortcuts(request),
        today=ctx.gettext(
            "%(month)s 月 %(day)s 日 星期%(weekday)s",
            month=local.month,
            day=local.day,
            weekday=ctx.gettext(WEEKDAYS[local.weekday()]),
        ),
    )


def _supervised(request: Request, counts: Mapping[str, int]) -> list[Any]:
    if not counts.get("supervise"):
        return []
    rows = todos_of(request.person, "supervise", "open", limit=SUPERVISED_ROWS)
    return todo_lines(request, rows)


def _shown_plugins(request: Request, arranged: Arrangement) -> list[str]:
    """Plugins asked for tiles: whose tile a person hid is not even called."""
    found = contributors(request, "desk_tiles")
    return [slug for slug in found if f"{TILE}{slug}" not in arranged.hidden]


def _side(
    arranged: Arrangement, tiles: Sequence[Tile], *, has_dos: bool, is_leader: bool
) -> list[tuple[str, Any]]:
    """The cards beside the todos, (kind, tile or None), in the person's order.

    Without todos 待阅 has the wide column. Leaders see 待阅 and the day only.
    """
    schedule = [tile for tile in tiles if tile.is_schedule]
    others = [] if is_leader else [tile for tile in tiles if not tile.is_schedule]
    cards: list[tuple[str, str, Any]] = []
    if has_dos:
        cards.append(("read", "read", None))
    cards += [(f"{TILE}{tile.slug}", "tile", tile) for tile in others]
    cards += [("today", "tile", tile) for tile in schedule] or [("today", "today", None)]
    if not is_leader:
        cards.append(("shortcuts", "shortcuts", None))
    kept = [card for card in cards if card[0] not in arranged.hidden]
    return [
        (kind, tile) for _, kind, tile in sorted(kept, key=lambda card: arranged.place(card[0]))
    ]


def show_late_tiles(request: Request) -> Any:
    """The tiles that were not ready in time, all in one follow-up request; without htmx the
    whole desk with more patience."""
    if not request.is_part:
        return _desk(request, PATIENCE_S)
    wanted = request.query.get("late", "").split(",")
    slugs = [slug for slug in contributors(request, "desk_tiles") if slug in wanted]
    tiles, late = _tiles(request, slugs, PATIENCE_S)
    for slug in late:
        tiles += _silent(request, slug)
    return page("core/desk.html", fragment="late_tiles", late=tiles)


def _tiles(request: Request, slugs: Sequence[str], budget_s: float) -> tuple[list[Tile], list[str]]:
    """(tiles that were ready in time, slugs of the late ones)."""

    def rendered(slug: str, tile: DeskTile) -> Tile:
        template = request.environment.get_template(tile.template)
        html = Markup(template.render(ctx=request.ctx, **tile.context))  # noqa: S704 - autoescaped
        title = request.catalogue.gettext(tile.title)
        return Tile(slug, title, tile.url, html, tile.order, is_schedule=tile.is_schedule)

    ready, late = contributions(request, "desk_tiles", slugs, rendered, {}, budget_s)
    tiles = [
        tile
        for found in ready
        for tile in (_silent(request, found.slug) if found.parts is None else found.parts)
    ]
    return sorted(tiles, key=lambda tile: tile.order), late


def _silent(request: Request, slug: str) -> list[Tile]:
    label = request.app.plugins.records[slug].label(request.catalogue.language)
    return [Tile(slug, label, "", Markup(), 999, is_unavailable=True)]


def _shortcuts(request: Request) -> list[MenuLine]:
    """What the person pinned; while nothing is, the first line of every plugin, for
    administrators every screen of the console."""
    groups: Sequence[MenuGroup] = request.app.gate.menu(request)
    lines = {line.url: line for group in groups for line in group.lines}
    if pinned := [lines[url] for url in pinned_urls(request.session.pins) if url in lines]:
        return pinned
    ctx = request.person
    if ctx.account.administrator:
        return [line for url, line in lines.items() if url.startswith("/-/console/")]
    firsts = [
        next((entry.url for entry in record.declared.menu if ctx.may(entry.permission)), "")
        for record in request.app.plugins.loaded
        if record.slug in ctx.plugins
    ]
    return [lines[url] for url in firsts if url in lines]


def edit_desk(request: Request) -> Any:
    """The cards beside the todos: which are shown, and in which order."""
    arranged = desk_arrangement(request.person.account.id)
    cards = [
        {"code": code, "label": label, "is_shown": code not in arranged.hidden}
        for code, label in _arrangeable(request, arranged)
    ]
    return page("core/desk_arrangement.html", cards=cards)


def update_desk(request: Request) -> Any:
    """Saves which cards are shown; a press on an arrow also moves its card one place."""
    form = request.form if request.form is not None else FormData()
    account_id = request.person.account.id
    codes = [code for code, _ in _arrangeable(request, desk_arrangement(account_id))]
    shown = form.getlist("shown")
    direction, _, moved = str(form.get("move", "")).partition(" ")
    if moved in codes:
        place = codes.index(moved)
        codes.insert(max(0, place - 1) if direction == "up" else place + 1, codes.pop(place))
    arrangement = {"order": codes, "hidden": [code for code in codes if code not in shown]}
    keep_preference(account_id, desk=json.dumps(arrangement))
    if direction:
        return redirect("/-/desk/arrangement")
    return redirect("/", "工作台已按您的安排显示。")


def _arrangeable(request: Request, arranged: Arrangement) -> list[tuple[str, str]]:
    """(code, label) of every card a person may move or hide, in their order."""
    say = request.catalogue.gettext
    labels = {code: say(label) for code, label in OWN_CARDS.items()}
    for slug in contributors(request, "desk_tiles"):
        label = request.app.plugins.records[slug].label(request.catalogue.language)
        labels[f"{TILE}{slug}"] = label
    return sorted(labels.items(), key=lambda card: arranged.place(card[0]))


PAGES = (
    Page("", show_desk, "signed-in"),
    Page("desk/tiles", show_late_tiles, "signed-in"),
    Page("desk/arrangement", edit_desk, "signed-in"),
    Page("desk/arrangement", update_desk, "signed-in", methods=("POST",)),
)
