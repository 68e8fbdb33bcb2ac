"""组织机构: the unit tree, its people in official order, a person's card. No LDAP query."""

from dataclasses import dataclass, field
from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.queries import (
    account_by_uid,
    people_of_units,
    posts_with_units,
)
from openbureau.kernel.files.quotas import quota_bytes, used_bytes
from openbureau.kernel.files.storage import content_path
from openbureau.kernel.search.core_records import ACCOUNT, UNIT
from openbureau.kernel.search.queries import search
from openbureau.kernel.units.queries import UnitNode, UnitTree, unit_tree
from openbureau.shell.pictures import PRIVATE_FOR_A_DAY, picture_answer

PER_PAGE = 50
KIND_LABELS = {
    "province": N_("省局"),
    "office": N_("处室"),
    "institute": N_("直属机构"),
    "prefecture": N_("州市局"),
    "county": N_("县局"),
    "zone": N_("开发区分局"),
}
STATE_LABELS = {"active": N_("在用"), "disabled": N_("停用"), "archived": N_("归档")}
NATURE_LABELS = {"acting": N_("主持工作"), "in_charge": N_("代管"), "seconded": N_("借调")}


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of the tree as the page shows it; children only where it is expanded."""

    code: str
    name: str
    kind_label: str
    child_total: int
    url: str
    branch_url: str
    is_current: bool
    is_expanded: bool
    children: list["Branch"] = field(default_factory=list)


def list_units(request: Request) -> Any:
    """The tree with the person's own unit open, or the results of a search."""
    ctx = request.person
    tree = unit_tree(ctx.tree_version)
    words = request.query.get("q", "").strip()
    own = ctx.post.access_unit_id if ctx.post else tree.roots[0].id
    return _page(request, tree, tree.by_id[own], words)


def show_unit(request: Request) -> Any:
    """One unit: its place in the tree, and its people."""
    tree = unit_tree(request.person.tree_version)
    unit = tree.by_code.get(request.params["code"])
    if unit is None:
        raise NotFound("没有代码为「%(unit)s」的单位。", unit=request.params["code"])
    return _page(request, tree, unit, "")


def show_branch(request: Request) -> Any:
    """The units directly below one, for lazy loading."""
    tree = unit_tree(request.person.tree_version)
    unit = tree.by_code.get(request.params["code"])
    if unit is None:
        raise NotFound
    if not request.is_part:
        return redirect(f"/-/units/{unit.code}")
    return page(
        "core/units.html",
        fragment="branch",
        branch=branches_below(request, tree, unit, "/-/units"),
    )


def _page(request: Request, tree: UnitTree, unit: UnitNode, words: str) -> Any:
    first = (request.number("page", 1, 1) - 1) * PER_PAGE
    people: Any = people_of_units(own_ids(tree, unit))
    total = people.count()
    rows = list(people.limit(PER_PAGE).offset(first))
    base = f"/-/units/{unit.code}?page="
    return page(
        "core/units.html",
        q=words,
        results=_results(request, words) if words else [],
        tree=branches(request, tree, unit, "/-/units"),
        unit=_facts(request, tree, unit, total),
        people=[_person_line(row) for row in rows],
        breadcrumb=[
            (node.short_name, f"/-/units/{node.code}")
            for node in [*reversed(tree.ancestors(unit.id)), unit]
        ],
        first=first + 1 if rows else 0,
        last=first + len(rows),
        total=total,
        previous_url=f"{base}{first // PER_PAGE}" if first else None,
        next_url=f"{base}{first // PER_PAGE + 2}" if first + PER_PAGE < total else None,
    )


def own_ids(tree: UnitTree, unit: UnitNode) -> list[int]:
    """The unit with its sections, without the units below it."""
    return [
        node.id
        for node in tree.subtree(unit.id)
        if node is unit or (unit.is_access_unit and node.access_unit_id == unit.id)
    ]


def _facts(request: Request, tree: UnitTree, unit: UnitNode, total: int) -> dict[str, Any]:
    return {
        "code": unit.code,
        "name": unit.name,
        "short_name": unit.short_name,
        "kind_label": request.catalogue.gettext(KIND_LABELS.get(unit.kind, unit.kind)),
        "access_unit_name": tree.by_id[unit.access_unit_id or unit.id].name,
        "is_name_assumed": unit.is_name_assumed,
        "people_total": total,
        "phone": "",
    }


def _person_line(row: Any) -> dict[str, str]:
    return {
        "name": row.name,
        "title": row.title,
        "unit_name": row.unit_name,
        "phone": row.phone,
        "url": f"/-/people/{row.uid}",
    }


def _open(tree: UnitTree, unit_id: int) -> list[UnitNode]:
    return [node for node in tree.children(unit_id) if node.is_active]


def branches(request: Request, tree: UnitTree, current: UnitNode, base: str) -> list[Branch]:
    """The tree as a page below `base` shows it, open down to the current unit."""
    return [_branch(request, tree, root, current, base) for root in tree.roots]


def branches_below(request: Request, tree: UnitTree, unit: UnitNode, base: str) -> list[Branch]:
    """The closed branches directly below a unit, for lazy loading."""
    return [_branch(request, tree, child, None, base) for child in _open(tree, unit.id)]


def _branch(
    request: Request, tree: UnitTree, node: UnitNode, current: UnitNode | None, base: str
) -> Branch:
    above = {n.id for n in tree.ancestors(current.id)} | {current.id} if current else set()
    is_expanded = node.id in above
    children = _open(tree, node.id)
    return Branch(
        node.code,
        node.short_name if node.depth else node.name,
        request.catalogue.gettext(KIND_LABELS.get(node.kind, node.kind)),
        len(children),
        f"{base}/{node.code}",
        f"{base}/{node.code}/branch",
        current is not None and node.id == current.id,
        is_expanded,
        [_branch(request, tree, c, current, base) for c in children] if is_expanded else [],
    )


def _results(request: Request, words: str) -> list[dict[str, str]]:
    return [
        {
            "kind": "unit" if hit.realm == UNIT else "person",
            "label": hit.title,
            "secondary": hit.summary,
            "url": core_record_url(hit.realm, hit.key),
        }
        for realm in (UNIT, ACCOUNT)
        for hit in search(request.person, words, realm, limit=30).hits
    ]


def core_record_url(realm: str, key: str) -> str:
    """Where a unit (by code) or a person (by uid) opens."""
    return f"/-/units/{key}" if realm == UNIT else f"/-/people/{key}"


def show_person(request: Request) -> Any:
    """A colleague's card."""
    say = request.catalogue.gettext
    ctx = request.person
    account = account_by_uid(request.params["uid"])
    is_own = account.id == ctx.account.id
    return page(
        "core/person.html",
        used_bytes=used_bytes(account.id) if is_own else None,
        quota_bytes=quota_bytes(ctx.post.unit_id if ctx.post else None) if is_own else 0,
        person={
            "uid": account.uid,
            "name": account.name,
            "login": account.login,
            "phone": account.phone,
            "mobile": account.mobile,
            "mail": account.mail,
            "room": account.room,
            "photo": account.photo,
            "state": say(STATE_LABELS[account.state]),
            "is_listed": account.state == "active" and not account.administrator,
        },
        posts=[
            {
                "unit_name": row.unit_name,
                "unit_url": f"/-/units/{row.code}",
                "title": row.title,
                "nature": say(NATURE_LABELS[row.nature]) if row.nature in NATURE_LABELS else "",
                "is_primary": row.is_primary,
            }
            for row in posts_with_units(account.id)
        ],
    )


def show_photo(request: Request) -> Any:
    """A colleague's photograph, kept by the browser as long as its digest is in the address."""
    account = account_by_uid(request.params["uid"])
    path = content_path(account.photo) if account.photo else None
    if path is None or account.state == "archived" or not path.exists():
        raise NotFound
    return picture_answer(path, PRIVATE_FOR_A_DAY)


PAGES = (
    Page("units", list_units, "signed-in"),
    Page("units/{code}", show_unit, "signed-in"),
    Page("units/{code}/branch", show_branch, "signed-in"),
    Page("people/{uid}", show_person, "signed-in"),
    Page("people/{uid}/photo", show_photo, "signed-in"),
)
