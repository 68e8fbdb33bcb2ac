"""The check of a table: every row judged and kept as a line, nothing written to the register."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

import msgspec
from peewee import Query

from openbureau.base.context import Context
from openbureau.base.database import Statement, param, statement, writing
from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_
from openbureau.base.sheets import Limits
from openbureau.kernel.files.storage import content_path
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.exchanging import exchanged
from openbureau.kit.registers.imports.batches import move, refused_as
from openbureau.kit.registers.imports.faulty import write_faulty_table
from openbureau.kit.registers.imports.headings import Headings, opened
from openbureau.kit.registers.imports.judging import Judge, Judged
from openbureau.kit.registers.imports.tables import LIMITS, table_rows
from openbureau.kit.registers.models import ImportBatch, ImportLine

CHUNK = 1000
TOTALS = {
    "new": "new_total",
    "change": "changed_total",
    "same": "same_total",
    "duplicate": "duplicate_total",
    "error": "error_total",
}
Clock = Callable[[], dt.datetime]
Advance = Callable[[int, int], None]
_encode = msgspec.json.Encoder(order="sorted").encode
_COLUMNS = ("batch", "number", "action", "record_id", "version", "values", "problems", "is_done")


class TooLongForNow(Exception):
    """There are more rows than are checked while somebody waits."""


def check_batch(
    ctx: Context,
    register: Register,
    batch: ImportBatch,
    advance: Advance,
    *,
    limits: Limits = LIMITS,
    most_rows: int = 0,
) -> None:
    """Judges every row of a batch; the batch is `checked` afterwards, or `refused` with the
    reason. Begun again from the first row where it was interrupted.

    Raises TooLongForNow: there are more than `most_rows` rows (0: any number); the batch is
    still to be checked.
    """
    _forget(batch)
    try:
        with closing(table_rows(content_path(batch.digest), batch.file_name, limits)) as rows:  # type: ignore[type-var]
            headings, below = opened(register, rows)
            total = _judge_all(ctx, register, batch, headings, below, advance, most_rows)
        if not total:
            raise Invalid(N_("表中没有数据行。请在列名下面填写后再上传。"))
        error_digest = write_faulty_table(ctx, register, batch)
    except Invalid as refused:
        _refuse(ctx, batch, refused)
    else:
        with writing():
            move(batch, ("checking",), "checked", checked_at=ctx.now, error_digest=error_digest)


def _forget(batch: ImportBatch) -> None:
    with writing():
        ImportLine.delete().where(ImportLine.batch == batch.id).execute()
        values = dict.fromkeys((*TOTALS.values(), "total"), 0)
        move(batch, ("checking",), "checking", **values)


def _refuse(ctx: Context, batch: ImportBatch, refused: Invalid) -> None:
    _forget(batch)
    with writing():
        move(batch, ("checking",), "refused", checked_at=ctx.now, problem=refused_as(refused))


def _judge_all(
    ctx: Context,
    register: Register,
    batch: ImportBatch,
    headings: Headings,
    rows: Iterator[tuple[int, list[Any]]],
    advance: Advance,
    most_rows: int,
) -> int:
    """Judges and keeps the rows; how many there are."""
    judge = Judge(ctx, register, headings, batch.unit_id)
    found = _encode({"row": headings.row, "unknown": list(headings.unknown.values())})
    totals: Counter[str] = Counter()
    while chunk := list(islice(rows, CHUNK)):
        lines = judge.judged(chunk)
        totals.update(line.action for line in lines)
        if most_rows and totals.total() > most_rows:
            raise TooLongForNow
        values = {column: totals[action] for action, column in TOTALS.items()}
        with writing():
            _keep(register, batch, lines)
            move(
                batch,
                ("checking",),
                "checking",
                headings=found.decode(),
                total=totals.total(),
                **values,
            )
        advance(totals.total(), 0)
    return totals.total()


@statement
def _line() -> Query:
    return ImportLine.insert({name: param(name) for name in _COLUMNS})


def _keep(register: Register, batch: ImportBatch, lines: Iterable[Judged]) -> None:
    inserted: Statement = _line()
    inserted.run_many([_kept(register, batch.id, judged) for judged in lines])


def _kept(register: Register, batch_id: int, judged: Judged) -> dict[str, Any]:
    problems = [[name, *told] for name, told in judged.problems.items()]
    # What already is so needs no copy.
    is_same = judged.action == "same"
    return {
        "batch": batch_id,
        "number": judged.number,
        "action": judged.action,
        "record_id": judged.record_id,
        "version": judged.version,
        "values": "{}" if is_same else exchanged(register, judged.values),
        "problems": _encode(problems).decode() if problems else "[]",
        "is_done": False,
    }
