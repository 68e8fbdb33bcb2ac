"""What posts, roles and grants add up to: one sum for the gate, for trying a change out, and
for saying why."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from openbureau.base.context import Reach
from openbureau.kernel.units.queries import UnitTree


class Held(NamedTuple):
    """A permission that a grant brings, in a unit, with a reach."""

    permission: str
    unit_id: int
    reach: str


def added_up(
    own_units: Iterable[int], defaults: Iterable[str], held: Iterable[Held], tree: UnitTree
) -> dict[str, Reach]:
    """The reach of every permission.

    `own_units` are the access units of a person's posts: there they hold what all staff
    hold (`defaults`).
    """
    units: dict[str, set[int]] = defaultdict(set)
    everywhere: set[str] = set()
    own = set(own_units)
    for permission in defaults:
        units[permission] |= own
    for one in held:
        if one.reach == "province":
            everywhere.add(one.permission)
        else:
            units[one.permission].update(covered(one.unit_id, one.reach, tree))
    return {
        code: Reach(frozenset(units.get(code, ())), code in everywhere)
        for code in {*units, *everywhere}
        if code in everywhere or units[code]
    }


def covered(unit_id: int, reach: str, tree: UnitTree) -> tuple[int, ...]:
    """The units a grant in a unit extends to, as far as it does not extend to all."""
    return tree.subtree_ids(unit_id) if reach == "subtree" else (unit_id,)


def is_in_force(starts_on: dt.date | None, ends_on: dt.date | None, day: dt.date) -> bool:
    """Whether a day lies between two dates; both are included and either may be missing."""
    return (starts_on is None or starts_on <= day) and (ends_on is None or ends_on >= day)
