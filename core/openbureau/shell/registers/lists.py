"""The list of a register: what is asked, one page of it, and how many there are."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from openbureau.base.declarations import Page
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.paging import Paging
from openbureau.kit.registers.asked import Asked, asked, position
from openbureau.kit.registers.bulk.actions import offered_actions
from openbureau.kit.registers.cells import table_columns, table_rows
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.kinds import Choice, Day, YesNo
from openbureau.kit.registers.listing import Listed, listed, total
from openbureau.shell.registers.asking import address_of

_PLACE = frozenset({"page", "before", "after", "size", "counted"})
_OWN = frozenset({"q", "add", "remove", "columns"})


def show_list(register: Register, request: Request) -> Any:
    """One page of the records this person sees of what the address asks for. The exact
    number of what declared filters find comes with it; that of a free query by itself."""
    ctx = request.person
    query = asked(request, register, unit_tree(ctx.tree_version), ctx.today)
    began = time.perf_counter()
    is_counted = query.shape.is_declared or request.query.get("counted") == "1"
    count = total(ctx, register, query) if is_counted else None
    found = listed(ctx, register, query)
    elapsed_s = time.perf_counter() - began
    shown = shown_columns(register, request)
    return page(
        "kit/register_list.html",
        fragment="rows",
        register=register,
        columns=table_columns(ctx, register, shown),
        column_options=[
            (column.name, ctx.gettext(column.label), column in shown) for column in register.columns
        ],
        rows=table_rows(ctx, register, shown, found.rows),
        paging=_paging(register, request, query, found, count),
        has_later=found.has_later,
        is_counted=is_counted,
        elapsed_s=elapsed_s,
        sorting=query.sorting,
        query=query,
        problems=[ctx.gettext(message, **params) for message, params in query.problems],
        filters=filters(register, request, query),
        fields=[(column.name, ctx.gettext(column.label)) for column in register.columns],
        is_advanced=bool(query.shape.conditions) or "add" in request.query or is_opened(request),
        kept=[pair for pair in _kept(request) if pair[0] not in _OWN],
        words_hint=ctx.gettext("、").join(
            ctx.gettext(register.by_name[name].label) for name in (*register.title, *register.words)
        ),
        may_write=ctx.may(register.write),
        actions=[
            (action.code, ctx.gettext(action.label)) for action in offered_actions(ctx, register)
        ],
        address=address_of(request),
        chosen_from=parse_qsl(address_of(request), keep_blank_values=True),
        is_narrowed=bool(_kept(request)),
        total_url=f"{register.url}/total?{urlencode(_kept(request))}",
        counted_url=f"{register.url}?{urlencode([*_kept(request), ('counted', '1')])}",
    )


def show_total(register: Register, request: Request) -> Any:
    """How many records a free query finds, for its place in the list."""
    ctx = request.person
    query = asked(request, register, unit_tree(ctx.tree_version), ctx.today)
    return page(
        "kit/register_total.html",
        fragment="total",
        register=register,
        total=total(ctx, register, query),
    )


def is_opened(request: Request) -> bool:
    """Whether the rows of the advanced query are asked for."""
    return request.query.get("advanced") == "1"


def shown_columns(register: Register, request: Request) -> list[Column]:
    """The columns chosen in the address, or those listed by default; the title always."""
    chosen = set(request.query.getlist("columns")) & set(register.by_name)
    return [
        column
        for column in register.columns
        if column.name == register.title[0]
        or (column.name in chosen if chosen else column.is_listed)
    ]


def filters(register: Register, request: Request, query: Asked) -> list[dict[str, Any]]:
    """The drop-downs above the list: choices, spans of days, units of the person's reach."""
    ctx = request.person
    say = ctx.gettext
    found = []
    for name in register.filters:
        column, kind = register.by_name[name], register.kinds[name]
        options = [("", say("全部"))]
        if isinstance(kind, Choice):
            options += [(str(value), say(label)) for value, label in kind.labels.items()]
        elif isinstance(kind, YesNo):
            options += [("1", say("是")), ("0", say("否"))]
        elif isinstance(kind, Day):
            options += _spans(request)
        value = query.filtered[name]
        if value and value not in dict(options):
            options.append((value, value))
        found.append({"name": name, "label": say(column.label), "value": value, "options": options})
    return found


def _spans(request: Request) -> list[tuple[str, str]]:
    """Spans of days that people ask for: what is past, and what is near."""
    ctx = request.person
    say, today = ctx.gettext, ctx.today
    soon = [(days, today.fromordinal(today.toordinal() + days)) for days in (30, 90)]
    yesterday = today.fromordinal(today.toordinal() - 1)
    return [
        (f"..{yesterday}", say("已过")),
        *((f"{today}..{last}", say("%(days)s 天内", days=days)) for days, last in soon),
    ]


def _kept(request: Request) -> list[tuple[str, str]]:
    return [pair for pair in request.query.multi_items() if pair[0] not in _PLACE]


def _paging(
    register: Register, request: Request, query: Asked, found: Listed, count: int | None
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
        request.path,
        _kept(request),
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
