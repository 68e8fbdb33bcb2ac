"""The address of a list in its plain form: what it asks, how it is arranged, nothing else.

Two addresses that ask the same have the same plain form, so one can be kept under a name
and known again.
"""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import QueryParams

from openbureau.base.request import Address
from openbureau.kit.conditions import conditions
from openbureau.kit.registers.asked import askable
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.kinds import Day
from openbureau.kit.registers.spans import span_word

Pairs = list[tuple[str, str]]
PLACE = ("after", "before", "page", "size", "counted")
LONGEST = 4000


def narrowing(register: Register, address: Address) -> Pairs:
    """What an address narrows the list by: words, unit, void ones, filters, conditions."""
    query = address.query
    pairs = [("q", query.get("q", "").strip()[:100]), ("unit", query.get("unit", "").strip())]
    pairs += [("voided", "1" if query.get("voided") == "1" else "")]
    pairs += [(name, query.get(name, "").strip()) for name in register.filters]
    asked = conditions(address, askable(register))
    stated = asked.stated
    pairs += [("joiner", "or" if asked.joiner == "or" and len(stated) > 1 else "")]
    found = [pair for pair in pairs if pair[1]]
    for row in stated:
        is_day = isinstance(register.kinds[row.field], Day)
        value = span_word(row.value) or row.value if is_day else row.value
        found += [("field", row.field), ("op", row.op), ("value", value)]
    return found


def arranging(register: Register, address: Address) -> Pairs:
    """How an address arranges the list: its order and its columns."""
    order = address.query.get("sort", "")
    found = [("sort", order)] if order and order != register.order else []
    names = dict.fromkeys(address.query.getlist("columns"))
    return found + [("columns", name) for name in names if name in register.by_name]


def plain_address(register: Register, address: Address) -> Address:
    """The same list at the same place, with nothing in its address that says nothing."""
    place = [(name, address.query[name]) for name in PLACE if address.query.get(name)]
    used = [("query", uid)] if (uid := address.query.get("query", "")) else []
    pairs = [*narrowing(register, address), *arranging(register, address), *used, *place]
    return Address(register.url, QueryParams(pairs))


def list_url(register: Register, pairs: Sequence[tuple[str, str]]) -> str:
    """The list's address with these words."""
    return f"{register.url}?{urlencode(pairs)}" if pairs else register.url


def kept_address(register: Register, text: str) -> Address:
    """A list's address from the words of one that was kept, whatever they are."""
    pairs = parse_qsl(text[:LONGEST], keep_blank_values=True)
    return Address(register.url, QueryParams(pairs))
