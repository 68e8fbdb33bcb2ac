"""人员: accounts and posts (系统管理员)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.access.administration import KIND_LABELS
from openbureau.kernel.accounts.listing import STAFF, Wanted, people_page, people_total
from openbureau.kernel.accounts.oversight import PEOPLE, reach_of
from openbureau.kernel.settings.queries import core_setting
from openbureau.kernel.units.queries import UnitTree, unit_tree
from openbureau.kit import paging
from openbureau.shell.console import (
    people_acts,
    people_adoption,
    people_import,
    people_person,
    people_slips,
)
from openbureau.shell.console.people_labels import (
    INDENT,
    SOURCE_LABELS,
    STATE_LABELS,
    STATE_LAMPS,
    unit_words,
)

URL = "/-/console/people"
WORDS_CHARACTERS = 100
FILTERS = ("unit", "state", "source", "kind", "only")


def list_people(request: Request) -> Any:
    """Accounts in reach, filtered, in official order."""
    tree = unit_tree(request.session.units_epoch)
    given = _given(request)
    wanted = wanted_of(request, tree, given)
    reach = reach_of(request.person)
    place = paging(request, people_total(reach, wanted))
    rows = people_page(reach, wanted, place.per_page, place.offset)
    return page(
        "core/console_people.html",
        fragment="rows",
        rows=[_line(request, tree, row) for row in rows],
        paging=place,
        given=given,
        kept=[(name, value) for name, value in given.items() if value],
        filters=_filters(request, tree, given),
        is_narrowed=any(given.values()),
    )


def _given(request: Request) -> dict[str, str]:
    given = {"q": request.query.get("q", "").strip()[:WORDS_CHARACTERS]}
    return {**given, **{name: request.query.get(name, "") for name in FILTERS}}


def wanted_of(request: Request, tree: UnitTree, given: Mapping[str, str]) -> Wanted:
    """What a query asks for; unknown values ask for nothing."""
    unit = tree.by_code.get(given.get("unit", ""))
    state, source = given.get("state", ""), given.get("source", "")
    kind, only = given.get("kind", ""), given.get("only", "")
    days = core_setting("core.unused_account_days")
    return Wanted(
        words=given.get("q", ""),
        unit_ids=tree.subtree_ids(unit.id) if unit else None,
        state=state if state in STATE_LABELS else "",
        source=source if source in SOURCE_LABELS else "",
        kind=kind if kind in {STAFF, *KIND_LABELS} else "",
        unused_since=request.person.now - dt.timedelta(days=days) if only == "unused" else None,
        has_no_password=only == "new",
    )


def _filters(request: Request, tree: UnitTree, given: Mapping[str, str]) -> list[dict[str, Any]]:
    say = request.catalogue.gettext
    days = core_setting("core.unused_account_days")
    everything = ("", say(N_("全部")))
    choices: dict[str, tuple[str, list[tuple[str, str]]]] = {
        "unit": (say(N_("单位")), _unit_filter(request, tree)),
        "state": (say(N_("状态")), [(c, say(label)) for c, label in STATE_LABELS.items()]),
        "source": (say(N_("来源")), [(c, say(label)) for c, label in SOURCE_LABELS.items()]),
        "kind": (
            say(N_("类别")),
            [(STAFF, say(N_("工作人员"))), *((c, say(x)) for c, x in KIND_LABELS.items())],
        ),
        "only": (
            say(N_("只看")),
            [
                ("unused", say(N_("超过 %(days)s 天未登录"), days=days)),
                ("new", say(N_("还没有密码"))),
            ],
        ),
    }
    return [
        {"name": name, "label": label, "value": given[name], "options": [everything, *options]}
        for name, (label, options) in choices.items()
    ]


def _unit_filter(request: Request, tree: UnitTree) -> list[tuple[str, str]]:
    """Units without their sections, short enough for a drop-down in a row of five."""
    covers = reach_of(request.person).covers
    units = [unit for unit in tree.access_units() if unit.is_active and covers(unit.id)]
    top = min((unit.depth for unit in units), default=0)
    return [(unit.code, INDENT * (unit.depth - top) + unit.short_name) for unit in units]


def _line(request: Request, tree: UnitTree, row: Any) -> dict[str, Any]:
    say = request.catalogue.gettext
    return {
        "id": row.id,
        "url": f"{URL}/{row.uid}",
        "name": row.name,
        "login": row.login,
        "lamp": STATE_LAMPS[row.state],
        "state": say(STATE_LABELS[row.state]),
        "unit": unit_words(tree, row.unit_id),
        "title": row.title or "",
        "source": say(SOURCE_LABELS.get(row.source, row.source)),
        "kind": say(KIND_LABELS[row.administrator]) if row.administrator else "",
        "last_sign_in_at": row.last_sign_in_at,
        "has_no_password": row.source == "local" and not row.has_password,
    }


PAGES = (
    Page("console/people", list_people, PEOPLE),
    *people_import.PAGES,
    *people_slips.PAGES,
    *people_person.PAGES,
    *people_acts.PAGES,
    *people_adoption.PAGES,
)
MENU = (MenuEntry(N_("人员"), URL, PEOPLE, N_("系统管理"), "users", 911),)
