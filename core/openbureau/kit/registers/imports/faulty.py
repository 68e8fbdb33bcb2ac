"""The same table back: faulty cells red, and a column that says why."""

from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from typing import Any

import msgspec

from openbureau.base.context import Context
from openbureau.base.database import writing
from openbureau.kernel.files.actions import stored_file
from openbureau.kernel.files.storage import content_path, store
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.imports.batches import told_lines
from openbureau.kit.registers.imports.headings import opened
from openbureau.kit.registers.imports.tables import LIMITS, table_rows
from openbureau.kit.registers.imports.workbooks import Marked, write_marked
from openbureau.kit.registers.models import ImportBatch

TOLD = ("error", "duplicate")
LARGEST_BYTES = 1 << 30
_CHUNK = 1000


def write_faulty_table(ctx: Context, register: Register, batch: ImportBatch) -> str:
    """Stores the table with its faults marked; its digest, "" where there are none."""
    if not batch.error_total + batch.duplicate_total:
        return ""
    rows = table_rows(content_path(batch.digest), batch.file_name, LIMITS)
    headings, below = opened(register, rows)
    places = {column.name: place for place, column in headings.columns.items()}
    names = {place: column.label for place, column in headings.columns.items()}
    with TemporaryFile() as file:
        marked = _marked(ctx, register, batch, places, below)
        write_marked(ctx, register, file, names | dict(headings.unknown), marked)
        file.seek(0)
        stored = store(file, f"{batch.uid}.xlsx", LARGEST_BYTES, ctx.now)
    with writing():
        stored_file(stored, ctx.now)
    return stored.digest


def _marked(
    ctx: Context,
    register: Register,
    batch: ImportBatch,
    places: Mapping[str, int],
    rows: Iterator[tuple[int, list[Any]]],
) -> Iterator[Marked]:
    faults = _faults(batch)
    number, problems = next(faults, (0, []))
    for row_number, cells in rows:
        if not any(cell not in {"", None} for cell in cells):
            continue
        if row_number != number:
            yield Marked(cells, frozenset(), "")
            continue
        yield Marked(cells, _red(places, problems), reason_text(ctx, register, problems))
        number, problems = next(faults, (0, []))


def _red(places: Mapping[str, int], problems: list[Any]) -> frozenset[int]:
    return frozenset(places[name] for name, *_ in problems if name in places)


def reason_text(ctx: Context, register: Register, problems: list[Any]) -> str:
    """What is wrong with a row, in one line; of several faults each with its column."""
    say = ctx.gettext
    texts = []
    for name, message, params in problems:
        column, text = register.by_name.get(name), say(message, **params)
        is_named = len(problems) > 1
        texts.append(f"{say(column.label)}{say('：')}{text}" if column and is_named else text)
    return say("；").join(texts)


def _faults(batch: ImportBatch) -> Iterator[tuple[int, list[Any]]]:
    after = 0
    while lines := told_lines(batch, TOLD, _CHUNK, after):
        for line in lines:
            yield line.number, msgspec.json.decode(line.problems)
        after = lines[-1].number
