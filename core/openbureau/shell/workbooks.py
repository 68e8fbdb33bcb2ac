"""Workbooks (.xlsx, .xls): read as rows, written for WPS and Excel."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from openbureau.base.sheets import Limits, sheet_rows

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMN_WIDTH = 16


def first_sheet(path: Path, most_rows: int) -> list[list[Any]]:
    """The rows of a workbook's first sheet with their cells, empty ones as "".

    Raises Invalid: it is no workbook, is protected, holds macros or is too large.
    """
    return list(sheet_rows(path, Limits(most_rows)))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet to write: heads, rows of text. `choices` are ranges such as `单位代码!$A$2:$A$9`
    from which a column (by place) is chosen; `is_text` keeps long numbers as they are typed."""

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]] = ()
    choices: Mapping[int, str] | None = None
    width: int = COLUMN_WIDTH
    empty_rows: int = 0


def written(sheets: Sequence[Sheet]) -> bytes:
    """A workbook with these sheets; every cell is text, so leading zeros stay."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1})
        plain = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        for sheet in sheets:
            made = book.add_worksheet(sheet.name)
            made.set_column(0, max(len(sheet.heads) - 1, 0), sheet.width, plain)
            made.write_row(0, 0, sheet.heads, bold)
            made.freeze_panes(1, 0)
            for number, row in enumerate(sheet.rows, start=1):
                made.write_row(number, 0, row, plain)
            for place, source in (sheet.choices or {}).items():
                rule = {"validate": "list", "source": f"={source}", "error_type": "warning"}
                made.data_validation(1, place, max(sheet.empty_rows, 1), place, rule)
    return target.getvalue()
