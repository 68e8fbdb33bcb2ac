"""通讯录: everybody by unit in official order, found by name, sound, telephone or room."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, cast
from urllib.parse import urlencode

from starlette.responses import Response

from openbureau.base.context import CHINA
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.contacts import (
    contact_of,
    contacts_found,
    contacts_in,
    totals_by_unit,
)
from openbureau.kernel.accounts.queries import account_by_uid
from openbureau.kernel.accounts.vcards import Card, Version, vcards
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.files.names import content_disposition
from openbureau.kernel.units.queries import UnitNode, UnitTree, unit_tree
from openbureau.shell.directory import NATURE_LABELS, branches, branches_below, own_ids

BASE = "/-/contacts"
PER_PAGE = 50
WORDS_CHARACTERS = 60


def list_contacts(request: Request) -> Any:
    """The person's own unit, or what the words are found in."""
    ctx = request.person
    tree = unit_tree(ctx.tree_version)
    own = tree.by_id[ctx.post.access_unit_id if ctx.post else tree.roots[0].id]
    words = request.query.get("q", "").strip()[:WORDS_CHARACTERS]
    return _page(request, tree, own, words)


def show_unit_contacts(request: Request) -> Any:
    """One unit with its sections, or with all below it."""
    tree = unit_tree(request.person.tree_version)
    return _page(request, tree, _unit(request, tree), "")


def show_contact_branch(request: Request) -> Any:
    """The units directly below one, for lazy loading."""
    tree = unit_tree(request.person.tree_version)
    unit = _unit(request, tree)
    if not request.is_part:
        return redirect(f"{BASE}/{unit.code}")
    below = branches_below(request, tree, unit, BASE)
    return page("core/contacts.html", fragment="branch", branch=below)


def _unit(request: Request, tree: UnitTree) -> UnitNode:
    unit = tree.by_code.get(request.params["code"])
    if unit is None:
        raise NotFound("没有代码为「%(unit)s」的单位。", unit=request.params["code"])
    return unit


def _page(request: Request, tree: UnitTree, unit: UnitNode, words: str) -> Any:
    today = _today(request)
    is_whole = request.query.get("all") == "1"
    number = request.number("page", 1, 1)
    if words:
        found = contacts_found(words, today, [node.id for node in tree.nodes])
        total, number = len(found), _held(number, len(found))
        rows = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    else:
        places = _places(tree, unit, is_whole=is_whole)
        totals = totals_by_unit(places, today)
        total = sum(totals.values())
        number = _held(number, total)
        rows = _slice(places, totals, (number - 1) * PER_PAGE, today)
    at = _addresses(unit, words, is_whole=is_whole)
    first = (number - 1) * PER_PAGE
    return page(
        "core/contacts.html",
        fragment="rows",
        q=words,
        unit=_facts(tree, unit, is_whole=is_whole),
        tree=branches(request, tree, unit, BASE),
        rows=[_line(request, tree, row) for row in rows],
        first=first + 1 if rows else 0,
        last=first + len(rows),
        total=total,
        previous_url=at(number - 1) if number > 1 else None,
        next_url=at(number + 1) if first + PER_PAGE < total else None,
    )


def _today(request: Request) -> dt.date:
    return request.person.now.astimezone(CHINA).date()


def _held(number: int, total: int) -> int:
    return min(number, max(1, -(-total // PER_PAGE)))


def _places(tree: UnitTree, unit: UnitNode, *, is_whole: bool) -> list[int]:
    """The units listed, in official order."""
    return list(tree.subtree_ids(unit.id)) if is_whole else own_ids(tree, unit)


def _slice(
    places: Sequence[int], totals: Mapping[int, int], offset: int, today: dt.date
) -> list[Any]:
    """One page of the list: only the units it touches are read."""
    wanted, before, skipped = [], 0, 0
    for unit_id in places:
        total = totals.get(unit_id, 0)
        if before + total <= offset:
            skipped += total
        elif before < offset + PER_PAGE:
            wanted.append(unit_id)
        before += total
    rows = contacts_in(wanted, today)
    return rows[offset - skipped : offset - skipped + PER_PAGE]


def _addresses(unit: UnitNode, words: str, *, is_whole: bool) -> Any:
    kept = {"q": words} if words else {"all": "1"} if is_whole else {}
    path = BASE if words else f"{BASE}/{unit.code}"
    return lambda number: f"{path}?{urlencode({**kept, 'page': number})}"


def _facts(tree: UnitTree, unit: UnitNode, *, is_whole: bool) -> dict[str, Any]:
    return {
        "code": unit.code,
        "name": unit.name,
        "short_name": unit.short_name,
        "is_whole": is_whole,
        "below_total": sum(node.is_access_unit for node in tree.subtree(unit.id)) - 1,
        "url": f"{BASE}/{unit.code}",
    }


def _line(request: Request, tree: UnitTree, row: Any) -> dict[str, Any]:
    say = request.catalogue.gettext
    return {
        "name": row.name,
        "url": f"/-/people/{row.uid}",
        "title": row.title,
        "nature": say(NATURE_LABELS[row.nature]) if row.nature in NATURE_LABELS else "",
        "unit_name": tree.by_id[row.unit_id].short_name,
        "phone": row.phone,
        "mobile": row.mobile,
        "room": row.room,
    }


def print_contacts(request: Request) -> Any:
    """A unit with all below it on paper, unit by unit in official order."""
    tree = unit_tree(request.person.tree_version)
    unit = _unit(request, tree)
    rows = contacts_in(_places(tree, unit, is_whole=True), _today(request))
    groups = [
        {
            "name": tree.by_id[unit_id].name,
            "rows": [_line(request, tree, row) for row in listed],
        }
        for unit_id, listed in groupby(rows, key=lambda row: row.unit_id)
    ]
    return page(
        "core/contacts_print.html",
        unit=_facts(tree, unit, is_whole=True),
        groups=groups,
        total=len(rows),
    )


def download_card(request: Request) -> Any:
    """One person as a vCard; `version=3.0` for older telephones."""
    account = account_by_uid(request.params["uid"])
    row = contact_of(account.id, _today(request))
    if row is None:
        raise NotFound
    return _vcf(request, [row], account.name)


def export_cards(request: Request) -> Any:
    """A unit, or it with all below it, as one file of vCards; recorded as an export."""
    tree = unit_tree(request.person.tree_version)
    unit = _unit(request, tree)
    is_whole = request.form is not None and request.form.get("all") == "1"
    rows = contacts_in(_places(tree, unit, is_whole=is_whole), _today(request))
    with request.writing():
        ctx = request.person
        record_audit(
            action="core.export_contacts",
            at=ctx.now,
            account_id=ctx.account.id,
            post_id=ctx.post.id if ctx.post else None,
            unit_id=unit.id,
            realm="core/unit",
            record_id=unit.id,
            detail={"people": len(rows), "is_whole": is_whole},
            request_id=request.request_id,
            address=request.address,
        )
    return _vcf(request, rows, unit.short_name)


def _vcf(request: Request, rows: Sequence[Any], name: str) -> Response:
    tree = unit_tree(request.person.tree_version)
    asked = request.query.get("version")
    version = cast("Version", asked if asked in {"3.0", "4.0"} else "4.0")
    return Response(
        vcards([_card(tree, row) for row in rows], version),
        headers={
            "content-type": "text/vcard; charset=utf-8",
            "content-disposition": content_disposition(f"{name}.vcf"),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        },
    )


def _card(tree: UnitTree, row: Any) -> Card:
    unit = tree.by_id[row.unit_id]
    above = tree.by_id[unit.access_unit_id or unit.id]
    organisation = [above.name] if above is unit else [above.name, unit.name]
    return Card(
        row.uid, row.name, organisation, row.title, row.phone, row.mobile, row.mail, row.room
    )


PAGES = (
    Page("contacts", list_contacts, "signed-in"),
    Page("contacts/{code}", show_unit_contacts, "signed-in"),
    Page("contacts/{code}/branch", show_contact_branch, "signed-in"),
    Page("contacts/{code}/print", print_contacts, "signed-in"),
    Page(
        "contacts/{code}/cards", export_cards, "signed-in", methods=("POST",), is_self_managed=True
    ),
    Page("people/{uid}/card", download_card, "signed-in"),
)
MENU = (MenuEntry(N_("通讯录"), BASE, "", N_("服务"), "address-book", 895),)
