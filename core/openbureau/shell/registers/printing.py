"""A list for paper: the rows of a query from the first, and what was asked in words."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.addresses import list_url, narrowing, plain_address
from openbureau.kit.registers.cells import table_columns, table_rows
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.listing import asked_by, listed, total
from openbureau.kit.registers.phrases import phrases, sentence
from openbureau.kit.registers.saved_queries import arrangement_of, shown_columns
from openbureau.shell.registers.searching import unusable

ROWS_PRINTED = 1000
# So many columns fit on the paper: A4 upright, across, and what is more on A3.
UPRIGHT_COLUMNS = 6
ACROSS_COLUMNS = 12


def print_list(register: Register, request: Request) -> Any:
    """The first thousand records of a query on one page, in the columns of the list."""
    ctx = request.person
    plain = plain_address(register, request)
    asked = asked_by(ctx, register, plain)
    whole = replace(
        asked,
        at=None,
        page=1,
        size=ROWS_PRINTED,
        order=replace(asked.order, place="", is_backwards=False),
    )
    names = plain.query.getlist("columns") or arrangement_of(ctx, register).columns
    shown = shown_columns(register, names)
    told = phrases(ctx, register, asked, narrowing(register, plain))
    post = ctx.post
    return page(
        "kit/register_print.html",
        register=register,
        columns=[
            {name: value for name, value in head.items() if name != "key"}
            for head in table_columns(ctx, register, shown)
        ],
        paper=_paper(len(shown) + (register.lamp is not None)),
        rows=table_rows(ctx, register, shown, listed(ctx, register, whole).rows),
        total=total(ctx, register, whole),
        words=sentence(ctx, told),
        problems=unusable(ctx, asked),
        unit_name=unit_tree(ctx.tree_version).by_id[post.access_unit_id].name if post else "",
        person=ctx.account.name,
        printed_at=ctx.now,
        back_url=list_url(register, plain.query.multi_items()),
    )


def _paper(columns: int) -> str:
    """The paper for so many columns, laid across: A4, A3; empty for A4 upright."""
    return "A3" if columns > ACROSS_COLUMNS else "A4" if columns > UPRIGHT_COLUMNS else ""


def pages_of(register: Register) -> Sequence[Page]:
    """The page for paper."""
    return (Page(f"{register.noun}/print", partial(print_list, register), register.read),)
