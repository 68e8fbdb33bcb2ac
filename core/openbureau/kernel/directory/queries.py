"""The rows a plan is compared with."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from peewee import JOIN, fn

from openbureau.base.database import param, statement
from openbureau.kernel.access.models import Role, RoleGrant, RolePermission
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.plan import (
    DISABLED_BY_DIRECTORY,
    SYNCED,
    AccountRow,
    Current,
    GrantRow,
    GroupRoleRow,
    PostRow,
    PowerRow,
    UnitRow,
)
from openbureau.kernel.sync.models import GroupRole
from openbureau.kernel.units.models import Unit, UnitEvent

POWER_PREFIX = "core."
ROWS_PER_READ = 2000


def current_rows(
    source: DirectorySource | None = None, disabled_since: dt.datetime | None = None
) -> Current:
    """Every unit, every account with its synchronised posts, all active posts, and the roles
    groups of this source bring; None is the directory of the start-up settings. Whom the source
    has disabled, or taken a role from, since that moment is counted by the gates."""
    source_id = None if source is None else source.id
    return Current(
        tuple(
            UnitRow(**{**row._asdict(), "is_active": bool(row.is_active)})
            for row in _units().rows()
        ),
        _account_rows(),
        tuple(_active_posts()),
        directory_id=source_id,
        orphaned=orphaned_sources(source_id),
        top_unit_id=None if source is None else source.top_unit_id,
        group_roles=_group_role_rows(source_id),
        grants=() if source_id is None else _grant_rows(source_id),
        closed_here=_closed_here(),
        recent=_recently_disabled(source_id, disabled_since),
        recent_revokes=_recently_revoked(source_id, disabled_since),
        powers=tuple(PowerRow(*row) for row in _powers().tuples()),
        source_names=_source_names(),
    )


def orphaned_sources(source_id: int | None) -> frozenset[int | None]:
    """The sources whose people this one may take over: retired ones and, for a source of the
    list, the directory of the start-up settings."""
    retired = DirectorySource.select(DirectorySource.id).where(~DirectorySource.is_active)
    found: set[int | None] = {row.id for row in retired}
    if source_id is not None:
        found.add(None)
    return frozenset(found - {source_id})


def _recently_disabled(source_id: int | None, since: dt.datetime | None) -> frozenset[int]:
    """Whom the source has disabled since then and nobody has enabled again. Who came disabled
    was never lost."""
    if since is None:
        return frozenset()
    of_source = Account.directory.is_null() if source_id is None else Account.directory == source_id
    rows: Any = (
        Account.select(Account.id)
        .where(
            of_source
            & (Account.source == SYNCED)
            & (Account.state != "active")
            & (Account.disabled_reason == DISABLED_BY_DIRECTORY)
            & (Account.disabled_at >= since)
            & (Account.created_at < Account.disabled_at)
        )
        .tuples()
    )
    return frozenset(account_id for (account_id,) in rows)


def _recently_revoked(source_id: int | None, since: dt.datetime | None) -> frozenset[int]:
    """From whom the groups of the source have taken a role since then that they do not hold
    again. What an administrator ended does not count."""
    if since is None or source_id is None:
        return frozenset()
    again = RoleGrant.alias()
    held = again.select(again.id).where(
        (again.account == RoleGrant.account)
        & (again.role == RoleGrant.role)
        & again.ended_at.is_null()
    )
    rows: Any = (
        RoleGrant.select(RoleGrant.account)
        .join(Account, on=(RoleGrant.account == Account.id))
        .where(
            (Account.directory == source_id)
            & (RoleGrant.source == SYNCED)
            & (RoleGrant.ended_at >= since)
            & RoleGrant.ended_by.is_null()
            & ~fn.EXISTS(held)
        )
        .tuples()
    )
    return frozenset(account_id for (account_id,) in rows)


def _powers() -> Any:
    """Grants of roles of administrators to people in use, also by their posts."""
    holder = fn.COALESCE(RoleGrant.account, Post.account)
    power = RolePermission.select(RolePermission.role).where(
        RolePermission.permission.startswith(POWER_PREFIX)
    )
    return (
        RoleGrant.select(RoleGrant.id, Role.code, holder)
        .join(Role)
        .switch(RoleGrant)
        .join(Post, JOIN.LEFT_OUTER, on=((RoleGrant.post == Post.id) & Post.is_active))
        .join(Account, on=(Account.id == holder))
        .where(
            RoleGrant.role.in_(power)
            & RoleGrant.ended_at.is_null()
            & RoleGrant.ends_on.is_null()
            & Role.is_active
            & (Account.state == "active")
        )
        .order_by(RoleGrant.id)
    )


def _source_names() -> dict[int, str]:
    rows: Any = DirectorySource.select(DirectorySource.id, DirectorySource.name).tuples()
    return dict(rows)


def _account_rows() -> tuple[AccountRow, ...]:
    """Read in portions: the driver's rows of everybody at once would double the memory."""
    accounts: list[AccountRow] = []
    spoken: dict[str, str] = {}
    last = 0
    while found := _accounts().rows(after=last, limit=ROWS_PER_READ):
        first, last = found[0].id, found[-1].id
        posts: dict[int, list[Any]] = defaultdict(list)
        for row in _synced_posts().rows(first=first, last=last):
            posts[row.account_id].append(row)
        accounts += [_account_row(row, posts.get(row.id, ()), spoken) for row in found]
    return tuple(accounts)


def _active_posts() -> Iterator[tuple[int, int, bool]]:
    last = 0
    while found := _posts().rows(after=last, limit=ROWS_PER_READ):
        last = found[-1].id
        yield from ((row.account_id, row.unit_id, row.source == SYNCED) for row in found)


def _account_row(row: Any, posts: Sequence[Any], spoken: dict[str, str]) -> AccountRow:
    fields = row._asdict()
    # A few hundred titles and rooms serve everybody.
    fields["room"] = spoken.setdefault(row.room, row.room)
    if not posts:
        return AccountRow(**fields)
    first, *more = posts
    return AccountRow(
        **fields,
        unit_id=first.unit_id,
        title=spoken.setdefault(first.title, first.title),
        rank=first.rank,
        more_posts=tuple(PostRow(post.id, post.unit_id, post.title) for post in more),
    )


def _closed_here() -> frozenset[int]:
    """Closed units whose last closing no synchronisation wrote."""
    last = {row.unit_id: row.basis for row in _closings().rows()}
    return frozenset(unit_id for unit_id, basis in last.items() if basis != SYNCED)


def _group_role_rows(source_id: int | None) -> tuple[GroupRoleRow, ...]:
    if source_id is None:
        return ()
    powers = {row.role_id for row in _power_roles().rows()}
    return tuple(
        GroupRoleRow(**row._asdict(), is_power=row.role_id in powers)
        for row in _group_roles().rows(source=source_id)
    )


def _grant_rows(source_id: int) -> tuple[GrantRow, ...]:
    return tuple(GrantRow(**row._asdict()) for row in _grants().rows(source=source_id))


@statement
def _units() -> Any:
    return Unit.select(
        Unit.id,
        Unit.code,
        Unit.name,
        Unit.short_name,
        Unit.parent.alias("parent_id"),
        Unit.depth,
        Unit.external_id,
        Unit.source,
        Unit.is_active,
        Unit.access_unit.alias("access_unit_id"),
        Unit.directory.alias("directory_id"),
    ).order_by(Unit.id)


@statement
def _closings() -> Any:
    return (
        UnitEvent.select(UnitEvent.unit.alias("unit_id"), UnitEvent.basis)
        .join(Unit, on=(UnitEvent.unit == Unit.id))
        .where((UnitEvent.kind == "closed") & ~Unit.is_active)
        .order_by(UnitEvent.id)
    )


@statement
def _accounts() -> Any:
    return (
        Account.select(
            Account.id,
            Account.login,
            Account.name,
            Account.phone,
            Account.mobile,
            Account.mail,
            Account.room,
            Account.state,
            Account.disabled_reason,
            Account.source,
            Account.external_id,
            Account.directory_dn.alias("dn"),
            Account.administrator,
            Account.administrator_unit.alias("administrator_unit_id"),
            Account.directory.alias("directory_id"),
            Account.photo,
        )
        .where(Account.id > param("after"))
        .order_by(Account.id)
        .limit(param("limit"))
    )


@statement
def _synced_posts() -> Any:
    return (
        Post.select(
            Post.id,
            Post.account.alias("account_id"),
            Post.unit.alias("unit_id"),
            Post.title,
            Post.rank,
        )
        .where(
            Post.is_active
            & (Post.source == SYNCED)
            & (Post.account >= param("first"))
            & (Post.account <= param("last"))
        )
        .order_by(Post.account, Post.is_primary.desc(), Post.id)
    )


@statement
def _posts() -> Any:
    return (
        Post.select(
            Post.id, Post.account.alias("account_id"), Post.unit.alias("unit_id"), Post.source
        )
        .join(Account)
        .where(Post.is_active & (Account.state == "active") & (Post.id > param("after")))
        .order_by(Post.id)
        .limit(param("limit"))
    )


@statement
def _group_roles() -> Any:
    return (
        GroupRole.select(
            GroupRole.id,
            GroupRole.group_dn,
            GroupRole.external_id,
            GroupRole.role.alias("role_id"),
            Role.code.alias("role_code"),
            GroupRole.unit.alias("unit_id"),
            GroupRole.reach,
        )
        .join(Role)
        .where((GroupRole.source == param("source")) & GroupRole.is_active)
        .order_by(GroupRole.id)
    )


@statement
def _power_roles() -> Any:
    return (
        RolePermission.select(RolePermission.role.alias("role_id"))
        .where(RolePermission.permission.startswith(POWER_PREFIX))
        .distinct()
    )


@statement
def _grants() -> Any:
    return (
        RoleGrant.select(
            RoleGrant.id,
            RoleGrant.account.alias("account_id"),
            RoleGrant.role.alias("role_id"),
            Role.code.alias("role_code"),
            RoleGrant.unit.alias("unit_id"),
            RoleGrant.reach,
            RoleGrant.group,
        )
        .join(Role)
        .switch(RoleGrant)
        .join(Account, on=(RoleGrant.account == Account.id))
        .where(
            (RoleGrant.source == SYNCED)
            & RoleGrant.ended_at.is_null()
            & (Account.directory == param("source"))
        )
        .order_by(RoleGrant.id)
    )
