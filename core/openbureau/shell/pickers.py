"""The panel of the picker: recent choices, kept groups, units level by level, search."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.people import people_in
from openbureau.kernel.preferences.contacts import (
    contact_groups,
    keep_group,
    recent_choices,
    remove_group,
)
from openbureau.kernel.units.queries import UnitNode
from openbureau.kit.parties import Party, PartyBook

TABS = ("recent", "groups", "own", "tree", "search")
RESULTS = 50


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the tree: a party, or a unit that only opens. `code` is empty for leaves."""

    label: str
    detail: str = ""
    party: Party | None = None
    code: str = ""
    level: int = 1
    is_open: bool = False
    below: Sequence["Branch"] = field(default=())


def show_panel(request: Request) -> Any:
    """The lines of one tab, or those below one unit."""
    if not request.is_part:
        return redirect("/-/units")
    book = _book(request)
    tab = request.query.get("tab", "")
    if tab not in TABS:
        tab = "recent" if _recent(request, book) else "own"
    words = request.query.get("q", "").strip()[:60]
    level = request.number("level", 1, 1, 20)
    below = request.query.get("unit", "")
    return page(
        "kit/pick.html",
        fragment="level" if below else "panel",
        tab=tab,
        q=words,
        groups=_groups(request, book) if tab == "groups" else [],
        lines=_below(book, below, level) if below else _lines(request, book, tab, words),
    )


def _book(request: Request) -> PartyBook:
    values = request.form if request.form is not None else request.query
    kinds = str(values.get("kinds", "")).split(",")
    return PartyBook(request.person, kinds, str(values.get("within", "")))


def _lines(request: Request, book: PartyBook, tab: str, words: str) -> list[Branch]:
    if tab == "recent":
        return [_leaf(party, 1) for party in _recent(request, book)]
    if tab == "search":
        found = book.found(words, RESULTS) if words else []
        return [_leaf(party, 1) for party in found]
    if tab == "groups":
        return []
    post = request.person.post
    is_own = tab == "own" and post is not None
    tops = [book.tree.by_id[post.access_unit_id]] if is_own and post else book.tree.roots
    return [_branch(book, unit, 1, is_open=True) for unit in tops if _is_offered(book, unit)]


def _recent(request: Request, book: PartyBook) -> list[Party]:
    return book.parties(recent_choices(request.person.account.id))


def _below(book: PartyBook, code: str, level: int) -> list[Branch]:
    unit = book.tree.by_code.get(code)
    return _children(book, unit, level) if unit else []


def _branch(book: PartyBook, unit: UnitNode, level: int, *, is_open: bool) -> Branch:
    own = next((party for party in book.of_unit(unit) if party.kind == "unit"), None)
    has_more = _has_lines_below(book, unit)
    return Branch(
        label=unit.short_name if unit.depth else unit.name,
        party=own,
        code=unit.code if has_more else "",
        level=level,
        is_open=is_open and has_more,
        below=_children(book, unit, level + 1) if is_open and has_more else (),
    )


def _children(book: PartyBook, unit: UnitNode, level: int) -> list[Branch]:
    """What a unit opens to: all below it, its posts, its people, the units below."""
    lines = [_leaf(p, level) for p in book.offers(unit) if p.kind == "subtree"]
    if "post" in book.kinds:
        lines += [_leaf(party, level) for party in book.posts([unit.id])]
    if "person" in book.kinds:
        people = (book.person(row) for row in people_in(unit.id))
        lines += [_leaf(party, level) for party in people if party is not None]
    lines += [
        _branch(book, child, level, is_open=False)
        for child in book.tree.children(unit.id)
        if _is_offered(book, child)
    ]
    return lines


def _leaf(party: Party, level: int) -> Branch:
    return Branch(party.label, party.detail, party, level=level)


def _is_offered(book: PartyBook, unit: UnitNode) -> bool:
    """Whether the unit, or anything below it, can be chosen from."""
    if not unit.is_active or not any(book.covers(node) for node in book.tree.subtree(unit.id)):
        return False
    return unit.is_access_unit or _takes_staff(book)


def _has_lines_below(book: PartyBook, unit: UnitNode) -> bool:
    return _takes_staff(book) or any(_is_offered(book, u) for u in book.tree.children(unit.id))


def _takes_staff(book: PartyBook) -> bool:
    return not {"person", "post"}.isdisjoint(book.kinds)


def _groups(request: Request, book: PartyBook) -> list[dict[str, Any]]:
    """The person's groups that have members for this field."""
    found = []
    for key, name, members in contact_groups(request.person.account.id):
        parties = book.parties(members)
        if parties:
            found.append({"id": key, "name": name, "parties": parties})
    return found


def create_group(request: Request) -> Any:
    """Keeps what is chosen as a group."""
    form = request.form
    members = [str(value) for value in form.getlist("member")] if form is not None else []
    name = str(form.get("name", "")) if form is not None else ""
    book = _book(request)
    chosen = [party.value for party in book.parties(members)]
    keep_group(request.person.account.id, name, chosen)
    return _groups_panel(request, book)


def delete_group(request: Request) -> Any:
    """Removes a group."""
    remove_group(request.person.account.id, request.params["id"])
    return _groups_panel(request, _book(request))


def _groups_panel(request: Request, book: PartyBook) -> Any:
    if not request.is_part:
        return redirect("/-/units")
    groups = _groups(request, book)
    return page("kit/pick.html", fragment="panel", tab="groups", q="", groups=groups, lines=[])


PAGES = (
    Page("pick", show_panel, "signed-in"),
    Page("pick/groups", create_group, "signed-in", methods=("POST",)),
    Page("pick/groups/{id:int}/delete", delete_group, "signed-in", methods=("POST",)),
)
