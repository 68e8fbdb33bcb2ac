"""Every record that a query finds for a person, in the order of entry: for exports and work
on many records, in constant memory and without one long read."""

from collections.abc import Iterator, Sequence
from typing import Any

from peewee import Query, fn

from openbureau.base.context import Context
from openbureau.base.database import Statement, param, statement
from openbureau.kernel.access.ranges import Scope, sight_of, visible_rows
from openbureau.kit.registers.asked import Asked, Shape
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.listing import condition_of, refuse_hidden

BATCH = 1000
# Ids looked through in one read. It grows where few match and shrinks where many do, so that
# a read is short whatever plan the database chooses.
WIDEST = 1 << 16


def matching(
    ctx: Context,
    register: Register,
    query: Asked,
    names: Sequence[str] | None = None,
    *,
    batch: int = BATCH,
) -> Iterator[list[Any]]:
    """Batches of the records a query finds, by rising id, each read on its own.

    Rows are tuples with `id unit_id` and the named columns, every one by default. A record
    is met at most once; one entered after the first batch was read is not. Raises Forbidden:
    it asks by a column that this person sees masked.
    """
    refuse_hidden(ctx, register, query)
    sight = sight_of(ctx, register.read, register.realm, query.within)
    columns = tuple(register.by_name if names is None else names)
    found = _compiled(register, query.shape, sight.scope, columns, batch)
    given = {**sight.values, **query.values}
    last = int(register.model.select(fn.MAX(register.model.id)).scalar() or 0)
    after, width = 0, batch
    while after < last:
        until = min(after + width, last)
        rows = found.rows(**given, after=after, until=until)
        if rows:
            yield rows
        is_full = len(rows) == batch
        after = rows[-1].id if is_full else until
        width = max(batch, width // 2) if is_full else min(WIDEST, 2 * width)


def matching_ids(ctx: Context, register: Register, query: Asked, most: int) -> list[int]:
    """The ids a query finds, rising; one more than `most` where there are more."""
    found: list[int] = []
    for rows in matching(ctx, register, query, ("unit",)):
        found += [row.id for row in rows]
        if len(found) > most:
            return found[: most + 1]
    return found


def still_matching(
    ctx: Context, register: Register, query: Asked, ids: Sequence[int]
) -> frozenset[int]:
    """Those of some records that a query finds now. Raises Forbidden like `matching`."""
    refuse_hidden(ctx, register, query)
    sight = sight_of(ctx, register.read, register.realm, query.within)
    model = register.model
    found = model.select(model.id).where(condition_of(register, query.shape))
    shown = visible_rows(model, sight.scope)
    found = (found if shown is None else found.where(shown)).where(model.id.in_(list(ids)))
    rows = Statement(found).rows(**sight.values, **query.values)
    return frozenset(row.id for row in rows)


def _compiled(
    register: Register, shape: Shape, scope: Scope, names: tuple[str, ...], batch: int
) -> Statement:
    # Words are part of the text of their statement, so it is not kept.
    if shape.words:
        return Statement(_batch(register, shape, scope, names, batch))
    found: Statement = _kept(register, shape, scope, names, batch)
    return found


def _batch(
    register: Register, shape: Shape, scope: Scope, names: tuple[str, ...], batch: int
) -> Query:
    model = register.model
    columns = [model.id, model.unit.alias("unit_id")]
    columns += [register.by_name[name].field for name in names if name != "unit"]
    query = model.select(*columns).where(
        (model.id > param("after")) & (model.id <= param("until")) & condition_of(register, shape)
    )
    shown = visible_rows(model, scope)
    return (query if shown is None else query.where(shown)).order_by(model.id).limit(batch)


_kept = statement(_batch)
