"""How a register's list grows with its rows, and how quickly words are found in many."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from openbureau.base.database import db, is_postgresql, reading, writing
from openbureau.base.plugins import Source
from openbureau.base.settings import Settings
from openbureau.kernel.search.building import build_index
from openbureau.kit.registers.finding import findable_after
from openbureau.shell.bench import items
from openbureau.shell.bench.inprocess import asking
from openbureau.shell.bench.lists import on_server, prepared
from openbureau.shell.bench.report import Bench, Run, skipped
from openbureau.shell.bench.rows import PLUGINS, Ground, stocked
from openbureau.shell.demo.bureau import Scale

FEW = 10_000
LIST = items.LIST_URL
# What is asked of the list; {middle} is a page half way down, {place} a row there.
WORKS: Mapping[str, str] = {
    "first page": f"{LIST}?size=50",
    "next page half way down": f"{LIST}?size=50&after={{place}}&page={{middle}}",
    "jump to a page half way down": f"{LIST}?size=50&page={{middle}}",
    "two declared filters": f"{LIST}?size=50&kind=lift&state=used",
    "ordered by another column": f"{LIST}?size=50&sort=due_on",
    "free query, its rows": f"{LIST}?size=50&field=maker&op=has&value={quote('机械')}",
    "free query, its number": f"{LIST}/total?field=maker&op=has&value={quote('机械')}",
}
WORDS: Mapping[str, str] = {"a third of all": "电梯", "one record": "", "none": "飞机"}


def grown(bench: Bench) -> Iterator[Run]:
    """P5: the list with few and with many rows, for somebody of a county and of the province;
    ratios to the few."""
    found: dict[str, dict[str, float]] = {}
    sizes = (min(FEW, bench.totals[0]), bench.totals[-1])
    for total in sizes:
        with prepared(bench, total) as (ground, _), asking(ground, PLUGINS) as ask:
            for who, token in (("county", ground.visitors[0].token), ("all", ground.author.token)):
                seen = total // (ground.access_units if who == "county" else 1)
                for name, address in WORKS.items():
                    given = address.format(middle=max(1, seen // 100), place=total // 2)
                    figures = ask(given, token, bench.samples)
                    base = found.setdefault(f"{who}, {name}", {"us": figures["us"]})
                    yield Run(f"P5 {total:,}", f"{who}, {name}", _numbers(figures, base["us"]))


def searched(bench: Bench) -> Iterator[Run]:
    """P7: the whole search page for a word that many, one or no record holds."""
    yield from _searched(bench, "P7 SQLite", "")
    with on_server() as (database, reason):
        if reason:
            yield skipped("P7 PostgreSQL", "search", reason)
        else:
            yield from _searched(bench, "P7 PostgreSQL", database)


def _searched(bench: Bench, work: str, database: str) -> Iterator[Run]:
    total = bench.totals[-1]
    with (
        prepared(bench, total, database, fill=_indexed) as (ground, _),
        asking(ground, PLUGINS) as ask,
    ):
        for who, token in (("county", ground.visitors[0].token), ("all", ground.author.token)):
            for name, word in WORDS.items():
                address = f"/-/search?q={quote(word or f'3110530000200{total // 2:07}')}"
                yield Run(
                    f"{work} {total:,}",
                    f"{who}, {name}",
                    _numbers(ask(address, token, bench.samples)),
                )


def _indexed(settings: Settings, sources: Sequence[Source], scale: Scale, total: int) -> Ground:
    ground = stocked(settings, sources, scale, total)
    build_index(items.ITEMS.realm, lambda after, limit: findable_after(items.ITEMS, after, limit))
    with writing():
        if not is_postgresql():
            db.execute_sql("INSERT INTO search_token (search_token) VALUES ('optimize')")
    with reading():
        db.execute_sql("ANALYZE")
    return ground


def _numbers(figures: Mapping[str, Any], base_us: float = 0) -> dict[str, Any]:
    return {
        "p50_ms": round(figures["us"] / 1000, 3),
        "p95_ms": round(figures["slow_us"] / 1000, 3),
        "statements": figures["statements"],
        "ratio": round(figures["us"] / base_us, 3) if base_us else None,
    }
