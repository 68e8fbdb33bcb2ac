"""Who may administer whom.

A delegated administrator has the accounts all of whose posts lie in their part of the tree.
Administrators are administered by another undelegated administrator of their own kind, or on
the command line; nobody administers themselves.
Source: GB/T 22239-2019, 8.1.5 (separated administrators).
"""

from collections.abc import Collection, Sequence
from typing import Any

from openbureau.base.context import NOWHERE, Context, Reach
from openbureau.base.errors import Conflict, Forbidden, NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.queries import unit_tree

PEOPLE = "core.manage_people"


def reach_of(ctx: Context, permission: str = PEOPLE) -> Reach:
    """Where the person administers."""
    return ctx.reach.get(permission, NOWHERE)


def seen(ctx: Context, uid: str) -> Account:
    """The account of this uid as far as one of its posts lies in reach.

    Raises NotFound: it does not, or there is none.
    """
    account: Account | None = Account.get_or_none(Account.uid == uid)
    reach = reach_of(ctx)
    if account is None or not (
        reach.is_everywhere or any(reach.covers(unit) for unit in active_units(account.id))
    ):
        raise NotFound
    return account


def managed(ctx: Context, uid: str) -> Account:
    """The account of this uid, to be changed. Raises NotFound: it is not in reach.
    Raises Forbidden: in sight, but somebody else's to change."""
    account = seen(ctx, uid)
    if hindrance := hindrance_to(ctx, account):
        raise Forbidden(hindrance, remedy=N_("请由有权管理这个账号的管理员办理。"))
    return account


def hindrance_to(ctx: Context, account: Account) -> str:
    """Why this person may not change the account, as a message id; empty when they may."""
    if account.id == ctx.account.id:
        return N_("这是您自己的账号，不能在这里更改。")
    if account.administrator is not None:
        return N_("这是管理员的账号，只能由同类的其他管理员或用命令行更改。")
    reach = reach_of(ctx)
    if not (reach.is_everywhere or all(reach.covers(unit) for unit in active_units(account.id))):
        return N_("此人在您管理范围以外的单位也有任职，应由上级管理员更改。")
    return ""


def managed_administrator(ctx: Context, uid: str) -> Account:
    """Another administrator of the person's own kind.

    Raises NotFound: it is none of them, or not within a delegated person's part.
    Raises Forbidden: within the part of a delegated person.
    """
    account: Account | None = Account.get_or_none(
        (Account.uid == uid) & (Account.administrator == ctx.account.administrator)
    )
    if account is None or account.administrator is None or account.id == ctx.account.id:
        raise NotFound
    within = own_part(ctx)
    if within is not None:
        if account.administrator_unit_id not in within:
            raise NotFound
        raise Forbidden(
            N_("分级管理员不能更改其他管理员的账号。"),
            remedy=N_("请由同类的全局管理员办理。"),
        )
    return account


def is_last(account: Account, besides: Collection[int] = ()) -> bool:
    """Whether no other undelegated administrator of its kind is in use, those `besides` not
    counted; never for anybody else than such an administrator."""
    if account.administrator is None or account.administrator_unit_id is not None:
        return False
    others = Account.select().where(
        (Account.administrator == account.administrator)
        & Account.administrator_unit.is_null()
        & (Account.state == "active")
        & Account.id.not_in([account.id, *besides])
    )
    return not others.exists()


def keep_one(account: Account) -> None:
    """What every way of losing an administrator asks first.

    Raises Conflict: this is the last undelegated one of its kind who is in use.
    """
    if is_last(account):
        raise Conflict(
            N_("这是该类最后一名在用的全局管理员，不能免去、停用或归档。"),
            remedy=N_("请先任命另一名。"),
        )


def own_bound(ctx: Context) -> int | None:
    """The unit a delegated administrator is bound to; None: the whole installation."""
    bound: int | None = Account.get_by_id(ctx.account.id).administrator_unit_id
    return bound


def own_part(ctx: Context) -> frozenset[int] | None:
    """The units a delegated administrator is bound to; None: the whole installation."""
    bound = own_bound(ctx)
    if bound is None:
        return None
    return frozenset(unit_tree(ctx.tree_version).subtree_ids(bound))


def active_units(account_id: int) -> Sequence[int]:
    """Units and sections of a person's active posts."""
    rows: Any = Post.select(Post.unit).where((Post.account == account_id) & Post.is_active).tuples()
    return [row[0] for row in rows]
