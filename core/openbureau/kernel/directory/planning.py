"""The one code path that turns a snapshot and the current rows into a plan."""

from openbureau.kernel.directory.gates import tripped_gates
from openbureau.kernel.directory.plan import Change, Current, Plan, refusal
from openbureau.kernel.directory.plan_people import draft_people
from openbureau.kernel.directory.plan_units import close_vanished, draft_units, is_cyclic
from openbureau.kernel.directory.snapshot import Incomplete, Snapshot


def make_plan(snapshot: Snapshot, current: Current) -> Plan | Incomplete:
    """What applying this snapshot would change; Incomplete when it may change nothing.

    Units come parents first. The same arguments always give a plan of the same hash.
    """
    refused = refusal(snapshot, current)
    if refused is not None:
        return refused
    units = draft_units(snapshot.units, current.units)
    if is_cyclic(units, current.units):
        return Incomplete("cycle")
    people = draft_people(snapshot.people, current.accounts, units)
    close_vanished(units, current.units, _staffed(people.changes, current))
    return Plan(
        units=tuple(units.changes),
        people=tuple(people.changes),
        renamed_entries=tuple(people.renamed_entries),
        unchanged_units=units.unchanged,
        unchanged_people=people.unchanged,
        blocked=tripped_gates(people.changes, current.accounts, current.units),
    )


def _staffed(changes: list[Change], current: Current) -> set[int]:
    """The units that keep somebody when the changes are made."""
    disabled = {change.row_id for change in changes if change.action == "disable"}
    moved = {change.row_id for change in changes if change.after("unit") is not None}
    return {
        unit_id
        for account_id, unit_id, is_synced in current.posts
        if account_id not in disabled and not (is_synced and account_id in moved)
    }
