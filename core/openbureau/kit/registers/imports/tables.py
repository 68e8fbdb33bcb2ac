"""A table somebody brought, row by row: a workbook, or text with separators."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_
from openbureau.base.sheets import MIB, UNREADABLE, Limits, sheet_rows
from openbureau.kernel.files.formats import decodes
from openbureau.kernel.files.names import extension_of

ACCEPTED = (".xlsx", ".xls", ".et", ".csv")
MOST_ROWS = 200_000
MOST_COLUMNS = 200
LIMITS = Limits(
    MOST_ROWS, MOST_COLUMNS, memory_bytes=3072 * MIB, unpacked_bytes=1024 * MIB, time_s=120
)
_BLOCK = 1 << 16
_ENCODINGS = ("utf-8-sig", "gb18030")
_SEPARATORS = ",\t;"
# A text that a spreadsheet program must not take for a formula begins with an apostrophe; one
# that began with some before has one more.
_FORMULA = re.compile(r"'+[=+\-@\t\r]")


def table_rows(path: Path, name: str, limits: Limits = LIMITS) -> Iterator[list[Any]]:
    """The rows of a table with their cells, empty ones as "". `name` tells its kind.

    Raises Invalid: it is no table, or beyond the limits; at the latest after the last row
    that could be read.
    """
    extension = extension_of(name).lower()
    if extension not in ACCEPTED:
        raise Invalid(
            N_("「%(name)s」不是表格文件，请上传 %(kinds)s。"),
            name=name[:60],
            kinds=" ".join(ACCEPTED),
        )
    return _text_rows(path, limits) if extension == ".csv" else sheet_rows(path, limits)


def _text_rows(path: Path, limits: Limits) -> Iterator[list[Any]]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        separator = max(_SEPARATORS, key=file.readline().count)
        file.seek(0)
        try:
            for number, row in enumerate(csv.reader(file, delimiter=separator)):
                if number >= limits.rows:
                    raise Invalid(N_("这张表超过 %(total)s 行，请分几次。"), total=limits.rows)
                if len(row) > limits.columns:
                    raise Invalid(
                        N_("这张表超过 %(total)s 列，请删去不需要的列。"), total=limits.columns
                    )
                yield [cell[1:] if _FORMULA.match(cell) else cell for cell in row]
        except csv.Error as fault:
            raise Invalid(UNREADABLE) from fault


def _encoding(path: Path) -> str:
    """The encoding in which the whole file reads. Raises Invalid: in none."""
    with path.open("rb") as file:
        for name in _ENCODINGS:
            if decodes(file, name):
                return name
    raise Invalid(N_("这个 .csv 文件的文字无法读取，请另存为 UTF-8 编码后再上传。"))
