"""What a synchronisation would change: decided from a snapshot and the current rows alone.

Pure. The same function makes the preview and, inside the writing transaction, the plan
that is applied; two plans are the same when their hashes are.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from openbureau.kernel.directory.snapshot import Incomplete, Snapshot

Action = Literal["create", "update", "move", "disable", "conflict"]
ACTIONS: tuple[Action, ...] = ("create", "update", "move", "disable", "conflict")
Value = str | bool | None

SYNCED = "ldap"
DISABLED_BY_DIRECTORY = "directory"


class UnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A unit as the database has it."""

    id: int
    code: str
    name: str
    short_name: str
    parent_id: int | None
    depth: int
    external_id: str | None
    source: str
    is_active: bool
    access_unit_id: int | None


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account with its synchronised post, if it has one."""

    id: int
    login: str
    name: str
    phone: str
    mobile: str
    mail: str
    room: str
    state: str
    disabled_reason: str
    source: str
    external_id: str | None
    dn: str
    administrator: str | None
    unit_id: int | None = None
    title: str = ""


class Current(msgspec.Struct, frozen=True):
    """Everything a plan depends on besides the snapshot.

    `posts` are the active posts of active accounts: account, unit, whether synchronised.
    """

    units: tuple[UnitRow, ...]
    accounts: tuple[AccountRow, ...]
    posts: tuple[tuple[int, int, bool], ...]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a plan. `row_id` is None for a creation.

    `values` are (field, before, after). A unit is meant by `unit:<id>`, or by
    `entry:<stable id>` when the same plan creates it.
    """

    action: Action
    external_id: str
    row_id: int | None
    name: str
    key: str
    place: str = ""
    reason: str = ""
    values: tuple[tuple[str, Value, Value], ...] = ()

    def after(self, field: str) -> Value:
        """The new value of a field; None when it stays."""
        return next((after for name, _, after in self.values if name == field), None)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly what will be written. `renamed_entries` are accounts whose entry only has a
    new DN, as everybody under a renamed unit has: noted, but no change of the person."""

    units: tuple[Change, ...]
    people: tuple[Change, ...]
    renamed_entries: tuple[tuple[int, str], ...]
    unchanged_units: int
    unchanged_people: int
    blocked: tuple[str, ...]

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical form, 64 hexadecimal digits."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    @property
    def is_empty(self) -> bool:
        """Whether applying it would write nothing."""
        return not self.renamed_entries and all(
            change.action == "conflict" for change in (*self.units, *self.people)
        )

    def counts(self, changes: Iterable[Change], unchanged: int) -> dict[str, int]:
        """How many changes of each action, and how many rows stay as they are."""
        counted = Counter(change.action for change in changes)
        return {**{action: counted[action] for action in ACTIONS}, "unchanged": unchanged}


def has_cycle(parents: Mapping[str, str | None]) -> bool:
    """Whether following the parents from some key leads back to a key on the way."""
    safe: set[str] = set()
    for start in parents:
        way: set[str] = set()
        at: str | None = start
        while at is not None and at in parents and at not in safe:
            if at in way:
                return True
            way.add(at)
            at = parents[at]
        safe |= way
    return False


def refusal(snapshot: Snapshot, current: Current) -> Incomplete | None:
    """Why this snapshot may not be planned with at all, or None."""
    if not snapshot.people:
        return Incomplete("empty")
    if not snapshot.units and any(row.external_id and row.is_active for row in current.units):
        return Incomplete("no-units")
    ids = [entry.external_id for entry in snapshot.units]
    ids += [entry.external_id for entry in snapshot.people]
    if len(set(ids)) != len(ids):
        return Incomplete("duplicate-identity")
    if has_cycle({entry.external_id: entry.parent for entry in snapshot.units}):
        return Incomplete("cycle")
    return None
