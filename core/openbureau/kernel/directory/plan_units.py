"""The units' part of a plan: parents first, by stable id, adopting units of the list."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from openbureau.kernel.directory.plan import (
    SYNCED,
    Action,
    Change,
    Current,
    UnitRow,
    Value,
    has_cycle,
)
from openbureau.kernel.directory.plan_names import UnitNames
from openbureau.kernel.directory.snapshot import UnitEntry

_REGION_CODE = re.compile(r"\d{6}")


@dataclass(slots=True)
class UnitDraft:
    """The units' changes while they are being decided.

    `refs` says what each entry is: `unit:<id>`, `entry:<stable id>`, or absent when it is
    in conflict and has no row. `linked` are the rows some entry stands for.
    """

    changes: list[Change] = field(default_factory=list)
    refs: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    linked: dict[int, str] = field(default_factory=dict)
    root: UnitRow | None = None
    unchanged: int = 0


class _Matching:
    """Finds the row an entry stands for."""

    def __init__(
        self, entries: Sequence[UnitEntry], current: Current, excluded: Collection[str]
    ) -> None:
        rows = current.units
        self.present = {entry.external_id for entry in entries}
        self.current = current
        self.excluded = excluded
        self.rows = rows
        self.by_id = {row.id: row for row in rows}
        self.by_external_id = {
            row.external_id: row for row in rows if row.external_id and current.may_take(row)
        }
        self.elsewhere = {
            row.external_id: row for row in rows if row.external_id and not current.may_take(row)
        }
        self.by_code = {row.code: row for row in rows}
        self.below: dict[int | None, list[UnitRow]] = defaultdict(list)
        for row in rows:
            self.below[row.parent_id].append(row)
        counted = Counter(entry.code for entry in entries if entry.code)
        self.repeated_codes = {code for code, count in counted.items() if count > 1}
        self.names = UnitNames(entries, current, self.by_external_id)

    def is_free(self, row: UnitRow, draft: UnitDraft) -> bool:
        """Whether no present entry stands for the row. A code outlives an entry that was
        made anew; a person's login does not."""
        return row.id not in draft.linked and (
            row.external_id is None
            or (self.current.may_take(row) and row.external_id not in self.present)
        )

    def row(self, entry: UnitEntry, draft: UnitDraft) -> UnitRow | None:
        known = self.by_external_id.get(entry.external_id)
        if known is not None or entry.fault or entry.code in self.repeated_codes:
            return known
        if entry.code:
            found = self.by_code.get(entry.code)
            return found if found is not None and self.is_free(found, draft) else None
        same = [
            row
            for row in self._siblings(entry, draft)
            if row.is_active
            and row.external_id is None
            and row.id not in draft.linked
            and entry.name in (row.name, row.short_name)
        ]
        return same[0] if len(same) == 1 else None

    def _siblings(self, entry: UnitEntry, draft: UnitDraft) -> list[UnitRow]:
        if entry.parent is None:
            top = self.below[None]
            return [*top, *(self.below[draft.root.id] if draft.root else ())]
        parent_id = ref_id(draft.refs.get(entry.parent, ""))
        return [] if parent_id is None else self.below[parent_id]


def ref_id(ref: Value) -> int | None:
    """The row id in `unit:<id>`; None for anything else."""
    return int(ref[5:]) if isinstance(ref, str) and ref.startswith("unit:") else None


def draft_units(
    entries: Sequence[UnitEntry], current: Current, excluded: Collection[str] = frozenset()
) -> UnitDraft:
    """What becomes of every unit the directory names."""
    matching = _Matching(entries, current, excluded)
    draft = UnitDraft(root=_root(entries, matching))
    draft.names = {f"unit:{row.id}": row.short_name or row.name for row in current.units}
    for entry in _parents_first(entries):
        _decide(entry, matching, draft)
    return draft


def _root(entries: Sequence[UnitEntry], matching: _Matching) -> UnitRow | None:
    """The unit under which new top entries are placed: the one the source names, else the
    one top unit. None when there are none or several, or when the directory itself places
    it below another unit."""
    chosen = matching.by_id.get(matching.current.top_unit_id or 0)
    if chosen is not None:
        return chosen
    tops = [row for row in matching.rows if row.parent_id is None and row.is_active]
    if len(tops) != 1:
        return None
    root = tops[0]
    for entry in entries:
        is_root = entry.external_id == root.external_id or entry.code == root.code
        if is_root and entry.parent is not None:
            return None
    return root


def _parents_first(entries: Sequence[UnitEntry]) -> list[UnitEntry]:
    by_id = {entry.external_id: entry for entry in entries}
    depths: dict[str, int] = {}

    def depth(entry: UnitEntry) -> int:
        way = []
        at: UnitEntry | None = entry
        while at is not None and at.external_id not in depths:
            way.append(at.external_id)
            at = by_id.get(at.parent or "")
        above = depths[at.external_id] if at is not None else -1
        for step, external_id in enumerate(reversed(way), start=1):
            depths[external_id] = above + step
        return depths[entry.external_id]

    return sorted(entries, key=lambda entry: (depth(entry), entry.external_id))


def _decide(entry: UnitEntry, matching: _Matching, draft: UnitDraft) -> None:
    row = matching.row(entry, draft)
    if row is not None:
        draft.linked[row.id] = entry.external_id
        draft.refs[entry.external_id] = f"unit:{row.id}"
    fault = entry.fault or _conflict(entry, row, matching, draft)
    if not fault:
        change = (
            _creation(entry, draft, matching.names)
            if row is None
            else _difference(entry, row, draft, matching.current.directory_id)
        )
        if change is None:
            draft.unchanged += 1
            return
        fault = matching.names.conflict(entry, change, row)
        if entry.external_id in matching.excluded:
            fault = f"excluded:{change.action}"
        if not fault:
            _accept(change, row, draft)
            return
    draft.changes.append(
        Change(
            action="conflict",
            external_id=entry.external_id,
            row_id=row.id if row else None,
            name=entry.name,
            key=entry.code or entry.dn,
            reason=fault,
            home=f"unit:{row.id}" if row else "",
        )
    )


def _accept(change: Change, row: UnitRow | None, draft: UnitDraft) -> None:
    ref = change.home
    if row is None:
        draft.refs[change.external_id] = ref
        draft.names[ref] = change.name
    elif change.after("name") is not None:
        draft.names[ref] = change.name
    draft.changes.append(change)


def _conflict(entry: UnitEntry, row: UnitRow | None, matching: _Matching, draft: UnitDraft) -> str:
    if entry.external_id in matching.elsewhere:
        name = matching.current.source_name(matching.elsewhere[entry.external_id])
        return f"identity-of-other-source:{name}"
    if row is not None and row.id in matching.current.closed_here:
        return "closed-here"
    is_kept = row is not None and row.external_id == entry.external_id and row.code == entry.code
    if entry.code in matching.repeated_codes and not is_kept:
        return f"duplicate-code:{entry.code}"
    holder = matching.by_code.get(entry.code) if entry.code else None
    if holder is not None and holder is not row:
        return _code_conflict(entry, holder, matching.current)
    if entry.parent is not None and entry.parent not in draft.refs:
        return "parent-in-conflict"
    return ""


def _code_conflict(entry: UnitEntry, holder: UnitRow, current: Current) -> str:
    """Whose the code is: another source's, with its name, or another unit's."""
    if holder.external_id and not current.may_take(holder):
        return f"code-of-other-source:{entry.code}，{current.source_name(holder)}"
    return f"code-in-use:{entry.code}"


def _creation(entry: UnitEntry, draft: UnitDraft, names: UnitNames) -> Change:
    above = draft.refs[entry.parent] if entry.parent else _top(draft)
    kind = names.kind(entry, is_top=not above)
    code = entry.code or f"ou-{entry.external_id.replace('-', '')[:12]}"
    region = code[:6] if _REGION_CODE.match(code) else ""
    after: dict[str, Value] = {
        "code": code,
        "name": entry.name,
        "kind": kind,
        "region": region,
        "is_access_unit": kind != "office",
        "parent": above,
    }
    return Change(
        action="create",
        external_id=entry.external_id,
        row_id=None,
        name=entry.name,
        key=code,
        place=draft.names.get(above, ""),
        values=tuple((name, None, value) for name, value in after.items()),
        home=f"entry:{entry.external_id}",
    )


def _top(draft: UnitDraft) -> str:
    return f"unit:{draft.root.id}" if draft.root else ""


def _difference(
    entry: UnitEntry, row: UnitRow, draft: UnitDraft, directory_id: int | None
) -> Change | None:
    """What the directory says otherwise than the unit's row; None when nothing."""
    values: list[tuple[str, Value, Value]] = []
    if row.external_id != entry.external_id:
        values.append(("external_id", row.external_id, entry.external_id))
    if row.directory_id != directory_id:
        values.append(("directory", row.directory_id, directory_id))
    if entry.name not in (row.name, row.short_name):
        values.append(("name", row.name, entry.name))
    if entry.code and entry.code != row.code:
        values.append(("code", row.code, entry.code))
    if not row.is_active:
        values.append(("is_active", False, True))
    before = f"unit:{row.parent_id}" if row.parent_id else ""
    above = _place(entry, row, draft)
    is_moved = above != before
    if is_moved:
        values.append(("parent", before, above))
    if not values:
        return None
    return Change(
        action="move" if is_moved else "update",
        external_id=entry.external_id,
        row_id=row.id,
        name=entry.name,
        key=entry.code or row.code,
        place=draft.names.get(above, "") if is_moved else "",
        values=tuple(values),
        home=f"unit:{row.id}",
    )


def _place(entry: UnitEntry, row: UnitRow, draft: UnitDraft) -> str:
    if entry.parent is not None:
        return draft.refs[entry.parent]
    if row.source != SYNCED:
        # The list knows the official tree; a directory kept flat says nothing against it.
        return f"unit:{row.parent_id}" if row.parent_id else ""
    return "" if draft.root is not None and draft.root.id == row.id else _top(draft)


def tree_after(draft: UnitDraft, rows: Sequence[UnitRow]) -> dict[str, str | None]:
    """The parents as they will stand: reference of each unit to that of the unit above."""
    parents: dict[str, str | None] = {
        f"unit:{row.id}": f"unit:{row.parent_id}" if row.parent_id else None for row in rows
    }
    for change in draft.changes:
        above = change.after("parent")
        if above is not None:
            ref = f"unit:{change.row_id}" if change.row_id else f"entry:{change.external_id}"
            parents[ref] = str(above) or None
    return parents


def is_cyclic(draft: UnitDraft, rows: Sequence[UnitRow]) -> bool:
    """Whether the planned tree bites its own tail."""
    return has_cycle(tree_after(draft, rows))


def close_vanished(
    draft: UnitDraft,
    current: Current,
    staffed: Iterable[int],
    excluded: Collection[str] = frozenset(),
) -> None:
    """Plans the closing of units whose entries are gone, lowest first; a unit that still has
    people, units below or a line in the official list is a conflict instead.

    `staffed` are the ids of units that keep people after the plan.
    """
    with_people = set(staffed)
    closed = {f"unit:{row.id}" for row in current.units if not row.is_active}
    open_below = Counter(
        above
        for ref, above in tree_after(draft, current.units).items()
        if above and ref not in closed
    )
    vanished = [
        row
        for row in current.units
        if row.external_id
        and row.is_active
        and row.id not in draft.linked
        and row.directory_id == current.directory_id
    ]
    for row in sorted(vanished, key=lambda row: (-row.depth, row.id)):
        reason = _kept_open(row, with_people, open_below)
        if not reason and row.external_id in excluded:
            reason = "excluded:disable"
        if not reason:
            open_below[f"unit:{row.parent_id}"] -= 1
        draft.changes.append(_closing(row, reason))


def _closing(row: UnitRow, reason: str) -> Change:
    action: Action = "conflict" if reason else "disable"
    return Change(
        action=action,
        external_id=row.external_id or "",
        row_id=row.id,
        name=row.name,
        key=row.code,
        reason=reason,
        values=() if reason else (("is_active", True, False),),
        home=f"unit:{row.id}",
    )


def _kept_open(row: UnitRow, with_people: set[int], open_below: Counter[str]) -> str:
    """Why a unit without an entry is not closed; empty when it may be."""
    if row.source != SYNCED:
        return "in-list"
    if row.id in with_people:
        return "has-people"
    return "has-units" if open_below[f"unit:{row.id}"] else ""
