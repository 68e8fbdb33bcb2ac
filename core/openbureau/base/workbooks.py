"""Writing lists as .xlsx and .csv files in which nothing is ever a formula."""

import csv
import importlib
import io
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDEST = 60


def xlsx_bytes(name: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook of one sheet; every cell is text, the first row stays in sight."""
    stream = io.BytesIO()
    options = {"constant_memory": True, "in_memory": False, "strings_to_formulas": False}
    book = _library().Workbook(stream, options)
    sheet = book.add_worksheet(name[:31])
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for column, head in enumerate(heads):
        sheet.set_column(column, column, min(_WIDEST, max(12, 2 * len(head) + 4)))
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            sheet.write_string(number, column, value[:32_767])
    book.close()
    return stream.getvalue()


def csv_bytes(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The same as comma-separated text that spreadsheet programs read as UTF-8; what they
    would take for a formula begins with an apostrophe."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


@cache
def _library() -> Any:
    # 22 MiB: loaded by the process that is first asked for a workbook.
    return importlib.import_module("xlsxwriter")
