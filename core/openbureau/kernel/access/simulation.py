"""Trying a change of roles and grants out: who would gain and who would lose what, where.

The tables are loaded once and everything is reckoned in memory, so that a change to a role
of 3,200 people is answered in less than a second, by the sum the gate itself uses.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from openbureau.base.context import NOWHERE, Reach
from openbureau.kernel.access.models import Role, RoleGrant, RolePermission
from openbureau.kernel.access.reckoning import Held, added_up, is_in_force
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitTree


class PersonRow(NamedTuple):
    """An active account that may hold business permissions."""

    id: int
    name: str


class PostRow(NamedTuple):
    """A post with the access unit it lies in."""

    id: int
    account_id: int
    unit_id: int
    access_unit_id: int
    starts_on: dt.date | None
    ends_on: dt.date | None


class RoleRow(NamedTuple):
    """A role with its permissions."""

    id: int
    is_default: bool
    is_active: bool
    permissions: frozenset[str]


class GrantRow(NamedTuple):
    """A grant that was not taken back. `id` is 0 for one not yet given."""

    id: int
    account_id: int | None
    post_id: int | None
    role_id: int
    unit_id: int
    reach: str
    starts_on: dt.date | None
    ends_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that decides who holds what."""

    people: Mapping[int, PersonRow]
    posts: Mapping[int, Sequence[PostRow]]
    roles: Mapping[int, RoleRow]
    grants: Sequence[GrantRow]

    def with_role(self, role: RoleRow) -> "Tables":
        """As if a role were like this."""
        return replace(self, roles={**self.roles, role.id: role})

    def with_grants(self, grants: Sequence[GrantRow]) -> "Tables":
        """As if these grants were given."""
        return replace(self, grants=[*self.grants, *grants])

    def without_grants(self, ids: Collection[int]) -> "Tables":
        """As if these grants were taken back."""
        return replace(self, grants=[grant for grant in self.grants if grant.id not in ids])


def loaded_tables() -> Tables:
    """The tables as they are: four statements."""
    held: dict[int, set[str]] = defaultdict(set)
    for row in RolePermission.select(
        RolePermission.role.alias("role_id"), RolePermission.permission
    ).namedtuples():
        held[row.role_id].add(row.permission)
    roles = {
        row.id: RoleRow(row.id, bool(row.is_default), bool(row.is_active), frozenset(held[row.id]))
        for row in Role.select(Role.id, Role.is_default, Role.is_active).namedtuples()
    }
    is_staff = (Account.state == "active") & Account.administrator.is_null()
    people: Any = Account.select(Account.id, Account.name).where(is_staff).tuples()
    return Tables(
        {account_id: PersonRow(account_id, name) for account_id, name in people},
        _posts(is_staff),
        roles,
        _grants(),
    )


def _posts(is_staff: Any) -> dict[int, list[PostRow]]:
    rows: Any = (
        Post.select(
            Post.id, Post.account, Post.unit, Unit.access_unit, Post.starts_on, Post.ends_on
        )
        .join(Unit)
        .switch(Post)
        .join(Account)
        .where(is_staff & Post.is_active)
        .order_by(Post.is_primary.desc(), Post.rank, Post.id)
        .tuples()
    )
    found: dict[int, list[PostRow]] = defaultdict(list)
    for row in rows:
        found[row[1]].append(PostRow(*row))
    return dict(found)


def _grants() -> list[GrantRow]:
    rows: Any = (
        RoleGrant.select(
            RoleGrant.id,
            RoleGrant.account,
            RoleGrant.post,
            RoleGrant.role,
            RoleGrant.unit,
            RoleGrant.reach,
            RoleGrant.starts_on,
            RoleGrant.ends_on,
        )
        .where(RoleGrant.ended_at.is_null())
        .tuples()
    )
    return [GrantRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one person gains or loses: a permission, in these units or everywhere."""

    account_id: int
    name: str
    unit_id: int | None
    permission: str
    scope: Reach


@dataclass(frozen=True, slots=True)
class Effect:
    """All differences a change makes, by person and permission. `conflicts` are people who
    would come to hold both permissions of a separation rule; `digest` names the whole."""

    gains: Sequence[Difference]
    losses: Sequence[Difference]
    conflicts: Sequence[tuple[str, str, str]]
    digest: str

    @property
    def gaining(self) -> int:
        """How many people gain something."""
        return len({each.account_id for each in self.gains})

    @property
    def losing(self) -> int:
        """How many people lose something."""
        return len({each.account_id for each in self.losses})


def effect_of(
    before: Tables,
    after: Tables,
    day: dt.date,
    tree: UnitTree,
    separations: Mapping[str, Sequence[str]],
    subject: str,
) -> Effect:
    """What would be different on a day. `subject` says what is changed; it goes into the
    digest, so that a confirmation of one change does not confirm another."""
    gains: list[Difference] = []
    losses: list[Difference] = []
    conflicts: list[tuple[str, str, str]] = []
    permissions = _touched_permissions(before, after)
    relevant = {*permissions, *(other for one in permissions for other in separations.get(one, ()))}
    were, are = (_Ledger(tables, day, tree, relevant) for tables in (before, after))
    for account_id in _touched_people(before, after):
        old, new = were.held(account_id), are.held(account_id)
        for permission in permissions:
            was, now = old.get(permission, NOWHERE), new.get(permission, NOWHERE)
            if was == now:
                continue
            if (scope := _beyond(now, was)) is not None:
                gains.append(are.difference(account_id, permission, scope))
            if (scope := _beyond(was, now)) is not None:
                losses.append(are.difference(account_id, permission, scope))
        conflicts += _conflicts(are.name(account_id), old, new, separations)
    return Effect(gains, losses, conflicts, _digest(subject, gains, losses))


class _Ledger:
    """What people hold of some permissions by some tables on a day."""

    def __init__(
        self, tables: Tables, day: dt.date, tree: UnitTree, permissions: Collection[str]
    ) -> None:
        self._tables = tables
        self._day = day
        self._tree = tree
        self._brought = {
            role.id: sorted(role.permissions & set(permissions)) if role.is_active else []
            for role in tables.roles.values()
        }
        everybody = [role.id for role in tables.roles.values() if role.is_default]
        self._defaults = sorted({code for role_id in everybody for code in self._brought[role_id]})
        owners = {post.id: post for posts in tables.posts.values() for post in posts}
        self._by_account: dict[int, list[GrantRow]] = defaultdict(list)
        for grant in tables.grants:
            post = owners.get(grant.post_id) if grant.post_id is not None else None
            if not is_in_force(grant.starts_on, grant.ends_on, day):
                continue
            if post is not None and is_in_force(post.starts_on, post.ends_on, day):
                self._by_account[post.account_id].append(grant)
            if grant.account_id is not None:
                self._by_account[grant.account_id].append(grant)

    def held(self, account_id: int) -> dict[str, Reach]:
        """The reach of every permission of a person."""
        posts = self._tables.posts.get(account_id, ())
        own = {p.access_unit_id for p in posts if is_in_force(p.starts_on, p.ends_on, self._day)}
        return added_up(own, self._defaults, self._granted(account_id), self._tree)

    def _granted(self, account_id: int) -> Iterator[Held]:
        for grant in self._by_account.get(account_id, ()):
            for permission in self._brought[grant.role_id]:
                yield Held(permission, grant.unit_id, grant.reach)

    def name(self, account_id: int) -> str:
        """The person's name."""
        return self._tables.people[account_id].name

    def difference(self, account_id: int, permission: str, scope: Reach) -> Difference:
        """A difference of a person, with their first unit."""
        posts = self._tables.posts.get(account_id, ())
        unit_id = posts[0].unit_id if posts else None
        return Difference(account_id, self.name(account_id), unit_id, permission, scope)


def _touched_roles(before: Tables, after: Tables) -> set[int]:
    return {
        role_id
        for role_id in {*before.roles, *after.roles}
        if before.roles.get(role_id) != after.roles.get(role_id)
    }


def _touched_grants(before: Tables, after: Tables) -> set[GrantRow]:
    return set(before.grants) ^ set(after.grants)


def _touched_permissions(before: Tables, after: Tables) -> list[str]:
    roles = _touched_roles(before, after)
    roles |= {grant.role_id for grant in _touched_grants(before, after)}
    return sorted(
        {
            permission
            for tables in (before, after)
            for role_id in roles
            if role_id in tables.roles
            for permission in tables.roles[role_id].permissions
        }
    )


def _touched_people(before: Tables, after: Tables) -> list[int]:
    roles = _touched_roles(before, after)
    rows = [tables.roles[role] for tables in (before, after) for role in roles & set(tables.roles)]
    if any(row.is_default for row in rows):
        return sorted(before.people)
    grants = _touched_grants(before, after)
    grants |= {grant for grant in after.grants if grant.role_id in roles}
    owners = {post.id: post.account_id for posts in after.posts.values() for post in posts}
    touched = {grant.account_id for grant in grants}
    touched |= {owners.get(grant.post_id) for grant in grants if grant.post_id is not None}
    return sorted(account_id for account_id in before.people if account_id in touched)


def _beyond(one: Reach, other: Reach) -> Reach | None:
    """What one reach has beyond another; None where that is nothing."""
    if other.is_everywhere:
        return None
    if one.is_everywhere:
        return one
    more = one.units - other.units
    return Reach(more) if more else None


def _conflicts(
    name: str,
    old: Mapping[str, Reach],
    new: Mapping[str, Reach],
    separations: Mapping[str, Sequence[str]],
) -> list[tuple[str, str, str]]:
    """Pairs of a separation rule a person comes to hold; each pair once."""
    return [
        (name, first, second)
        for first, others in separations.items()
        for second in others
        if first < second
        and first in new
        and second in new
        and not (first in old and second in old)
    ]


def holders_of_both(
    tables: Tables, day: dt.date, tree: UnitTree, separations: Mapping[str, Sequence[str]]
) -> list[tuple[str, str, str]]:
    """(name, permission, permission) of everybody who holds both sides of a separation rule."""
    if not separations:
        return []
    ledger = _Ledger(tables, day, tree, separations)
    return [
        found
        for account_id, person in tables.people.items()
        for found in _conflicts(person.name, {}, ledger.held(account_id), separations)
    ]


def _digest(subject: str, gains: Sequence[Difference], losses: Sequence[Difference]) -> str:
    facts = [
        [sign, each.account_id, each.permission, each.scope.is_everywhere, sorted(each.scope.units)]
        for sign, differences in (("+", gains), ("-", losses))
        for each in differences
    ]
    return hashlib.sha256(msgspec.json.encode([subject, facts])).hexdigest()
