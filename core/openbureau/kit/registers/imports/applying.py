"""Writing a checked table into the register: by thousands, each thousand whole or not at all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from peewee import Query

from openbureau.base.context import Context
from openbureau.base.database import Statement, is_postgresql, param, statement, writing
from openbureau.base.errors import Conflict, Invalid
from openbureau.base.i18n import N_
from openbureau.kernel.enablement.actions import hold_rights
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.exchanging import kept_values
from openbureau.kit.registers.imports.batches import (
    WRITTEN,
    audit_batch,
    move,
    refuse_twin,
)
from openbureau.kit.registers.imports.standing import key_of, records_by_key
from openbureau.kit.registers.keys import hold_keys
from openbureau.kit.registers.masking import masked_columns
from openbureau.kit.registers.models import ImportBatch, ImportLine
from openbureau.kit.registers.records import Step, Told, add_record, faults_of, write_over

CHUNK = 1000
IN_ONE_QUERY = 500
Who = Callable[[], Context]
Advance = Callable[[int, int], None]
_encode = msgspec.json.Encoder(order="sorted").encode
CHANGED_SINCE: Told = (N_("检查之后有人改过这条记录，没有覆盖。请核对后重新导入。"), {})
OUT_OF_REACH: Told = (N_("这条记录不在您的办理范围内。"), {})
HIDDEN_SINCE: Told = (
    N_("您已不能查看这条记录的个人信息，这一行没有写入。请重新导入，其他列会照常更新。"),
    {},
)
MADE_SINCE: Told = (N_("检查之后有人登记了同一条记录，没有重复登记。请重新导入。"), {})


def order_apply(
    ctx: Context, register: Register, batch: ImportBatch, *, takes_good_rows: bool = False
) -> None:
    """Lets a checked batch be written. The caller holds the transaction and sees that
    `apply_batch` follows.

    Raises Conflict: it was not just checked, or the same file is being imported. Raises
    Invalid: rows are faulty and nobody chose to import the others only, or none is left.
    """
    faulty = batch.error_total
    if batch.state == "checked" and faulty and not takes_good_rows:
        raise Invalid(
            N_("有 %(total)s 行不能导入。请改正后重新上传，或明确选择只导入正确的行。"),
            total=faulty,
        )
    if batch.state == "checked" and not batch.new_total + batch.changed_total:
        raise Invalid(N_("没有需要写入的行。"))
    refuse_twin(ctx, register, batch.digest, batch.id)
    move(batch, ("checked",), "applying", takes_good_rows=takes_good_rows, applied_at=ctx.now)
    audit_batch(ctx, register, batch, "imported")


def apply_batch(register: Register, batch: ImportBatch, who: Who, advance: Advance) -> None:
    """Writes the lines of a batch that are still to be written; goes on where it was
    interrupted. `who` gives the person as they stand now, asked for each thousand lines.

    Raises Forbidden, NotFound: they may not write any more; what is written stays.
    """
    total = batch.new_total + batch.changed_total
    done = batch.done_total
    while count := _apply_chunk(register, batch, who):
        done += count
        advance(min(done, total), total)


def _apply_chunk(register: Register, batch: ImportBatch, who: Who) -> int:
    """One transaction; how many lines it dealt with. The batch is applied after the last."""
    with writing():
        hold_rights()
        lock(batch)
        ctx = who()
        lines = open_lines(batch)
        if batch.state != "applying":
            return 0
        if lines:
            hold_keys(register)
            _write(ctx, register, batch, lines)
        else:
            move(batch, ("applying",), "applied", applied_at=ctx.now)
        return len(lines)


def lock(batch: ImportBatch) -> None:
    """Nobody else deals with the batch until the caller's transaction ends."""
    query: Any = ImportBatch.select(ImportBatch.state, ImportBatch.done_total).where(
        ImportBatch.id == batch.id
    )
    found = (query.for_update() if is_postgresql() else query).get()
    batch.state, batch.done_total = found.state, found.done_total


def open_lines(batch: ImportBatch, *, is_done: bool = False) -> list[Any]:
    """The next thousand lines that are to be written, or were."""
    found: list[Any] = []
    for action in WRITTEN:
        rows = (
            ImportLine.select()
            .where(
                (ImportLine.batch == batch.id)
                & (ImportLine.action == action)
                & (ImportLine.is_done == is_done)
            )
            .order_by(ImportLine.number)
            .limit(CHUNK - len(found))
        )
        found += list(rows)
    return found


def _write(ctx: Context, register: Register, batch: ImportBatch, lines: Sequence[Any]) -> None:
    values = {line.id: kept_values(register, msgspec.json.decode(line.values)) for line in lines}
    keys = {
        key
        for line in lines
        if line.action == "new" and (key := key_of(register, values[line.id])) is not None
    }
    taken = records_by_key(register, keys)
    known = records_by_id(register, [line.record_id for line in lines if line.record_id])
    step = Step("imported", batch_id=batch.id)
    written: Statement = _done()
    done = 0
    for line in lines:
        wanted = values[line.id]
        if line.action == "new":
            told = _add(ctx, register, line, wanted, taken, step)
        else:
            told = _change(ctx, register, line, wanted, known.get(line.record_id), step)
        if told:
            end_line(line, "clash", told)
        else:
            done += 1
            written.run(id=line.id, record_id=line.record_id)
    ImportBatch.update(done_total=ImportBatch.done_total + done).where(
        ImportBatch.id == batch.id
    ).execute()


def _add(
    ctx: Context,
    register: Register,
    line: Any,
    values: Mapping[str, Any],
    taken: Mapping[Any, Any],
    step: Step,
) -> Mapping[str, Told]:
    if key_of(register, values) in taken:
        return {register.key[0]: MADE_SINCE}
    if found := faults_of(ctx, register, values):
        return found
    line.record_id = add_record(ctx, register, values, step).id
    return {}


def _change(
    ctx: Context,
    register: Register,
    line: Any,
    values: Mapping[str, Any],
    row: Any,
    step: Step,
) -> Mapping[str, Told]:
    if row is None or row.version != line.version or row.voided_at is not None:
        return {register.key[0]: CHANGED_SINCE}
    if not ctx.may_in(register.write, row.unit_id):
        return {register.key[0]: OUT_OF_REACH}
    # At the check they could be compared; without that right, the check leaves them out.
    if hidden := masked_columns(ctx, register, row.unit_id) & values.keys():
        return dict.fromkeys(sorted(hidden), HIDDEN_SINCE)
    if found := faults_of(ctx, register, values, row):
        return found
    try:
        write_over(ctx, register, row, values, step)
    except Conflict:
        return {register.key[0]: CHANGED_SINCE}
    return {}


def records_by_id(register: Register, ids: Iterable[int]) -> dict[int, Any]:
    """Rows of the register by id."""
    model, wanted = register.model, sorted(set(ids))
    found: dict[int, Any] = {}
    for start in range(0, len(wanted), IN_ONE_QUERY):
        part = wanted[start : start + IN_ONE_QUERY]
        found.update((row.id, row) for row in model.select().where(model.id.in_(part)))
    return found


def end_line(line: Any, action: str, told: Mapping[str, Told]) -> None:
    """Keeps why a line was not written, or not undone."""
    problems = [[name, *words] for name, words in told.items()]
    ImportLine.update(action=action, problems=_encode(problems).decode()).where(
        ImportLine.id == line.id
    ).execute()


@statement
def _done() -> Query:
    return ImportLine.update(is_done=True, record_id=param("record_id")).where(
        ImportLine.id == param("id")
    )
