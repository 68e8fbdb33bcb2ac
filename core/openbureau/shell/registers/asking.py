"""What the list's address asks for, as forms carry it from page to page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from openbureau.base.context import Context
from openbureau.base.request import Address, Request
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.asked import Asked, asked
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.matching import still_matching

# Words of an address that say where in the list one is, or what was chosen in it.
PLACE = frozenset({"page", "before", "after", "size", "counted"})
_CHOICE = frozenset({"add", "remove", "record", "select_all", "act", "layout", "advanced"})
_LONGEST_ID = 10
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows of a list: `ids` of chosen ones, or all that `address` finds."""

    address: str
    is_all: bool
    ids: Sequence[int] = ()


def address_of(request: Address) -> str:
    """What a list's address asks, without place and choice."""
    pairs = request.query.multi_items()
    return urlencode([pair for pair in pairs if pair[0] not in PLACE | _CHOICE])


def asked_by(ctx: Context, register: Register, address: str) -> Asked:
    """The query of an address that a form carried."""
    kept = Address(register.url, QueryParams(address))
    return asked(kept, register, unit_tree(ctx.tree_version), ctx.today)


def chosen_rows(ctx: Context, register: Register, request: Request) -> Chosen:
    """What was chosen in the list, or sent on from there. Chosen rows that cannot be seen, and
    what is no number, are left out."""
    sent = request.form if request.form is not None else request.query
    address = str(sent.get("address", "")) if request.form is not None else address_of(request)
    if sent.get("select_all") == "1":
        return Chosen(address, is_all=True)
    # A chosen row is meant whatever the filter; only the void ones are a list of their own.
    is_voided = asked_by(ctx, register, address).shape.is_voided
    kept = "voided=1" if is_voided else ""
    wanted = _numbers(str(text) for text in sent.getlist("record"))
    query = asked_by(ctx, register, kept)
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


def list_url(register: Register, address: str) -> str:
    """The list that an address asks for."""
    return f"{register.url}?{address}" if address else register.url
