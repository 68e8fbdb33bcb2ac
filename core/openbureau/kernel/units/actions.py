"""Every write to the unit tree. The caller holds the transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.base.database import param, statement
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.errors import UnitCycle, UnitListRefused
from openbureau.kernel.units.models import Node, Unit
from openbureau.kernel.units.names import pinyin_of
from openbureau.kernel.units.unit_list import (
    UnitRow,
    list_faults,
    parent_cycles,
    read_unit_list,
)

__all__ = ["Imported", "UnitRow", "import_units", "read_unit_list", "rebuild_paths"]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many units an import created, changed, and found as they should be."""

    created: int
    updated: int
    unchanged: int


def import_units(rows: Sequence[UnitRow], node: Node) -> Imported:
    """Creates and updates units by code; their official order is the list's order.

    A second run with the same list changes nothing. Units absent from the list stay as
    they are: none is deleted or closed.
    Raises UnitListRefused: naming every fault; nothing was written.
    """
    units: dict[str, Any] = {unit.code: unit for unit in Unit.select()}
    codes = {unit.id: unit.code for unit in units.values()}
    faults = list_faults(
        rows, {unit.code: codes.get(unit.parent_id, "") for unit in units.values()}
    )
    if faults:
        raise UnitListRefused(faults)
    existing = frozenset(units)
    changed = {
        row.code
        for position, row in enumerate(rows, start=1)
        if _save_described(units, row, position, node)
    }
    changed |= _save_parents(rows, units)
    if changed:
        rebuild_paths()
        bump_epoch("units")
    return Imported(len(changed - existing), len(changed & existing), len(rows) - len(changed))


def _save_described(units: dict[str, Any], row: UnitRow, position: int, node: Node) -> bool:
    unit = units.setdefault(row.code, Unit(code=row.code, home_node=node))
    described: dict[str, Any] = {
        "short_name": row.short_name or row.name,
        "kind": row.kind,
        "region": row.region,
        "is_access_unit": row.is_access_unit,
        "is_name_assumed": row.is_name_assumed,
        "position": position,
    }
    if (unit.name, unit.short_name) != (row.name, row.short_name or row.name):
        described |= {"name": row.name, **sounds_of(row.name, row.short_name)}
    differing = {name: value for name, value in described.items() if getattr(unit, name) != value}
    if unit.id is not None and not differing:
        return False
    for name, value in differing.items():
        setattr(unit, name, value)
    unit.save()
    return True


def sounds_of(name: str, short_name: str) -> dict[str, str]:
    """The columns `pinyin` and `initials` of a unit: of its name and, after a space, of its
    short name when that differs."""
    sounds = [pinyin_of(each) for each in dict.fromkeys((name, short_name)) if each]
    return {
        "pinyin": " ".join(pinyin for pinyin, _ in sounds)[:400],
        "initials": " ".join(initials for _, initials in sounds)[:100],
    }


def _save_parents(rows: Sequence[UnitRow], units: Mapping[str, Any]) -> set[str]:
    moved = set()
    for row in rows:
        unit = units[row.code]
        parent_id = units[row.parent].id if row.parent else None
        if unit.parent_id != parent_id:
            unit.parent = parent_id
            unit.save()
            moved.add(row.code)
    return moved


def rebuild_paths() -> int:
    """Recomputes path, depth and access unit of the whole tree from the parent links.

    Returns how many rows differed and were written.
    Raises UnitCycle: some units are, by their parents, above themselves.
    """
    rows = _links().rows()
    codes = {row.id: row.code for row in rows}
    rings = parent_cycles({row.code: codes.get(row.parent_id, "") for row in rows})
    if rings:
        raise UnitCycle(rings[0])
    children = defaultdict(list)
    for row in rows:
        children[row.parent_id].append(row)
    written = 0
    places: list[tuple[int | None, str, int, int | None]] = [(None, "/", 0, None)]
    while places:
        parent_id, above, depth, above_access = places.pop()
        for row in children.get(parent_id, ()):
            path = f"{above}{row.id}/"
            access = row.id if row.is_access_unit else above_access
            if (row.path, row.depth, row.access_unit_id) != (path, depth, access):
                _place().run(path=path, depth=depth, access=access, id=row.id)
                written += 1
            places.append((row.id, path, depth + 1, access))
    return written


@statement
def _links() -> Any:
    return Unit.select(
        Unit.id,
        Unit.code,
        Unit.parent,
        Unit.path,
        Unit.depth,
        Unit.is_access_unit,
        Unit.access_unit,
    )


@statement
def _place() -> Any:
    return Unit.update(path=param("path"), depth=param("depth"), access_unit=param("access")).where(
        Unit.id == param("id")
    )
