"""What a person may do and see."""

import datetime as dt
import operator
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, SQL, Query, fn

from openbureau.base.context import NOWHERE, ActingPost, Context, Identity, Person, Reach
from openbureau.base.database import param, statement
from openbureau.kernel.access.administration import powers_of
from openbureau.kernel.access.models import (
    Delegation,
    Participant,
    ParticipantTotal,
    Role,
    RoleGrant,
    RolePermission,
)
from openbureau.kernel.access.reckoning import Held, added_up
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.queries import posts_of_account
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitTree

STANDINGS_KEPT = 4000


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's posts, the reach of every permission, the names they take part under, and
    the posts lent to them."""

    posts: tuple[ActingPost, ...]
    reach: dict[str, Reach]
    holders: tuple[str, ...]
    lent: tuple[Identity, ...] = ()


@statement
def _granted() -> Query:
    """Grants of a person on a day: through the account, or through a post they hold."""
    today = param("today")
    return (
        RoleGrant.select(
            RolePermission.permission,
            RoleGrant.unit.alias("unit_id"),
            RoleGrant.reach,
            RoleGrant.post.alias("post_id"),
        )
        .join(Role)
        .join(RolePermission, on=(RolePermission.role == Role.id))
        .switch(RoleGrant)
        .join(Post, JOIN.LEFT_OUTER, on=(RoleGrant.post == Post.id))
        .where(
            (
                (RoleGrant.account == param("account_id"))
                | ((Post.account == param("account_id")) & Post.is_active & _lasts(Post, today))
            )
            & _lasts(RoleGrant, today)
            & RoleGrant.ended_at.is_null()
            & Role.is_active
        )
    )


def _lasts(table: Any, day: Any) -> Any:
    return (table.starts_on.is_null() | (table.starts_on <= day)) & (
        table.ends_on.is_null() | (table.ends_on >= day)
    )


@statement
def _default_permissions() -> Query:
    """Permissions every member of staff has in their own units."""
    return (
        RolePermission.select(RolePermission.permission)
        .join(Role)
        .where(Role.is_default & Role.is_active)
    )


@statement
def _administrator() -> Query:
    return Account.select(Account.administrator, Account.administrator_unit.alias("unit_id")).where(
        Account.id == param("account_id")
    )


@statement
def _lent() -> Query:
    """Posts of absent people that somebody may act in on a day; wider delegations first."""
    today = param("today")
    return (
        Delegation.select(
            Delegation.post.alias("only_post_id"),
            Delegation.ends_on,
            Account.id.alias("account_id"),
            Account.uid,
            Account.login,
            Account.name,
            Post.id,
            Post.title,
            Post.unit.alias("unit_id"),
            Unit.access_unit.alias("access_unit_id"),
            Post.is_leader,
        )
        .join(Account, on=(Delegation.delegator == Account.id))
        .join(Post, on=(Post.account == Account.id))
        .join(Unit, on=(Post.unit == Unit.id))
        .where(
            (Delegation.delegate == param("account_id"))
            & Delegation.ended_at.is_null()
            & (Delegation.starts_on <= today)
            & (Delegation.ends_on >= today)
            & (Delegation.post.is_null() | (Delegation.post == Post.id))
            & (Account.state == "active")
            & Account.administrator.is_null()
            & Post.is_active
            & _lasts(Post, today)
        )
        .order_by(
            Delegation.post.is_null().desc(), Delegation.id, Post.is_primary.desc(), Post.rank
        )
    )


_Key = tuple[int, int, int, str, int | None]


class _Standings:
    """Standings by (account, change counters, day, only post): computed once per change and
    process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, Standing] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: _Key, tree: UnitTree) -> Standing:
        found = self._kept.get(key)
        if found is None:
            found = _computed(key[0], key[3], tree, key[4])
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > STANDINGS_KEPT:
                    self._kept.popitem(last=False)
        return found


_standings = _Standings()


def standing(
    account_id: int,
    access_epoch: int,
    units_epoch: int,
    today: dt.date,
    tree: UnitTree,
    post_id: int | None = None,
) -> Standing:
    """What this person holds today; with `post_id` only what belongs to that post."""
    key = (account_id, access_epoch, units_epoch, today.isoformat(), post_id)
    return _standings.find(key, tree)


def _computed(account_id: int, today: str, tree: UnitTree, post_id: int | None) -> Standing:
    posts = tuple(
        _post(row)
        for row in posts_of_account().rows(account_id=account_id, today=today)
        if post_id is None or row.id == post_id
    )
    account = _administrator().row(account_id=account_id)
    if account is not None and account.administrator:
        # Administrators keep the system and act on no business record.
        powers = powers_of(account.administrator, account.unit_id, tree)
        return Standing(posts, powers, (f"account:{account_id}",))
    granted = [
        Held(row.permission, row.unit_id, row.reach)
        for row in _granted().rows(account_id=account_id, today=today)
        if post_id is None or row.post_id == post_id
    ]
    defaults = [row.permission for row in _default_permissions().rows()]
    own = {post.access_unit_id for post in posts}
    holders = holders_of(account_id, posts, tree)
    return Standing(
        posts,
        added_up(own, defaults, granted, tree),
        holders if post_id is None else holders[1:],
        _lent_posts(account_id, today) if post_id is None else (),
    )


def _post(row: Any) -> ActingPost:
    return ActingPost(row.id, row.title, row.unit_id, row.access_unit_id, bool(row.is_leader))


def _lent_posts(account_id: int, today: str) -> tuple[Identity, ...]:
    found: dict[int, Identity] = {}
    for row in _lent().rows(account_id=account_id, today=today):
        lender = Person(row.account_id, row.uid, row.login, row.name, None)
        is_limited = row.only_post_id is not None
        found.setdefault(row.id, Identity(_post(row), lender, is_limited, _day(row.ends_on)))
    return tuple(found.values())


def _day(value: dt.date | str) -> dt.date:
    """SQLite hands out its text where PostgreSQL hands out dates."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def holders_of(account_id: int, posts: Sequence[ActingPost], tree: UnitTree) -> tuple[str, ...]:
    """The holder names of a person: account, posts, own units, and the subtrees they lie in."""
    names = [f"account:{account_id}", *(f"post:{post.id}" for post in posts)]
    for unit_id in dict.fromkeys(post.access_unit_id for post in posts):
        names += [f"unit:{unit_id}", f"subtree:{unit_id}"]
        names += [f"subtree:{above.id}" for above in tree.ancestors(unit_id)]
    return tuple(dict.fromkeys(names))


def visible(ctx: Context, model: Any, permission: str, realm: str) -> Any:
    """The condition that lets this person see rows of `model`, for lists, search and counts.

    A row is seen through the reach of `permission` over its `unit`, or by taking part
    in it. A plugin may only narrow this.
    """
    reach = ctx.reach.get(permission, NOWHERE)
    if reach.is_everywhere:
        return model.id.is_null(False)
    takes_part = fn.EXISTS(
        Participant.select(Participant.id).where(
            (Participant.realm == realm)
            & (Participant.record_id == model.id)
            & Participant.holder.in_(ctx.holders)
        )
    )
    if not reach.units:
        return takes_part
    # Up to two hundred numbers of our own: as parameters they cost more than the query.
    units = SQL("({})".format(", ".join(map(str, sorted(reach.units)))))
    return model.unit.in_(units) | takes_part


def participant_page(holders: int, limit: int, *, is_backwards: bool = False) -> Query:
    """`record_id` and `at` of a realm's records a person takes part in, from a position on,
    newest first; to be joined with the records' table in a compiled statement.

    One index range per holder, merged: as quick at a million records as at ten. Values:
    `holder_0` … , `realm`, `kind`, `at`, `id`. Backwards the rows come oldest first.
    """
    is_older = operator.gt if is_backwards else operator.lt
    is_in_range = operator.ge if is_backwards else operator.le
    parts: Any = None
    for number in range(holders):
        part = (
            Participant.select(Participant.at, Participant.record_id)
            .where(
                (Participant.holder == param(f"holder_{number}"))
                & (Participant.realm == param("realm"))
                & (Participant.kind == param("kind"))
                # Implied by what follows, but this is what lets the index begin at the place.
                & is_in_range(Participant.at, param("at"))
                & (
                    is_older(Participant.at, param("at"))
                    | (
                        (Participant.at == param("at"))
                        & is_older(Participant.record_id, param("id"))
                    )
                )
            )
            .order_by(*_ordered(Participant.at, Participant.record_id, is_backwards=is_backwards))
            .limit(limit)
        )
        ranged = part.alias(f"range_{number}")
        chosen = ranged.select_from(ranged.c.at, ranged.c.record_id)
        parts = chosen if parts is None else parts.union_all(chosen)
    merged = parts.alias("merged")
    return (
        merged.select_from(merged.c.record_id, merged.c.at)
        .distinct()
        .order_by(*_ordered(merged.c.at, merged.c.record_id, is_backwards=is_backwards))
        .limit(limit)
    )


def _ordered(*columns: Any, is_backwards: bool) -> list[Any]:
    return [column.asc() if is_backwards else column.desc() for column in columns]


@statement
def _total_of_holders(holders: int) -> Query:
    return ParticipantTotal.select(fn.COALESCE(fn.SUM(ParticipantTotal.total), 0)).where(
        ParticipantTotal.holder.in_([param(f"holder_{n}") for n in range(holders)])
        & (ParticipantTotal.realm == param("realm"))
        & (ParticipantTotal.kind == param("kind"))
    )


@statement
def _distinct_of_holders(holders: int) -> Query:
    return Participant.select(fn.COUNT(fn.DISTINCT(Participant.record_id))).where(
        Participant.holder.in_([param(f"holder_{n}") for n in range(holders)])
        & (Participant.realm == param("realm"))
        & (Participant.kind == param("kind"))
    )


def participation_total(ctx: Context, realm: str, kind: str) -> int:
    """How many records of a realm the person takes part in: exact.

    For somebody with posts on one line of the tree it is a sum of kept totals; posts in
    several units may share records, so those are counted.
    """
    given = {f"holder_{n}": name for n, name in enumerate(ctx.holders)}
    units = {post.access_unit_id for post in ctx.posts}
    build = _total_of_holders if len(units) <= 1 else _distinct_of_holders
    return int(build(len(ctx.holders)).value(realm=realm, kind=kind, **given))


def participants_of(realm: str, record_id: int, kind: str) -> list[str]:
    """Holder names of one record, in the order they were named."""
    rows: Any = (
        Participant.select(Participant.holder)
        .where(
            (Participant.realm == realm)
            & (Participant.record_id == record_id)
            & (Participant.kind == kind)
        )
        .order_by(Participant.id)
        .tuples()
    )
    return [holder for (holder,) in rows]


def takes_part(ctx: Context, realm: str, record_id: int, kinds: Sequence[str]) -> bool:
    """Whether the person takes part in a record in one of these ways."""
    return bool(
        Participant.select(Participant.id)
        .where(
            (Participant.realm == realm)
            & (Participant.record_id == record_id)
            & Participant.kind.in_(kinds)
            & Participant.holder.in_(ctx.holders)
        )
        .exists()
    )


def permissions_by_role() -> dict[str, set[str]]:
    """The permissions of every role, by role code."""
    found: dict[str, set[str]] = defaultdict(set)
    rows: Any = (
        Role.select(Role.code, RolePermission.permission)
        .join(RolePermission, JOIN.LEFT_OUTER, on=(RolePermission.role == Role.id))
        .tuples()
    )
    for code, permission in rows:
        if permission:
            found[code].add(permission)
    return dict(found)


def administrators_of(kind: str, unit_id: int | None) -> list[tuple[int, int]]:
    """(account id, access unit id) of the active administrators of a kind who answer for a
    unit: those of the whole installation, and delegated ones at or above it."""
    path = "" if unit_id is None else Unit.select(Unit.path).where(Unit.id == unit_id).scalar()
    rows: Any = (
        Account.select(Account.id, Account.administrator_unit, Unit.access_unit)
        .join(Post)
        .join(Unit)
        .where((Account.administrator == kind) & (Account.state == "active") & Post.is_active)
        .order_by(Account.id, Post.is_primary.desc())
        .tuples()
    )
    found: dict[int, int] = {}
    for account_id, bound, access_unit_id in rows:
        if bound is None or f"/{bound}/" in (path or ""):
            found.setdefault(account_id, access_unit_id)
    return list(found.items())
