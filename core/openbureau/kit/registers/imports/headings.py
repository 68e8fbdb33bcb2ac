"""The row of a table that names its columns, and which columns of the register they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.kinds import Moment
from openbureau.kit.registers.plain import plain
from openbureau.kit.registers.records import is_required

# A title, a line about the unit, a blank one may stand above the names.
HEAD_ROWS = 20
REASON = "错误原因"
NAMES_SHOWN = 12
EXTRA = "extra"
_MARKS = " *＊"


@dataclass(frozen=True, slots=True)
class Headings:
    """`row` is the number of the row with the names, as spreadsheets count. `columns` are the
    register's by place, `unknown` other names by place."""

    row: int
    columns: Mapping[int, Column]
    unknown: Mapping[int, str]


def is_written(register: Register, column: Column) -> bool:
    """Whether people may fill a column."""
    return not column.is_readonly and not isinstance(register.kinds[column.name], Moment)


def is_demanded(register: Register, column: Column) -> bool:
    """Whether a table cannot be without a column."""
    return is_written(register, column) and (column.name in register.key or is_required(column))


def opened(
    register: Register, rows: Iterator[list[Any]]
) -> tuple[Headings, Iterator[tuple[int, list[Any]]]]:
    """The headings of a table, and the rows below them with their numbers.

    Raises Invalid: no row names the columns, one is named twice, or one is missing.
    """
    head: list[tuple[int, list[Any]]] = []
    numbered = enumerate(rows, 1)
    for number, row in numbered:
        head.append((number, row))
        if number >= HEAD_ROWS:
            break
    names = _names(register)
    best = max(head, key=lambda each: _known(names, each[1]), default=(0, []))
    headings = _headings(register, names, *best)
    below = (each for each in head if each[0] > headings.row)
    return headings, chain(below, numbered)


def _names(register: Register) -> dict[str, Column]:
    return {_name(name): column for name, column in register.headers.items()}


def _name(cell: Any) -> str:
    return plain(str(cell)).strip(_MARKS).casefold()


def _known(names: Mapping[str, Column], row: Sequence[Any]) -> int:
    return len({name for cell in row if (name := _name(cell)) in names})


def _headings(
    register: Register, names: Mapping[str, Column], number: int, row: Sequence[Any]
) -> Headings:
    columns: dict[int, Column] = {}
    unknown: dict[int, str] = {}
    for place, cell in enumerate(row):
        name = _name(cell)
        column = names.get(name)
        if column is None:
            if name and name != REASON:
                unknown[place] = plain(str(cell))[:60]
        elif column in columns.values():
            raise Invalid(N_("列「%(name)s」出现了两次，请保留一列。"), name=column.label)
        else:
            columns[place] = column
    _require(register, columns)
    written = {place: each for place, each in columns.items() if is_written(register, each)}
    return Headings(number, written, unknown)


def _require(register: Register, columns: Mapping[int, Column]) -> None:
    demanded = [column for column in register.columns if is_demanded(register, column)]
    if not columns:
        raise Invalid(
            N_("没有找到列名。前 %(rows)s 行中应有一行是列名，至少有：%(names)s。"),
            rows=HEAD_ROWS,
            names="、".join(column.label for column in demanded)[:200],
        )
    present = {column.name for column in columns.values()}
    missing = [column.label for column in demanded if column.name not in present]
    if missing:
        raise Invalid(
            N_("缺少必填的列：%(names)s。请补上这些列，列名与模板一致。"),
            names="、".join(missing[:NAMES_SHOWN]),
        )
