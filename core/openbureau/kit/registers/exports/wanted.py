"""What is wanted of an export: which columns, in which format, and whether personal data is
to be readable."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import msgspec

from openbureau.base.context import Context
from openbureau.base.workbooks import CSV, XLSX
from openbureau.kernel.files.names import cleaned_name
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.imports.headings import is_demanded

MEDIA_TYPES = {"xlsx": XLSX, "csv": CSV}
# A sheet has 1,048,576 rows, one of them the heads.
ROWS_OF_A_SHEET = 1_048_575
# Of more cells the packed sheet would be larger than spreadsheet programs open.
CELLS_OF_A_SHEET = 40_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """`is_full`: personal data is readable where the person may see it; otherwise masked."""

    format: Literal["xlsx", "csv"]
    columns: Sequence[str]
    is_full: bool = False
    reason: str = ""

    def as_json(self) -> str:
        """As a run keeps it."""
        return msgspec.json.encode(asdict(self), order="sorted").decode()


def wanted_of(params: str) -> Wanted:
    """What `as_json` kept."""
    return msgspec.json.decode(params, type=Wanted)


def personal_columns(register: Register, names: Sequence[str]) -> list[str]:
    """Those of some columns that hold personal data."""
    return [name for name in names if register.by_name[name].personal]


def missing_columns(register: Register, names: Sequence[str]) -> list[str]:
    """Labels of the columns without which a table cannot be imported again."""
    return [
        column.label
        for column in register.columns
        if column.name not in names and is_demanded(register, column)
    ]


def is_too_long(wanted: Wanted, total: int) -> bool:
    """Whether a workbook cannot hold so many rows."""
    cells = total * len(wanted.columns)
    return wanted.format == "xlsx" and (total > ROWS_OF_A_SHEET or cells > CELLS_OF_A_SHEET)


def file_name(ctx: Context, register: Register, unit_id: int, extension: str) -> str:
    """单位_表名_日期."""
    unit: Any = unit_tree(ctx.tree_version).by_id[unit_id]
    day: dt.date = ctx.today
    return cleaned_name(f"{unit.short_name}_{ctx.gettext(register.label)}_{day}.{extension}")
