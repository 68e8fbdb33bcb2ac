"""Appointing and dismissing administrators (授权管理员).

An administrator appoints delegated ones of the same kind, for a unit within their own reach
and everything below it; never themselves. Undelegated ones are appointed on the command
line only. Source: GB/T 22239-2019, 8.1.5.
"""

from collections.abc import Collection

from openbureau.base.context import Context
from openbureau.base.errors import Conflict, Forbidden, Invalid, NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.grants import end_grants_of
from openbureau.kernel.accounts.actions import end_sessions_of
from openbureau.kernel.accounts.acts import By, by, refresh
from openbureau.kernel.accounts.models import ADMINISTRATORS, Account
from openbureau.kernel.accounts.oversight import active_units, keep_one, own_part
from openbureau.kernel.units.models import Unit

ROLES_END = "administrator"


def check_appointing(account: Account, kind: str) -> None:
    """Raises Invalid: no such kind. Raises Conflict: it is one already, or not in use."""
    if kind not in ADMINISTRATORS:
        raise Invalid(N_("没有这一类管理员。"))
    if account.state != "active":
        raise Conflict(N_("这个账号已停用，不能担任管理员。"), remedy=N_("请先恢复使用。"))
    if account.administrator is not None:
        raise Conflict(
            N_("这个账号已经是管理员；三类管理员互不兼任。"), remedy=N_("请先免去原来的管理员。")
        )


def appoint(account: Account, kind: str, unit: Unit | None, who: By) -> int:
    """Makes an account an administrator; `unit` bounds a delegated one. How many grants ended.

    Its sessions and its roles end: as an administrator the person does no business any more.
    Raises Invalid and Conflict as `check_appointing`.
    """
    check_appointing(account, kind)
    actor = Actor(who.now, who.account_id, who.request_id, who.address)
    ended = end_grants_of(actor, account.id, ROLES_END)
    Account.update(administrator=kind, administrator_unit=unit).where(
        Account.id == account.id
    ).execute()
    end_sessions_of(account.id, who.now, "role")
    code = unit.code if unit else None
    who.record("core.appoint_administrator", account, kind=kind, unit=code, grants=ended)
    refresh(account)
    return ended


def dismiss(account: Account, who: By) -> None:
    """Makes an administrator an ordinary account again.

    Raises Conflict: it is none, or the last undelegated one of its kind.
    """
    kind, unit = account.administrator, account.administrator_unit
    if kind is None:
        raise Conflict(N_("这个账号不是管理员。"))
    keep_one(account)
    Account.update(administrator=None, administrator_unit=None).where(
        Account.id == account.id
    ).execute()
    end_sessions_of(account.id, who.now, "role")
    who.record("core.dismiss_administrator", account, kind=kind, unit=unit.code if unit else None)
    refresh(account)


def administrators(ctx: Context) -> list[Account]:
    """The administrators of the person's own kind, undelegated ones first; a delegated person
    sees those within their own part only."""
    condition = Account.administrator == ctx.account.administrator
    within = own_part(ctx)
    if within is not None:
        condition &= Account.administrator_unit.in_(sorted(within))
    return list(
        Account.select(Account, Unit)
        .left_outer_join(Unit, on=(Account.administrator_unit == Unit.id))
        .where(condition)
        .order_by(Account.administrator_unit.is_null(False), Unit.path, Account.login)
    )


def candidate(ctx: Context, login: str, unit_id: int) -> Account:
    """Whom an administrator is about to appoint, as a delegated one of their own kind.

    Raises NotFound: no such account in their reach. Raises Forbidden: the unit is not in
    their reach, or it is themselves. Raises Conflict as `check_appointing`.
    """
    kind, within = ctx.account.administrator, own_part(ctx)
    account = Account.get_or_none(Account.login == login.strip().lower())
    if kind is None or (within is not None and unit_id not in within):
        raise Forbidden(N_("这个单位不在您的管理范围内。"))
    if account is None or (within is not None and not _is_near(account, within)):
        raise NotFound(
            N_("您的管理范围内没有账号 %(login)s。"), remedy=N_("请核对账号。"), login=login[:60]
        )
    if account.id == ctx.account.id:
        raise Forbidden(N_("不能任命自己。"))
    check_appointing(account, kind)
    return account


def _is_near(account: Account, within: Collection[int]) -> bool:
    if account.administrator is not None:
        return account.administrator_unit_id in within
    units = active_units(account.id)
    return bool(units) and set(units) <= set(within)


def appoint_within(ctx: Context, login: str, unit_id: int) -> Account:
    """What an administrator does on their page: appoints a delegated one of their own kind.

    Raises as `candidate`.
    """
    account = candidate(ctx, login, unit_id)
    appoint(account, str(ctx.account.administrator), Unit.get_by_id(unit_id), by(ctx))
    return account


def dismissible(ctx: Context, uid: str) -> Account:
    """The delegated administrator of the person's own kind to be dismissed.

    Raises NotFound: none of theirs. Raises Forbidden: an undelegated one, or themselves.
    """
    account: Account | None = Account.get_or_none(
        (Account.uid == uid) & (Account.administrator == ctx.account.administrator)
    )
    within = own_part(ctx)
    if account is None or account.administrator is None:
        raise NotFound
    if within is not None and account.administrator_unit_id not in within:
        raise NotFound
    if account.id == ctx.account.id or account.administrator_unit_id is None:
        raise Forbidden(
            N_("全局管理员和自己的身份不能在这里免去。"), remedy=N_("请由运维人员用命令行办理。")
        )
    return account


def dismiss_within(ctx: Context, uid: str) -> Account:
    """What an administrator does on their page: dismisses a delegated one of their own kind.

    Raises as `dismissible`.
    """
    account = dismissible(ctx, uid)
    dismiss(account, by(ctx))
    return account
