"""Work on many records and exports: who ordered it, how it stands, who may look."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from openbureau.base.context import Context
from openbureau.base.database import is_postgresql
from openbureau.base.errors import Conflict, NotFound, Problem
from openbureau.base.i18n import N_
from openbureau.kernel.audit.actions import record_act
from openbureau.kernel.jobs.models import Job
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.models import BulkFault, BulkRun

RUN_JOB, EXPORT_JOB = "core.run_bulk", "core.export_register"
EXPORT = "export"
WORKING = ("waiting", "running")
RUNS_SHOWN = 20
# What `chosen` holds may be long; nothing but the work itself needs it.
_LIGHT = [field for field in BulkRun._meta.sorted_fields if field.name != "chosen"]
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.decode


def opened_run(
    ctx: Context, register: Register, action: str, unit_id: int, **values: Any
) -> BulkRun:
    """A new run in the caller's transaction."""
    return BulkRun.create(
        realm=register.realm,
        action=action,
        account=ctx.account.id,
        post=ctx.post.id if ctx.post else None,
        unit=unit_id,
        created_at=ctx.now,
        **values,
    )


def own_run(ctx: Context, register: Register, uid: str) -> BulkRun:
    """A run this person ordered. Raises NotFound."""
    found = (
        BulkRun.select(*_LIGHT)
        .where(
            (BulkRun.uid == uid)
            & (BulkRun.realm == register.realm)
            & (BulkRun.account == ctx.account.id)
        )
        .first()
    )
    if found is None:
        raise NotFound
    return found


def own_runs(ctx: Context, register: Register) -> list[BulkRun]:
    """The latest runs this person ordered in a register, newest first."""
    return list(
        BulkRun.select(*_LIGHT)
        .where((BulkRun.account == ctx.account.id) & (BulkRun.realm == register.realm))
        .order_by(BulkRun.created_at.desc(), BulkRun.id.desc())
        .limit(RUNS_SHOWN)
    )


def job_kind(run: BulkRun) -> str:
    """The kind of job that does a run."""
    return EXPORT_JOB if run.action == EXPORT else RUN_JOB


def job_of(run: BulkRun) -> Job | None:
    """The job of a run; None where it was done at once."""
    found: Job | None = Job.get_or_none(Job.once == f"{job_kind(run)} {run.uid}")
    return found


def locked(run: BulkRun) -> BulkRun:
    """The run as it stands; nobody else deals with it until the caller's transaction ends."""
    query: Any = BulkRun.select(*_LIGHT).where(BulkRun.id == run.id)
    found: BulkRun = (query.for_update() if is_postgresql() else query).get()
    return found


def move(run: BulkRun, before: Sequence[str], state: str, **values: Any) -> None:
    """Takes a run from one of these states to another, in the caller's transaction.

    Raises Conflict: it is in another one by now.
    """
    moved = (
        BulkRun.update(state=state, **values)
        .where((BulkRun.id == run.id) & BulkRun.state.in_(before))
        .execute()
    )
    if not moved:
        raise Conflict(N_("这项办理的状态刚刚变动过。"), remedy=N_("请刷新后再看。"))
    run.state = state
    for name, value in values.items():
        setattr(run, name, value)


def cancel_run(ctx: Context, register: Register, run: BulkRun) -> None:
    """Ends a run before its end; what is done stays done. Raises Conflict: it has ended."""
    if run.state not in WORKING:
        raise Conflict(N_("这项办理已经结束，不能取消。"), remedy=N_("请刷新后再看。"))
    move(run, WORKING, "cancelled", cancelled_at=ctx.now, ended_at=ctx.now)
    audit_run(ctx, register, run, "cancelled", {"done": run.done_total})


def fail_run(run: BulkRun, problem: Problem, now: dt.datetime) -> None:
    """Ends a run that may not go on, keeping why."""
    told = _encode([problem.what, problem.params]).decode()
    move(run, WORKING, "failed", problem=told, ended_at=now)


def problem_of(run: BulkRun) -> tuple[str, Mapping[str, Any]]:
    """Why a run ended early: a message id and its values; ("", {}) where it did not."""
    if not run.problem:
        return "", {}
    message, params = _decode(run.problem)
    return message, params


def params_of(run: BulkRun) -> Mapping[str, Any]:
    """What an export was asked for besides its query."""
    return _decode(run.params)


def faults_of_run(run: BulkRun, limit: int) -> list[BulkFault]:
    """The first records on which the work failed."""
    rows = BulkFault.select().where(BulkFault.run == run.id).order_by(BulkFault.record_id)
    return list(rows.limit(limit))


def told(fault: BulkFault) -> tuple[str, Mapping[str, Any]]:
    """Why the work failed on a record: a message id and its values."""
    message, params = _decode(fault.problem)
    return message, params


def add_fault(run: BulkRun, record_id: int, title: str, problem: Problem) -> None:
    """Keeps why the work failed on one record."""
    # A refused change says what is wrong with each column; the first is enough.
    message, params = next(
        iter(problem.params.get("columns", {}).values()), (problem.what, problem.params)
    )
    BulkFault.insert(
        run=run.id,
        record_id=record_id,
        title=title[:300],
        problem=_encode([message, params]).decode(),
    ).execute()


def audit_run(
    ctx: Context, register: Register, run: BulkRun, verb: str, detail: Mapping[str, Any]
) -> None:
    """The audit line of what is done with a run as a whole."""
    record_act(
        ctx,
        f"{register.slug}.{verb}_{register.noun}",
        register.realm,
        detail={"run": run.uid, "total": run.total, "reason": run.reason, **detail},
        unit_id=run.unit_id,
    )
