"""A synchronisation step by step: asked for, read, looked at, applied.

    waiting ─▶ reading ─▶ planned ─▶ applying ─▶ applied ─▶ undone
                  │    └▶ blocked ─▶ (a second administrator confirms) ─▶ applying
                  └▶ incomplete, empty
    planned, blocked ─▶ discarded        applying ─▶ refused (the plan is not the same any more)

Every step is one transaction with its audit line. What takes long (reading) is a job's.
"""

import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from openbureau.base.database import reading, writing
from openbureau.base.settings import Settings
from openbureau.kernel.directory.apply import Order, PlanChanged, apply_plan
from openbureau.kernel.directory.config import DirectoryConfig, directory_config
from openbureau.kernel.directory.delta import advanced
from openbureau.kernel.directory.gates import counted_since
from openbureau.kernel.directory.locking import found_rule
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.plan import Plan
from openbureau.kernel.directory.snapshot import Incomplete, Snapshot
from openbureau.kernel.directory.sources import follow_lock_rule, source_config
from openbureau.kernel.directory.sync import Prepared, prepare
from openbureau.kernel.sync.alarms import raise_alarm
from openbureau.kernel.sync.models import UNDO, SyncRun
from openbureau.kernel.sync.plan_text import encoded
from openbureau.kernel.sync.queries import excluded_of, latest_run
from openbureau.kernel.sync.steps import keep, note, require_applying

_WAITING = ("planned", "blocked")

Advance = Callable[[int, int], None]


def run_config(source: DirectorySource | None, settings: Settings) -> DirectoryConfig:
    """How the source of a run is reached; None is the directory of the start-up settings."""
    if source is None:
        return directory_config(settings)
    return source_config(source, settings.data)


def read_run(
    run: SyncRun, settings: Settings, now: dt.datetime, advance: Advance = lambda done, total: None
) -> SyncRun:
    """Reads the directory for a waiting run and stores the plan; the run as it is then.

    A run that is already further is returned as it is, so that a job may be repeated.
    """
    if run.state not in {"waiting", "reading"}:
        return run
    _put(run, state="reading")
    advance(1, 4)
    found = _prepared(run, settings, now)
    _follow_lock_rule(run, settings, now)
    advance(3, 4)
    settled = settle(run, found, now)
    advance(4, 4)
    return settled


def _follow_lock_rule(run: SyncRun, settings: Settings, now: dt.datetime) -> None:
    """Takes over how soon the directory locks accounts, so that nobody is locked out by us."""
    if run.source is None or run.scope != "full":
        return
    rule = found_rule(run_config(run.source, settings))
    if rule is not None:
        with writing():
            follow_lock_rule(run.source, rule.after, rule.window_min, now)


def _prepared(run: SyncRun, settings: Settings, now: dt.datetime) -> Prepared | Incomplete:
    return prepare(
        run_config(run.source, settings),
        now,
        source=run.source,
        excluded=excluded_of(run),
        is_delta=run.scope == "delta",
        planned_at=run.planned_at,
    )


def _put(run: SyncRun, **fields: Any) -> None:
    """Writes the fields in a transaction of its own and into the object."""
    with writing():
        keep(run, **fields)


def settle(
    run: SyncRun, found: Prepared | Incomplete, now: dt.datetime, *, is_quiet: bool = False
) -> SyncRun:
    """Stores what a reading gave: a plan, nothing to do, or why it may change nothing. An
    alarm is raised where somebody has to look; `is_quiet`: the plan is applied right away."""
    with writing():
        if isinstance(found, Incomplete):
            keep(run, state="incomplete", reason=found.reason, detail=found.detail, planned_at=now)
            raise_alarm(run, now)
            return run
        plan = found.plan
        state = "empty" if plan.is_empty else "blocked" if plan.blocked else "planned"
        keep(
            run,
            state=state,
            reason="",
            detail="",
            plan=encoded(plan),
            plan_hash=plan.hash,
            blocked=msgspec.json.encode(plan.blocked).decode(),
            counts=counted(plan),
            planned_at=now,
        )
        if state == "empty":
            advance_high_water(run.source_id, found.snapshot, now)
        is_left = state == "planned" and run.trigger == "schedule" and not is_quiet
        if state == "blocked" or is_left or (state == "empty" and has_new_conflicts(run)):
            raise_alarm(run, now, conflicts=conflict_count(plan))
    return run


def conflict_lines(plan: Plan) -> list[str]:
    """Stable id and reason of everything that could not be decided, and was not excluded."""
    lines: Iterable[Any] = (*plan.units, *plan.people, *plan.roles)
    return sorted(
        f"{line.external_id} {line.reason}"
        for line in lines
        if line.action == "conflict" and not line.reason.startswith("excluded")
    )


def conflict_count(plan: Plan) -> int:
    """How many lines are in conflict."""
    return len(conflict_lines(plan))


def counted(plan: Plan) -> str:
    """The figures of a plan, as they are stored."""
    conflicts = conflict_lines(plan)
    return msgspec.json.encode(
        {
            "people": plan.counts(plan.people, plan.unchanged_people),
            "units": plan.counts(plan.units, plan.unchanged_units),
            "roles": {
                action: sum(line.action == action for line in plan.roles)
                for action in ("grant", "revoke", "conflict")
            },
            "conflicts": hashlib.sha256("\n".join(conflicts).encode()).hexdigest()
            if conflicts
            else "",
        },
        order="sorted",
    ).decode()


def has_new_conflicts(run: SyncRun) -> bool:
    """Whether the run found conflicts, and others than the last finished one of its source."""
    mine = msgspec.json.decode(run.counts).get("conflicts", "")
    of_source = SyncRun.source.is_null() if run.source_id is None else SyncRun.source == run.source
    before = (
        SyncRun.select(SyncRun.counts)
        .where(
            of_source
            & (SyncRun.scope != UNDO)
            & (SyncRun.id < run.id)
            & SyncRun.state.in_(("applied", "empty"))
        )
        .order_by(SyncRun.id.desc())
        .first()
    )
    return bool(mine) and (
        before is None or msgspec.json.decode(before.counts).get("conflicts", "") != mine
    )


def advance_high_water(source_id: int | None, snapshot: Snapshot, now: dt.datetime) -> None:
    """Remembers how far the reading got, once the database agrees with it."""
    if source_id is None or not snapshot.high_water:
        return
    source = DirectorySource.get_by_id(source_id)
    after = advanced(source.high_water, source.url, snapshot.high_water, now)
    if after != source.high_water:
        DirectorySource.update(high_water=after).where(DirectorySource.id == source_id).execute()


def carry_out_plan(run: SyncRun, settings: Settings, now: dt.datetime) -> SyncRun:
    """Applies an ordered run: reads the directory again, makes the plan again with the same
    exclusions, and writes it if it is the same; otherwise the run is refused and nothing is
    written. An answer that is not whole leaves the run waiting, to be ordered again."""
    if run.state != "applying":
        return run
    found = _prepared(run, settings, now)
    if isinstance(found, Incomplete):
        state = "blocked" if _is_blocked(run) and run.confirmed_by_id is None else "planned"
        with writing():
            keep(run, state=state, reason=found.reason, detail=found.detail)
            note("core.apply_sync", run, now, run.applied_by_id, "failed", reason=found.reason)
        return run
    return finish_run(run, found, now)


def finish_run(run: SyncRun, found: Prepared, now: dt.datetime) -> SyncRun:
    """Writes the plan if it is the one that was ordered; otherwise the run is refused."""
    if found.plan.hash == run.plan_hash:
        with contextlib.suppress(PlanChanged):
            _write(run, found, now)
            return run
    with writing():
        require_applying(run)
        keep(run, state="refused", reason="plan-changed")
        note("core.apply_sync", run, now, run.applied_by_id, "denied", reason="plan-changed")
    return run


def _is_blocked(run: SyncRun) -> bool:
    return run.blocked not in {"", "[]"}


def _write(run: SyncRun, found: Prepared, now: dt.datetime) -> None:
    """Writes the plan and what the rows were before. Raises PlanChanged: nothing written."""

    def on_written(plan: Plan, before: str) -> int:
        require_applying(run)
        keep(run, state="applied", reason="", detail="", before=before, applied_at=now)
        advance_high_water(run.source_id, found.snapshot, now)
        if has_new_conflicts(run):
            raise_alarm(run, now, conflicts=conflict_count(plan))
        return int(run.id)

    since = counted_since(run.planned_at or now)
    order = Order(run.source, excluded_of(run), run.applied_by_id, since, on_written)
    apply_plan(found.plan, found.snapshot, now, order)


def record_run(
    source: DirectorySource | None,
    found: Prepared | Incomplete,
    now: dt.datetime,
    *,
    scope: str,
    trigger: str,
    excluded: Iterable[str] = (),
    is_quiet: bool = False,
) -> SyncRun | None:
    """Keeps a reading nobody waits for on a page. None where there is nothing to keep: no
    difference, or the same trouble as the last time."""
    source_id = None if source is None else source.id
    if isinstance(found, Incomplete):
        with reading():
            before = latest_run(source_id)
        if before is not None and (before.state, before.reason) == ("incomplete", found.reason):
            return None
    elif found.plan.is_empty:
        with writing():
            advance_high_water(source_id, found.snapshot, now)
        if not conflict_count(found.plan) or _is_known(source_id, found.plan):
            return None
    elif _waits_already(source_id, found.plan):
        return None
    with writing():
        run: SyncRun = SyncRun.create(
            source=source,
            scope=scope,
            trigger=trigger,
            excluded=msgspec.json.encode(sorted(excluded)).decode(),
            requested_at=now,
        )
        _supersede(source_id, run, now)
        return settle(run, found, now, is_quiet=is_quiet)


def _is_known(source_id: int | None, plan: Plan) -> bool:
    probe = SyncRun(id=2**31 - 1, counts=counted(plan), source=source_id)
    with reading():
        return not has_new_conflicts(probe)


def _waits_already(source_id: int | None, plan: Plan) -> bool:
    with reading():
        before = latest_run(source_id)
    return before is not None and before.state in _WAITING and before.plan_hash == plan.hash


def _supersede(source_id: int | None, run: SyncRun, now: dt.datetime) -> None:
    """Discards older plans of the schedule that a newer one replaces."""
    of_source = SyncRun.source.is_null() if source_id is None else SyncRun.source == source_id
    SyncRun.update(state="discarded", reason="superseded").where(
        of_source
        & (SyncRun.id < run.id)
        & (SyncRun.trigger == "schedule")
        & SyncRun.state.in_(_WAITING)
    ).execute()
