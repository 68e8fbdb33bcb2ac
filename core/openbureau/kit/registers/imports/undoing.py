"""Taking an import back: its new records void, its changes as before."""

from collections.abc import Mapping, Sequence
from typing import Any

from openbureau.base.context import Context
from openbureau.base.database import writing
from openbureau.base.errors import Conflict, Forbidden
from openbureau.base.i18n import N_
from openbureau.kernel.enablement.actions import hold_rights
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.imports.applying import (
    OUT_OF_REACH,
    Advance,
    Who,
    end_line,
    lock,
    open_lines,
    records_by_id,
)
from openbureau.kit.registers.imports.batches import (
    UNDOABLE,
    WRITTEN,
    audit_batch,
    move,
    undo_until,
)
from openbureau.kit.registers.models import ImportBatch, ImportLine, RecordChange
from openbureau.kit.registers.records import Step, Told, undo_record

CHANGED_AFTER: Told = (N_("导入之后又有人改过这条记录，没有撤销。"), {})


def may_undo(ctx: Context, register: Register, batch: ImportBatch) -> bool:
    """Whether this person may take a batch back now: who brought it, or whoever may write in
    every unit it wrote in, within a day."""
    until = undo_until(batch)
    if batch.state not in UNDOABLE or until is None or ctx.now > until or not batch.done_total:
        return False
    if register.slug not in ctx.writable:
        return False
    if batch.account_id == ctx.account.id:
        return ctx.may(register.write)
    return all(ctx.may_in(register.write, unit_id) for unit_id in _units(register, batch))


def _units(register: Register, batch: ImportBatch) -> list[int]:
    written = ImportLine.select(ImportLine.record_id).where(
        (ImportLine.batch == batch.id)
        & ImportLine.action.in_(WRITTEN)
        & (ImportLine.is_done == True)  # noqa: E712 - SQL
    )
    model = register.model
    rows: Any = model.select(model.unit).where(model.id.in_(written)).distinct().tuples()
    return [unit_id for (unit_id,) in rows]


def order_undo(ctx: Context, register: Register, batch: ImportBatch) -> None:
    """Lets an applied batch be taken back. The caller holds the transaction and sees that
    `undo_batch` follows. Raises Conflict: it is too late; Forbidden: not theirs to do."""
    until = undo_until(batch)
    if batch.state in UNDOABLE and until is not None and ctx.now > until:
        raise Conflict(N_("导入已超过 24 小时，不能整批撤销。"), remedy=N_("请逐条更正或作废。"))
    if batch.state in UNDOABLE and not may_undo(ctx, register, batch):
        raise Forbidden(N_("这一批写入了您办理范围以外的单位，您不能撤销。"))
    move(batch, UNDOABLE, "undoing", undone_at=ctx.now)
    audit_batch(ctx, register, batch, "undone_import")


def undo_batch(
    register: Register, batch: ImportBatch, who: Who, advance: Advance, reason: str = ""
) -> None:
    """Takes back what is still to be taken back; goes on where it was interrupted. What was
    changed since is left and named."""
    done, total = 0, batch.done_total
    while count := _undo_chunk(register, batch, who, reason):
        done += count
        advance(min(done, total), total)


def _undo_chunk(register: Register, batch: ImportBatch, who: Who, reason: str) -> int:
    with writing():
        hold_rights()
        lock(batch)
        if batch.state != "undoing":
            return 0
        ctx = who()
        lines = open_lines(batch, is_done=True)
        if lines:
            _take_back(ctx, register, batch, lines, reason)
        else:
            move(batch, ("undoing",), "undone", undone_at=ctx.now)
        return len(lines)


def _take_back(
    ctx: Context, register: Register, batch: ImportBatch, lines: Sequence[Any], reason: str
) -> None:
    known = records_by_id(register, [line.record_id for line in lines])
    steps = _steps(batch, list(known))
    step = Step("undone", reason, batch.id)
    kept, undone = 0, []
    for line in lines:
        row, change = known[line.record_id], steps[line.record_id]
        told = _undone(ctx, register, row, change, step)
        if told is None:
            undone.append(line.id)
        else:
            end_line(line, "kept", {register.key[0]: told})
            kept += 1
    ImportLine.update(is_done=False).where(ImportLine.id.in_(undone)).execute()
    ImportBatch.update(kept_total=ImportBatch.kept_total + kept).where(
        ImportBatch.id == batch.id
    ).execute()


def _undone(ctx: Context, register: Register, row: Any, change: Any, step: Step) -> Told | None:
    """Why a record was left as it is; None where it was taken back."""
    if row.version != change.version:
        return CHANGED_AFTER
    if not ctx.may_in(register.write, row.unit_id):
        return OUT_OF_REACH
    try:
        undo_record(ctx, register, row, change.before, step)
    except Conflict:
        return CHANGED_AFTER
    return None


def _steps(batch: ImportBatch, ids: Sequence[int]) -> Mapping[int, Any]:
    """The step this batch made in the life of each record."""
    rows = RecordChange.select().where(
        (RecordChange.batch == batch.id)
        & RecordChange.record_id.in_(ids)
        & (RecordChange.action == "imported")
    )
    return {row.record_id: row for row in rows}
