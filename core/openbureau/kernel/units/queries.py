"""Every read of the unit tree, from an immutable picture kept in each process."""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from openbureau.base.database import statement
from openbureau.kernel.units.models import Unit


@dataclass(frozen=True, slots=True)
class UnitNode:
    """One unit or section as it stood when the picture was taken."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    parent_id: int | None
    path: str
    depth: int
    is_access_unit: bool
    access_unit_id: int | None
    position: int
    pinyin: str
    initials: str
    is_active: bool
    is_name_assumed: bool


class UnitTree:
    """The whole tree, in official order (position, then code). Never changes."""

    __slots__ = ("_children", "_index_by_id", "_subtree_end", "by_code", "by_id", "nodes", "roots")

    def __init__(self, nodes: Sequence[UnitNode]) -> None:
        grouped: dict[int | None, list[UnitNode]] = defaultdict(list)
        for node in sorted(nodes, key=lambda node: (node.position, node.code)):
            grouped[node.parent_id].append(node)
        self._children = {key: tuple(group) for key, group in grouped.items()}
        self.roots = self._children.get(None, ())
        ordered: list[UnitNode] = []
        ends: dict[int, int] = {}
        self._walk(self.roots, ordered, ends)
        self.nodes: tuple[UnitNode, ...] = tuple(ordered)
        self.by_id: Mapping[int, UnitNode] = {node.id: node for node in ordered}
        self.by_code: Mapping[str, UnitNode] = {node.code: node for node in ordered}
        self._index_by_id = {node.id: index for index, node in enumerate(ordered)}
        self._subtree_end = ends

    def _walk(
        self, level: Sequence[UnitNode], ordered: list[UnitNode], ends: dict[int, int]
    ) -> None:
        for node in level:
            ordered.append(node)
            self._walk(self._children.get(node.id, ()), ordered, ends)
            ends[node.id] = len(ordered)

    def children(self, unit_id: int) -> tuple[UnitNode, ...]:
        """The units directly below, in official order."""
        return self._children.get(unit_id, ())

    def ancestors(self, unit_id: int) -> tuple[UnitNode, ...]:
        """The units above, nearest first; empty for the root."""
        above = []
        parent_id = self.by_id[unit_id].parent_id
        while parent_id is not None:
            above.append(self.by_id[parent_id])
            parent_id = above[-1].parent_id
        return tuple(above)

    def subtree(self, unit_id: int) -> tuple[UnitNode, ...]:
        """The unit and all below it, each unit before what is under it."""
        return self.nodes[self._index_by_id[unit_id] : self._subtree_end[unit_id]]

    def subtree_ids(self, unit_id: int) -> tuple[int, ...]:
        """The ids of the unit and of all below it."""
        return tuple(node.id for node in self.subtree(unit_id))

    def access_unit(self, unit_id: int) -> UnitNode | None:
        """The nearest unit, itself or above, that switches plugins; None above all of them."""
        access_unit_id = self.by_id[unit_id].access_unit_id
        return None if access_unit_id is None else self.by_id[access_unit_id]

    def access_units(self) -> tuple[UnitNode, ...]:
        """The units that switch plugins, in official order of the whole tree."""
        return tuple(node for node in self.nodes if node.is_access_unit)

    def found(self, words: str, limit: int = 50) -> tuple[UnitNode, ...]:
        """Active units found by part of the name, by code, pinyin or initials; in official
        order, at most `limit`."""
        wanted = "".join(words.lower().split())
        if not wanted:
            return ()
        matching = (node for node in self.nodes if node.is_active and _is_match(node, wanted))
        return tuple(islice(matching, limit))


def _is_match(node: UnitNode, wanted: str) -> bool:
    if wanted in node.name.lower() or wanted in node.short_name.lower():
        return True
    if node.code.lower().startswith(wanted) or wanted in node.initials:
        return True
    # Two letters occur in nearly every pinyin; only longer ones narrow anything.
    return len(wanted) >= 3 and wanted in node.pinyin


_lock = threading.Lock()
_kept: tuple[int, UnitTree] | None = None


def unit_tree(version: int) -> UnitTree:
    """The tree of this `Epoch.units` version; one statement when the version is new."""
    global _kept  # noqa: PLW0603 - one picture per process, swapped whole
    kept = _kept
    if kept is not None and kept[0] == version:
        return kept[1]
    with _lock:
        kept = _kept
        if kept is None or kept[0] != version:
            kept = _kept = (version, current_tree())
        return kept[1]


def current_tree() -> UnitTree:
    """The tree as the database has it now, past any kept picture."""
    return UnitTree([_node(*row) for row in _all_units().rows()])


def _node(*columns: Any) -> UnitNode:
    node = UnitNode(*columns)
    # SQLite answers 0 and 1 where PostgreSQL answers booleans.
    return replace(
        node,
        is_access_unit=bool(node.is_access_unit),
        is_active=bool(node.is_active),
        is_name_assumed=bool(node.is_name_assumed),
    )


@statement
def _all_units() -> Any:
    return Unit.select(
        Unit.id,
        Unit.code,
        Unit.name,
        Unit.short_name,
        Unit.kind,
        Unit.parent,
        Unit.path,
        Unit.depth,
        Unit.is_access_unit,
        Unit.access_unit,
        Unit.position,
        Unit.pinyin,
        Unit.initials,
        Unit.is_active,
        Unit.is_name_assumed,
    )
