"""The unit tree as operators' scripts read it."""

from typing import Any

from openbureau.kernel.units.queries import UnitTree


def units_listing(tree: UnitTree) -> dict[str, Any]:
    """Counts and every unit for `openbureau units --json`, in official order.

    `access_unit` is the code of the unit that switches plugins for this one.
    """
    units = []
    for node in tree.nodes:
        access = tree.access_unit(node.id)
        units.append(
            {
                "code": node.code,
                "name": node.name,
                "kind": node.kind,
                "parent": None if node.parent_id is None else tree.by_id[node.parent_id].code,
                "access_unit": None if access is None else access.code,
                "is_active": node.is_active,
            }
        )
    return {
        "units": units,
        "access_units": sum(1 for node in tree.nodes if node.is_active and node.is_access_unit),
        "sections": sum(1 for node in tree.nodes if node.is_active and not node.is_access_unit),
    }
