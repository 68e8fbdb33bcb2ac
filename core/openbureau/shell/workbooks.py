"""Workbooks (.xlsx, .xls): read as rows, written for WPS and Excel."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMN_WIDTH = 16
_PANIC = "PanicException"


def first_sheet(path: Path, most_rows: int) -> list[list[Any]]:
    """The rows of a workbook's first sheet with their cells, empty ones as "".

    Raises Invalid: it is no workbook, is protected, or has more than `most_rows` rows.
    """
    try:
        with path.open("rb") as file:
            workbook = CalamineWorkbook.from_filelike(file)
            sheet = workbook.get_sheet_by_index(0)
            if sheet.total_height > most_rows:
                raise Invalid(N_("这张表超过 %(total)s 行，请分几次。"), total=most_rows)
            return sheet.to_python(skip_empty_area=False)
    except PasswordError as fault:
        raise Invalid(N_("这个文件有密码保护，请去掉密码后再上传。")) from fault
    except (CalamineError, OSError, ValueError, IndexError) as fault:
        raise Invalid(
            N_("这个文件不是可读的表格，请用 WPS 或 Excel 另存为 .xlsx 后再上传。")
        ) from fault
    except BaseException as fault:
        # What the reader's own library stumbles over comes as neither of these.
        if type(fault).__name__ != _PANIC:
            raise
        raise Invalid(
            N_("这个文件不是可读的表格，请用 WPS 或 Excel 另存为 .xlsx 后再上传。")
        ) from fault


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
