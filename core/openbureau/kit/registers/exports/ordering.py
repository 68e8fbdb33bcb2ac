"""Exports as runs: ordered, made at once or by a job, kept for a week."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlencode

import msgspec

from openbureau.base.context import Context
from openbureau.base.database import writing
from openbureau.base.errors import Conflict, Invalid
from openbureau.base.i18n import N_
from openbureau.kernel.files.actions import SWEEP_AFTER
from openbureau.kernel.files.storage import TMP, content_path, keep_made, store_root
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.exports.making import (
    Order,
    Written,
    audit_export,
    write_export,
)
from openbureau.kit.registers.exports.wanted import MEDIA_TYPES, file_name, is_too_long
from openbureau.kit.registers.models import BulkRun
from openbureau.kit.registers.runs import EXPORT, WORKING, job_of, move, opened_run

KEPT_FOR = dt.timedelta(days=7)
OPEN_JOBS = ("ready", "running", "parked")
ENDED_FROM_OUTSIDE_AFTER = dt.timedelta(minutes=15)
Advance = Callable[[int, int], None]


class _CancelledError(Exception):
    """Whoever ordered the export does not want it any more."""


def order_export(order: Order, total: int) -> BulkRun:
    """An export of `total` records, in the caller's transaction.

    Raises Invalid: a workbook cannot hold so many; Conflict: another one of theirs is made.
    """
    if is_too_long(order.wanted, total):
        raise Invalid(
            N_("%(total)s 条超过一张工作表能放下的，请选 .csv，或缩小范围。"), total=f"{total:,}"
        )
    _refuse_second(order)
    return opened_run(
        order.ctx,
        order.register,
        EXPORT,
        order.unit_id,
        address=urlencode(order.address.query.multi_items()),
        params=order.wanted.as_json(),
        reason=order.wanted.reason,
        total=total,
    )


def _refuse_second(order: Order) -> None:
    ctx = order.ctx
    mine = BulkRun.select().where(
        (BulkRun.account == ctx.account.id)
        & (BulkRun.action == EXPORT)
        & BulkRun.state.in_(WORKING)
    )
    for run in mine:
        job = job_of(run)
        is_recent = ctx.now - run.created_at < ENDED_FROM_OUTSIDE_AFTER
        if (job is not None and job.state in OPEN_JOBS) or (job is None and is_recent):
            raise Conflict(
                N_("您还有一个导出正在进行，这一次没有开始。"),
                unaffected=N_("没有任何内容被改动。"),
                remedy=N_("请等它完成，或先取消它。"),
            )


def make_export(run: BulkRun, order: Order, advance: Advance) -> None:
    """Makes the file of a run; begun again from the first record where it was interrupted.
    Nothing is kept of one that was cancelled meanwhile."""
    wanted = order.wanted
    with writing():
        move(run, WORKING, "running")
    folder = store_root() / TMP
    with NamedTemporaryFile(dir=folder, suffix=f".{wanted.format}", delete=False) as made:
        path = Path(made.name)
    try:
        written = write_export(order, path, lambda done: _watch(run, done, advance))
        _keep(run, order, path, written)
    except _CancelledError:
        return
    finally:
        path.unlink(missing_ok=True)


def _watch(run: BulkRun, done: int, advance: Advance) -> None:
    advance(done, run.total)
    if BulkRun.select(BulkRun.state).where(BulkRun.id == run.id).scalar() not in WORKING:
        raise _CancelledError


def _keep(run: BulkRun, order: Order, path: Path, written: Written) -> None:
    ctx, wanted, total = order.ctx, order.wanted, written.total
    name = file_name(ctx, order.register, order.unit_id, wanted.format)
    # Content without a row is swept away a day after its own time.
    until = ctx.now + KEPT_FOR - SWEEP_AFTER
    stored = keep_made(path, name, MEDIA_TYPES[wanted.format], until)
    with writing():
        if BulkRun.select(BulkRun.state).where(BulkRun.id == run.id).scalar() not in WORKING:
            raise _CancelledError
        move(
            run,
            WORKING,
            "done",
            total=total,
            done_total=total,
            readable=msgspec.json.encode(written.readable).decode(),
            digest=stored.digest,
            file_name=stored.name,
            ended_at=ctx.now,
        )
        audit_export(order, stored.name, stored.digest, written)


def may_read(ctx: Context, register: Register, run: BulkRun) -> bool:
    """Whether somebody may still read all the personal data that the file of an export shows."""
    units: list[int] = msgspec.json.decode(run.readable, type=list[int])
    return all(ctx.may_in(register.personal, unit_id) for unit_id in units)


def kept_file(run: BulkRun, now: dt.datetime) -> Path | None:
    """Where the file of an export lies; None where there is none, or not any more."""
    ended = run.ended_at
    if not run.digest or ended is None or now > ended + KEPT_FOR:
        return None
    path = content_path(run.digest)
    return path if path.exists() else None
