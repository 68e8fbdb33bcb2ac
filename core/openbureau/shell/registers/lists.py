"""The list of a register."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.asked import asked
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.listing import listed, total


def show_list(register: Register, request: Request) -> Any:
    """One page of the records this person sees of what the address asks for."""
    ctx = request.person
    query = asked(request, register, unit_tree(ctx.tree_version), ctx.today)
    found = listed(ctx, register, query)
    return page(
        "kit/register_list.html",
        register=register,
        query=query,
        found=found,
        total=total(ctx, register, query),
    )


def pages_of(register: Register) -> Sequence[Page]:
    """The pages about the list of one register."""
    return (Page(register.noun, partial(show_list, register), register.read),)
