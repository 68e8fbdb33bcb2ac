"""The question before a switch: may this plugin be on there?"""

from openbureau.base.database import reading
from openbureau.base.errors import OperatorError
from openbureau.base.plugins import Plugins
from openbureau.kernel.enablement.actions import parsed_scope
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitNode, current_tree


def refuse_unfit(plugins: Plugins, slug: str, state: str, scope: str) -> None:
    """Raises OperatorError: the plugin's `can_enable` names a reason against some unit."""
    if state == "off" or slug not in plugins.executor.plugins_with("can_enable"):
        return
    with reading():
        kind, unit = parsed_scope(scope)
        units = _meant(scope, kind, unit)
    reasons = []
    for node in units:
        is_done, reason = plugins.executor.call_one("can_enable", slug, ctx=None, unit=node.code)
        if is_done and reason:
            reasons.append(f"{node.short_name}：{reason}")
    if reasons:
        listed = "；".join(reasons[:5])
        raise OperatorError(
            "PLUG-005",
            f"{len(reasons)} 个单位还不能启用 {slug}：{listed}。没有任何改动。",
            f"{len(reasons)} units cannot have {slug} yet: {listed}. Nothing changed.",
        )


def _meant(scope: str, kind: str, unit: Unit | None) -> list[UnitNode]:
    tree = current_tree()
    if unit is None:
        return [node for node in tree.access_units() if node.kind == kind]
    below = set(tree.subtree_ids(unit.id)) if scope.startswith("subtree:") else {unit.id}
    return [node for node in tree.access_units() if node.id in below]
