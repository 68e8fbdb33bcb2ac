"""The one code path that turns a snapshot and the current rows into a plan."""

from collections.abc import Collection, Iterable

from openbureau.kernel.directory.gates import tripped_gates
from openbureau.kernel.directory.plan import Change, Current, Plan, refusal
from openbureau.kernel.directory.plan_people import draft_people
from openbureau.kernel.directory.plan_roles import draft_roles
from openbureau.kernel.directory.plan_units import (
    UnitDraft,
    close_vanished,
    draft_units,
    is_cyclic,
    ref_id,
)
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.snapshot import Incomplete, Snapshot, UnitEntry


def make_plan(
    snapshot: Snapshot, current: Current, excluded: Collection[str] = frozenset()
) -> Plan | Incomplete:
    """What applying this snapshot would change; Incomplete when it may change nothing.

    Units come parents first. What is `excluded`, by stable id, stays as it is and is a
    conflict. The same arguments always give a plan of the same hash.
    """
    refused = refusal(snapshot, current)
    if refused is not None:
        return refused
    units = draft_units(snapshot.units, current, excluded)
    if is_cyclic(units, current.units):
        return Incomplete("cycle")
    if conflict := _top_conflict(snapshot.units, units):
        return conflict
    people = draft_people(snapshot.people, current, units, excluded)
    close_vanished(units, current, _staffed(people.changes, current), excluded)
    roles = draft_roles(snapshot.groups, current, people, excluded)
    return Plan(
        units=tuple(units.changes),
        people=tuple(people.changes),
        renamed_entries=tuple(people.renamed_entries),
        unchanged_units=units.unchanged,
        unchanged_people=people.unchanged,
        blocked=tripped_gates(people.changes, current, roles),
        roles=tuple(roles),
        base=current.digest,
        recent=len(current.recent),
    )


def _top_conflict(entries: Iterable[UnitEntry], units: UnitDraft) -> Incomplete | None:
    """No top unit of the directory can be used: all below, and everybody in it, would be in
    conflict too. Nothing is written rather than leaving them as they happen to stand."""
    tops = {entry.external_id: entry.name for entry in entries if entry.parent is None}
    if not tops or any(external_id in units.refs for external_id in tops):
        return None
    reasons = [
        f"{change.name}：{reason_words(change.reason)[0]}"
        for change in units.changes
        if change.external_id in tops and change.reason and not change.reason.startswith("excluded")
    ]
    return Incomplete("top-unit-in-conflict", "；".join(reasons)) if reasons else None


def _staffed(changes: Iterable[Change], current: Current) -> set[int]:
    """The units that keep somebody when the changes are made."""
    disabled = {change.row_id for change in changes if change.action == "disable"}
    left = {
        (change.row_id, ref_id(before))
        for change in changes
        for name, before, _ in change.values
        if name == "unit"
    }
    return {
        unit_id
        for account_id, unit_id, is_synced in current.posts
        if account_id not in disabled and not (is_synced and (account_id, unit_id) in left)
    }
