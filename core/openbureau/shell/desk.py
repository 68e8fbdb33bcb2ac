"""The desk (工作台): what I must do today; tiles of the plugins beside it."""

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from openbureau.base.context import CHINA, Context
from openbureau.base.database import reading
from openbureau.base.declarations import DeskTile, MenuEntry, Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.todos.queries import todo_total, todos_of
from openbureau.shell.todos import todo_line

ROWS = 8
BUDGET_S = 0.15
LATE_BUDGET_S = 1.0
TILE_THREADS = 4
PER_PLUGIN = 2
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


_pool = ThreadPoolExecutor(TILE_THREADS, "tile")
_turns: dict[str, threading.BoundedSemaphore] = defaultdict(
    lambda: threading.BoundedSemaphore(PER_PLUGIN)
)


def show_desk(request: Request) -> Any:
    """The desk of the signed-in person."""
    return _desk(request, BUDGET_S)


def _desk(request: Request, budget_s: float) -> Any:
    ctx = request.person
    tiles, late = _tiles(request, _tile_plugins(request), budget_s)
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
        return _desk(request, LATE_BUDGET_S)
    wanted = request.query.get("late", "").split(",")
    slugs = [slug for slug in _tile_plugins(request) if slug in wanted]
    tiles, late = _tiles(request, slugs, LATE_BUDGET_S)
    records = request.app.plugins.records
    tiles += [
        Tile(slug, records[slug].label(request.person.language), "", Markup(), 999, True)
        for slug in late
    ]
    return page("core/desk.html", fragment="late_tiles", late=tiles)


def _tile_plugins(request: Request) -> list[str]:
    executor = request.app.plugins.executor
    return [s for s in executor.plugins_with("desk_tiles") if s in request.person.plugins]


def _tiles(request: Request, slugs: Sequence[str], budget_s: float) -> tuple[list[Tile], list[str]]:
    """(tiles that were ready in time, slugs of the late ones)."""
    started: dict[str, Future[list[Tile]]] = {
        slug: _pool.submit(_plugin_tiles, request, slug) for slug in slugs
    }
    deadline = time.monotonic() + budget_s
    wait(started.values(), timeout=max(0.0, deadline - time.monotonic()))
    tiles = []
    late = []
    for slug, future in started.items():
        if future.done():
            tiles += future.result()
        else:
            late.append(slug)
    return sorted(tiles, key=lambda tile: tile.order), late


def _plugin_tiles(request: Request, slug: str) -> list[Tile]:
    """One plugin's tiles, rendered; a fault leaves an unavailable tile and is counted."""
    plugins = request.app.plugins
    ctx = request.person
    turn = _turns[slug]
    if not turn.acquire(timeout=LATE_BUDGET_S):
        return [Tile(slug, plugins.records[slug].label(ctx.language), "", Markup(), 999, True)]
    try:
        with reading():
            is_done, declared = plugins.executor.call_one("desk_tiles", slug, ctx=ctx)
            if not is_done:
                raise RuntimeError("the plugin rests or failed")
            return [_rendered(request, ctx, slug, tile) for tile in declared or ()]
    except Exception as fault:  # noqa: BLE001 - foreign code and templates may raise anything
        if not isinstance(fault, RuntimeError):
            plugins.executor.record(slug, "desk_tiles", fault)
        return [Tile(slug, plugins.records[slug].label(ctx.language), "", Markup(), 999, True)]
    finally:
        turn.release()


def _rendered(request: Request, ctx: Context, slug: str, tile: DeskTile) -> Tile:
    template = request.app.environments[ctx.language].get_template(tile.template)
    html = Markup(template.render(ctx=ctx, **tile.context))  # noqa: S704 - autoescaped template
    return Tile(slug, ctx.gettext(tile.title), tile.url, html, tile.order)


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
