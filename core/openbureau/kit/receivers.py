"""Receivers in the unit tree: a unit, a unit with all below it, or everybody.

Values are `unit:CODE` and `subtree:CODE`. What is stored are holder names
(`unit:7`, `subtree:7`) of which none covers another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.base.context import NOWHERE, Context
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitNode, UnitTree, unit_tree


@dataclass(frozen=True, slots=True)
class Receivers:
    """A choice, made disjoint: holder names, the units they mean, unknown or forbidden values."""

    holders: tuple[str, ...]
    units: tuple[UnitNode, ...]
    refused: tuple[str, ...]


def receivers(ctx: Context, permission: str, values: Sequence[str]) -> Receivers:
    """The receivers meant by submitted values, within the reach of `permission`."""
    tree = unit_tree(ctx.tree_version)
    reach = ctx.reach.get(permission, NOWHERE)
    wanted: dict[str, UnitNode] = {}
    refused = []
    for value in dict.fromkeys(values):
        kind, _, code = value.partition(":")
        unit = tree.by_code.get(code)
        is_known = kind in {"unit", "subtree"} and unit is not None and unit.is_access_unit
        if not is_known or unit is None or not reach.covers(unit.id):
            refused.append(value)
        else:
            wanted[f"{kind}:{unit.id}"] = unit
    holders = tuple(h for h, unit in wanted.items() if not _is_covered(tree, h, unit, wanted))
    return Receivers(holders, units_of_holders(tree, holders), tuple(refused))


def _is_covered(tree: UnitTree, holder: str, unit: UnitNode, wanted: dict[str, UnitNode]) -> bool:
    if holder.startswith("unit:") and f"subtree:{unit.id}" in wanted:
        return True
    return any(f"subtree:{above.id}" in wanted for above in tree.ancestors(unit.id))


def units_of_holders(tree: UnitTree, holders: Sequence[str]) -> tuple[UnitNode, ...]:
    """The active access units that holder names mean, in official order."""
    meant: set[int] = set()
    for holder in holders:
        kind, _, number = holder.partition(":")
        if int(number) in tree.by_id:
            meant.update(tree.subtree_ids(int(number)) if kind == "subtree" else (int(number),))
    return tuple(unit for unit in tree.access_units() if unit.id in meant and unit.is_active)


def holder_values(tree: UnitTree, holders: Sequence[str]) -> list[str]:
    """Holder names as picker values (codes instead of ids)."""
    found = []
    for holder in holders:
        kind, _, number = holder.partition(":")
        if int(number) in tree.by_id:
            found.append(f"{kind}:{tree.by_id[int(number)].code}")
    return found


def holder_labels(ctx: Context, holders: Sequence[str]) -> list[str]:
    """`昆明市局及全部下属`, `五华区局` — what a person reads."""
    tree = unit_tree(ctx.tree_version)
    labels = []
    for holder in holders:
        kind, _, number = holder.partition(":")
        unit = tree.by_id[int(number)]
        if kind == "unit":
            labels.append(unit.short_name)
        elif unit.parent_id is None:
            labels.append(ctx.gettext("全省"))
        else:
            labels.append(ctx.gettext("%(unit)s及全部下属", unit=unit.short_name))
    return labels


def people_of_receivers(tree: UnitTree, holders: Sequence[str]) -> list[tuple[int, int]]:
    """(account id, access unit id) of every active person in the receivers' units, once each.

    A person with posts in several of the units counts under the first in post order.
    Administrators take no part in business.
    """
    unit_ids = [unit.id for unit in units_of_holders(tree, holders)]
    rows: Any = (
        Post.select(Post.account, Unit.access_unit)
        .join(Unit)
        .switch(Post)
        .join(Account)
        .where(
            Unit.access_unit.in_(unit_ids)
            & Post.is_active
            & (Account.state == "active")
            & Account.administrator.is_null()
        )
        .order_by(Post.is_primary.desc(), Post.id)
        .tuples()
    )
    people: dict[int, int] = {}
    for account_id, unit_id in rows:
        people.setdefault(account_id, unit_id)
    return list(people.items())
