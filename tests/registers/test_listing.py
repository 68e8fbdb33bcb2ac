"""The list of a register shows exactly what a person may see, in order, page by page."""

import datetime as dt
import random
from typing import Any
from urllib.parse import quote

from openbureau_devices.models import Device
from openbureau_devices.registers import DEVICES
from starlette.datastructures import QueryParams

from openbureau import Unit, set_participants
from openbureau.base.context import Context
from openbureau.base.database import reading, writing
from openbureau.base.request import Request
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.asked import Asked, asked, position
from openbureau.kit.registers.finding import index_row
from openbureau.kit.registers.listing import listed, total
from openbureau.kit.registers.matching import matching, matching_ids, still_matching
from openbureau.kit.registers.records import is_seen
from openbureau.testing.bureau import Bureau

UNITS = ("530000", "530100", "530102", "530103", "530402")
KINDS, STATES = ("boiler", "lift", "crane"), ("used", "idle")
ROWS = 300
NAMED = {"name": "客梯", "user": "昆明食品厂"}


def filled(bureau: Bureau, rng: random.Random) -> list[Any]:
    """Devices of five units, some void, some without a day, some with participants."""
    with writing():
        units = {unit.code: unit.id for unit in Unit.select()}
        for number in range(ROWS):
            due = dt.date(2026, 1, 1) + dt.timedelta(days=rng.randrange(0, 40))
            device = Device.create(
                unit=units[rng.choice(UNITS)],
                changed_at=bureau.now,
                voided_at=bureau.now if rng.random() < 0.1 else None,
                kind=rng.choice(KINDS),
                state=rng.choice(STATES),
                code=f"31{number:06}",
                name=f"设备{number}",
                user=rng.choice(("昆明食品厂", "玉溪机械厂", "100%酒店_甲")),
                due_on=None if rng.random() < 0.3 else due,
            )
            index_row(DEVICES, device)
            if rng.random() < 0.2:
                named = rng.sample(("530000", "530100", "530102", "530402"), 2)
                holders = [f"{rng.choice(('unit', 'subtree'))}:{units[code]}" for code in named]
                set_participants(DEVICES.realm, device.id, "handler", holders, bureau.now)
        return list(Device.select().order_by(Device.id))


def walked(devices: Bureau, ctx: Context, text: str) -> list[int]:
    """All rows of a query, walked forward page by page; walking back gives the same."""
    found: list[int] = []
    addresses = [text]
    while True:
        query = parsed(devices, ctx, addresses[-1])
        page = listed(ctx, DEVICES, query)
        found += [row.id for row in page.rows]
        if not page.has_later:
            break
        addresses.append(f"{text}&{beside(query, page.rows[-1], 'after')}")
    if len(addresses) > 1:
        first = listed(ctx, DEVICES, parsed(devices, ctx, addresses[-1])).rows[0]
        back = listed(
            ctx, DEVICES, parsed(devices, ctx, f"{text}&{beside(query, first, 'before')}")
        )
        before = found[: found.index(first.id)]
        assert [row.id for row in back.rows] == before[-query.size :]
        assert back.has_earlier == (len(before) > query.size)
        jumped = listed(ctx, DEVICES, parsed(devices, ctx, f"{text}&page=2"))
        assert [row.id for row in jumped.rows] == found[query.size : 2 * query.size]
    return found


def parsed(devices: Bureau, ctx: Context, text: str) -> Asked:
    scope = {
        "method": "GET",
        "path": DEVICES.url,
        "query_string": quote(text, safe="=&%").encode(),
        "headers": [],
    }
    request = Request(devices.application, scope, "0")
    return asked(request, DEVICES, unit_tree(ctx.tree_version), ctx.today)


def beside(query: Asked, row: Any, side: str) -> str:
    """The part of an address that names the rows beside one."""
    kind = DEVICES.kinds.get(query.order.column)
    return f"{side}={position(kind, getattr(row, query.order.column), row.id)}"


def expected(rows: list[Any], text: str, shown: set[int]) -> list[int]:
    """The same by looking at every row."""
    query = QueryParams(text)
    kept = [row for row in rows if row.id in shown and row.voided_at is None]
    for name in ("kind", "state"):
        if name in query:
            kept = [row for row in kept if getattr(row, name) == query[name]]
    if "due_on" in query:
        first, _, last = query["due_on"].partition("..")
        kept = [r for r in kept if r.due_on and first <= str(r.due_on) <= (last or "9")]
    if "value" in query:
        kept = [row for row in kept if query["value"] in row.user]
    if "q" in query:
        kept = [row for row in kept if query["q"] in row.user]
    if "unit" in query:
        within = {u.id for u in Unit.select() if u.path.find(f"/{code_id(query['unit'])}/") >= 0}
        kept = [row for row in kept if row.unit_id in within]
    by = query.get("sort", "-id")
    if by.removeprefix("-") == "id":
        return [row.id for row in sorted(kept, key=lambda row: row.id, reverse=by[0] == "-")]
    valued = [row for row in kept if row.due_on]
    valued.sort(key=lambda row: (str(row.due_on), row.id), reverse=by[0] == "-")
    missing = [row for row in kept if not row.due_on]
    missing.sort(key=lambda row: row.id, reverse=by[0] == "-")
    return [row.id for row in (*valued, *missing)]


def code_id(code: str) -> int:
    return int(Unit.get(Unit.code == code).id)


QUERIES = (
    "",
    "sort=id",
    "sort=due_on",
    "sort=-due_on",
    "kind=boiler&sort=due_on",
    "kind=lift&state=idle",
    "due_on=2026-01-10..2026-01-20&sort=-due_on",
    "due_on=2026-01-30..",
    "field=user&op=has&value=100%25酒店_甲",
    "field=user&op=has&value=食品&sort=-due_on",
    "q=玉溪机械",
    "q=玉溪机械&sort=due_on",
    "unit=530100",
    "unit=530402&sort=due_on",
    "unit=530000&kind=crane",
)


def test_lists_and_counts_equal_what_each_row_says(devices: Bureau) -> None:
    rng = random.Random(20261123)
    rows = filled(devices, rng)
    reaches = {
        "li": ("530100", "subtree"),
        "zhang": ("530102", "unit"),
        "wang": ("530000", "province"),
        "zhao": ("", ""),
    }
    for login, (unit, reach) in reaches.items():
        if unit:
            devices.grant(login, "devices.reader", unit, reach)
        ctx = devices.context(login)
        with reading():
            shown = {row.id for row in rows if is_seen(ctx, DEVICES, row.id)}
            assert shown
            for text in QUERIES:
                wanted = expected(rows, text, shown)
                assert walked(devices, ctx, text) == wanted, (login, text)
                assert total(ctx, DEVICES, parsed(devices, ctx, text)) == len(wanted), (login, text)


def test_everything_that_matches_equals_what_each_row_says(devices: Bureau) -> None:
    rng = random.Random(20261124)
    rows = filled(devices, rng)
    for login, unit, reach in (("li", "530100", "subtree"), ("wang", "530000", "province")):
        devices.grant(login, "devices.reader", unit, reach)
        ctx = devices.context(login)
        with reading():
            shown = {row.id for row in rows if is_seen(ctx, DEVICES, row.id)}
            for text in QUERIES:
                query, wanted = parsed(devices, ctx, text), sorted(expected(rows, text, shown))
                for size in (7, 1000):
                    found = [
                        row
                        for batch in matching(ctx, DEVICES, query, ("code", "unit"), batch=size)
                        for row in batch
                    ]
                    assert [row.id for row in found] == wanted, (login, text)
                assert matching_ids(ctx, DEVICES, query, 5) == wanted[:6]
                some = [row.id for row in rows[::3]]
                assert still_matching(ctx, DEVICES, query, some) == set(some) & set(wanted)
                assert [row.code for row in found] == [by.code for by in rows if by.id in wanted]


def test_what_is_entered_meanwhile_is_not_met(devices: Bureau) -> None:
    rows = filled(devices, random.Random(1))
    devices.grant("wang", "devices.reader", "530000", "province")
    ctx = devices.context("wang")
    with reading():
        batches = matching(ctx, DEVICES, parsed(devices, ctx, ""), batch=50)
        found = list(next(batches))
        with writing():
            unit = rows[0].unit_id
            Device.create(unit=unit, changed_at=devices.now, kind="lift", code="9", **NAMED)
        found += [row for batch in batches for row in batch]
    assert [row.id for row in found] == [row.id for row in rows if row.voided_at is None]
