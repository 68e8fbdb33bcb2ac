"""单位: the tree, its history and order (系统管理员, 受托的管单位子树)."""

from typing import Any

from openbureau.base.context import NOWHERE, Context
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import NotFound
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.units.changes import (
    CONTACTS,
    people_total,
    place_of,
    unit_by_code,
)
from openbureau.kernel.units.custody import (
    adopted_units,
    is_kept_by_directory,
    is_made_by_directory,
)
from openbureau.kernel.units.errors import UnitRefused
from openbureau.kernel.units.lineage import EVENT_LABELS, Deed, history_of
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitNode, UnitTree, unit_tree
from openbureau.shell.console.unit_adoption import may_adopt_units
from openbureau.shell.console.unit_deeds import DEEDS, KIND_LABELS, POWER, UnitDeed

LIST = "/-/console/units"
KEPT_DEEDS = ("rename", "recode", "move", "split", "merge", "close")
KEPT = N_(
    "这个单位由目录同步维护：更名、改代码、改隶属、分设、合并和撤销请在目录中办理，下次同步后生效。"
)
KEPT_OF_LIST = N_(
    "这个单位由目录同步维护：更名、改代码、改隶属、分设和合并请在目录中办理，下次同步后生效；"
    "单位名录中的单位可以在这里撤销。"
)
INDENT = "\N{EM SPACE}"


def list_units(request: Request) -> Any:
    """The part of the tree this administrator keeps with its first unit open, or units found
    in it, closed ones too."""
    tops = _tops(request.person)
    if not tops:
        raise NotFound
    words = request.query.get("q", "").strip()[:60]
    return _unit_page(request, tops[0], words)


def _found(request: Request, words: str) -> list[dict[str, str]]:
    """Units of the administrator's part by name, code or initials."""
    ctx = request.person
    tree = unit_tree(ctx.tree_version)
    closed = (node for node in tree.nodes if not node.is_active and words in node.name)
    return [
        {
            "url": f"{LIST}/{node.code}",
            "label": _label(request, node),
            "above": tree.by_id[node.parent_id].short_name if node.parent_id else "",
        }
        for node in (*tree.found(words), *closed)
        if ctx.may_in(POWER, node.id)
    ]


def _label(request: Request, node: UnitNode) -> str:
    name = node.short_name if node.depth else node.name
    return name if node.is_active else request.catalogue.gettext("%(unit)s（已撤销）", unit=name)


def show_unit(request: Request) -> Any:
    """One unit: facts, contacts, order, history and what can be changed."""
    return _unit_page(request, _node(request))


def show_branch(request: Request) -> Any:
    """The units directly below one, for lazy loading."""
    node = _node(request)
    if not request.is_part:
        return redirect(f"{LIST}/{node.code}")
    tree = unit_tree(request.person.tree_version)
    branch = [_branch(request, tree, child, None) for child in tree.children(node.id)]
    return page("core/console_units.html", fragment="branch", branch=branch)


def _tops(ctx: Context) -> tuple[UnitNode, ...]:
    """Where the administrator's part of the tree begins."""
    tree, reach = unit_tree(ctx.tree_version), ctx.reach.get(POWER, NOWHERE)
    if reach.is_everywhere:
        return tree.roots
    return tuple(
        node
        for node in tree.nodes
        if node.id in reach.units and (node.parent_id is None or node.parent_id not in reach.units)
    )


def _node(request: Request) -> UnitNode:
    ctx = request.person
    node = unit_tree(ctx.tree_version).by_code.get(request.params["code"])
    if node is None or not ctx.may_in(POWER, node.id):
        raise NotFound
    return node


def _unit_page(request: Request, node: UnitNode, words: str = "") -> Any:
    ctx = request.person
    tree, unit = unit_tree(ctx.tree_version), unit_by_code(node.code)
    place, siblings = place_of(unit)
    own = [n.id for n in tree.subtree(node.id) if n.access_unit_id == node.id or n is node]
    return page(
        "core/console_units.html",
        tree=[_branch(request, tree, top, node) for top in _tops(ctx)],
        q=words,
        results=_found(request, words) if words else [],
        unit=unit,
        url=f"{LIST}/{node.code}",
        kind_label=ctx.gettext(KIND_LABELS.get(node.kind, node.kind)),
        parent=tree.by_id[node.parent_id].name if node.parent_id else "",
        people=people_total(own),
        units_below=sum(below.is_active for below in tree.subtree(node.id)) - unit.is_active,
        place=place,
        siblings=siblings,
        may_place=_is_open_to(ctx, node, DEEDS["place"]) and unit.is_active,
        contacts=[(ctx.gettext(label), getattr(unit, name)) for name, label in _CONTACTS],
        deeds=_offered(ctx, node, unit),
        adoption_url=f"{LIST}/{node.code}/directory" if _may_adopt(request, unit) else "",
        kept=ctx.gettext(_kept_words(unit)) if unit.is_active else "",
        events=[_event(request, event) for event in reversed(history_of(node.id))],
    )


_CONTACTS = tuple(
    zip(CONTACTS, (N_("电话"), N_("传真"), N_("邮箱"), N_("地址"), N_("邮编")), strict=True)
)


def _offered(ctx: Context, node: UnitNode, unit: Unit) -> list[dict[str, Any]]:
    """The changes this administrator may make to the unit as it is."""
    return [
        {
            "label": ctx.gettext(deed.label),
            "url": f"{LIST}/{node.code}/{name}",
            "icon": deed.icon,
            "is_danger": deed.is_danger,
        }
        for name, deed in DEEDS.items()
        if _is_open_to(ctx, node, deed) and _fits(name, unit)
    ]


def _fits(name: str, unit: Unit) -> bool:
    if not unit.is_active:
        return name == "reopen"
    return name != "reopen" and not _is_kept(name, unit)


def _is_kept(name: str, unit: Unit) -> bool:
    """Whether the change is the directory's to make."""
    if name == "close":
        return is_made_by_directory(unit)
    return name in KEPT_DEEDS and is_kept_by_directory(unit)


def _kept_words(unit: Unit) -> str:
    """What of the unit is the directory's to change; empty when nothing is."""
    if is_made_by_directory(unit):
        return KEPT
    return KEPT_OF_LIST if is_kept_by_directory(unit) else ""


def _may_adopt(request: Request, unit: Unit) -> bool:
    return unit.is_active and may_adopt_units(request)


def _is_open_to(ctx: Context, node: UnitNode, deed: UnitDeed) -> bool:
    """A delegated administrator leaves the place of the top of their part alone."""
    parent_id = node.parent_id
    return deed.is_inside or (parent_id is not None and ctx.may_in(POWER, parent_id))


def _event(request: Request, event: dict[str, Any]) -> dict[str, Any]:
    say = request.catalogue.gettext
    before, after, other = event["before"], event["after"], event["other"]
    what = ""
    for name in ("name", "code", "parent_name"):
        if name in before and name in after:
            what = say("%(before)s → %(after)s", before=before[name], after=after[name])
            break
    if other is not None:
        what = say("与%(unit)s（%(code)s）", unit=other[1], code=other[0])
    return {**event, "label": say(EVENT_LABELS[event["kind"]]), "what": what}


def _branch(
    request: Request, tree: UnitTree, node: UnitNode, current: UnitNode | None
) -> dict[str, Any]:
    above = {n.id for n in tree.ancestors(current.id)} | {current.id} if current else set()
    children = tree.children(node.id)
    is_expanded = node.id in above
    return {
        "code": node.code,
        "name": _label(request, node),
        "child_total": len(children),
        "url": f"{LIST}/{node.code}",
        "branch_url": f"{LIST}/{node.code}/branch",
        "is_current": current is not None and node.id == current.id,
        "is_expanded": is_expanded,
        "children": [_branch(request, tree, child, current) for child in children]
        if is_expanded
        else [],
    }


def edit_unit(request: Request) -> Any:
    """The form of one change."""
    node, deed = _node(request), _deed(request)
    return _form_page(request, node, deed, _form(request, node, deed))


def update_unit(request: Request) -> Any:
    """Makes one change."""
    node, deed = _node(request), _deed(request)
    form = _form(request, node, deed)
    if not form.validate():
        return _form_page(request, node, deed, form, status=422)
    try:
        code = deed.act(_dated(request, form), unit_by_code(node.code), form)
    except UnitRefused as refused:
        shown = [field.name for field in form if field.name not in ("on", "basis")]
        first = shown[0] if shown else "on"
        form.add_error(
            refused.field if refused.field in form else first, refused.what, **refused.params
        )
        return _form_page(request, node, deed, form, status=422)
    return redirect(f"{LIST}/{code}", N_("已保存，立即生效。"))


def _deed(request: Request) -> UnitDeed:
    deed = DEEDS.get(request.params["deed"])
    if deed is None or not _is_open_to(request.person, _node(request), deed):
        raise NotFound
    return deed


def _dated(request: Request, form: Any) -> Deed:
    ctx = request.person
    on = form.on.data if "on" in form else ctx.today
    basis = (form.basis.data or "").strip() if "basis" in form else ""
    return Deed(on, ctx.now, basis, ctx.account.id, ctx.request_id, ctx.address)


def _form(request: Request, node: UnitNode, deed: UnitDeed) -> Any:
    ctx = request.person
    values = deed.values(unit_by_code(node.code))
    form: Any = deed.form(request, on=ctx.today, **values)
    if "other" in form:
        others = _others(ctx, node, is_merge=deed is DEEDS["merge"])
        form["other"].choices = [("", ctx.gettext(N_("请选择"))), *others]
    if "kind" in form:
        form["kind"].choices = [(code, ctx.gettext(text)) for code, text in KIND_LABELS.items()]
    return form


def _others(ctx: Context, node: UnitNode, *, is_merge: bool) -> list[tuple[str, str]]:
    """The units this one can go under, or into: a section only into another section of the
    same unit, and nothing into one the directory keeps. All within the administrator's
    reach."""
    tree = unit_tree(ctx.tree_version)
    below = set(tree.subtree_ids(node.id))
    is_section = is_merge and not node.is_access_unit
    kept = {unit.code for unit in adopted_units() if is_kept_by_directory(unit)} if is_merge else ()
    return [
        (other.code, f"{INDENT * other.depth}{other.short_name}")
        for other in tree.nodes
        if other.is_active
        and other.id not in below
        and ctx.may_in(POWER, other.id)
        and other.code not in kept
        and (other.parent_id == node.parent_id if is_section else other.is_access_unit)
        and (is_merge or other.id != node.parent_id)
    ]


def _form_page(
    request: Request, node: UnitNode, deed: UnitDeed, form: Form, status: int = 200
) -> Any:
    return page(
        "core/console_unit_form.html",
        status=status,
        unit=node,
        heading=request.catalogue.gettext(deed.label),
        notes=_notes(request, node, deed),
        form=form,
        action=request.path,
        cancel_url=f"{LIST}/{node.code}",
        is_danger=deed.is_danger,
    )


def _notes(request: Request, node: UnitNode, deed: UnitDeed) -> list[str]:
    """What the change brings along."""
    say, tree = request.catalogue.gettext, unit_tree(request.person.tree_version)
    unit = unit_by_code(node.code)
    if _is_kept(request.params["deed"], unit):
        return [say(_kept_words(unit))]
    kept = say("以前的公文和记录仍属原单位，按当时的名称显示。")
    if deed is DEEDS["merge"]:
        grants = RoleGrant.unit == node.id
        total = RoleGrant.select().where(grants & RoleGrant.ended_at.is_null()).count()
        moving = say(
            "%(people)s 人和 %(units)s 个下属单位随转，随后撤销本单位。",
            people=people_total([node.id]),
            units=sum(child.is_active for child in tree.children(node.id)),
        )
        left = say("%(total)s 项授权仍只及于原单位的记录；新单位的授权请另行授予。", total=total)
        return [moving, kept, left]
    if deed is DEEDS["move"]:
        below = len(tree.subtree(node.id)) - 1
        return [say("%(units)s 个下属单位随转；业务模块的启用按新的上级重新计算。", units=below)]
    return [kept] if deed in (DEEDS["rename"], DEEDS["close"], DEEDS["split"]) else []


PAGES: tuple[Page, ...] = (
    Page("console/units", list_units, POWER),
    Page("console/units/{code}", show_unit, POWER),
    Page("console/units/{code}/branch", show_branch, POWER),
    Page("console/units/{code}/{deed}", edit_unit, POWER),
    Page("console/units/{code}/{deed}", update_unit, POWER, methods=("POST",)),
)
MENU: tuple[MenuEntry, ...] = (MenuEntry(N_("单位"), LIST, POWER, N_("系统管理"), "building", 910),)
