"""Tables to import, and the steps of an import without a browser."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from openbureau_devices.registers import DEVICES

from openbureau.base.context import Context
from openbureau.base.database import reading, writing
from openbureau.kernel.files.storage import store
from openbureau.kit.registers.imports.applying import apply_batch, order_apply
from openbureau.kit.registers.imports.batches import open_batch
from openbureau.kit.registers.imports.checking import check_batch
from openbureau.kit.registers.models import ImportBatch, ImportLine

HEADS = ("设备代码", "产品名称", "设备种类", "使用单位", "所在区县", "下次检验日期")
LARGEST = 1 << 28


def row(code: Any, *changes: Any) -> list[Any]:
    """A good row; `changes` replace what stands behind the code."""
    usual = ["蒸汽锅炉", "锅炉", "昆明食品厂", "530102", "2026-12-15"]
    return [code, *changes, *usual[len(changes) :]]


def workbook(rows: Sequence[Sequence[Any]], heads: Sequence[Any] = HEADS) -> bytes:
    """An .xlsx file."""
    target = io.BytesIO()
    options = {"in_memory": True, "default_date_format": "yyyy-mm-dd", "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet("数据")
        for number, cells in enumerate([heads, *rows] if heads else rows):
            for place, cell in enumerate(cells):
                if cell is not None and cell != "":
                    sheet.write(number, place, cell)
    return target.getvalue()


def text(rows: Sequence[Sequence[Any]], encoding: str = "utf-8-sig") -> bytes:
    """A .csv file."""
    target = io.StringIO()
    csv.writer(target).writerows([HEADS, *rows])
    return target.getvalue().encode(encoding)


def checked(ctx: Context, content: bytes, name: str = "设备.xlsx") -> ImportBatch:
    """The batch of a table once it was checked."""
    with reading():
        stored = store(io.BytesIO(content), name, LARGEST, ctx.now)
        with writing():
            batch = open_batch(ctx, DEVICES, stored, ctx.unit_id)
        check_batch(ctx, DEVICES, batch, nobody_waits)
        return ImportBatch.get_by_id(batch.id)


def applied(ctx: Context, batch: ImportBatch, *, takes_good_rows: bool = False) -> ImportBatch:
    """The batch once it was written."""
    with reading():
        with writing():
            order_apply(ctx, DEVICES, batch, takes_good_rows=takes_good_rows)
        apply_batch(DEVICES, batch, lambda: ctx, nobody_waits)
        return ImportBatch.get_by_id(batch.id)


def nobody_waits(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def counts(batch: ImportBatch) -> tuple[int, ...]:
    """新增, 更新, 不变, 重复, 错误; they add up."""
    found = (
        batch.new_total,
        batch.changed_total,
        batch.same_total,
        batch.duplicate_total,
        batch.error_total,
    )
    assert sum(found) == batch.total
    return found


def faults(batch: ImportBatch) -> dict[int, str]:
    """What is said about each row."""
    with reading():
        lines = ImportLine.select().where(ImportLine.batch == batch.id)
        return {line.number: line.problems for line in lines if line.problems != "[]"}


def stored_path(digest: str) -> Path:
    """Where a stored file lies."""
    from openbureau.kernel.files.storage import content_path

    return content_path(digest)


def moment() -> dt.datetime:
    """Now."""
    return dt.datetime.now(dt.UTC)
