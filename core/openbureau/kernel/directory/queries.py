"""The rows a plan is compared with."""

from typing import Any

from openbureau.base.database import statement
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.plan import SYNCED, AccountRow, Current, UnitRow
from openbureau.kernel.units.models import Unit


def current_rows() -> Current:
    """Every unit, every account with its synchronised post, and all active posts."""
    places = {row.account_id: row for row in _synced_posts().rows()}
    accounts = []
    for row in _accounts().rows():
        place = places.get(row.id)
        accounts.append(
            AccountRow(
                **row._asdict(),
                unit_id=place.unit_id if place else None,
                title=place.title if place else "",
            )
        )
    return Current(
        tuple(
            UnitRow(**{**row._asdict(), "is_active": bool(row.is_active)})
            for row in _units().rows()
        ),
        tuple(accounts),
        tuple((row.account_id, row.unit_id, row.source == SYNCED) for row in _posts().rows()),
    )


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
    ).order_by(Unit.id)


@statement
def _accounts() -> Any:
    return Account.select(
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
    ).order_by(Account.id)


@statement
def _synced_posts() -> Any:
    return (
        Post.select(Post.account.alias("account_id"), Post.unit.alias("unit_id"), Post.title)
        .where(Post.is_active & (Post.source == SYNCED))
        .order_by(Post.id)
    )


@statement
def _posts() -> Any:
    return (
        Post.select(Post.account.alias("account_id"), Post.unit.alias("unit_id"), Post.source)
        .join(Account)
        .where(Post.is_active & (Account.state == "active"))
        .order_by(Post.id)
    )
