"""From what somebody types to a question about access: a permission, a unit, a record, a page."""

from collections.abc import Mapping
from typing import Any

from openbureau.base.errors import MethodNotAllowed, NotFound, Problem
from openbureau.base.i18n import N_
from openbureau.base.plugins import Plugins
from openbureau.base.routing import CORE, LARGEST_KEY, Route, Routes
from openbureau.kernel.access.administration import POWERS
from openbureau.kernel.access.explanation import Question, record_kind
from openbureau.kernel.units.queries import UnitTree

OWN_PERMISSION = "-"


class Unanswerable(NotFound):
    """What was asked about does not exist."""

    code = "WHY-001"
    unaffected = ""


def question_of(
    permission: str, reference: str, routes: Routes, plugins: Plugins, tree: UnitTree
) -> Question:
    """The question behind a permission and a reference.

    A reference is empty, `unit:530102`, a record (`plugin/noun:5`), or the
    address of a page, whose own permission `-` stands for.
    Raises Unanswerable: the permission, unit, record kind or page is unknown.
    """
    if reference.startswith("/"):
        return _page_question(permission, reference, routes, plugins)
    if permission not in {power.code for power in POWERS} | set(plugins.permission_labels):
        raise Unanswerable(
            N_("没有名为 %(permission)s 的权限。"),
            remedy=N_("权限写作 模块.动作_对象，例如 core.manage_units。"),
            permission=permission[:100],
        )
    slug = permission.partition(".")[0]
    if not reference:
        return Question(permission, slug)
    kind, _, key = reference.rpartition(":")
    if kind == "unit":
        return Question(permission, slug, unit_id=_unit(key, tree))
    if record_kind(plugins, kind) is None or not key.isdecimal() or int(key) > LARGEST_KEY:
        raise Unanswerable(
            N_("无法识别「%(reference)s」。"),
            remedy=N_("请写 unit:单位代码、记录种类:编号（种类写作 模块/对象）或页面地址。"),
            reference=reference[:200],
        )
    return Question(permission, slug, realm=kind, record_id=int(key))


def _unit(code: str, tree: UnitTree) -> int:
    unit = tree.by_code.get(code)
    if unit is None:
        raise Unanswerable(
            N_("没有代码为「%(unit)s」的单位。"),
            remedy=N_("请在组织机构中查看单位代码。"),
            unit=code[:40],
        )
    return unit.id


def _page_question(permission: str, path: str, routes: Routes, plugins: Plugins) -> Question:
    route, params = _page(path.partition("?")[0], routes)
    asked = route.page.permission
    if permission not in {OWN_PERMISSION, asked}:
        raise Unanswerable(
            N_("页面 %(path)s 要求的权限是 %(asked)s，不是 %(permission)s。"),
            remedy=N_("请改写权限，或只写页面地址。"),
            path=path[:200],
            asked=asked,
            permission=permission[:100],
        )
    if route.slug == CORE:
        return Question(asked, "core")
    realm, record_id = _record(route.slug, path.partition("?")[0], params, plugins)
    return Question(asked, route.slug, realm=realm, record_id=record_id)


def _page(path: str, routes: Routes) -> tuple[Route, Mapping[str, Any]]:
    for method in ("GET", "POST"):
        try:
            return routes.find(method, path)
        except MethodNotAllowed:
            continue
        except Problem:
            break
    raise Unanswerable(
        N_("没有地址为 %(path)s 的页面。"), remedy=N_("请检查网址。"), path=path[:200]
    )


def _record(
    slug: str, path: str, params: Mapping[str, Any], plugins: Plugins
) -> tuple[str, int | None]:
    """The record a page shows or acts on; none for other pages."""
    numbers = [value for value in params.values() if isinstance(value, int)]
    for kind in plugins.records[slug].declared.records:
        for number in numbers:
            address = kind.url(number)
            if path == address or path.startswith(f"{address}/"):
                return kind.realm, number
    return "", None


def permission_choices(plugins: Plugins) -> list[tuple[str, str]]:
    """(code, label) of every permission: the plugins' in loading order, then the core's."""
    powers = [(power.code, power.label) for power in POWERS]
    return [*plugins.permission_labels.items(), *powers]
