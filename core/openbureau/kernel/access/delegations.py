"""Standing in for somebody absent (授权代办): lending, taking back, and who stood in for whom."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from peewee import JOIN

from openbureau.base.context import CHINA, NOWHERE, Context
from openbureau.base.database import reading, writing
from openbureau.base.errors import Forbidden, Invalid, NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.access.grants import POWER, is_within
from openbureau.kernel.access.models import Delegation
from openbureau.kernel.accounts.acts import By, by
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.enablement.actions import bump_epoch, hold_rights
from openbureau.kernel.todos.actions import notify

LONGEST_DAYS = 366
URL = "/-/delegations"


class Refused(Invalid):
    """A delegation that cannot be; `field` is where the form says so."""

    code = "DLG-001"

    def __init__(self, field: str, what: str, **params: Any) -> None:
        super().__init__(what, **params)
        self.field = field


@dataclass(frozen=True, slots=True)
class Lending:
    """What is to be lent: by whom, to whom, on which days, one post or all, and why."""

    delegator: Account
    delegate: Account
    starts_on: dt.date
    ends_on: dt.date
    reason: str
    post: Post | None = None


def lend(ctx: Context, lending: Lending) -> Delegation:
    """Lets somebody stand in; both are told. The post of a lent identity lends nothing.

    Raises Refused: it cannot be. Raises Forbidden: while standing in for somebody.
    """
    if ctx.on_behalf_of is not None:
        raise Forbidden(
            N_("代别人办理时，不能再授权他人代办。"),
            remedy=N_("请先切换回本人的身份。"),
            code="DLG-002",
        )
    return arrange(by(ctx), lending)


def lend_for(ctx: Context, lending: Lending) -> Delegation:
    """What an administrator arranges for somebody absent: every post that is lent and who
    stands in lie in their part of the tree.

    Raises Refused: they do not, or it cannot be. Raises Forbidden: as `lend`.
    """
    within = ctx.reach.get(POWER, NOWHERE)
    held = Post.select(Post.unit).where((Post.account == lending.delegator) & Post.is_active)
    posts = held if lending.post is None else held.where(Post.id == lending.post.id)
    if not all(within.is_everywhere or within.covers(post.unit_id) for post in posts):
        raise Refused(
            "delegator",
            N_("%(name)s在您管理范围以外的单位也有任职，应由上级管理员安排，或由本人授权。"),
            name=lending.delegator.name,
        )
    if not is_within(lending.delegate.id, within):
        raise Refused("delegate", N_("%(name)s不在您管理的范围内。"), name=lending.delegate.name)
    return lend(ctx, lending)


def arrange(whose: By, lending: Lending) -> Delegation:
    """Lets somebody stand in, as a person or the command line decides; both are told.

    Raises Refused: it cannot be.
    """
    _check_people(lending)
    _check_days(lending, whose.now.astimezone(CHINA).date())
    _check_overlap(lending)
    made = Delegation.create(
        delegator=lending.delegator,
        post=lending.post,
        delegate=lending.delegate,
        starts_on=lending.starts_on,
        ends_on=lending.ends_on,
        reason=lending.reason,
        account=whose.account_id,
        created_at=whose.now,
    )
    bump_epoch("access")
    _audit(whose, "core.create_delegation", made)
    days = {"from": str(made.starts_on), "to": str(made.ends_on)}
    text = N_("%(name)s请您在 %(from)s 至 %(to)s 代为办理。")
    _tell(whose.now, made.delegate_id, text, name=lending.delegator.name, **days)
    if made.delegator_id != whose.account_id:
        text = N_("管理员已安排%(name)s在 %(from)s 至 %(to)s 代您办理。")
        _tell(whose.now, made.delegator_id, text, name=lending.delegate.name, **days)
    return made


def end_delegation(whose: By, delegation: Delegation) -> None:
    """Takes a delegation back at once; it stays on record, and both are told.

    Raises Refused: it is over already.
    """
    touched = (
        Delegation.update(ended_by=whose.account_id, ended_at=whose.now)
        .where((Delegation.id == delegation.id) & Delegation.ended_at.is_null())
        .execute()
    )
    if not touched:
        raise Refused("", N_("这次授权代办已经结束。"))
    _release_sessions(delegation)
    bump_epoch("access")
    _audit(whose, "core.end_delegation", delegation)
    text = N_("%(name)s的授权代办已经结束。")
    _tell(whose.now, delegation.delegate_id, text, name=delegation.delegator.name)
    if delegation.delegator_id != whose.account_id:
        text = N_("您授权%(name)s代办已经结束。")
        _tell(whose.now, delegation.delegator_id, text, name=delegation.delegate.name)


def end_lapsed_delegations(now: dt.datetime) -> int:
    """Ends delegations whose last day is over or one of whose two is no longer in office;
    both are told. They lend nothing from that moment anyway. Returns how many."""
    today = now.astimezone(CHINA).date()
    with reading():
        lapsed = [row for row in _open_delegations() if _is_lapsed(row, today)]
    for delegation in lapsed:
        with writing():
            hold_rights(is_alone=True)
            _lapse(delegation, now)
    return len(lapsed)


def _open_delegations() -> list[Delegation]:
    lender, stand_in = Account.alias("lender"), Account.alias("stand_in")
    return list(
        Delegation.select(Delegation, lender, stand_in)
        .join(lender, on=(Delegation.delegator == lender.id))
        .switch(Delegation)
        .join(stand_in, on=(Delegation.delegate == stand_in.id))
        .where(Delegation.ended_at.is_null())
    )


def _is_lapsed(delegation: Delegation, today: dt.date) -> bool:
    both = (delegation.delegator, delegation.delegate)
    return delegation.ends_on < today or any(
        person.state != "active" or person.administrator for person in both
    )


def _lapse(delegation: Delegation, now: dt.datetime) -> None:
    Delegation.update(ended_at=now).where(
        (Delegation.id == delegation.id) & Delegation.ended_at.is_null()
    ).execute()
    _release_sessions(delegation)
    bump_epoch("access")
    record_audit(
        action="core.lapse_delegation",
        at=now,
        realm="core/delegation",
        record_id=delegation.id,
        detail={
            "delegator": delegation.delegator.login,
            "delegate": delegation.delegate.login,
            "to": str(delegation.ends_on),
        },
    )
    lender, stand_in = delegation.delegator, delegation.delegate
    text = N_("%(name)s的授权代办已经结束。")
    notify(stand_in.id, text, now=now, url=URL, params={"name": lender.name})
    text = N_("您授权%(name)s代办已经结束。")
    notify(lender.id, text, now=now, url=URL, params={"name": stand_in.name})


def _release_sessions(delegation: Delegation) -> None:
    """Leads the delegate's sessions back to their own identity."""
    lent = Post.select(Post.id).where(Post.account == delegation.delegator_id)
    Session.update(post=None).where(
        (Session.account == delegation.delegate_id) & Session.post.in_(lent)
    ).execute()


def _check_people(lending: Lending) -> None:
    for who, field in ((lending.delegator, "delegator"), (lending.delegate, "delegate")):
        if who.state != "active":
            raise Refused(field, N_("%(name)s的账号已停用，不能授权代办。"), name=who.name)
        if who.administrator:
            raise Refused(field, N_("管理员的职责不能代办，管理员也不能代办业务。"))
    if lending.delegator.id == lending.delegate.id:
        raise Refused("delegate", N_("请选择另一位同事。"))
    post = lending.post
    if post is not None and (post.account_id != lending.delegator.id or not post.is_active):
        raise Refused("post", N_("这个职务现在不由%(name)s担任。"), name=lending.delegator.name)


def _check_days(lending: Lending, today: dt.date) -> None:
    if lending.starts_on < today:
        raise Refused("starts_on", N_("开始日期不能早于今天。"))
    if lending.ends_on < lending.starts_on:
        raise Refused("ends_on", N_("结束日期不能早于开始日期。"))
    if (lending.ends_on - lending.starts_on).days > LONGEST_DAYS:
        raise Refused("ends_on", N_("一次最长 %(days)s 天。"), days=LONGEST_DAYS)


def _check_overlap(lending: Lending) -> None:
    """Nothing may be lent to two people on one day."""
    clashing = (
        (Delegation.delegator == lending.delegator)
        & Delegation.ended_at.is_null()
        & (Delegation.starts_on <= lending.ends_on)
        & (Delegation.ends_on >= lending.starts_on)
    )
    if lending.post is not None:
        clashing &= Delegation.post.is_null() | (Delegation.post == lending.post)
    other = Delegation.select().where(clashing).order_by(Delegation.id).first()
    if other is not None:
        raise Refused(
            "starts_on",
            N_("%(from)s 至 %(to)s 已授权%(name)s代办；同一职务同一天只能由一人代办。"),
            name=other.delegate.name,
            **{"from": str(other.starts_on), "to": str(other.ends_on)},
        )


def _tell(now: dt.datetime, account_id: int, text: str, **params: str) -> None:
    notify(account_id, text, now=now, url=URL, params=params)


def _audit(whose: By, action: str, delegation: Delegation) -> None:
    record_audit(
        action=action,
        at=whose.now,
        account_id=whose.account_id,
        post_id=whose.post_id,
        realm="core/delegation",
        record_id=delegation.id,
        detail={
            "delegator": delegation.delegator.login,
            "delegate": delegation.delegate.login,
            "post": delegation.post_id,
            "from": str(delegation.starts_on),
            "to": str(delegation.ends_on),
            "reason": delegation.reason,
        },
        request_id=whose.request_id,
        address=whose.address,
    )


def delegation_by_id(delegation_id: int) -> Delegation:
    """A delegation. Raises NotFound: there is none."""
    found = Delegation.get_or_none(Delegation.id == delegation_id)
    if found is None:
        raise NotFound
    return found


def delegations_of(account_id: int, limit: int = 100) -> list[Any]:
    """Delegations a person gave or was given, newest first; see `_listed` for the columns."""
    mine = (Delegation.delegator == account_id) | (Delegation.delegate == account_id)
    return list(_listed().where(mine).limit(limit).namedtuples())


def delegations_within(unit_ids: Collection[int] | None, limit: int = 200) -> list[Any]:
    """Delegations by people with a post in these units (None: all), newest first."""
    query = _listed()
    if unit_ids is not None:
        staff = Post.select(Post.account).where(Post.unit.in_(list(unit_ids)))
        query = query.where(Delegation.delegator.in_(staff))
    return list(query.limit(limit).namedtuples())


def _listed() -> Any:
    """Rows: id, delegator_id, delegator, delegate_id, delegate, title, starts_on, ends_on,
    reason, created_at, ended_at."""
    delegator, delegate = Account.alias("delegator"), Account.alias("delegate")
    return (
        Delegation.select(
            Delegation.id,
            Delegation.delegator.alias("delegator_id"),
            delegator.name.alias("delegator"),
            Delegation.delegate.alias("delegate_id"),
            delegate.name.alias("delegate"),
            Post.title,
            Delegation.starts_on,
            Delegation.ends_on,
            Delegation.reason,
            Delegation.created_at,
            Delegation.ended_at,
        )
        .join(delegator, on=(Delegation.delegator == delegator.id))
        .switch(Delegation)
        .join(delegate, on=(Delegation.delegate == delegate.id))
        .switch(Delegation)
        .join(Post, JOIN.LEFT_OUTER, on=(Delegation.post == Post.id))
        .order_by(Delegation.id.desc())
    )


def choose_identity(ctx: Context, session_id: int, post_id: int) -> None:
    """Acts in another of one's own or lent posts. Raises NotFound: it is neither."""
    chosen = next((each for each in ctx.identities if each.post.id == post_id), None)
    if chosen is None:
        raise NotFound
    Session.update(post=post_id).where(Session.id == session_id).execute()
    if chosen.on_behalf_of is not None:
        record_audit(
            action="core.stand_in",
            at=ctx.now,
            account_id=ctx.account.id,
            post_id=post_id,
            realm="core/account",
            record_id=chosen.on_behalf_of.id,
            request_id=ctx.request_id,
            address=ctx.address,
        )


def absent_people(acts: Collection[tuple[int | None, int | None]]) -> dict[tuple[int, int], str]:
    """Whom somebody stood in for, by (account id, post id), where the post is not their own:
    so an act is read as `李四 代 张三`."""
    post_ids = {post_id for _, post_id in acts if post_id is not None}
    if not post_ids:
        return {}
    rows: Any = (
        Post.select(Post.id, Post.account, Account.name)
        .join(Account)
        .where(Post.id.in_(sorted(post_ids)))
        .tuples()
    )
    owners = {post_id: (owner_id, name) for post_id, owner_id, name in rows}
    return {
        (account_id, post_id): owners[post_id][1]
        for account_id, post_id in acts
        if account_id is not None
        and post_id is not None
        and owners.get(post_id, (account_id, ""))[0] != account_id
    }
