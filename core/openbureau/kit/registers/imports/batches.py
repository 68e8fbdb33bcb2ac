"""One workbook brought to a register: who brought it, how it stands, who may look."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from peewee import fn

from openbureau.base.context import Context
from openbureau.base.errors import Conflict, Forbidden, NotFound, Problem
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.actions import record_act
from openbureau.kernel.files.actions import stored_file
from openbureau.kernel.files.storage import Stored
from openbureau.kernel.jobs.models import Job
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.models import ImportBatch, ImportLine

CHECK_JOB, APPLY_JOB, UNDO_JOB = "core.check_import", "core.apply_import", "core.undo_import"
WORKING = ("checking", "applying", "undoing")
OPEN_JOBS = ("ready", "running", "parked")
ENDED_FROM_OUTSIDE_AFTER = dt.timedelta(minutes=15)
UNDO_HOURS = 24
WRITTEN = ("new", "change")
UNDOABLE = ("applied", "failed")
BATCHES_SHOWN = 20
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.decode


@dataclass(frozen=True, slots=True)
class Lines:
    """How many lines of a batch there are of each action, and how many of those are written."""

    by_action: Mapping[str, int]
    written: Mapping[str, int]


def open_batch(ctx: Context, register: Register, stored: Stored, unit_id: int) -> ImportBatch:
    """A batch for a stored table, to be checked. The caller holds the transaction.

    Raises Conflict: the same file is being checked or written already.
    """
    refuse_twin(ctx, register, stored.digest)
    stored_file(stored, ctx.now)
    return ImportBatch.create(
        realm=register.realm,
        file_name=stored.name,
        digest=stored.digest,
        account=ctx.account.id,
        post=ctx.post.id if ctx.post else None,
        unit=unit_id,
        created_at=ctx.now,
    )


def refuse_twin(ctx: Context, register: Register, digest: str, except_id: int = 0) -> None:
    """Raises Conflict: somebody is just importing the very same file. One that began a while
    ago and has no job was ended from outside, and is no hindrance."""
    twins = (
        ImportBatch.select(ImportBatch, Account.name.alias("person"))
        .join(Account)
        .where(
            (ImportBatch.realm == register.realm)
            & (ImportBatch.digest == digest)
            & (ImportBatch.id != except_id)
            & ImportBatch.state.in_(("checking", "applying"))
        )
        .objects()
    )
    for twin in twins:
        job = job_of(twin)
        is_recent = ctx.now - twin.created_at < ENDED_FROM_OUTSIDE_AFTER
        if is_recent or (job is not None and job.state in OPEN_JOBS):
            raise Conflict(
                N_("同一个文件正在由%(name)s导入，这一次没有开始。"),
                unaffected=N_("没有任何内容被改动。"),
                remedy=N_("请等那一次完成，再看结果；需要时重新上传。"),
                name=twin.person,
            )


def job_of(batch: ImportBatch) -> Job | None:
    """The job that works on a batch; None where its step is done at once."""
    kind = {"checking": CHECK_JOB, "applying": APPLY_JOB, "undoing": UNDO_JOB}.get(batch.state)
    found: Job | None = Job.get_or_none(Job.once == f"{kind} {batch.uid}")
    return found


def batch_of(ctx: Context, register: Register, uid: str) -> ImportBatch:
    """A batch this person brought, or may write in the unit of. Raises NotFound."""
    found = ImportBatch.get_or_none(
        (ImportBatch.uid == uid) & (ImportBatch.realm == register.realm)
    )
    if found is None or not _is_shown(ctx, register, found):
        raise NotFound
    return found


def _is_shown(ctx: Context, register: Register, batch: ImportBatch) -> bool:
    return batch.account_id == ctx.account.id or ctx.may_in(register.write, batch.unit_id)


def may_see_rows(ctx: Context, register: Register, batch: ImportBatch) -> bool:
    """Whether this person may see what stood in the table: who brought it, and where columns
    hold personal data, whoever may see that in the batch's unit."""
    if batch.account_id == ctx.account.id:
        return True
    if not any(column.personal for column in register.columns):
        return True
    return ctx.may_in(register.personal, batch.unit_id)


def own_batch_of(ctx: Context, register: Register, uid: str) -> ImportBatch:
    """A batch this person brought. Raises NotFound, Forbidden: somebody else did."""
    found = batch_of(ctx, register, uid)
    if found.account_id != ctx.account.id:
        raise Forbidden(N_("这个表格由别人上传，只有本人可以导入。"))
    return found


def recent_batches(ctx: Context, register: Register) -> list[Any]:
    """The latest batches this person may see, each with `person`, the name of who brought it."""
    rows = (
        ImportBatch.select(ImportBatch, Account.name.alias("person"))
        .join(Account)
        .where(ImportBatch.realm == register.realm)
        .order_by(ImportBatch.id.desc())
        .limit(10 * BATCHES_SHOWN)
        .objects()
    )
    return [row for row in rows if _is_shown(ctx, register, row)][:BATCHES_SHOWN]


def move(batch: ImportBatch, before: Sequence[str], state: str, **values: Any) -> None:
    """Takes a batch from one of these states to another, in the caller's transaction.

    Raises Conflict: it is in another one by now.
    """
    moved = (
        ImportBatch.update(state=state, **values)
        .where((ImportBatch.id == batch.id) & ImportBatch.state.in_(before))
        .execute()
    )
    if not moved:
        raise Conflict(N_("这一批的状态刚刚变动过。"), remedy=N_("请刷新后再看。"))
    batch.state = state
    for name, value in values.items():
        setattr(batch, name, value)


def refused_as(problem: Problem) -> str:
    """Why a whole table was refused, as the batch keeps it."""
    return _encode([problem.what, problem.params]).decode()


def refusal_of(batch: ImportBatch) -> tuple[str, Mapping[str, Any]]:
    """What `refused_as` kept: a message id and its values; ("", {}) where nothing was."""
    if not batch.problem:
        return "", {}
    message, params = _decode(batch.problem)
    return message, params


def headings_of(batch: ImportBatch) -> Mapping[str, Any]:
    """What the check found above the rows: `row`, `unknown` names."""
    return _decode(batch.headings)


def lines_of(batch: ImportBatch) -> Lines:
    """How many rows of a batch became of each kind."""
    rows: Any = (
        ImportLine.select(ImportLine.action, ImportLine.is_done, fn.COUNT(ImportLine.id))
        .where(ImportLine.batch == batch.id)
        .group_by(ImportLine.action, ImportLine.is_done)
        .tuples()
    )
    by_action: dict[str, int] = {}
    written: dict[str, int] = {}
    for action, is_done, count in rows:
        by_action[action] = by_action.get(action, 0) + count
        if is_done:
            written[action] = written.get(action, 0) + count
    return Lines(by_action, written)


def told_lines(batch: ImportBatch, actions: Sequence[str], limit: int, after: int = 0) -> list[Any]:
    """Rows with these outcomes that have something said about them, from the first on."""
    return list(
        ImportLine.select()
        .where(
            (ImportLine.batch == batch.id)
            & ImportLine.action.in_(list(actions))
            & (ImportLine.number > after)
        )
        .order_by(ImportLine.number)
        .limit(limit)
    )


def may_apply(batch: ImportBatch) -> bool:
    """Whether there is anything to write."""
    return batch.state == "checked" and bool(batch.new_total + batch.changed_total)


def undo_until(batch: ImportBatch) -> dt.datetime | None:
    """The moment until which an applied batch may be undone."""
    at: Any = batch.applied_at
    return None if at is None else at + dt.timedelta(hours=UNDO_HOURS)


def audit_batch(ctx: Context, register: Register, batch: ImportBatch, verb: str) -> None:
    """The one audit line of what is done with a whole batch: file, digest, counts."""
    record_act(
        ctx,
        f"{register.slug}.{verb}_{register.noun}",
        register.realm,
        detail={
            "batch": batch.uid,
            "file": batch.file_name,
            "digest": batch.digest,
            "total": batch.total,
            "new": batch.new_total,
            "changed": batch.changed_total,
            "left_out": batch.duplicate_total + batch.error_total,
        },
        unit_id=batch.unit_id,
    )
