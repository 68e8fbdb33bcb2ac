"""What the address of a list asks for: filters, words, conditions, order, place."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from openbureau.base.request import Address
from openbureau.kernel.access.ranges import Order
from openbureau.kernel.units.queries import UnitTree
from openbureau.kit.conditions import Condition, Conditions, conditions
from openbureau.kit.paging import SIZES, Sorting, sorting
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.kinds import Day, Kind, Surroundings, Unreadable

FARTHEST = 10_000_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column compared with a value that the statement is given: `op` is one of
    `is not from to has empty`."""

    column: str
    op: str


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a query without its values: equal for many people and values, so that its
    statements are compiled once. All `filters` hold, and of `conditions` all or one."""

    filters: tuple[Comparison, ...] = ()
    conditions: tuple[Comparison, ...] = ()
    joiner: str = "and"
    is_voided: bool = False
    words: str = ""

    @property
    def is_declared(self) -> bool:
        """Whether only declared filters are used, which indexes serve."""
        return not self.conditions and not self.words


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a register, read from an address.

    `values` fill the tests of `shape`. `filtered` is what each filter says, as in the
    address. `problems` are texts about what could not be used, each with its values; those
    parts of the address are left out.
    """

    shape: Shape
    values: Mapping[str, Any]
    filtered: Mapping[str, str]
    words: str
    conditions: Conditions
    sorting: Sorting
    order: Order
    at: tuple[Any, int] | None
    size: int
    page: int
    unit_code: str
    within: frozenset[int] | None
    problems: Sequence[tuple[str, Mapping[str, Any]]] = field(default=())


def asked(address: Address, register: Register, tree: UnitTree, today: dt.date) -> Asked:
    """What an address asks of a register: that of a request, or one that was kept."""
    around = Surroundings(today, tree)
    reading = _Reading(register, around)
    query = address.query
    filtered = {name: query.get(name, "").strip() for name in register.filters}
    filters = reading.filters(filtered)
    names = [column.name for column in register.columns]
    rows = conditions(address, names)
    stated = reading.stated(rows)
    words = query.get("q", "").strip()[:100]
    order = sorting(address, sortable(register), register.order)
    place, at = _place(query, reading.kind(order.key) if order.key != "id" else None, around)
    code = query.get("unit", "").strip()
    return Asked(
        shape=Shape(filters, stated, rows.joiner, query.get("voided") == "1", words),
        values=reading.values,
        filtered=filtered,
        words=words,
        conditions=rows,
        sorting=order,
        order=Order(order.key, order.is_down, place, is_backwards="before" in query),
        at=at,
        size=int(size) if (size := query.get("size", "")) in map(str, SIZES) else SIZES[0],
        page=address.number("page", 1, 1, FARTHEST),
        unit_code=code,
        within=_units_below(tree, code) if code else None,
        problems=tuple(reading.problems),
    )


def sortable(register: Register) -> list[str]:
    """The columns a list can be ordered by; `id` is the order of entry."""
    return ["id", *(column.name for column in register.columns if column.is_sortable)]


class _Reading:
    """Reads values of an address by the kinds of their columns."""

    def __init__(self, register: Register, around: Surroundings) -> None:
        self._register = register
        self._around = around
        self.values: dict[str, Any] = {}
        self.problems: list[tuple[str, Mapping[str, Any]]] = []

    def kind(self, name: str) -> Kind:
        return self._register.kinds[name]

    def filters(self, filtered: Mapping[str, str]) -> tuple[Comparison, ...]:
        """A day may be a span: `2026-01-01..2026-03-31`, open on either side."""
        found: list[Comparison] = []
        for name, text in filtered.items():
            if not text:
                continue
            first, dots, last = text.partition("..")
            if dots and isinstance(self.kind(name), Day):
                pairs = [("from", first), ("to", last)]
            else:
                pairs = [("is", text)]
            for op, part in pairs:
                if part and self._take(f"f{len(found)}", name, op, part):
                    found.append(Comparison(name, op))
        return tuple(found)

    def stated(self, rows: Conditions) -> tuple[Comparison, ...]:
        found: list[Comparison] = []
        for row in rows.stated:
            if row.op in self.kind(row.field).operators and self._said(row, len(found)):
                found.append(Comparison(row.field, row.op))
        return tuple(found)

    def _said(self, row: Condition, number: int) -> bool:
        if row.op == "empty":
            return True
        if row.op == "has":
            escaped = row.value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            self.values[f"c{number}"] = f"%{escaped}%"
            return True
        return self._take(f"c{number}", row.field, row.op, row.value)

    def _take(self, key: str, name: str, op: str, text: str) -> bool:
        try:
            value = self.kind(name).read(text, self._around)
        except Unreadable as refused:
            self.problems.append((refused.message, refused.params))
            return False
        self.values[key] = stored(value)
        return True


def stored(value: Any) -> Any:
    """A value as drivers of both databases take it: a day as its text."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _units_below(tree: UnitTree, code: str) -> frozenset[int]:
    node = tree.by_code.get(code)
    if node is None:
        return frozenset()
    return frozenset(below.id for below in tree.subtree(node.id) if below.is_access_unit)


def _place(
    query: Any, kind: Kind | None, around: Surroundings
) -> tuple[Literal["", "value", "none"], tuple[Any, int] | None]:
    """The position in the address: `<id>` of a row without a value or in the order of entry,
    `<id>~<value>` otherwise. Unusable ones mean the beginning."""
    text = query.get("before") or query.get("after") or ""
    number, mark, value = text.partition("~")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return "", None
    if kind is None:
        return "value", (int(number), int(number))
    if not mark:
        return "none", (None, int(number))
    try:
        return "value", (stored(kind.read(value, around)), int(number))
    except Unreadable:
        return "", None


def position(kind: Kind | None, key: Any, row_id: int) -> str:
    """The text of a position; see `asked`."""
    if kind is None or key is None:
        return str(row_id)
    return f"{row_id}~{kind.written(key)}"
