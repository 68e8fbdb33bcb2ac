"""What the list's address asks for, as forms carry it from page to page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openbureau.base.context import Context
from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_
from openbureau.base.request import Address, Request
from openbureau.kit.registers.addresses import kept_address
from openbureau.kit.registers.asked import Asked
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.listing import asked_by
from openbureau.kit.registers.matching import still_matching
from openbureau.kit.registers.saved_queries import query_text

_LONGEST_ID = 10
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows of a list: `ids` of chosen ones, or all that `address` finds."""

    address: str
    is_all: bool
    ids: Sequence[int] = ()


def usable_query(ctx: Context, register: Register, text: str) -> tuple[Address, Asked]:
    """An address that a form carried and what it asks. Raises Invalid: a part of it cannot be
    used, so that more would be meant than the person believes."""
    address = kept_address(register, text)
    query = asked_by(ctx, register, address)
    for message, params in query.problems:
        raise Invalid(
            N_("条件不能用：%(why)s"),
            unaffected=N_("没有任何内容被改动。"),
            remedy=N_("请回到列表改正条件。"),
            why=ctx.gettext(message, **params),
        )
    return address, query


def chosen_rows(ctx: Context, register: Register, request: Request) -> Chosen:
    """What was chosen in the list, or sent on from there. Chosen rows that cannot be seen, and
    what is no number, are left out."""
    sent = request.form if request.form is not None else request.query
    address = (
        str(sent.get("address", "")) if request.form is not None else query_text(register, request)
    )
    if sent.get("select_all") == "1":
        return Chosen(address, is_all=True)
    # A chosen row is meant whatever the filter; only the void ones are a list of their own.
    kept = "voided=1" if kept_address(register, address).query.get("voided") == "1" else ""
    wanted = _numbers(str(text) for text in sent.getlist("record"))
    query = asked_by(ctx, register, kept_address(register, kept))
    found: set[int] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        found |= still_matching(ctx, register, query, wanted[start : start + _AT_ONCE])
    return Chosen(kept, is_all=False, ids=sorted(found))


def _numbers(texts: Iterable[str]) -> list[int]:
    numbers = {
        int(text)
        for text in texts
        if text.isascii() and text.isdecimal() and len(text) < _LONGEST_ID
    }
    return sorted(numbers)


def list_at(register: Register, address: str) -> str:
    """The list that an address asks for."""
    return f"{register.url}?{address}" if address else register.url
