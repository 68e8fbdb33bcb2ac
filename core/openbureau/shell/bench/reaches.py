"""What a person's permission adds to the query of a list.

The same rows are asked for by hand, with a condition on their units alone, and by the reach
and the participations of somebody of a county and of a prefecture.
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from starlette.datastructures import QueryParams

from openbureau.base.context import Context, Person, Reach
from openbureau.base.database import db, is_postgresql, reading
from openbureau.base.i18n import load_catalogues
from openbureau.base.request import Address
from openbureau.kernel.access.contexts import context_of, moment_of
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.listing import asked_by, listed
from openbureau.shell.bench import items
from openbureau.shell.bench.lists import on_server, prepared
from openbureau.shell.bench.report import Bench, Run, skipped
from openbureau.shell.bench.rows import COUNTY, PREFECTURE, Ground, measured_plugins
from openbureau.shell.installation import open_installation

CALLS = 20
# Without an order, in another order, and with two filters.
QUERIES = ("size=50", "size=50&sort=due_on", "size=50&kind=lift&state=used")


def narrowed(bench: Bench) -> Iterator[Run]:
    """P15: processor time of the query, the database's included, as a ratio to the same rows
    asked for by hand."""
    yield from _narrowed(bench, "P15 SQLite", "")
    with on_server() as (database, reason):
        if reason:
            yield skipped("P15 PostgreSQL", "reach", reason)
        else:
            yield from _narrowed(bench, "P15 PostgreSQL", database)


def _narrowed(bench: Bench, work: str, database: str) -> Iterator[Run]:
    with prepared(bench, bench.totals[-1], database) as (ground, _):
        opened = open_installation(ground.settings, measured_plugins())
        try:
            with reading():
                row = Account.get_by_id(ground.visitors[0].account_id)
                person = Person(row.id, row.uid, row.login, row.name, row.administrator)
                moment = moment_of(dt.datetime.now(dt.UTC))
                ctx = context_of(person, moment, opened.plugins, load_catalogues(())["zh"])
                for query in QUERIES:
                    yield from _compared(bench, f"{work} {ground.total:,}", query, ctx, ground)
        finally:
            db.close()
            if is_postgresql():
                db.close_all()


def _compared(bench: Bench, work: str, query: str, ctx: Context, ground: Ground) -> Iterator[Run]:
    """The contenders in turn, again and again; of each the median."""
    askers = _askers(ctx, query, ground)
    taken: dict[str, list[float]] = {name: [] for name in askers}
    for _ in range(bench.samples):
        for name, ask in askers.items():
            taken[name].append(_cpu_us(ask))
    found = {name: statistics.median(times) for name, times in taken.items()}
    for name, us in found.items():
        by_hand = found[f"{name.partition(',')[0]}, by hand"]
        numbers = {"us": round(us, 1), "ratio": round(us / by_hand, 3)}
        yield Run(work, f"{name}: {query}", numbers)


def _askers(ctx: Context, query: str, ground: Ground) -> Mapping[str, Callable[[], object]]:
    tree = unit_tree(ctx.tree_version)
    rows = Unit.select(Unit.id).where(Unit.is_access_unit)
    access = {row.id for row in rows}
    found: dict[str, Callable[[], object]] = {}
    for name, code in (("county", COUNTY), ("prefecture", PREFECTURE)):
        units = frozenset(tree.subtree_ids(ground.units[code])) & access
        reach = {**ctx.reach, items.SEE: Reach(units=units)}
        for way, holders in (("by hand", ()), ("by permission", ctx.holders)):
            found[f"{name}, {way}"] = _asker(replace(ctx, reach=reach, holders=holders), query)
    return found


def _asker(ctx: Context, query: str) -> Callable[[], object]:
    wanted = asked_by(ctx, items.ITEMS, Address(items.LIST_URL, QueryParams(query)))
    return lambda: listed(ctx, items.ITEMS, wanted)


def _cpu_us(ask: Callable[[], object]) -> float:
    """Microseconds of processor time one call takes, here and in the database's own process."""
    before = _used_us()
    for _ in range(CALLS):
        ask()
    return (_used_us() - before) / CALLS


def _used_us() -> float:
    own = time.process_time() * 1e6
    if not is_postgresql():
        return own
    backend = db.execute_sql("SELECT pg_backend_pid()").fetchone()[0]
    spent = Path(f"/proc/{backend}/schedstat").read_text("ascii").split()[0]
    return own + int(spent) / 1000
