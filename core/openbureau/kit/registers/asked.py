"""What the address of a list asks for: filters, words, conditions, order, place."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.datastructures import QueryParams

from openbureau.base.i18n import N_
from openbureau.base.request import Address
from openbureau.kernel.access.ranges import Order
from openbureau.kernel.units.queries import UnitTree
from openbureau.kit.conditions import Conditions, conditions
from openbureau.kit.paging import SIZES, Sorting, sorting
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.kinds import Day, Kind, Surroundings, Unreadable, unit_fault
from openbureau.kit.registers.spans import span_of, span_word

FARTHEST = 10_000_000
Told = tuple[str, Mapping[str, Any]]
_NO_SUCH = N_("这一栏不能这样比较，请重新选择比较方式。")
SINGLE = ("q", "unit", "voided", "joiner", "sort")
_REVERSED = N_("「%(text)s」的第一天在最后一天之后，这个条件没有使用。")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column compared with a value that the statement is given: `op` is one of
    `is not from to has empty`, or `within` with a first and a last value."""

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
    parts of the address are left out. `faults` are those of them that concern a row of
    `conditions`, by its place.
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
    problems: Sequence[Told] = field(default=())
    faults: Mapping[int, Told] = field(default_factory=dict)


def asked(
    address: Address,
    register: Register,
    tree: UnitTree,
    today: dt.date,
    hidden: Collection[str] = (),
) -> Asked:
    """What an address asks of a register: that of a request, or one that was kept. By `hidden`
    columns nothing can be asked; see `masking.hidden_columns`."""
    around = Surroundings(today, tree)
    query = address.query
    reading = _Reading(register, around, hidden)
    reading.problems += repeated(query, (*register.filters, *SINGLE))
    filtered = {name: query.get(name, "").strip() for name in register.filters}
    filters = reading.filters(filtered)
    rows = conditions(address, askable(register))
    stated = reading.stated(rows)
    words = query.get("q", "").strip()[:100]
    orders = [name for name in sortable(register) if name not in hidden]
    order = sorting(address, orders, register.order)
    place, at = _place(query, reading.kind(order.key) if order.key != "id" else None, around)
    code = reading.unit(query.get("unit", "").strip())
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
        problems=(*reading.problems, *reading.faults.values()),
        faults=reading.faults,
    )


def repeated(query: QueryParams, names: Iterable[str]) -> list[Told]:
    """What is said of those of these parameters that have several values and may have one."""
    told = N_("参数 %(name)s 给了几个不同的值，只有最后一个「%(value)s」有效。")
    return [
        (told, {"name": name, "value": query[name][:40]})
        for name in names
        if len(set(query.getlist(name))) > 1
    ]


def askable(register: Register) -> list[str]:
    """The columns an advanced query can name."""
    return [column.name for column in register.columns if register.kinds[column.name].operators]


def sortable(register: Register) -> list[str]:
    """The columns a list can be ordered by; `id` is the order of entry."""
    return ["id", *(column.name for column in register.columns if column.is_sortable)]


class _Reading:
    """Reads values of an address by the kinds of their columns."""

    def __init__(self, register: Register, around: Surroundings, hidden: Collection[str]) -> None:
        self._register = register
        self._around = around
        self._hidden = hidden
        self.values: dict[str, Any] = {}
        self.problems: list[Told] = []
        self.faults: dict[int, Told] = {}

    def kind(self, name: str) -> Kind:
        return self._register.kinds[name]

    def unit(self, code: str) -> str:
        """The code of a unit to look below; "" where there is no such unit."""
        refused = unit_fault(self._around.tree, code) if code else None
        if refused is None:
            return code
        self.problems.append((refused.message, refused.params))
        return ""

    def filters(self, filtered: Mapping[str, str]) -> tuple[Comparison, ...]:
        """A day may be a span: `2026-01-01..2026-03-31`, open on either side, or a word."""
        found: list[Comparison] = []
        for name, text in filtered.items():
            try:
                if text:
                    self._add(found, "f", name, "is", text)
            except Unreadable as refused:
                self.problems.append((refused.message, refused.params))
        return tuple(found)

    def stated(self, rows: Conditions) -> tuple[Comparison, ...]:
        found: list[Comparison] = []
        for place, row in enumerate(rows.rows):
            if not row.is_stated:
                continue
            if row.op not in self.kind(row.field).operators:
                self.faults[place] = (_NO_SUCH, {})
                continue
            try:
                self._add(found, "c", row.field, row.op, row.value)
            except Unreadable as refused:
                self.faults[place] = (refused.message, refused.params)
        return tuple(found)

    def _add(self, found: list[Comparison], group: str, name: str, op: str, text: str) -> None:
        """Adds one comparison with its values. Raises Unreadable: nothing was added."""
        if name in self._hidden:
            raise Unreadable(N_("您看不到这一栏的内容，不能按它查询。"))
        key = f"{group}{len(found)}"
        if op == "has":
            escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            self.values[key] = f"%{escaped}%"
        elif op != "empty":
            op = self._day(key, name, op, text) or self._one(key, name, op, text)
        if op != "all":
            found.append(Comparison(name, op))

    def _one(self, key: str, name: str, op: str, text: str) -> str:
        self.values[key] = stored(self.kind(name).read(text, self._around))
        return op

    def _day(self, key: str, name: str, op: str, text: str) -> str:
        """Fills the values of a span of days; the comparison it comes to, "" for no span,
        `all` for one without ends. Raises Unreadable: it ends before it begins."""
        if not isinstance(self.kind(name), Day):
            return ""
        if word := span_word(text):
            first, last = span_of(word, self._around.today)
        else:
            begin, dots, end = text.partition("..")
            if not dots:
                return ""
            first, last = (self.kind(name).read(part, self._around) for part in (begin, end))
            if first and last and first > last:
                raise Unreadable(_REVERSED, text=text[:30])
        if op != "is":
            first, last = (None, last or first) if op == "to" else (first or last, None)
        if first and last:
            self.values |= {key: stored(first), f"{key}_last": stored(last)}
            return "within"
        if not first and not last:
            return "all"
        self.values[key] = stored(first or last)
        return "from" if first else "to"


def stored(value: Any) -> Any:
    """A value as drivers of both databases take it: a day as its text."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _units_below(tree: UnitTree, code: str) -> frozenset[int]:
    node = tree.by_code[code]
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
