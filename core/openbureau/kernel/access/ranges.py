"""Pages of the records a person may see: index ranges merged, as quick at a million rows as
at ten.

The records of each unit in reach and of each name under which the person takes part are one
range; each gives at most a page in the order of the list. Where the reach is wide, walking
the list's own order finds a page sooner than so many ranges.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from peewee import SQL, Expression, Query, fn

from openbureau.base.context import NOWHERE, Context
from openbureau.base.database import is_postgresql, param
from openbureau.kernel.access.models import Participant

RANGES_MERGED = 30


@dataclass(frozen=True, slots=True)
class Scope:
    """The form of a person's visibility, without its values: equal for many people, so that
    their statements are compiled once. `units` are merged ranges; none where `is_wide`.
    `is_narrowed`: only records of given units are asked for.
    """

    units: int = 0
    holders: int = 0
    is_wide: bool = False
    is_everywhere: bool = False
    is_narrowed: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """By which column a list is ordered and where a page of it begins.

    Records without a value come last, whatever the direction. `place` is the position's:
    "" for the beginning, else whether it lies among those with a `value` or with `none`.
    `is_backwards` reads the rows before the position, the nearest first.
    """

    column: str = "id"
    is_down: bool = True
    place: Literal["", "value", "none"] = ""
    is_backwards: bool = False

    @property
    def is_falling(self) -> bool:
        """Whether the rows come in falling order."""
        return self.is_down != self.is_backwards


@dataclass(frozen=True, slots=True)
class Sight:
    """What one person sees of a realm: the form and its values."""

    scope: Scope
    values: Mapping[str, Any]


def sight_of(
    ctx: Context, permission: str, realm: str, within: frozenset[int] | None = None
) -> Sight:
    """What this person sees through `permission`, or of it what belongs to the access units
    `within`."""
    reach = ctx.reach.get(permission, NOWHERE)
    if reach.is_everywhere and within is None:
        return Sight(Scope(is_everywhere=True), {})
    units = within if reach.is_everywhere and within is not None else reach.units
    if within is not None:
        units &= within
    # Whoever sees everything takes part in nothing they would not see anyway.
    holders = () if reach.is_everywhere else ctx.holders
    # Of no range at all nothing could be merged; of no unit nothing is found.
    is_wide = len(units) > RANGES_MERGED or not (units or holders)
    is_narrowed = within is not None and bool(holders)
    scope = Scope(
        units=0 if is_wide else len(units),
        holders=len(holders),
        is_wide=is_wide,
        is_narrowed=is_narrowed,
    )
    values: dict[str, Any] = {"realm": realm, "units": id_list(units)}
    values |= {f"holder_{n}": name for n, name in enumerate(holders)}
    values |= {f"unit_{n}": unit_id for n, unit_id in enumerate(sorted(units)) if not is_wide}
    if is_narrowed:
        values["within"] = id_list(within or frozenset())
    return Sight(scope, values)


def id_list(ids: Collection[int]) -> Any:
    """Any number of ids as one value of a statement."""
    return sorted(ids) if is_postgresql() else f"[{','.join(map(str, sorted(ids)))}]"


def visible_page(
    model: Any, scope: Scope, order: Order, condition: Expression | None, limit: int
) -> Any:
    """The ids of one page of what a scope shows: `rank`, `key` and `id`, in order, to be
    joined with the table. Values: those of the sight, and with a place `at_key` and `at_id`.
    """
    merged: Any = None
    for number, part in enumerate(_parts(model, scope, order, condition, limit)):
        ranged = part.limit(limit).alias(f"range_{number}")
        chosen = ranged.select_from(ranged.c.rank, ranged.c.key, ranged.c.id)
        merged = chosen if merged is None else merged.union_all(chosen)
    found = merged.alias("found")
    keys = (found.c.key, found.c.id)
    # A record of a unit in reach in which the person also takes part comes from two ranges.
    return (
        found.select_from(found.c.rank, found.c.key, found.c.id)
        .distinct()
        .order_by(found.c.rank, *(_directed(key, order) for key in keys))
        .limit(limit)
    )


def visible_place(
    model: Any, scope: Scope, order: Order, condition: Expression | None, *, has_value: bool
) -> Any:
    """`key` and `id` of the row that `skipped` others precede, among those with or without a
    value; for jumping to a page. Values: those of the sight, and `skipped`."""
    column = getattr(model, order.column)
    query = model.select(column.alias("key"), model.id)
    if column.null:
        query = query.where(column.is_null(not has_value))
    directed = [_directed(part, order) for part in dict.fromkeys((column, model.id))]
    found = _where(query, visible_rows(model, scope), condition).order_by(*directed)
    return found.limit(1).offset(param("skipped"))


def visible_total(model: Any, scope: Scope, condition: Expression | None) -> Query:
    """How many rows a scope shows under a condition: exact. Values: those of the sight."""
    count = fn.COUNT(model.id)
    if scope.is_everywhere:
        return _where(model.select(count), condition)
    own = _in(model, "units")
    if not scope.holders:
        return _where(model.select(count), own, condition)
    others = _within(model, scope, model.id.in_(_taking_part(scope)) & ~own)
    parts = [_where(model.select(count.alias("total")), more, condition) for more in (own, others)]
    summed = parts[0].union_all(parts[1]).alias("summed")
    return summed.select_from(fn.SUM(summed.c.total))


def visible_rows(model: Any, scope: Scope) -> Expression | None:
    """The condition of a scope on rows of `model`; None where everything is seen."""
    if scope.is_everywhere:
        return None
    shown = _in(model, "units")
    if not scope.holders:
        return shown
    return shown | _within(model, scope, model.id.in_(_taking_part(scope)))


def _parts(
    model: Any, scope: Scope, order: Order, condition: Expression | None, limit: int
) -> Iterator[Any]:
    column = getattr(model, order.column)
    groups = [True, False] if column.null else [True]
    if order.is_backwards:
        groups.reverse()
    if order.place:
        groups = groups[groups.index(order.place == "value") :]
    for rank, has_value in enumerate(groups):
        where = [condition]
        if column.null:
            where.append(column.is_null(not has_value))
        if order.place and rank == 0:
            where.append(_behind(model, order, has_value=has_value))
        for query, key in _ranges(model, scope, is_by_id=column is model.id):
            by = key if column is model.id else column
            directed = [_directed(part, order) for part in dict.fromkeys((by, key))]
            chosen = query.select(SQL(str(rank)).alias("rank"), by.alias("key"), key.alias("id"))
            # Somebody may take part in a record in several ways.
            found = chosen if key is model.id else chosen.distinct()
            yield _where(found, *where).order_by(*directed).limit(limit)


def _ranges(model: Any, scope: Scope, *, is_by_id: bool) -> Iterator[tuple[Any, Any]]:
    """Queries that together hold what a scope shows, each with the column of its keys."""
    if scope.is_everywhere:
        yield model.select(), model.id
        return
    if scope.is_wide:
        shown = _in(model, "units")
        if scope.holders:
            shown |= _within(model, scope, _is_participant(model, scope))
        yield model.select().where(shown), model.id
        return
    for number in range(scope.units):
        yield model.select().where(model.unit == param(f"unit_{number}")), model.id
    taking_part = model.select().join(Participant, on=(Participant.record_id == model.id))
    # Of one name the records come in the order of their ids; in any other order all are read.
    apart = [_holds_as(number) for number in range(scope.holders)]
    for holds in apart if is_by_id or not apart else [_holds(scope)]:
        yield taking_part.where(_within(model, scope, holds)), Participant.record_id


def _holds_as(number: int) -> Any:
    return (Participant.holder == param(f"holder_{number}")) & (Participant.realm == param("realm"))


def _within(model: Any, scope: Scope, condition: Any) -> Any:
    return condition & _in(model, "within") if scope.is_narrowed else condition


def _behind(model: Any, order: Order, *, has_value: bool) -> Expression:
    """The condition that a row comes after the position, in the order of reading."""
    column, key, at, row_id = (
        getattr(model, order.column),
        model.id,
        param("at_key"),
        param("at_id"),
    )
    is_falling = order.is_falling
    passed = key < row_id if is_falling else key > row_id
    if column is key or not has_value:
        return passed
    # The first is implied by the second, but it is what lets an index begin at the place.
    reached = column <= at if is_falling else column >= at
    beyond = column < at if is_falling else column > at
    return reached & (beyond | ((column == at) & passed))


def _directed(key: Any, order: Order) -> Any:
    return key.desc() if order.is_falling else key.asc()


def _where(query: Any, *conditions: Expression | None) -> Any:
    for condition in conditions:
        if condition is not None:
            query = query.where(condition)
    return query


def _in(model: Any, units: str) -> Expression:
    """Whether a row belongs to the units in a parameter."""
    return among(model.unit, units)


def among(column: Any, name: str) -> Expression:
    """Whether a column holds one of the ids in the parameter `name`; its value is made by
    `id_list`."""
    if is_postgresql():
        return Expression(column, "=", fn.ANY(param(name)))
    return Expression(column, "IN", SQL("(SELECT value FROM json_each(?))", [param(name).value]))


def _holds(scope: Scope) -> Any:
    holders = [param(f"holder_{number}") for number in range(scope.holders)]
    return Participant.holder.in_(holders) & (Participant.realm == param("realm"))


def _taking_part(scope: Scope) -> Query:
    return Participant.select(Participant.record_id).where(_holds(scope))


def _is_participant(model: Any, scope: Scope) -> Any:
    return fn.EXISTS(
        Participant.select(Participant.id).where(
            _holds(scope) & (Participant.record_id == model.id)
        )
    )
