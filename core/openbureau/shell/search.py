"""The search page: every kind of record, grouped, with the words marked."""

import datetime as dt
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from openbureau.base.declarations import Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.search.core_records import ACCOUNT, UNIT
from openbureau.kernel.search.queries import ANYWHERE, Found, Hit, Narrowing, search
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.asked import repeated
from openbureau.shell.directory import core_record_url
from openbureau.shell.todos import record_url

SHOWN, SHOWN_OF_ONE, MOST_SHOWN = 5, 50, 500
YEARS = 5
MONTHS_A_YEAR = 12
ASKED = ("q", "type", "unit", "when")


@dataclass(frozen=True, slots=True)
class Searched:
    """A kind of record that can be found, and the permission through which it is seen."""

    realm: str
    label: str
    permission: str


def show_search(request: Request) -> Any:
    """What the words are found in, of what this person may see: of every kind the first few,
    or many of the chosen one."""
    words = request.query.get("q", "").strip()[:100]
    chosen = request.query.get("type", "")
    started = time.perf_counter()
    kinds = searched(request)
    is_one = any(kind.realm == chosen for kind in kinds)
    limit = request.number("show", SHOWN_OF_ONE, SHOWN_OF_ONE, MOST_SHOWN) if is_one else SHOWN
    groups = []
    for kind in kinds:
        if is_one and kind.realm != chosen:
            continue
        found = search(
            request.person,
            words,
            kind.realm,
            kind.permission,
            narrowed=_narrowing(request),
            limit=limit,
        )
        if found.hits:
            groups.append(_group(request, kind, found, limit, is_one=is_one))
    filters = _filters(request, kinds)
    return page(
        "core/search.html",
        fragment="found",
        q=words,
        groups=groups,
        total=sum(group["total"] for group in groups),
        filters=filters,
        problems=_problems(request, filters),
        elapsed_ms=round((time.perf_counter() - started) * 1000),
        reset_url=_url(request, type="", unit="", when="") if _is_narrowed(request) else "",
    )


def searched(request: Request) -> list[Searched]:
    """The kinds of records this person can look for: people, units, and those of every plugin
    they may read."""
    found = [Searched(ACCOUNT, N_("人员"), ""), Searched(UNIT, N_("单位"), "")]
    for record in request.app.plugins.loaded:
        if record.slug in request.person.plugins:
            found += [
                Searched(kind.realm, kind.label, kind.permission)
                for kind in record.declared.records
            ]
    return found


def _group(
    request: Request, kind: Searched, found: Found, limit: int, *, is_one: bool
) -> dict[str, Any]:
    left = found.total - len(found.hits)
    more = ""
    if left and not is_one:
        more = _url(request, type=kind.realm)
    elif left and limit < MOST_SHOWN:
        more = _url(request, type=kind.realm, show=str(limit + SHOWN_OF_ONE))
    return {
        "label": request.catalogue.gettext(kind.label),
        "total": found.total,
        "results": [_line(request, hit) for hit in found.hits],
        "left": left,
        "more": more,
    }


def _line(request: Request, hit: Hit) -> dict[str, Any]:
    is_core = hit.realm in (UNIT, ACCOUNT)
    url = (
        core_record_url(hit.realm, hit.key)
        if is_core
        else record_url(request, hit.realm, hit.record_id)
    )
    return {
        "title_parts": hit.title_parts,
        "url": url,
        "summary_parts": hit.summary_parts,
        "unit_name": hit.unit_name,
        "at": None if is_core else hit.at,
    }


def _narrowing(request: Request) -> Narrowing:
    days = tuple(_days(request.query.get("when", ""), request.person.today))
    tree = unit_tree(request.person.tree_version)
    node = tree.by_code.get(request.query.get("unit", ""))
    if node is None:
        return Narrowing(None, days) if days else ANYWHERE
    below = (unit.id for unit in tree.subtree(node.id) if unit.is_access_unit)
    return Narrowing(frozenset(below), days)


def _days(when: str, today: dt.date) -> Iterator[dt.date]:
    """A day of each month that is meant: `month`, `quarter` (this and the two before) or a
    year; none for always."""
    back = {"month": 1, "quarter": 3}.get(when, 0)
    for number in range(back):
        months = today.year * MONTHS_A_YEAR + today.month - 1 - number
        yield dt.date(months // MONTHS_A_YEAR, months % MONTHS_A_YEAR + 1, 1)
    if when in map(str, _years(today)):
        yield from (dt.date(int(when), month, 1) for month in range(1, MONTHS_A_YEAR + 1))


def _years(today: dt.date) -> range:
    return range(today.year, today.year - YEARS, -1)


def _filters(request: Request, kinds: Sequence[Searched]) -> list[dict[str, Any]]:
    say, tree = request.catalogue.gettext, unit_tree(request.person.tree_version)
    own = [tree.by_id[post.access_unit_id] for post in request.person.posts]
    units = dict.fromkeys((*own, *tree.access_units()))
    years = [(str(year), say("%(year)s 年", year=year)) for year in _years(request.person.today)]
    options: Mapping[str, tuple[str, list[tuple[str, str]]]] = {
        "type": (say("类型"), [(kind.realm, say(kind.label)) for kind in kinds]),
        "unit": (
            say("单位"),
            [(unit.code, unit.short_name) for unit in units],
        ),
        "when": (say("时间"), [("month", say("本月")), ("quarter", say("近三个月")), *years]),
    }
    return [
        {
            "name": name,
            "label": label,
            "value": request.query.get(name, ""),
            "options": [("", say("全部")), *found],
        }
        for name, (label, found) in options.items()
    ]


def _problems(request: Request, filters: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the address narrows by that is not to be had."""
    say = request.catalogue.gettext
    return [
        *(say(message, **params) for message, params in repeated(request.query, ASKED)),
        *_unknown(request, filters),
    ]


def _unknown(request: Request, filters: Sequence[Mapping[str, Any]]) -> list[str]:
    say = request.catalogue.gettext
    return [
        say(
            N_("没有「%(value)s」这个%(name)s，没有按它缩小范围。"),
            value=entry["value"][:40],
            name=entry["label"],
        )
        for entry in filters
        if entry["value"] not in dict(entry["options"])
    ]


def _is_narrowed(request: Request) -> bool:
    return any(request.query.get(name) for name in ("type", "unit", "when"))


def _url(request: Request, **changed: str) -> str:
    asked = {name: request.query.get(name, "") for name in ASKED} | changed
    return f"/-/search?{urlencode({name: value for name, value in asked.items() if value})}"


PAGES = (Page("search", show_search, "signed-in"),)
