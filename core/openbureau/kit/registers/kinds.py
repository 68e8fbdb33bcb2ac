"""What a column holds: how it is read from a cell or a form, shown, written and exchanged.

Reading is the same for forms, workbooks and the API, so that a value is right or wrong
everywhere alike.
"""

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, ClassVar

import peewee

from openbureau.base.context import CHINA
from openbureau.base.database import InstantField, from_instant
from openbureau.base.i18n import N_
from openbureau.kernel.calendar.typed import NotADate, typed_date
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitTree
from openbureau.kit.registers.plain import SCIENTIFIC, UNSEEN, plain

Say = Callable[..., str]
LARGEST_WHOLE = 2**31 - 1
_SCIENTIFIC = re.compile(SCIENTIFIC)
_FULL_DATE = re.compile(r"\d{4}\s*\D|\d{8}")
SERIAL_DAY_0 = dt.date(1899, 12, 30)
SERIAL_DAYS = range(20_000, 80_000)
# Spreadsheets keep fifteen digits of a number.
LARGEST_EXACT = 10**15


class Unreadable(ValueError):
    """Why a value cannot be used: a message id and its values."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message % params)
        self.message = message
        self.params = params


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What reading needs to know besides the value."""

    today: dt.date
    tree: UnitTree


class Kind(ABC):
    """How one column's values are read and written. `None` and "" are the empty value."""

    operators: ClassVar[tuple[str, ...]] = ("has", "is", "not", "empty")

    def __init__(self, field: Any) -> None:
        self.field = field

    @property
    def empty(self) -> Any:
        """What is kept where nothing was given."""
        return None if self.field.null else ""

    def read(self, given: Any, around: Surroundings) -> Any:
        """The value to keep, of a typed text, a cell or a JSON value. Raises Unreadable."""
        if given is None or (isinstance(given, str) and not plain(given)):
            return self.empty
        return self.read_given(given, around)

    @abstractmethod
    def read_given(self, given: Any, around: Surroundings) -> Any:
        """`read` of something that is not empty."""

    def shown(self, value: Any, say: Say) -> str:
        """As people read it; "" for nothing."""
        return "" if value is None else str(value)

    def written(self, value: Any) -> str:
        """As a workbook holds it, so that reading it again gives the same value."""
        return self.shown(value, str)

    def exchanged(self, value: Any) -> Any:
        """As JSON holds it."""
        return value

    def kept(self, value: Any) -> Any:
        """The value to keep, of what `exchanged` gave."""
        return value


class Line(Kind):
    """A line of text; never a number, however it looks."""

    @property
    def longest(self) -> int | None:
        """How many characters fit."""
        return getattr(self.field, "max_length", None)

    def read_given(self, given: Any, around: Surroundings) -> str:
        text = self._text(given)
        if self.longest and len(text) > self.longest:
            raise Unreadable(N_("超过 %(total)s 个字。"), total=self.longest)
        return text

    def _text(self, given: Any) -> str:
        if isinstance(given, bool):
            raise Unreadable(N_("应为文字，不是真假值。"))
        if isinstance(given, float | int):
            if abs(given) >= LARGEST_EXACT:
                raise Unreadable(
                    N_("这一格是数值，末几位已被表格软件丢失。请把整列设为文本后重新填写。")
                )
            return str(int(given)) if float(given).is_integer() else str(given)
        if isinstance(given, dt.datetime | dt.date):
            return given.strftime("%Y-%m-%d")
        text = plain(str(given))
        if _SCIENTIFIC.fullmatch(text):
            raise Unreadable(
                N_("「%(text)s」是科学计数法，末几位已丢失。请把整列设为文本后重新填写。"),
                text=text,
            )
        return text


class Passage(Line):
    """Text of several lines."""

    def _text(self, given: Any) -> str:
        text = str(given).translate(UNSEEN)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return "\n".join(line.rstrip() for line in lines).strip()


class Whole(Kind):
    """A whole number."""

    operators = ("is", "not", "from", "to", "empty")

    @property
    def empty(self) -> Any:
        return None if self.field.null else 0

    def read_given(self, given: Any, around: Surroundings) -> int:
        number = _number(given)
        if abs(number) > LARGEST_WHOLE:
            raise Unreadable(N_("「%(text)s」太大。"), text=str(given)[:30])
        if number != number.to_integral_value():
            raise Unreadable(N_("「%(text)s」不是整数。"), text=str(given)[:30])
        return int(number)


class Amount(Kind):
    """A number with decimals."""

    operators = Whole.operators

    @property
    def empty(self) -> Any:
        return None if self.field.null else Decimal(0)

    def read_given(self, given: Any, around: Surroundings) -> Decimal:
        number = _number(given)
        digits, places = self.field.max_digits, self.field.decimal_places
        if abs(number) >= Decimal(10) ** (digits - places):
            raise Unreadable(N_("「%(text)s」太大。"), text=str(given)[:30])
        if number != round(number, places):
            raise Unreadable(N_("小数最多 %(total)s 位。"), total=places)
        return round(number, places)

    def shown(self, value: Any, say: Say) -> str:
        return "" if value is None else f"{value:,}"

    def written(self, value: Any) -> str:
        # One database gives back 30 for what the other calls 30.00.
        places = self.field.decimal_places
        return "" if value is None else f"{Decimal(str(value)):.{places}f}"

    def exchanged(self, value: Any) -> Any:
        return None if value is None else str(value)

    def kept(self, value: Any) -> Any:
        return None if value is None else Decimal(value)


def _number(given: Any) -> Decimal:
    if isinstance(given, bool):
        raise Unreadable(N_("应为数字，不是真假值。"))
    try:
        number = Decimal(plain(str(given)).replace(",", "").replace("，", ""))
    except InvalidOperation as fault:
        raise Unreadable(N_("「%(text)s」不是数字。"), text=str(given)[:30]) from fault
    if not number.is_finite():
        raise Unreadable(N_("「%(text)s」不是数字。"), text=str(given)[:30])
    return number


class YesNo(Kind):
    """Yes or no."""

    operators = ("is",)
    words: ClassVar[Mapping[str, bool]] = {
        **dict.fromkeys(("是", "有", "√", "y", "yes", "true", "1"), True),
        **dict.fromkeys(("否", "无", "×", "n", "no", "false", "0"), False),
    }

    @property
    def empty(self) -> Any:
        return None if self.field.null else False

    def read_given(self, given: Any, around: Surroundings) -> bool:
        text = plain(str(given)).casefold().removesuffix(".0")
        if text not in self.words:
            raise Unreadable(N_("「%(text)s」不是「是」或「否」。"), text=str(given)[:30])
        return self.words[text]

    def shown(self, value: Any, say: Say) -> str:
        return "" if value is None else say(N_("是") if value else N_("否"))


class Day(Kind):
    """A day."""

    operators = ("is", "from", "to", "empty")

    @property
    def empty(self) -> Any:
        return None

    def read_given(self, given: Any, around: Surroundings) -> dt.date:
        if isinstance(given, dt.datetime):
            return given.date()
        if isinstance(given, dt.date):
            return given
        if isinstance(given, float | int) and not isinstance(given, bool):
            if int(given) in SERIAL_DAYS:
                return SERIAL_DAY_0 + dt.timedelta(days=int(given))
            given = str(int(given))
        text = plain(str(given))
        if text.isdecimal() and len(text) == 5 and int(text) in SERIAL_DAYS:
            return SERIAL_DAY_0 + dt.timedelta(days=int(text))
        if not _FULL_DATE.match(text):
            raise Unreadable(
                N_("「%(text)s」不是带四位年份的日期，例如 2004-10-15。"), text=text[:30]
            )
        try:
            return typed_date(text.partition(" ")[0], around.today)
        except NotADate as refused:
            raise Unreadable(refused.message, **refused.params) from refused

    def shown(self, value: Any, say: Say) -> str:
        return "" if value is None else str(value)[:10]

    def exchanged(self, value: Any) -> Any:
        return None if value is None else str(value)[:10]

    def kept(self, value: Any) -> Any:
        return None if value is None else dt.date.fromisoformat(value)


class Moment(Kind):
    """An instant; never read from people, nor asked by them."""

    operators = ()

    @property
    def empty(self) -> Any:
        return None

    def read_given(self, given: Any, around: Surroundings) -> Any:
        raise Unreadable(N_("这一列由系统填写。"))

    def shown(self, value: Any, say: Say) -> str:
        if value is None:
            return ""
        at = from_instant(value) if isinstance(value, int) else value
        return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")

    def exchanged(self, value: Any) -> Any:
        if value is None:
            return None
        return (from_instant(value) if isinstance(value, int) else value).isoformat()


class Choice(Kind):
    """One of a few values, each with a label."""

    operators = ("is", "not", "empty")

    @property
    def labels(self) -> dict[Any, str]:
        """Message id by value."""
        return dict(self.field.choices)

    def read_given(self, given: Any, around: Surroundings) -> Any:
        text = plain(str(given))
        for value, label in self.labels.items():
            if text in {str(value), plain(label)}:
                return value
        raise Unreadable(
            N_("「%(text)s」不在可选的值中：%(choices)s。"),
            text=text[:30],
            choices="、".join(self.labels.values()),
        )

    def shown(self, value: Any, say: Say) -> str:
        if value is None or value == "":
            return ""
        return say(self.labels[value]) if value in self.labels else str(value)


class UnitChoice(Kind):
    """A unit of the tree, by code, name or short name."""

    operators = ("is", "not")

    @property
    def empty(self) -> Any:
        return None

    def read_given(self, given: Any, around: Surroundings) -> int:
        text = plain(str(given)).removesuffix(".0")
        node = around.tree.by_code.get(text) or _units_by_name(around.tree).get(text)
        if node is None or not node.is_active:
            raise Unreadable(_NO_UNIT, text=text[:60])
        if not node.is_access_unit:
            refused = unit_fault(around.tree, text) if node.code == text else None
            raise refused or Unreadable(_SECTION, text=text[:60])
        return int(node.id)


_NO_UNIT = N_("没有「%(text)s」这个单位。")
_SECTION = N_("「%(text)s」是处室，不是单位，请改用它所在的单位。")


def unit_fault(tree: UnitTree, code: str) -> Unreadable | None:
    """Why no record can be of what has this code: it is a section, or nothing at all. None:
    it is a unit, perhaps a former one."""
    node = tree.by_code.get(code)
    if node is None:
        return Unreadable(_NO_UNIT, text=code[:60])
    if node.is_access_unit:
        return None
    above = tree.access_unit(node.id)
    if above is None:
        return Unreadable(_SECTION, text=node.name)
    return Unreadable(
        N_("「%(text)s」是处室，台账按单位登记，请改用它所在的单位「%(unit)s」（%(code)s）。"),
        text=node.name,
        unit=above.short_name,
        code=above.code,
    )


@lru_cache(maxsize=4)
def _units_by_name(tree: UnitTree) -> Mapping[str, Any]:
    """Of several with one name the first counts, and a unit before any section."""
    nodes = [node for node in reversed(tree.nodes) if node.is_active]
    named = [(node.short_name, node) for node in nodes] + [(node.name, node) for node in nodes]
    return dict(sorted(named, key=lambda pair: pair[1].is_access_unit))


def kind_of(field: Any) -> Kind:
    """How a field's values are read and shown. Raises TypeError: registers have no such field."""
    if isinstance(field, peewee.ForeignKeyField) and field.rel_model is Unit:
        return UnitChoice(field)
    if field.choices:
        return Choice(field)
    for kinds, kind in _KINDS:
        if isinstance(field, kinds):
            return kind(field)
    raise TypeError(f"{field.name}: registers hold no {type(field).__name__}")


_KINDS: tuple[tuple[Any, type[Kind]], ...] = (
    (InstantField, Moment),
    (peewee.BooleanField, YesNo),
    (peewee.IntegerField, Whole),
    (peewee.DecimalField, Amount),
    (peewee.DateField, Day),
    (peewee.TextField, Passage),
    (peewee.CharField, Line),
)
