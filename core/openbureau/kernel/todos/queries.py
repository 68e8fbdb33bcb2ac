"""Reads of todos and notices."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, Case, Query, Value, fn

from openbureau.base.context import Context
from openbureau.base.database import param, statement, to_instant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.todos.models import Involvement, Notice, Todo
from openbureau.kernel.units.models import Unit

CORE = "core"  # its own todos are not switched off with any plugin


@statement
def _open_counts(*, is_limited: bool) -> Query:
    """Open todos by kind and plugin of the principal, and live notices of who is signed in:
    one statement."""
    mine = (Todo.account == param("principal_id")) & (Todo.state == "open")
    if is_limited:
        mine &= _of_post(param("post_id"), param("unit_id"))
    todos = (
        Todo.select(Todo.kind, Todo.plugin, fn.COUNT(Todo.id).alias("total"))
        .where(mine)
        .group_by(Todo.kind, Todo.plugin)
    )
    notices = Notice.select(Value("notice"), Value(""), fn.COUNT(Notice.id)).where(
        (Notice.account == param("account_id"))
        & Notice.dismissed_at.is_null()
        & (Notice.expires_at > param("now"))
    )
    return todos.union_all(notices)


def _of_post(post_id: Any, unit_id: Any) -> Any:
    """Todos that belong to one post: given to it, or to the person in its unit."""
    return (Todo.post == post_id) | (Todo.post.is_null() & (Todo.unit == unit_id))


def open_counts(ctx: Context) -> dict[str, int]:
    """Numbers beside the menu: `do`, `read`, `supervise`, `notice` and `<plugin>.<kind>`.

    Todos of plugins that are off for the person are not counted. While somebody stands in,
    the todos are those of the absent; the notices stay the person's own.
    """
    given: dict[str, Any] = {
        "principal_id": ctx.principal_id,
        "account_id": ctx.account.id,
        "now": to_instant(ctx.now),
    }
    if ctx.is_limited and ctx.post is not None:
        given |= {"post_id": ctx.post.id, "unit_id": ctx.post.access_unit_id}
    counts: Counter[str] = Counter()
    for kind, plugin, total in _open_counts(is_limited=ctx.is_limited).rows(**given):
        if kind == "notice":
            counts["notice"] = total
        elif plugin in ctx.plugins or plugin == CORE:
            counts[kind] += total
            counts[f"{plugin}.{kind}"] += total
    return dict(counts)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty values narrow nothing.

    `due_before` keeps what is due before a day, so also what is late.
    """

    words: str = ""
    plugin: str = ""
    due_before: dt.date | None = None


EVERYTHING = Wanted()


_TODO_COLUMNS = (
    Todo.id,
    Todo.kind,
    Todo.title,
    Todo.realm,
    Todo.record_id,
    Todo.step,
    Todo.due_on,
    Todo.arrived_at,
    Todo.done_at,
    Todo.state,
)


def todos_of(
    ctx: Context,
    kind: str,
    state: str,
    *,
    limit: int,
    offset: int = 0,
    wanted: Wanted = EVERYTHING,
) -> list[Any]:
    """A person's todos of one kind (all kinds for an empty one).

    Open ones: the nearest limit first, then the newest; done ones by the day they were done.
    Rows: id, kind, title, realm, record_id, step, due_on, arrived_at, done_at, state,
    source_unit, former_holder (who handed it over).
    """
    source, former = Unit.alias("source"), Account.alias("former")
    open_order = [Todo.due_on.is_null(), Todo.due_on, Todo.arrived_at.desc()]
    order = [Todo.done_at.desc()] if state == "done" else open_order
    return list(
        Todo.select(
            *_TODO_COLUMNS,
            source.short_name.alias("source_unit"),
            former.name.alias("former_holder"),
        )
        .join(source, JOIN.LEFT_OUTER, on=(Todo.source_unit == source.id))
        .switch(Todo)
        .join(former, JOIN.LEFT_OUTER, on=(Todo.handed_over_by == former.id))
        .where(_todos(ctx, kind, state, wanted))
        .order_by(*order, Todo.id.desc())
        .limit(limit)
        .offset(offset)
        .namedtuples()
    )


def todo_total(ctx: Context, kind: str, state: str, wanted: Wanted = EVERYTHING) -> int:
    """How many todos `todos_of` would give in all."""
    return int(Todo.select().where(_todos(ctx, kind, state, wanted)).count())


def _todos(ctx: Context, kind: str, state: str, wanted: Wanted) -> Any:
    which = (Todo.account == ctx.principal_id) & (Todo.state == state)
    if ctx.is_limited and ctx.post is not None:
        which &= _of_post(ctx.post.id, ctx.post.access_unit_id)
    if kind:
        which &= Todo.kind == kind
    if wanted.due_before is not None:
        which &= Todo.due_on < wanted.due_before
    return which & _narrowed(Todo, ctx, wanted)


def _narrowed(table: Any, ctx: Context, wanted: Wanted) -> Any:
    which = table.plugin.in_(sorted({*ctx.plugins, CORE}))
    if wanted.plugin:
        which &= table.plugin == wanted.plugin
    if wanted.words:
        which &= table.title.contains(wanted.words)
    return which


def involvements_of(
    ctx: Context, kind: str, *, limit: int, offset: int = 0, wanted: Wanted = EVERYTHING
) -> list[Any]:
    """Records a person `started` or `followed`, newest first.

    Rows: title, plugin, realm, record_id, arrived_at, source_unit.
    """
    source = Unit.alias("source")
    return list(
        Involvement.select(
            Involvement.title,
            Involvement.plugin,
            Involvement.realm,
            Involvement.record_id,
            Involvement.at.alias("arrived_at"),
            source.short_name.alias("source_unit"),
        )
        .join(source, JOIN.LEFT_OUTER, on=(Involvement.source_unit == source.id))
        .where(_involvements(ctx, kind, wanted))
        .order_by(Involvement.at.desc(), Involvement.id.desc())
        .limit(limit)
        .offset(offset)
        .namedtuples()
    )


def involvement_total(ctx: Context, kind: str, wanted: Wanted = EVERYTHING) -> int:
    """How many records `involvements_of` would give in all."""
    return int(Involvement.select().where(_involvements(ctx, kind, wanted)).count())


def _involvements(ctx: Context, kind: str, wanted: Wanted) -> Any:
    which = (Involvement.account == ctx.account.id) & (Involvement.kind == kind)
    return which & _narrowed(Involvement, ctx, wanted)


def is_followed(ctx: Context, realm: str, record_id: int) -> bool:
    """Whether the person follows this record (我关注)."""
    return bool(
        Involvement.select()
        .where(
            (Involvement.account == ctx.account.id)
            & (Involvement.kind == "followed")
            & (Involvement.realm == realm)
            & (Involvement.record_id == record_id)
        )
        .exists()
    )


def open_steps(references: Iterable[tuple[str, int]]) -> dict[tuple[str, int], list[Any]]:
    """Where records stand: by (realm, record id) rows (kind, step, total) of their open todos.

    Records nothing is open for are absent. One statement.
    """
    wanted = set(references)
    if not wanted:
        return {}
    rows = (
        Todo.select(
            Todo.realm, Todo.record_id, Todo.kind, Todo.step, fn.COUNT(Todo.id).alias("total")
        )
        .where(
            Todo.realm.in_(sorted({realm for realm, _ in wanted}))
            & Todo.record_id.in_(sorted({record_id for _, record_id in wanted}))
            & (Todo.state == "open")
        )
        .group_by(Todo.realm, Todo.record_id, Todo.kind, Todo.step)
        .order_by(Todo.kind, Todo.step)
        .namedtuples()
    )
    found: dict[tuple[str, int], list[Any]] = {}
    for row in rows:
        if (row.realm, row.record_id) in wanted:
            found.setdefault((row.realm, row.record_id), []).append(row)
    return found


def is_unread(account_id: Any, realm: str, record_id: Any) -> Any:
    """A column for lists: whether the person still has to read the record."""
    return fn.EXISTS(
        Todo.select(Todo.id).where(
            (Todo.realm == realm)
            & (Todo.record_id == record_id)
            & (Todo.kind == "read")
            & (Todo.account == account_id)
            & (Todo.state == "open")
        )
    )


def reading_by_unit(realm: str, record_id: int) -> list[Any]:
    """Rows (unit_id, total, done) of a record's read todos per unit."""
    done = Case(None, [(Todo.state == "done", 1)], 0)
    return list(
        Todo.select(
            Todo.unit.alias("unit_id"),
            fn.COUNT(Todo.id).alias("total"),
            fn.SUM(done).alias("done"),
        )
        .where((Todo.realm == realm) & (Todo.record_id == record_id) & (Todo.kind == "read"))
        .group_by(Todo.unit)
        .namedtuples()
    )


def reading_totals(realm: str, record_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """(receivers, readers) by record."""
    done = Case(None, [(Todo.state == "done", 1)], 0)
    rows: Any = (
        Todo.select(Todo.record_id, fn.COUNT(Todo.id), fn.SUM(done))
        .where((Todo.realm == realm) & Todo.record_id.in_(list(record_ids)) & (Todo.kind == "read"))
        .group_by(Todo.record_id)
        .tuples()
    )
    return {record_id: (total, read) for record_id, total, read in rows}


def reading_by_person(realm: str, record_id: int, unit_id: int) -> list[Any]:
    """Rows (name, title, done_at) of a record's readers in one unit, in official order."""
    return list(
        Todo.select(Account.name, fn.MIN(Post.title).alias("title"), Todo.done_at)
        .join(Account)
        .join(Post, JOIN.LEFT_OUTER, on=((Post.account == Account.id) & Post.is_active))
        .where(
            (Todo.realm == realm)
            & (Todo.record_id == record_id)
            & (Todo.kind == "read")
            & (Todo.unit == unit_id)
        )
        .group_by(Account.id, Account.name, Account.pinyin, Todo.done_at)
        .order_by(fn.MIN(Post.rank), Account.pinyin)
        .namedtuples()
    )


def live_notices(account_id: int, now: dt.datetime, limit: int = 50) -> list[Notice]:
    """Notices that are neither dismissed nor expired, newest first."""
    return list(
        Notice.select()
        .where(
            (Notice.account == account_id)
            & Notice.dismissed_at.is_null()
            & (Notice.expires_at > now)
        )
        .order_by(Notice.at.desc())
        .limit(limit)
    )
