"""The desk (工作台): what I must do today; tiles of the plugins beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from openbureau.base.context import CHINA
from openbureau.base.contributions import PATIENCE_S, contributions, contributors
from openbureau.base.declarations import DeskTile, MenuEntry, Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.todos.queries import todo_total, todos_of
from openbureau.shell.todos import todo_line

ROWS = 8
BUDGET_S = 0.15
WEEKDAYS = (N_("一"), N_("二"), N_("三"), N_("四"), N_("五"), N_("六"), N_("日"))


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile as the desk shows it; `html` is empty while unavailable."""

    slug: str
    title: str
    url: str
    html: Markup
    order: int
    is_unavailable: bool = False


def show_desk(request: Request) -> Any:
    """The desk of the signed-in person."""
    return _desk(request, BUDGET_S)


def _desk(request: Request, budget_s: float) -> Any:
    ctx = request.person
    tiles, late = _tiles(request, contributors(request, "desk_tiles"), budget_s)
    local = ctx.now.astimezone(CHINA)
    return page(
        "core/desk.html",
        dos=[todo_line(request, row) for row in todos_of(ctx, "do", "open", limit=ROWS)],
        do_total=todo_total(ctx, "do", "open"),
        reads=[todo_line(request, row) for row in todos_of(ctx, "read", "open", limit=ROWS)],
        read_total=todo_total(ctx, "read", "open"),
        tiles=tiles,
        late_url=f"/-/desk/tiles?late={','.join(late)}" if late else None,
        shortcuts=_shortcuts(request),
        today=ctx.gettext(
            "%(month)s 月 %(day)s 日 星期%(weekday)s",
            month=local.month,
            day=local.day,
            weekday=ctx.gettext(WEEKDAYS[local.weekday()]),
        ),
    )


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
        template = request.app.environments[request.catalogue.language].get_template(tile.template)
        html = Markup(template.render(ctx=request.ctx, **tile.context))  # noqa: S704 - autoescaped
        return Tile(slug, request.catalogue.gettext(tile.title), tile.url, html, tile.order)

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


def _shortcuts(request: Request) -> list[MenuEntry]:
    """The first line of every readable plugin the person may use."""
    ctx = request.person
    entries = []
    for record in request.app.plugins.loaded:
        if record.slug in ctx.plugins:
            allowed = [entry for entry in record.declared.menu if ctx.may(entry.permission)]
            entries += allowed[:1]
    return [
        MenuEntry(ctx.gettext(entry.label), entry.url, entry.permission, icon=entry.icon)
        for entry in entries
    ]


PAGES = (
    Page("", show_desk, "signed-in"),
    Page("desk/tiles", show_late_tiles, "signed-in"),
)
