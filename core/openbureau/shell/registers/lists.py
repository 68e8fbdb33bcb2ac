"""The list of a register: what is asked, one page of it, and how many there are."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from openbureau.base.context import Context
from openbureau.base.declarations import Page
from openbureau.base.pages import page
from openbureau.base.request import Address, Request
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.paging import Paging
from openbureau.kit.registers.addresses import (
    PLACE,
    Pairs,
    arranging,
    list_url,
    narrowing,
    plain_address,
)
from openbureau.kit.registers.asked import Asked, askable, position
from openbureau.kit.registers.bulk.actions import offered_actions
from openbureau.kit.registers.cells import table_columns, table_rows
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.kinds import UnitChoice
from openbureau.kit.registers.listing import Listed, asked_by, listed, total
from openbureau.kit.registers.masking import hidden_columns
from openbureau.kit.registers.phrases import phrases
from openbureau.kit.registers.saved_queries import (
    Arrangement,
    arrangement_of,
    query_text,
    shown_columns,
)
from openbureau.shell.registers import searching

# The form's own fields: what else an address says is sent along hidden.
_TYPED = frozenset({"q", "unit", "field", "op", "value", "joiner"})


def show_list(register: Register, request: Request) -> Any:
    """One page of the records this person sees of what the address asks for. The exact
    number of what declared filters find comes with it; that of a free query by itself."""
    ctx = request.person
    given = searching.renewed(ctx, register, request)
    plain = plain_address(register, given)
    if request.is_part:
        shown_at = list_url(register, plain.query.multi_items())
        request.response_headers.append((b"hx-push-url", shown_at.encode()))
    query = asked_by(ctx, register, plain)
    arranged = arrangement_of(ctx, register)
    names = plain.query.getlist("columns")
    shown = shown_columns(register, names or arranged.columns)
    return page(
        "kit/register_list.html",
        fragment="rows",
        register=register,
        query=query,
        sorting=query.sorting,
        may_write=ctx.may(register.write) and register.slug in ctx.writable,
        shut_plugin=_shut_plugin(register, request),
        actions=[
            (action.code, ctx.gettext(action.label)) for action in offered_actions(ctx, register)
        ],
        columns=table_columns(ctx, register, shown),
        **_rows(ctx, register, plain, query, shown),
        **_search(ctx, register, given, plain, query),
        **_arranged(ctx, register, plain, arranged, shown),
    )


def _shut_plugin(register: Register, request: Request) -> str:
    """The plugin's name where whoever may write elsewhere can only look; otherwise ""."""
    ctx = request.person
    if register.slug in ctx.writable or not ctx.may(register.write):
        return ""
    return request.app.plugins.records[register.slug].label(ctx.language)


def _rows(
    ctx: Context, register: Register, plain: Address, query: Asked, shown: Sequence[Column]
) -> dict[str, Any]:
    """One page of rows, how many there are and the ways to the other pages."""
    began = time.perf_counter()
    is_counted = query.shape.is_declared or plain.query.get("counted") == "1"
    count = total(ctx, register, query) if is_counted else None
    query, found = _found(ctx, register, query, count)
    elapsed_s = time.perf_counter() - began
    pairs = [pair for pair in plain.query.multi_items() if pair[0] not in PLACE]
    return {
        "rows": table_rows(ctx, register, shown, found.rows),
        "paging": _paging(register, pairs, query, found, count),
        "has_later": found.has_later,
        "is_counted": is_counted,
        "elapsed_s": elapsed_s,
        "total_url": f"{register.url}/total?{urlencode(pairs)}",
        "counted_url": list_url(register, [*pairs, ("counted", "1")]),
    }


def _found(
    ctx: Context, register: Register, query: Asked, count: int | None
) -> tuple[Asked, Listed]:
    """The page asked for; of a counted list the last one where that is beyond its end."""
    if count is None:
        return query, listed(ctx, register, query)
    last = max(1, -(-count // query.size))
    order = replace(query.order, place="", is_backwards=False)
    final = replace(query, at=None, order=order, page=last)
    query = final if query.page > last else query
    found = listed(ctx, register, query)
    if count and not found.rows:
        query, found = final, listed(ctx, register, final)
    return query, found


def _search(
    ctx: Context, register: Register, given: Address, plain: Address, query: Asked
) -> dict[str, Any]:
    """The forms above the rows, and what was asked in words."""
    rows = searching.condition_rows(register, given)
    pairs, more = narrowing(register, plain), arranging(register, plain)
    used = [("query", uid)] if (uid := plain.query.get("query", "")) else []
    is_open = bool(query.conditions.stated) or bool({"add", "remove", "advanced"} & {*given.query})
    kept = [pair for pair in [*pairs, *more, *used] if pair[0] not in _TYPED]
    say, hidden = ctx.gettext, hidden_columns(ctx, register)
    return {
        "problems": searching.problems(ctx, register, given, query),
        "filters": searching.filters(ctx, register, query),
        "fields": [
            (name, say(register.by_name[name].label))
            for name in askable(register)
            if name not in hidden
        ],
        "conditions": rows,
        "offers": searching.offers(ctx, register, plain, rows, query) if is_open else [],
        "units": unit_tree(ctx.tree_version).access_units()
        if any(isinstance(register.kinds[row.field], UnitChoice) for row in rows.rows)
        else (),
        "is_advanced": is_open,
        "advanced_url": list_url(register, [*pairs, *more, *used, ("advanced", "1")]),
        "kept": [pair for pair in kept if pair[0] not in register.filters],
        "words_hint": say("、").join(
            say(register.by_name[name].label) for name in (*register.title, *register.words)
        ),
        "is_narrowed": bool(pairs),
        "asked": searching.chips(
            ctx, register, phrases(ctx, register, query, pairs), [*more, *used]
        ),
        "reset_url": list_url(register, more),
    }


def _arranged(
    ctx: Context, register: Register, plain: Address, mine: Arrangement, shown: Sequence[Column]
) -> dict[str, Any]:
    """The queries and columns of this person's own."""
    say = ctx.gettext
    current = mine.query(plain.query.get("query", ""))
    text = query_text(register, plain)

    def entries(*, is_own: bool) -> list[tuple[str, str, bool, str]]:
        return [
            (kept.name, kept.url(register), kept == current, "" if is_own else kept.author)
            for kept in mine.queries
            if kept.is_own == is_own
        ]

    groups = [(say("我的方案"), entries(is_own=True)), (say("共享给我的"), entries(is_own=False))]
    names = [column.name for column in shown]
    others = [column for column in register.columns if column.name not in names]
    chosen = plain.query.getlist("columns")
    pairs = [*narrowing(register, plain), *arranging(register, plain)]
    return {
        "query_groups": [group for group in groups if group[1]],
        "current": current,
        "is_changed": current is not None and current.address != text,
        "query_text": text,
        "export_url": f"{register.url}/export{'?' if pairs else ''}{urlencode(pairs)}",
        "chosen_from": pairs,
        "print_url": f"{register.url}/print{'?' if text else ''}{text}",
        "column_options": [
            (column.name, say(column.label), column.name in names) for column in (*shown, *others)
        ],
        "column_names": names,
        "may_keep_columns": bool(chosen) and names != list(mine.columns),
        "back_pairs": [pair for pair in plain.query.multi_items() if pair[0] != "columns"],
    }


def show_total(register: Register, request: Request) -> Any:
    """How many records a free query finds, for its place in the list."""
    ctx = request.person
    query = asked_by(ctx, register, plain_address(register, request))
    return page(
        "kit/register_total.html",
        fragment="total",
        register=register,
        total=total(ctx, register, query),
    )


def _paging(
    register: Register, pairs: Pairs, query: Asked, found: Listed, count: int | None
) -> Paging:
    kind = register.kinds.get(query.order.column)
    rows = found.rows
    ends = [
        position(kind, getattr(row, query.order.column), row.id)
        for row in ((rows[0], rows[-1]) if rows else ())
    ]
    # Without a number a further page is known of only where there is one.
    known = query.page * query.size + (1 if found.has_later else 0)
    return Paging(
        known if count is None else count,
        query.page,
        query.size,
        register.url,
        pairs,
        before=ends[0] if ends else "",
        after=ends[-1] if ends else "",
    )


def pages_of(register: Register) -> Sequence[Page]:
    """The pages about the list of one register."""
    noun, read = register.noun, register.read
    return (
        Page(noun, partial(show_list, register), read, stamps=(register.realm,)),
        Page(f"{noun}/total", partial(show_total, register), read),
    )
