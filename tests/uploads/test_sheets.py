"""No workbook takes the process down that asked for it."""

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from openbureau.base.errors import Invalid
from openbureau.base.sheets import MIB, Limits, sheet_rows

USUAL = Limits(rows=50, columns=20)


def workbook(folder: Path, cells: dict[tuple[int, int], Any]) -> Path:
    path = folder / "sheet.xlsx"
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for (row, column), value in cells.items():
            sheet.write(row, column, value)
    return path


def told(path: Path, limits: Limits = USUAL) -> str:
    with pytest.raises(Invalid) as refused:
        list(sheet_rows(path, limits))
    return refused.value.what


def test_cells_come_where_they_are_and_as_what_they_are(tmp_path: Path) -> None:
    cells = {(1, 2): "名", (2, 2): 5, (2, 3): True, (3, 2): dt.date(2026, 11, 23)}
    assert list(sheet_rows(workbook(tmp_path, cells), USUAL)) == [
        ["", "", "", ""],
        ["", "", "名", ""],
        ["", "", 5.0, True],
        ["", "", dt.date(2026, 11, 23), ""],
    ]


@pytest.mark.parametrize("place", [(1_048_575, 16_383), (4_999, 16_383), (1_048_575, 0)])
def test_few_bytes_that_describe_a_huge_sheet_are_refused(
    tmp_path: Path, place: tuple[int, int]
) -> None:
    path = workbook(tmp_path, {(0, 0): "账号", place: "x"})
    assert path.stat().st_size < 10_000
    assert told(path).startswith("这张表")


@pytest.mark.parametrize(
    ("place", "why"), [((50, 0), "超过 %(total)s 行"), ((0, 20), "超过 %(total)s 列")]
)
def test_one_row_or_column_too_many_is_named(
    tmp_path: Path, place: tuple[int, int], why: str
) -> None:
    assert why in told(workbook(tmp_path, {(0, 0): "a", place: "x"}))


def packed(folder: Path, **parts: bytes) -> Path:
    path = workbook(folder, {(0, 0): "a"})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


def test_macros_are_refused(tmp_path: Path) -> None:
    assert "含有宏" in told(packed(tmp_path, **{"xl/vbaProject.bin": b"x"}))


def test_parts_that_unpack_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    path = packed(tmp_path, **{"xl/media/a.bin": bytes(3 * MIB)})
    assert told(path, Limits(rows=50, unpacked_bytes=2 * MIB)).startswith("这张表占的地方太大")


def test_deep_text_is_stopped_by_memory(tmp_path: Path) -> None:
    path = workbook(tmp_path, {(0, 0): "a" * 30_000})
    assert told(path, Limits(rows=50, memory_bytes=20 * MIB)).startswith("这")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" * 300, b"a,b\n1,2\n"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sheet.xls"
    path.write_bytes(content)
    assert "不是可读的表格" in told(path)


def test_half_a_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, {(0, 0): "a"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "不是可读的表格" in told(path)


def test_reading_may_be_left_off(tmp_path: Path) -> None:
    path = workbook(tmp_path, {(row, 0): "a" for row in range(40)})
    for _ in range(4):
        rows = sheet_rows(path, USUAL)
        assert next(rows) == ["a"]
        rows.close()
    assert len(list(sheet_rows(path, USUAL))) == 40
