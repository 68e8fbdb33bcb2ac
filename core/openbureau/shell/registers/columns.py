"""Which columns a list shows, in which order: for once, or remembered."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from starlette.datastructures import QueryParams

from openbureau.base.declarations import Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Address, Request
from openbureau.kit.registers.addresses import Pairs, list_url, plain_address
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.saved_queries import arrangement_of, keep_columns, shown_columns


def arrange_columns(register: Register, request: Request) -> Any:
    """The columns in their order; each step is an address of this page."""
    ctx = request.person
    rest, names = _given(register, request)
    kept = arrangement_of(ctx, register).columns
    shown = [column.name for column in shown_columns(register, names or kept)]
    main = register.title[0]

    def url(changed: Sequence[str]) -> str:
        pairs = [*rest, *(("columns", name) for name in changed)]
        return list_url(register, pairs).replace(register.url, f"{register.url}/columns", 1)

    lines = []
    for place, name in enumerate(shown):
        others = shown[:place] + shown[place + 1 :]
        lines.append(
            {
                "id": name,
                "label": ctx.gettext(register.by_name[name].label),
                "up": url(_moved(others, name, place - 1)) if place else "",
                "down": url(_moved(others, name, place + 1)) if place < len(others) else "",
                "without": url(others) if name != main else "",
            }
        )
    more = [column for column in register.columns if column.name not in shown]
    return page(
        "kit/register_columns.html",
        fragment="columns",
        register=register,
        lines=lines,
        others=[
            {"id": each.name, "label": ctx.gettext(each.label), "url": url([*shown, each.name])}
            for each in more
        ],
        names=shown,
        rest=rest,
        once_url=list_url(register, [*rest, *(("columns", name) for name in shown)]),
        back_url=list_url(register, rest),
        is_kept=bool(kept),
    )


def _moved(others: Sequence[str], name: str, place: int) -> list[str]:
    return [*others[:place], name, *others[place:]]


def remember_columns(register: Register, request: Request) -> Any:
    """Keeps the columns for this person, or with none of them those of the register."""
    pairs = [
        (name, value)
        for name, value in (request.form.multi_items() if request.form is not None else ())
        if isinstance(value, str)
    ]
    rest, names = _given(register, Address(register.url, QueryParams(pairs)))
    keep_columns(request.person, register, names)
    notice = N_("已记住显示的列。") if names else N_("已恢复默认的列。")
    return redirect(list_url(register, rest), notice)


def _given(register: Register, address: Address) -> tuple[Pairs, list[str]]:
    """The list's address without its columns, and the columns."""
    pairs = plain_address(register, address).query.multi_items()
    rest = [pair for pair in pairs if pair[0] != "columns"]
    return rest, [value for name, value in pairs if name == "columns"]


def pages_of(register: Register) -> Sequence[Page]:
    """The page about the columns of the list."""
    path, read = f"{register.noun}/columns", register.read
    return (
        Page(path, partial(arrange_columns, register), read),
        Page(
            path,
            partial(remember_columns, register),
            read,
            methods=("POST",),
            is_reading=True,
        ),
    )
