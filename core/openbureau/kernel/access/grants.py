"""Grants: a role for a person or a post, in a unit, with a reach, dates and a basis."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from openbureau.base.context import NOWHERE, Context, Reach
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.access.actors import AccessRefused, Actor
from openbureau.kernel.access.models import Role, RoleGrant, RolePermission
from openbureau.kernel.access.simulation import GrantRow
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.models import Unit

POWER = "core.manage_grants"
STATES = ("current", "future", "expired", "ended")


@dataclass(frozen=True, slots=True)
class Giving:
    """A role to be given to people and posts."""

    role: Role
    unit: Unit
    reach: str
    accounts: Sequence[Account] = ()
    posts: Sequence[Post] = ()
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    basis: str = ""

    def rows(self) -> list[GrantRow]:
        """The grants as the simulation knows them."""
        return [
            GrantRow(
                0,
                account.id if account else None,
                post.id if post else None,
                self.role.id,
                self.unit.id,
                self.reach,
                self.starts_on,
                self.ends_on,
            )
            for account, post in self.subjects()
        ]

    def subjects(self) -> list[tuple[Account | None, Post | None]]:
        """Each person and each post."""
        people: list[tuple[Account | None, Post | None]] = [(row, None) for row in self.accounts]
        return people + [(None, post) for post in self.posts]


def check_giving(actor: Actor, giving: Giving, within: Reach) -> None:
    """Raises AccessRefused: this cannot be given, or not by this administrator.

    `within` is where they may give: a delegated one neither reaches beyond their part of
    the tree nor gives a role to people outside it. Nobody gives themselves anything, and
    administrators hold no role.
    """
    _check_scope(giving, within)
    if not giving.role.is_active:
        raise AccessRefused("role", N_("角色「%(role)s」已停用。"), role=giving.role.name)
    if giving.ends_on is not None and giving.ends_on < (giving.starts_on or actor.today):
        raise AccessRefused("ends_on", N_("结束日期不能早于开始日期，也不能早于今天。"))
    if not giving.subjects():
        raise AccessRefused("subjects", N_("请选择人员或职务。"))
    for account, post in giving.subjects():
        person = post.account if post is not None else account
        assert person is not None  # noqa: S101 - a subject is one or the other
        _check_person(actor, person, within)
        if _standing_grant(giving, account, post):
            raise AccessRefused("subjects", N_("%(name)s已有同样的授权。"), name=person.name)


def _check_scope(giving: Giving, within: Reach) -> None:
    if within.is_everywhere:
        return
    if not within.covers(giving.unit.id):
        raise AccessRefused("unit", N_("这个单位不在您管理的范围内。"))
    if giving.reach == "province":
        raise AccessRefused("reach", N_("受托的管理员不能授予全省范围。"))


def _check_person(actor: Actor, person: Account, within: Reach) -> None:
    if person.id == actor.account_id:
        raise AccessRefused("subjects", N_("不能给自己授权。"))
    if person.administrator:
        raise AccessRefused(
            "subjects", N_("%(name)s是管理员，不能办理业务，也不能持有角色。"), name=person.name
        )
    if person.state != "active":
        raise AccessRefused("subjects", N_("%(name)s的账号已停用。"), name=person.name)
    if not is_within(person.id, within):
        raise AccessRefused("subjects", N_("%(name)s不在您管理的范围内。"), name=person.name)


def is_within(account_id: int, within: Reach) -> bool:
    """Whether a person has a post where somebody's power reaches."""
    if within.is_everywhere:
        return True
    return bool(
        Post.select(Post.id)
        .where((Post.account == account_id) & Post.is_active & Post.unit.in_(sorted(within.units)))
        .exists()
    )


def _standing_grant(giving: Giving, account: Account | None, post: Post | None) -> bool:
    whose = RoleGrant.account == account if account is not None else RoleGrant.post == post
    starts = giving.starts_on
    return bool(
        RoleGrant.select(RoleGrant.id)
        .where(
            whose
            & (RoleGrant.role == giving.role)
            & (RoleGrant.unit == giving.unit)
            & (RoleGrant.reach == giving.reach)
            & RoleGrant.ended_at.is_null()
            & (RoleGrant.ends_on.is_null() | (RoleGrant.ends_on >= (starts or dt.date.min)))
            & (RoleGrant.ends_on.is_null() == (giving.ends_on is None))
        )
        .exists()
    )


def give(actor: Actor, giving: Giving, within: Reach) -> list[RoleGrant]:
    """Gives the role to each, live at once. Raises AccessRefused as `check_giving`."""
    check_giving(actor, giving, within)
    made = []
    for account, post in giving.subjects():
        grant = RoleGrant.create(
            account=account,
            post=post,
            role=giving.role,
            unit=giving.unit,
            reach=giving.reach,
            starts_on=giving.starts_on,
            ends_on=giving.ends_on,
            source="manual",
            granted_by=actor.account_id,
            granted_at=actor.now,
            basis=giving.basis,
        )
        made.append(grant)
        actor.audit("core.grant_role", "core/grant", grant.id, _detail(grant), giving.unit.id)
    bump_epoch("access")
    return made


def end_grant(actor: Actor, grant: RoleGrant, reason: str) -> None:
    """Takes a grant back at once; it stays on record.

    Raises AccessRefused: it is over, or the directory brought it.
    """
    check_ending(grant)
    _end(actor, grant, reason)


def _end(actor: Actor, grant: RoleGrant, reason: str) -> None:
    RoleGrant.update(ended_by=actor.account_id, ended_at=actor.now).where(
        RoleGrant.id == grant.id
    ).execute()
    detail = {**_detail(grant), "reason": reason}
    actor.audit("core.end_grant", "core/grant", grant.id, detail, grant.unit_id)
    bump_epoch("access")


def check_ending(grant: RoleGrant) -> None:
    """Raises AccessRefused: the grant is over, or the directory brought it."""
    if grant.ended_at is not None:
        raise AccessRefused("", N_("这项授权已经收回。"))
    if grant.source == "ldap":
        raise AccessRefused("", N_("这项授权来自目录中的组，请在目录中把人移出该组。"))


def live_grants_of(account_id: int, today: dt.date) -> list[RoleGrant]:
    """The grants of a person and of their posts that are or will be in force, oldest first."""
    posts = Post.select(Post.id).where(Post.account == account_id)
    return list(
        RoleGrant.select()
        .where(
            ((RoleGrant.account == account_id) | RoleGrant.post.in_(posts))
            & RoleGrant.ended_at.is_null()
            & (RoleGrant.ends_on.is_null() | (RoleGrant.ends_on >= today))
        )
        .order_by(RoleGrant.id)
    )


def end_grants_of(actor: Actor, account_id: int, reason: str) -> int:
    """Takes every live grant of a person back, whoever gave it; how many."""
    grants = live_grants_of(account_id, actor.today)
    for grant in grants:
        _end(actor, grant, reason)
    return len(grants)


def _detail(grant: RoleGrant) -> dict[str, Any]:
    person: Any = grant.post.account if grant.post is not None else grant.account
    return {
        "role": grant.role.code,
        "account": person.login,
        "post": grant.post_id,
        "unit": grant.unit.code,
        "reach": grant.reach,
        "from": str(grant.starts_on or ""),
        "to": str(grant.ends_on or ""),
        "basis": grant.basis,
    }


def grant_within(ctx: Context, grant_id: int) -> RoleGrant:
    """A grant this administrator may end. Raises NotFound: there is none, or elsewhere."""
    grant = RoleGrant.get_or_none(RoleGrant.id == grant_id)
    if grant is None or not ctx.may_in(POWER, grant.unit_id):
        raise NotFound
    return grant


@dataclass(frozen=True, slots=True)
class GrantsWanted:
    """What a list of grants is narrowed to; empty values narrow nothing. `words` are part of
    a person's name or login."""

    words: str = ""
    role: str = ""
    state: str = ""
    unit_ids: Collection[int] | None = None


def grants_listed(ctx: Context, wanted: GrantsWanted, today: dt.date) -> Any:
    """Grants where this administrator may give them, newest first: a query of named tuples.

    Rows: id, login, person, post_title, role_code, role, unit_id, reach, starts_on, ends_on,
    source, basis, granted_at, ended_at, by.
    """
    conditions = [_within(ctx.reach.get(POWER, NOWHERE)), _state(wanted.state, today)]
    if wanted.words:
        is_named = _OWN.name.contains(wanted.words) | _HELD.name.contains(wanted.words)
        login = wanted.words.lower()
        conditions.append(is_named | (_OWN.login == login) | (_HELD.login == login))
    if wanted.role:
        conditions.append(Role.code == wanted.role)
    if wanted.unit_ids is not None:
        conditions.append(RoleGrant.unit.in_(sorted(wanted.unit_ids)))
    query = _listed()
    for condition in conditions:
        query = query.where(condition)
    return query.order_by(RoleGrant.id.desc()).namedtuples()


def granted_accounts(permission: str) -> list[Account]:
    """Active accounts with a standing grant, their own or a post's, of a role that has this
    permission, whatever its dates; by login."""
    query: Any = (
        Account.select()
        .distinct()
        .join(Post, JOIN.LEFT_OUTER, on=(Post.account == Account.id) & Post.is_active)
        .join(
            RoleGrant,
            on=(RoleGrant.account == Account.id) | (RoleGrant.post == Post.id),
        )
        .join(RolePermission, on=(RolePermission.role == RoleGrant.role))
        .where(
            (Account.state == "active")
            & RoleGrant.ended_at.is_null()
            & (RolePermission.permission == permission)
        )
        .order_by(Account.login)
    )
    return list(query)


def grants_everywhere() -> Any:
    """All grants, newest first; the same rows as `grants_listed`."""
    return _listed().order_by(RoleGrant.id.desc()).namedtuples()


_OWN, _HELD, _GIVER = Account.alias("own"), Account.alias("held"), Account.alias("giver")


def _listed() -> Any:
    return (
        RoleGrant.select(
            RoleGrant.id,
            fn.COALESCE(_OWN.login, _HELD.login).alias("login"),
            fn.COALESCE(_OWN.name, _HELD.name).alias("person"),
            Post.title.alias("post_title"),
            Role.code.alias("role_code"),
            Role.name.alias("role"),
            RoleGrant.unit.alias("unit_id"),
            RoleGrant.reach,
            RoleGrant.starts_on,
            RoleGrant.ends_on,
            RoleGrant.source,
            RoleGrant.basis,
            RoleGrant.granted_at,
            RoleGrant.ended_at,
            _GIVER.name.alias("by"),
        )
        .join(Role)
        .switch(RoleGrant)
        .join(_OWN, JOIN.LEFT_OUTER, on=(RoleGrant.account == _OWN.id))
        .switch(RoleGrant)
        .join(Post, JOIN.LEFT_OUTER, on=(RoleGrant.post == Post.id))
        .join(_HELD, JOIN.LEFT_OUTER, on=(Post.account == _HELD.id))
        .switch(RoleGrant)
        .join(_GIVER, JOIN.LEFT_OUTER, on=(RoleGrant.granted_by == _GIVER.id))
    )


def _within(reach: Reach) -> Any:
    if reach.is_everywhere:
        return RoleGrant.id.is_null(False)
    return RoleGrant.unit.in_(sorted(reach.units))


def _state(state: str, today: dt.date) -> Any:
    is_open = RoleGrant.ended_at.is_null()
    begun = RoleGrant.starts_on.is_null() | (RoleGrant.starts_on <= today)
    lasting = RoleGrant.ends_on.is_null() | (RoleGrant.ends_on >= today)
    return {
        "current": is_open & begun & lasting,
        "future": is_open & (RoleGrant.starts_on > today),
        "expired": is_open & (RoleGrant.ends_on < today),
        "ended": RoleGrant.ended_at.is_null(False),
    }.get(state, RoleGrant.id.is_null(False))


def state_of(row: Any, today: dt.date) -> str:
    """One of STATES, for a row of `grants_listed`."""
    if row.ended_at is not None:
        return "ended"
    if row.ends_on is not None and row.ends_on < today:
        return "expired"
    return "future" if row.starts_on is not None and row.starts_on > today else "current"
