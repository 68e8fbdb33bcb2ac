"""Rows and totals of a register: what a person sees of what they asked for."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Literal

from peewee import SQL, Expression, NodeList, Query

from openbureau.base.context import Context
from openbureau.base.database import Statement, is_postgresql, param, statement
from openbureau.base.errors import Forbidden
from openbureau.base.i18n import N_
from openbureau.base.request import Address
from openbureau.kernel.access.ranges import (
    Order,
    Scope,
    Sight,
    sight_of,
    visible_page,
    visible_place,
    visible_total,
)
from openbureau.kernel.search.queries import records_with
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.asked import Asked, Comparison, Shape, asked, stored
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.masking import hidden_columns


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a register in the order asked for, and whether there is more on each side.

    Rows are tuples with every column of the register and `id uid unit_id version voided_at`.
    `skipped` is how many rows stand before the first.
    """

    rows: Sequence[Any]
    has_earlier: bool
    has_later: bool
    skipped: int


def asked_by(ctx: Context, register: Register, address: Address) -> Asked:
    """What this person asks of a register with an address: that of the request, or one that
    was kept. By columns they see masked nothing is asked."""
    tree, hidden = unit_tree(ctx.tree_version), hidden_columns(ctx, register)
    return asked(address, register, tree, ctx.today, hidden)


def listed(ctx: Context, register: Register, query: Asked) -> Listed:
    """The page of a query that its address names; beyond the end it has no rows. Raises Forbidden:
    it asks by a column that this person sees masked."""
    refuse_hidden(ctx, register, query)
    sight = sight_of(ctx, register.read, register.realm, query.within)
    order, at = query.order, query.at
    skipped = (query.page - 1) * query.size
    if at is None and skipped:
        order, at = _jumped(register, sight, query, skipped)
        if at is None:
            return Listed((), has_earlier=True, has_later=False, skipped=skipped)
    build = _compiled(_page, register, query.shape, sight.scope, order, query.size + 1)
    found = build.rows(**sight.values, **query.values, **_at(at))
    rows = found[: query.size]
    has_more = len(found) > query.size
    if order.is_backwards:
        rows.reverse()
        return Listed(rows, has_more, has_later=True, skipped=skipped)
    return Listed(rows, at is not None, has_more, skipped if at is not None else 0)


def total(ctx: Context, register: Register, query: Asked) -> int:
    """How many records the query finds: exact. Raises Forbidden as `listed`."""
    refuse_hidden(ctx, register, query)
    sight = sight_of(ctx, register.read, register.realm, query.within)
    build = _compiled(_count, register, query.shape, sight.scope)
    return int(build.value(**sight.values, **query.values) or 0)


def neighbours(
    ctx: Context, register: Register, query: Asked, row: Any
) -> tuple[int | None, int | None]:
    """The records before and after one in the order of a query; None at its ends. Raises
    Forbidden as `listed`."""
    refuse_hidden(ctx, register, query)
    sight = sight_of(ctx, register.read, register.realm, query.within)
    column = query.order.column
    key = stored(row.id if column == "id" else getattr(row, column))
    found: list[int | None] = []
    for is_backwards in (True, False):
        place: Literal["value", "none"] = "none" if key is None else "value"
        order = replace(query.order, place=place, is_backwards=is_backwards)
        build = _compiled(_page, register, query.shape, sight.scope, order, 1)
        beside = build.row(**sight.values, **query.values, at_key=key, at_id=row.id)
        found.append(beside.id if beside else None)
    return found[0], found[1]


def refuse_hidden(ctx: Context, register: Register, query: Asked) -> None:
    """Raises Forbidden: a query asks by a column that this person sees masked."""
    tests = (*query.shape.filters, *query.shape.conditions)
    if not hidden_columns(ctx, register).isdisjoint(
        {query.order.column, *(test.column for test in tests)}
    ):
        raise Forbidden(N_("您看不到这一栏的内容，不能按它查询。"))


def _at(at: tuple[Any, int] | None) -> Mapping[str, Any]:
    return {} if at is None else {"at_key": at[0], "at_id": at[1]}


def _jumped(
    register: Register, sight: Sight, query: Asked, skipped: int
) -> tuple[Order, tuple[Any, int] | None]:
    """The place behind which a page begins that was named by its number; None: behind the
    last row."""
    order = replace(query.order, is_backwards=False, place="")
    given = {**sight.values, **query.values}
    spots: list[bool] = [True]
    if order.column != "id" and register.by_name[order.column].field.null:
        spots.append(False)
    left = skipped
    for has_value in spots:
        place = _compiled(_spot, register, query.shape, sight.scope, order, has_value)
        row = place.row(**given, skipped=left - 1)
        if row is not None:
            return replace(order, place="value" if has_value else "none"), (row[0], row[1])
        if has_value and len(spots) > 1:
            valued = _compiled(_valued, register, query.shape, sight.scope, order.column)
            left -= int(valued.value(**given) or 0)
    return order, None


def _compiled(
    build: Callable[..., Query], register: Register, shape: Shape, *form: Any
) -> Statement:
    """The statement of a form. Words are part of the text of theirs, so it is not kept."""
    if shape.words:
        return Statement(build(register, shape, *form))
    return _KEPT[build](register, shape, *form)


def _page(register: Register, shape: Shape, scope: Scope, order: Order, limit: int) -> Query:
    model = register.model
    if shape.words:
        # What the index of words finds is few; it is looked up once, not for every range.
        scope = replace(scope, is_wide=not scope.is_everywhere, units=0)
    ids = visible_page(model, scope, order, condition_of(register, shape), limit).alias("chosen")
    key = ids.c.key.desc() if order.is_falling else ids.c.key.asc()
    by_id = ids.c.id.desc() if order.is_falling else ids.c.id.asc()
    columns = [model.id, model.uid, model.unit.alias("unit_id"), model.version, model.voided_at]
    columns += [column.field for column in register.columns if column.name != "unit"]
    return (
        model.select(*columns).join(ids, on=(model.id == ids.c.id)).order_by(ids.c.rank, key, by_id)
    )


def _count(register: Register, shape: Shape, scope: Scope) -> Query:
    return visible_total(register.model, scope, condition_of(register, shape))


def _valued(register: Register, shape: Shape, scope: Scope, column: str) -> Query:
    has_value = getattr(register.model, column).is_null(is_null=False)
    return visible_total(register.model, scope, condition_of(register, shape) & has_value)


def _spot(
    register: Register,
    shape: Shape,
    scope: Scope,
    order: Order,
    has_value: bool,  # noqa: FBT001 - part of the form by which statements are kept
) -> Any:
    condition = condition_of(register, shape)
    return visible_place(register.model, scope, order, condition, has_value=has_value)


_KEPT = {build: statement(build) for build in (_page, _count, _valued, _spot)}


def condition_of(register: Register, shape: Shape) -> Expression:
    """The condition of a query on the register's table, with parameters for its values."""
    voided = register.model.voided_at
    found = voided.is_null(not shape.is_voided)
    for number, test in enumerate(shape.filters):
        found &= _tested(register, test, f"f{number}")
    several = [_tested(register, test, f"c{n}") for n, test in enumerate(shape.conditions)]
    if several:
        found &= reduce(operator.or_ if shape.joiner == "or" else operator.and_, several)
    if shape.words:
        found &= register.model.id.in_(records_with(register.realm, shape.words))
    return found


def _tested(register: Register, test: Comparison, name: str) -> Any:
    column = register.by_name[test.column].field
    value = param(name)
    if test.op == "empty":
        is_text = register.kinds[test.column].empty == ""
        return column.is_null() | (column == "") if is_text else column.is_null()
    if test.op == "has":
        like = SQL("ILIKE" if is_postgresql() else "LIKE")
        return NodeList((column, like, value, SQL("ESCAPE '\\'")), parens=True)
    if test.op == "not":
        return (column != value) | column.is_null() if column.null else column != value
    if test.op == "within":
        return (column >= value) & (column <= param(f"{name}_last"))
    compared: dict[str, Callable[[Any, Any], Any]] = {
        "is": operator.eq,
        "from": operator.ge,
        "to": operator.le,
    }
    return compared[test.op](column, value)
