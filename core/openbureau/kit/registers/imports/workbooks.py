"""Workbooks of imports: the template, and a table given back with its faults marked."""

import datetime as dt
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import IO, Any

from openbureau.base.context import NOWHERE, Context
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.imports.headings import REASON, is_demanded, is_written
from openbureau.kit.registers.kinds import (
    Amount,
    Choice,
    Day,
    Passage,
    UnitChoice,
    Whole,
    YesNo,
)

DATA, NOTES, CHOICES = "数据", "说明", "选项"
ROWS_WITH_CHOICES = 20_000
LONGEST_CELL = 32_767
LARGEST_EXACT = 10**15
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_KINDS: tuple[tuple[Any, str], ...] = (
    (UnitChoice, "单位名称或代码"),
    (Choice, "从可选的值中选一个"),
    (YesNo, "是 或 否"),
    (Day, "日期，如 2004-10-15、2004.10.15、2004年10月15日"),
    (Whole, "整数"),
    (Amount, "数字"),
    (Passage, "文字，可以换行"),
)
_HEADS = ("列", "是否必填", "怎样填", "可选的值", "例", "说明")
_RULES = (
    "数据填在「数据」表，第一行的列名不要改；列的次序可以变，不需要的非必填列可以删去。",
    "已有的记录按标有「用于核对」的列找到并更新；更新时空格表示不改。",
    "编号、代码等长数字已设为文本，请不要改成数值，否则末几位会丢失。",
)


@dataclass(frozen=True, slots=True)
class Marked:
    """A row to give back: its cells, the places of the faulty ones, and why."""

    cells: list[Any]
    faulty: frozenset[int]
    reason: str


@cache
def _library() -> Any:
    # 22 MiB: loaded by the process that is first asked for a workbook.
    return importlib.import_module("xlsxwriter")


def write_template(ctx: Context, register: Register, file: IO[bytes]) -> None:
    """The empty table: names of columns, drop-downs, and a sheet that says how to fill it in."""
    columns = [column for column in register.columns if is_written(register, column)]
    with _library().Workbook(file, _OPTIONS) as book:
        looks = _Looks(book)
        sheet = book.add_worksheet(DATA)
        _begin(register, sheet, looks, dict(enumerate(column.label for column in columns)))
        _write_notes(book, looks, register, columns)
        _add_choices(ctx, register, book, sheet, dict(enumerate(columns)))


def write_marked(
    ctx: Context,
    register: Register,
    file: IO[bytes],
    names: Mapping[int, str],
    rows: Iterable[Marked],
) -> None:
    """A table with these names by place, its faulty cells red, and why in the last column."""
    with _library().Workbook(file, _OPTIONS) as book:
        looks = _Looks(book)
        sheet = book.add_worksheet(DATA)
        last = max(names) + 1
        _begin(register, sheet, looks, {**names, last: REASON})
        sheet.set_column(last, last, 60, looks.plain)
        for number, row in enumerate(rows, 1):
            for place in names:
                cell = row.cells[place] if place < len(row.cells) else ""
                look = looks.faulty if place in row.faulty else looks.plain
                _write_cell(sheet, number, place, cell, look)
            if row.reason:
                sheet.write_string(number, last, row.reason[:LONGEST_CELL], looks.reason)
        columns = {
            place: register.headers[name]
            for place, name in names.items()
            if name in register.headers
        }
        _add_choices(ctx, register, book, sheet, columns)


class _Looks:
    """How cells look; text everywhere, so that long numbers and leading zeros stay."""

    def __init__(self, book: Any) -> None:
        edge = {"border": 1, "border_color": "#C8D0DA"}
        head = {"bold": True, "valign": "vcenter", "text_wrap": True, **edge}
        self.head = book.add_format({**head, "bg_color": "#E8EEF7"})
        self.demanded = book.add_format({**head, "bg_color": "#FCE9C8"})
        self.plain = book.add_format({"num_format": "@"})
        self.wrapped = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self.faulty = book.add_format(
            {"num_format": "@", "bg_color": "#F8D0CC", "font_color": "#9C0006", **edge}
        )
        self.reason = book.add_format({"num_format": "@", "font_color": "#9C0006"})


def _begin(register: Register, sheet: Any, looks: _Looks, names: Mapping[int, str]) -> None:
    sheet.freeze_panes(1, 0)
    for place, name in names.items():
        column = register.headers.get(name)
        is_long = column is not None and column.width in {"wide", ""}
        sheet.set_column(place, place, 24 if is_long else 16, looks.plain)
    for place, name in names.items():
        column = register.headers.get(name)
        look = looks.demanded if column and is_demanded(register, column) else looks.head
        sheet.write_string(0, place, name, look)


def _write_cell(sheet: Any, row: int, place: int, cell: Any, look: Any) -> None:
    if cell is None or cell == "":
        sheet.write_blank(row, place, None, look)
    elif isinstance(cell, bool):
        sheet.write_string(row, place, "是" if cell else "否", look)
    elif isinstance(cell, int | float):
        is_whole = float(cell).is_integer() and abs(cell) < LARGEST_EXACT
        # Beyond fifteen digits it stays the number it is: the fault is to be seen.
        if is_whole:
            sheet.write_string(row, place, str(int(cell)), look)
        else:
            sheet.write_string(row, place, repr(cell), look)
    elif isinstance(cell, dt.datetime | dt.date):
        sheet.write_string(row, place, cell.strftime("%Y-%m-%d"), look)
    else:
        sheet.write_string(row, place, str(cell)[:LONGEST_CELL], look)


def _write_notes(book: Any, looks: _Looks, register: Register, columns: list[Column]) -> None:
    sheet = book.add_worksheet(NOTES)
    for place, width in enumerate((22, 12, 40, 40, 26, 40)):
        sheet.set_column(place, place, width, looks.wrapped)
    for number, rule in enumerate(_RULES):
        sheet.write_string(number, 0, rule)
    top = len(_RULES) + 1
    for place, head in enumerate(_HEADS):
        sheet.write_string(top, place, head, looks.head)
    for number, column in enumerate(columns, top + 1):
        for place, text in enumerate(_note(register, column)):
            sheet.write_string(number, place, text, looks.wrapped)


def _note(register: Register, column: Column) -> tuple[str, ...]:
    kind = register.kinds[column.name]
    how = next((words for kinds, words in _KINDS if isinstance(kind, kinds)), "文字")
    longest = getattr(kind, "longest", None)
    if longest and how == "文字":
        how = f"文字，最多 {longest} 个字"
    choices = "、".join(kind.labels.values()) if isinstance(kind, Choice) else ""
    is_key = column.name in register.key
    demanded = "必填，用于核对" if is_key else "必填" if is_demanded(register, column) else "可不填"
    return (column.label, demanded, how, choices, column.sample, column.help)


def _add_choices(
    ctx: Context, register: Register, book: Any, sheet: Any, columns: Mapping[int, Column]
) -> None:
    """Drop-downs for choices and units, from lists on a sheet of their own."""
    lists = {place: _choices(ctx, register, column) for place, column in columns.items()}
    lists = {place: values for place, values in lists.items() if values}
    if not lists:
        return
    source = book.add_worksheet(CHOICES)
    for number in range(max(map(len, lists.values()))):
        for place, values in enumerate(lists.values()):
            if number < len(values):
                source.write_string(number, place, values[number])
    for place, (target, values) in enumerate(lists.items()):
        name = importlib.import_module("xlsxwriter.utility").xl_col_to_name(place, col_abs=True)
        rule = {
            "validate": "list",
            "source": f"='{CHOICES}'!{name}$1:{name}${len(values)}",
            "error_type": "warning",
        }
        sheet.data_validation(1, target, ROWS_WITH_CHOICES, target, rule)


def _choices(ctx: Context, register: Register, column: Column) -> list[str]:
    kind = register.kinds[column.name]
    if isinstance(kind, Choice):
        return list(kind.labels.values())
    if isinstance(kind, YesNo):
        return ["是", "否"]
    if not isinstance(kind, UnitChoice):
        return []
    reach = ctx.reach.get(register.write, NOWHERE)
    nodes = unit_tree(ctx.tree_version).access_units()
    return [node.name for node in nodes if node.is_active and reach.covers(node.id)]
