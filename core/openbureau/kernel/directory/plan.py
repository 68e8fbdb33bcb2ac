"""What a synchronisation would change: decided from a snapshot and the current rows alone.

Pure. The same function makes the preview and, inside the writing transaction, the plan
that is applied; two plans are the same when their hashes are.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from openbureau.kernel.directory.snapshot import Incomplete, PersonEntry, Snapshot

Action = Literal["create", "update", "move", "disable", "conflict"]
ACTIONS: tuple[Action, ...] = ("create", "update", "move", "disable", "conflict")
Value = str | int | bool | None

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
    directory_id: int | None = None


class PostRow(msgspec.Struct, frozen=True):
    """A synchronised post besides a person's first one."""

    id: int
    unit_id: int
    title: str


class AccountRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An account with its first synchronised post, if it has one, and its further ones."""

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
    administrator_unit_id: int | None = None
    directory_id: int | None = None
    photo: str = ""
    unit_id: int | None = None
    title: str = ""
    rank: int = 100
    more_posts: tuple[PostRow, ...] = ()


class GroupRoleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A group whose members hold a role. `is_power`: the role is one of administrators."""

    id: int
    group_dn: str
    external_id: str
    role_id: int
    role_code: str
    unit_id: int | None
    reach: str
    is_power: bool = False


class GrantRow(msgspec.Struct, frozen=True, kw_only=True):
    """A role that a group brought to an account of this directory and that still holds."""

    id: int
    account_id: int
    role_id: int
    role_code: str
    unit_id: int
    reach: str
    group: str


class PowerRow(msgspec.Struct, frozen=True):
    """A role of administrators somebody in use holds, without a last day."""

    grant_id: int
    role_code: str
    account_id: int


class Current(msgspec.Struct, frozen=True):
    """Everything a plan depends on besides the snapshot.

    `posts` are the active posts of active accounts: account, unit, whether synchronised.
    `directory_id` is the source that is synchronised, None the one of the start-up settings;
    what other sources brought is not touched, unless they are among the `orphaned` ones:
    those whose people the source may take over. `top_unit_id` is where its tree hangs.
    `closed_here` are units an administrator closed: the directory does not open them again.
    `recent` are people the source has disabled in the last hours, `recent_revokes` those from
    whom its groups have taken a role: the gates count both too. `powers` are the roles of
    administrators that are held, wherever they come from.
    """

    units: tuple[UnitRow, ...]
    accounts: tuple[AccountRow, ...]
    posts: tuple[tuple[int, int, bool], ...]
    directory_id: int | None = None
    orphaned: frozenset[int | None] = frozenset()
    top_unit_id: int | None = None
    group_roles: tuple[GroupRoleRow, ...] = ()
    grants: tuple[GrantRow, ...] = ()
    closed_here: frozenset[int] = frozenset()
    recent: frozenset[int] = frozenset()
    recent_revokes: frozenset[int] = frozenset()
    powers: tuple[PowerRow, ...] = ()
    source_names: Mapping[int, str] = {}

    @property
    def digest(self) -> str:
        """A fingerprint of all rows: the same rows and the same snapshot give the same plan."""
        encode = msgspec.json.Encoder(order="deterministic").encode
        digest = hashlib.sha256(encode((self.directory_id, self.top_unit_id)))
        digest.update(encode((sorted(map(str, self.orphaned)), sorted(self.closed_here))))
        digest.update(encode((sorted(self.recent), sorted(self.source_names.items()))))
        digest.update(encode((sorted(self.recent_revokes), self.powers)))
        for part in (self.units, self.accounts, self.posts, self.group_roles, self.grants):
            for row in part:
                digest.update(encode(row))
            digest.update(b"\0")
        return digest.hexdigest()

    def is_own(self, row: AccountRow | UnitRow) -> bool:
        """Whether the row came from the source that is synchronised."""
        return row.source == SYNCED and row.directory_id == self.directory_id

    def source_name(self, row: AccountRow | UnitRow) -> str:
        """What the source of a row is called; empty for that of the start-up settings."""
        return self.source_names.get(row.directory_id or 0, "")

    def may_take(self, row: AccountRow | UnitRow) -> bool:
        """Whether the source may go on with the row: its own, or one nobody looks after."""
        return row.directory_id == self.directory_id or row.directory_id in self.orphaned


# What a new account takes from its entry.
ENTRY_FIELDS = (
    "login",
    "name",
    "unit",
    "title",
    "rank",
    "phone",
    "mobile",
    "mail",
    "room",
    "photo",
    "state",
    "dn",
)


def entry_value(entry: PersonEntry, field: str) -> Value:
    """What a new account takes from its entry; None where the entry does not say."""
    if field == "state":
        return "disabled" if entry.is_disabled else "active"
    return getattr(entry, field) if field in ENTRY_FIELDS else None


class PostChange(msgspec.Struct, frozen=True, kw_only=True):
    """A further post that begins (`row_id` None), gets another title, or ends (`unit` None)."""

    row_id: int | None
    unit: str | None
    title: str


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a plan. `row_id` is None for a creation.

    `values` are (field, before, after). A unit is meant by `unit:<id>`, or by
    `entry:<stable id>` when the same plan creates it. `home` is the unit the line is listed
    under: where the person is now, or will be. A person's creation holds the whole `entry`;
    its `values` are what is taken otherwise than the entry says.
    """

    action: Action
    external_id: str
    row_id: int | None
    name: str
    key: str
    place: str = ""
    reason: str = ""
    values: tuple[tuple[str, Value, Value], ...] = ()
    posts: tuple[PostChange, ...] = ()
    home: str = ""
    entry: PersonEntry | None = None

    def after(self, field: str) -> Value:
        """The new value of a field; None when it stays."""
        for name, _, after in self.values:
            if name == field:
                return after
        return None if self.entry is None else entry_value(self.entry, field)

    @property
    def all_values(self) -> tuple[tuple[str, Value, Value], ...]:
        """The values, those of a whole entry included."""
        if self.entry is None:
            return self.values
        return tuple((name, None, self.after(name)) for name in ENTRY_FIELDS)


class RoleChange(msgspec.Struct, frozen=True, kw_only=True):
    """A role that a group gives (`grant_id` None) or no longer gives.

    `holder` is `account:<id>`, or `entry:<stable id>` when the same plan creates the account;
    `external_id` is what the line is excluded by. A `reason` makes it a conflict.
    """

    action: Literal["grant", "revoke", "conflict"]
    external_id: str
    grant_id: int | None
    holder: str
    name: str
    key: str
    role_id: int
    role_code: str
    unit: str
    reach: str
    group: str
    group_role_id: int | None = None
    home: str = ""
    reason: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly what will be written. `renamed_entries` are accounts whose entry only has a
    new DN, as everybody under a renamed unit has: noted, but no change of the person.
    `base` is the fingerprint of the rows it was made from, `recent` how many people the source
    has disabled in the last 24 hours; the hash does not depend on these two.
    """

    units: tuple[Change, ...]
    people: tuple[Change, ...]
    renamed_entries: tuple[tuple[int, str], ...]
    unchanged_units: int
    unchanged_people: int
    blocked: tuple[str, ...]
    roles: tuple[RoleChange, ...] = ()
    base: str = ""
    recent: int = 0

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical form, 64 hexadecimal digits; line by line, because a
        hundred thousand people are too many for one text in memory."""
        encode = msgspec.json.Encoder(order="deterministic").encode
        digest = hashlib.sha256(encode((self.unchanged_units, self.unchanged_people)))
        digest.update(encode(self.blocked))
        for part in (self.units, self.people, self.renamed_entries, self.roles):
            for line in part:
                digest.update(encode(line))
                digest.update(b"\n")
            digest.update(b"\0")
        return digest.hexdigest()

    @property
    def is_empty(self) -> bool:
        """Whether applying it would write nothing."""
        lines: tuple[Change | RoleChange, ...] = (*self.units, *self.people, *self.roles)
        return not self.renamed_entries and all(line.action == "conflict" for line in lines)

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
