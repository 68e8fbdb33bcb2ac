"""The list of a register: made anew, unchanged, and on PostgreSQL."""

import importlib
import importlib.util
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from openbureau.base.database import db, is_postgresql
from openbureau.base.plugins import Source
from openbureau.base.settings import Settings
from openbureau.shell.bench import items
from openbureau.shell.bench.load import (
    Call,
    Contender,
    Figures,
    Plan,
    answer,
    compared,
    missing_wrk,
    running,
)
from openbureau.shell.bench.report import Bench, Run, skipped
from openbureau.shell.bench.rows import COUNTY, Ground, measured_plugins, stocked
from openbureau.shell.bench.subject import DATABASE_VARIABLE
from openbureau.shell.demo.bureau import Scale

SHOWN = ("code", "name", "kind", "user", "unit_id", "due_on", "state")
CONTENDERS = "openbureau.shell.bench.contenders"
PRODUCT = "openbureau"
BARE = "bare Starlette"
# How far back in the list some of the pages are.
SHARES = (0.9, 0.3)


def made_anew(bench: Bench) -> Iterator[Run]:
    """P1: the page made for every request, with registers of each size."""
    if reason := missing_wrk():
        yield skipped("P1", PRODUCT, reason)
        return
    for total in bench.totals:
        with prepared(bench, total) as (ground, folder):
            page = _page(ground, folder)
            found, absent = _contenders(ground, page)
            contenders = [_bare(page), product(ground), *found]
            yield from _judged(f"P1 {total:,}", contenders, bench, folder)
            for name, reason in absent.items():
                yield skipped(f"P1 {total:,}", name, reason)


def unchanged(bench: Bench) -> Iterator[Run]:
    """P2: the same page, asked for by somebody who has it."""
    if reason := missing_wrk():
        yield skipped("P2", PRODUCT, reason)
        return
    with prepared(bench, bench.totals[0]) as (ground, folder):
        page = _page(ground, folder)
        ours = product(ground)
        with running(ours.arguments, ours.environment, ours.calls[0]) as (port, _):
            calls = [_conditional(port, call) for call in ours.calls]
        yield from _judged("P2", [_bare(page), replace(ours, calls=calls)], bench, folder)


def on_postgresql(bench: Bench) -> Iterator[Run]:
    """P3: the page made anew from PostgreSQL on this machine."""
    if reason := missing_wrk():
        yield skipped("P3", PRODUCT, reason)
        return
    total = bench.totals[-1]
    with on_server() as (database, reason):
        if reason:
            yield skipped("P3", PRODUCT, reason)
            return
        with prepared(bench, total, database) as (ground, folder):
            page = _page(ground, folder)
            yield from _judged(f"P3 {total:,}", [_bare(page), product(ground)], bench, folder)


@contextmanager
def on_server() -> Iterator[tuple[str, str]]:
    """An empty database of a PostgreSQL of its own, or the reason why there is none."""
    if importlib.util.find_spec("psycopg") is None:
        yield "", "psycopg is not installed (openbureau[postgresql])"
        return
    postgresql: Any = importlib.import_module("openbureau.testing.postgresql")
    if reason := postgresql.missing():
        yield "", reason
        return
    with (
        tempfile.TemporaryDirectory(prefix="openbureau-bench-") as place,
        postgresql.running_postgresql(Path(place) / "server") as server,
    ):
        yield server.new_database(), ""


def _conditional(port: int, call: Call) -> Call:
    headers, _ = answer(port, call)
    return replace(call, headers={**call.headers, "If-None-Match": headers["etag"]})


@contextmanager
def prepared(
    bench: Bench,
    total: int,
    database: str = "",
    sources: Sequence[Source] | None = None,
    fill: Callable[[Settings, Sequence[Source], Scale, int], Ground] = stocked,
) -> Iterator[tuple[Ground, Path]]:
    """A filled installation in a folder of its own; the folder for the files of the load."""
    with tempfile.TemporaryDirectory(prefix="openbureau-bench-") as place:
        folder = Path(place)
        settings = Settings(data=folder / "data", database=database)
        bench.say(f"{total:,} rows …")
        ground = fill(settings, sources or measured_plugins(), bench.scale, total)
        db.close()
        if is_postgresql():
            db.close_all()
        yield ground, folder


def calls_of(ground: Ground) -> list[Call]:
    """The requests of the load: every visitor, mostly the first page, some further back."""
    calls = []
    for visitor in ground.visitors:
        headers = {"Cookie": f"session={visitor.token}"}
        calls += [Call(f"{items.LIST_URL}?size=50", headers)] * 2
        for share in SHARES:
            place = f"after={max(2, int(ground.total * share))}&page=2"
            calls.append(Call(f"{items.LIST_URL}?size=50&{place}", headers))
    return calls


def environment_of(ground: Ground) -> Mapping[str, str]:
    """The settings of a server on the filled installation."""
    return {
        "OPENBUREAU_DATA": str(ground.settings.data),
        "OPENBUREAU_DATABASE": ground.settings.database,
    }


def product(ground: Ground) -> Contender:
    """The product's own server on the list."""
    arguments = ["openbureau.shell.bench.served", "--port", "{port}"]
    return Contender(PRODUCT, arguments, calls_of(ground), environment_of(ground))


def _page(ground: Ground, folder: Path) -> Path:
    """The measured page as a file, so that the bare server sends as much."""
    ours = product(ground)
    with running(ours.arguments, ours.environment, ours.calls[0]) as (port, _):
        _, body = answer(port, ours.calls[0])
    page = folder / "page.html"
    page.write_bytes(body)
    return page


def _bare(page: Path) -> Contender:
    arguments = [f"{CONTENDERS}.bare", "--port", "{port}", "--page", str(page)]
    return Contender(BARE, arguments, [Call(items.LIST_URL)])


def _contenders(ground: Ground, page: Path) -> tuple[list[Contender], dict[str, str]]:
    """(contenders that can be started here, reason by name of those that cannot)."""
    database = ground.settings.data / "openbureau.sqlite3"
    calls = calls_of(ground)
    given = ["--port", "{port}", "--page", str(page), "--database", str(database)]
    found = [
        Contender("session and template", [f"{CONTENDERS}.template", *given], calls),
        Contender("raw sqlite3 and template", [f"{CONTENDERS}.raw", *given], calls),
    ]
    absent = {}
    for name, needed, contender in (
        ("Django", ("django", "granian"), _django(calls, database)),
        ("Datasette", ("datasette",), _datasette(database, ground.units[COUNTY])),
    ):
        lacking = [module for module in needed if importlib.util.find_spec(module) is None]
        if lacking:
            absent[name] = f"not installed: {', '.join(lacking)} (uv sync --group bench)"
        else:
            found.append(contender)
    return found, absent


def _django(calls: Sequence[Call], database: Path) -> Contender:
    options = ["--interface", "wsgi", "--blocking-threads", "4", "--no-ws", "--port", "{port}"]
    arguments = ["granian", *options, f"{CONTENDERS}.django_page:application"]
    return Contender("Django", arguments, calls, {DATABASE_VARIABLE: str(database)})


def _datasette(database: Path, unit_id: int) -> Contender:
    settings = ["--setting", "suggest_facets", "off", "--setting", "default_page_size", "50"]
    arguments = ["datasette", "serve", str(database), "--port", "{port}", *settings]
    shown = "&".join(f"_col={name}" for name in SHOWN)
    wanted = f"unit_id={unit_id}&voided_at__isnull=1&_sort_desc=id&{shown}"
    return Contender("Datasette", arguments, [Call(f"/openbureau/{items.TABLE}?{wanted}")])


def _judged(
    work: str, contenders: Sequence[Contender], bench: Bench, folder: Path
) -> Iterator[Run]:
    """One run per contender; ratios to the bare server, which is the first."""
    bench.say(f"{work}: {', '.join(contender.name for contender in contenders)}")
    found = compared(contenders, Plan(bench.rounds, bench.seconds), folder)
    base = found[contenders[0].name]
    for contender in contenders:
        yield Run(work, contender.name, _numbers(found[contender.name], base))


def _numbers(figures: Figures, base: Figures) -> dict[str, Any]:
    return {
        "rate": round(figures.rate, 1),
        "p50_ms": round(figures.p50_ms, 2),
        "p99_ms": round(figures.p99_ms, 2),
        "ratio": round(figures.rate / base.rate, 4),
        "cpu_us": round(figures.cpu_us),
        "faults": figures.faults,
    }
