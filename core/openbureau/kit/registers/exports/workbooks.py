"""The workbook of an export, written row by row."""

import importlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from openbureau.kit.registers.declared import Column

DATA, NOTES = "数据", "说明"
LONGEST_CELL = 32_767
Told = Callable[[int], Sequence[tuple[str, str]]]


@cache
def _library() -> Any:
    # 22 MiB: loaded by the process that is first asked for a workbook.
    return importlib.import_module("xlsxwriter")


def write_workbook(
    path: Path,
    columns: Sequence[Column],
    batches: Iterable[Sequence[Sequence[str]]],
    told: Told,
) -> int:
    """Writes heads and rows, then a sheet of what `told` says about that many rows; how many
    rows. Every cell is text, so that long numbers and leading zeros stay and nothing is a
    formula. A text longer than a cell holds leaves the cell empty: importing it again must
    not shorten what is kept."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
    }
    total = 0
    with _library().Workbook(str(path), options) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1})
        plain = book.add_format({"num_format": "@"})
        sheet, notes = book.add_worksheet(DATA), book.add_worksheet(NOTES)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, 24 if column.width in {"wide", ""} else 16, plain)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.label, head)
        write = sheet.write_string
        for rows in batches:
            for number, row in enumerate(rows, total + 1):
                for place, text in enumerate(row):
                    if text and len(text) <= LONGEST_CELL:
                        write(number, place, text)
            total += len(rows)
        _write_notes(book, notes, head, told(total))
    return total


def _write_notes(book: Any, sheet: Any, head: Any, notes: Sequence[tuple[str, str]]) -> None:
    wrapped = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 80)
    for number, (label, text) in enumerate(notes):
        sheet.write_string(number, 0, label, head)
        sheet.write_string(number, 1, text[:LONGEST_CELL], wrapped)
    book.set_properties({"comments": "\n".join(f"{label}: {text}" for label, text in notes)[:4000]})
