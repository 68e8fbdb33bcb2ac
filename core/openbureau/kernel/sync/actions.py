"""What administrators do with a synchronisation: start, exclude, order, confirm, discard."""

import datetime as dt
from collections.abc import Iterable

import msgspec

from openbureau.base.database import writing
from openbureau.base.errors import Conflict, Forbidden
from openbureau.base.i18n import N_
from openbureau.base.settings import Settings
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.sync.authority import require_administrator
from openbureau.kernel.sync.carrying import carry_out
from openbureau.kernel.sync.models import UNDO, SyncRun
from openbureau.kernel.sync.steps import keep, lane_of, note
from openbureau.kernel.sync.undo import start_undo

READ_JOB = "core.read_sync"
APPLY_JOB = "core.apply_sync"
_WAITING = ("planned", "blocked")

NOT_WAITING = N_("这次同步已经不在等待写入，可能刚被别人处理。")
OTHER_PLAN = N_("计划在您打开页面之后有变化。")
NOT_SECOND = N_("确认人必须是另一名系统管理员，不能是提出或改动这份计划的人。")


def start_run(
    source: DirectorySource | None,
    *,
    account_id: int | None,
    now: dt.datetime,
    scope: str = "full",
    excluded: Iterable[str] = (),
) -> SyncRun:
    """Asks for a preview: a job reads the directory (`core.read_sync`), in the caller's
    transaction."""
    run: SyncRun = SyncRun.create(
        source=source,
        scope=scope,
        trigger="manual",
        excluded=msgspec.json.encode(sorted(set(excluded))).decode(),
        requested_by=account_id,
        requested_at=now,
    )
    source_id = None if source is None else source.id
    enqueue(READ_JOB, {"run": run.id}, now=now, lane=lane_of(source_id), once=f"read-{run.uid}")
    note("core.start_sync", run, now, account_id, scope=scope)
    return run


def exclude(
    run: SyncRun, external_ids: Iterable[str], *, account_id: int, now: dt.datetime
) -> SyncRun:
    """Makes a new preview with exactly these lines left out, and discards this one; whoever
    does so is the author of the new plan. In the caller's transaction.

    Raises Conflict: the run does not wait any more, or takes another one back: that is whole.
    """
    if run.scope == UNDO:
        raise Conflict(N_("撤销不能排除个别的行。"))
    _take(run, _WAITING, state="discarded", reason="superseded")
    return start_run(
        run.source, account_id=account_id, now=now, scope=run.scope, excluded=external_ids
    )


def order_undo(
    run: SyncRun, *, account_id: int, plan_hash: str, now: dt.datetime, trigger: str = "manual"
) -> SyncRun:
    """Orders a run to be taken back as it was shown; the run that does it. Where a gate holds
    it, it waits for another administrator. In the caller's transaction; raises as `start_undo`.
    """
    made = start_undo(run, account_id=account_id, plan_hash=plan_hash, now=now, trigger=trigger)
    if made.state == "planned":
        order_run(made, account_id=account_id, plan_hash=plan_hash, now=now)
    return made


def order_run(run: SyncRun, *, account_id: int, plan_hash: str, now: dt.datetime) -> SyncRun:
    """Orders a plan to be written: a job does it (`core.apply_sync`), in the caller's
    transaction. For a plan a gate has stopped use `confirm_run`.

    Raises Forbidden: not a system administrator. Conflict: another plan, or not waiting.
    """
    require_administrator(account_id)
    _check_plan(run, plan_hash)
    _take(run, ("planned",), state="applying", applied_by=account_id)
    _enqueue_apply(run, now)
    note("core.order_sync", run, now, account_id)
    return run


def confirm_run(run: SyncRun, *, account_id: int, plan_hash: str, now: dt.datetime) -> SyncRun:
    """A second administrator confirms a plan that a gate has stopped, by its hash; it is then
    written. A plan nobody asked for (of the schedule) is first supported by one administrator,
    whose plan it is from then on, and confirmed by another. In the caller's transaction.

    Raises Forbidden: not a system administrator, or the author. Conflict: as `order_run`.
    """
    require_administrator(account_id)
    _check_plan(run, plan_hash)
    if run.requested_by_id is None:
        _take(run, ("blocked",), requested_by=account_id)
        note("core.support_sync", run, now, account_id)
        return run
    if run.requested_by_id == account_id:
        raise Forbidden(NOT_SECOND, remedy=N_("请由另一位系统管理员打开本次同步的页面确认。"))
    _take(
        run,
        ("blocked",),
        state="applying",
        confirmed_by=account_id,
        confirmed_at=now,
        applied_by=account_id,
    )
    _enqueue_apply(run, now)
    note("core.confirm_sync", run, now, account_id, author=run.requested_by_id)
    return run


def discard_run(run: SyncRun, *, account_id: int, now: dt.datetime) -> SyncRun:
    """Gives a waiting plan up; nothing is written. In the caller's transaction.

    Raises Forbidden: not a system administrator. Conflict: the run does not wait any more.
    """
    require_administrator(account_id)
    _take(run, ("waiting", "reading", *_WAITING), state="discarded", reason="discarded")
    note("core.discard_sync", run, now, account_id)
    return run


def apply_run(
    run: SyncRun, settings: Settings, *, account_id: int, plan_hash: str, now: dt.datetime
) -> SyncRun:
    """Orders a plan and writes it at once, for the command line. Raises as `order_run`."""
    with writing():
        order_run(run, account_id=account_id, plan_hash=plan_hash, now=now)
    return carry_out(run, settings, now)


def _enqueue_apply(run: SyncRun, now: dt.datetime) -> None:
    enqueue(
        APPLY_JOB,
        {"run": run.id},
        now=now,
        lane=lane_of(run.source_id),
        once=f"apply-{run.uid}-{run.plan_hash[:16]}-{int(now.timestamp())}",
    )


def _take(run: SyncRun, states: Iterable[str], **fields: object) -> None:
    """Changes the run if it is still in one of these states. Raises Conflict."""
    taken = (
        SyncRun.update(**fields)
        .where((SyncRun.id == run.id) & SyncRun.state.in_(list(states)))
        .execute()
    )
    if not taken:
        raise Conflict(NOT_WAITING)
    keep(run, **fields)


def _check_plan(run: SyncRun, plan_hash: str) -> None:
    if not plan_hash or plan_hash != run.plan_hash:
        raise Conflict(OTHER_PLAN)
