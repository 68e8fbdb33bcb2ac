"""Appointing and dismissing administrators (授权管理员).

An administrator appoints delegated ones of the same kind, for a unit within their own reach
and everything below it; never themselves. Undelegated ones are appointed on the command
line only. Source: GB/T 22239-2019, 8.1.5.
"""

from typing import Any

from openbureau.base.context import Context
from openbureau.base.errors import Conflict, Forbidden, Invalid, NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.actions import end_sessions_of
from openbureau.kernel.accounts.acts import By, by, refresh
from openbureau.kernel.accounts.models import ADMINISTRATORS, Account
from openbureau.kernel.accounts.oversight import active_units, own_bound
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitTree


def appoint(account: Account, kind: str, unit: Unit | None, who: By) -> None:
    """Makes an account an administrator; `unit` bounds a delegated one.

    Its sessions end: as an administrator the person does no business any more.
    Raises Invalid: no such kind. Raises Conflict: it is one already, or not in use.
    """
    if kind not in ADMINISTRATORS:
        raise Invalid(N_("没有这一类管理员。"))
    if account.state != "active":
        raise Conflict(N_("这个账号已停用，不能担任管理员。"), remedy=N_("请先恢复使用。"))
    if account.administrator is not None:
        raise Conflict(
            N_("这个账号已经是管理员；三类管理员互不兼任。"), remedy=N_("请先免去原来的管理员。")
        )
    Account.update(administrator=kind, administrator_unit=unit).where(
        Account.id == account.id
    ).execute()
    end_sessions_of(account.id, who.now, "role")
    who.record("core.appoint_administrator", account, kind=kind, unit=unit.code if unit else None)
    refresh(account)


def dismiss(account: Account, who: By) -> None:
    """Makes an administrator an ordinary account again.

    Raises Conflict: it is none, or the last undelegated one of its kind.
    """
    kind, unit = account.administrator, account.administrator_unit
    if kind is None:
        raise Conflict(N_("这个账号不是管理员。"))
    if unit is None and not _others(account).exists():
        raise Conflict(N_("这是该类最后一名全局管理员，不能免去。"), remedy=N_("请先任命另一名。"))
    Account.update(administrator=None, administrator_unit=None).where(
        Account.id == account.id
    ).execute()
    end_sessions_of(account.id, who.now, "role")
    who.record("core.dismiss_administrator", account, kind=kind, unit=unit.code if unit else None)
    refresh(account)


def administrators(kind: str) -> list[Account]:
    """All administrators of a kind, undelegated ones first."""
    return list(
        Account.select(Account, Unit)
        .left_outer_join(Unit, on=(Account.administrator_unit == Unit.id))
        .where(Account.administrator == kind)
        .order_by(Account.administrator_unit.is_null(False), Unit.path, Account.login)
    )


def appoint_within(ctx: Context, tree: UnitTree, login: str, unit_id: int) -> Account:
    """What an administrator does on their page: appoints a delegated one of their own kind.

    Raises NotFound: no such account in their reach. Raises Forbidden: the unit is not in
    their reach, or it is themselves. Raises Conflict as `appoint`.
    """
    kind = ctx.account.administrator
    account = Account.get_or_none(Account.login == login.strip().lower())
    bound = own_bound(ctx)
    within = set(tree.by_id) if bound is None else set(tree.subtree_ids(bound))
    if kind is None or unit_id not in within:
        raise Forbidden(N_("这个单位不在您的管理范围内。"))
    if account is None or not (bound is None or set(active_units(account.id)) <= within):
        raise NotFound(
            N_("您的管理范围内没有账号 %(login)s。"), remedy=N_("请核对账号。"), login=login[:60]
        )
    if account.id == ctx.account.id:
        raise Forbidden(N_("不能任命自己。"))
    appoint(account, kind, Unit.get_by_id(unit_id), by(ctx))
    return account


def dismiss_within(ctx: Context, tree: UnitTree, uid: str) -> Account:
    """What an administrator does on their page: dismisses a delegated one of their own kind.

    Raises NotFound: none of theirs. Raises Forbidden: an undelegated one, or themselves.
    """
    account = Account.get_or_none(
        (Account.uid == uid) & (Account.administrator == ctx.account.administrator)
    )
    bound = own_bound(ctx)
    within = set(tree.by_id) if bound is None else set(tree.subtree_ids(bound))
    if account is None or account.administrator is None:
        raise NotFound
    if account.id == ctx.account.id or account.administrator_unit_id is None:
        raise Forbidden(
            N_("全局管理员和自己的身份不能在这里免去。"), remedy=N_("请由运维人员用命令行办理。")
        )
    if account.administrator_unit_id not in within:
        raise NotFound
    dismiss(account, by(ctx))
    return account


def _others(account: Account) -> Any:
    return Account.select().where(
        (Account.administrator == account.administrator)
        & Account.administrator_unit.is_null()
        & (Account.state == "active")
        & (Account.id != account.id)
    )
