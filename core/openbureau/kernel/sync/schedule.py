"""When synchronisations run by themselves, and what they may do then."""

import datetime as dt

from openbureau.base.context import CHINA
from openbureau.base.database import reading, to_instant, writing
from openbureau.base.settings import Settings
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.snapshot import Incomplete
from openbureau.kernel.directory.sources import sources
from openbureau.kernel.directory.sync import prepare
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.sync.models import UNDO, SyncRun
from openbureau.kernel.sync.runs import finish_run, record_run, run_config
from openbureau.kernel.sync.steps import keep, lane_of

SCHEDULED_JOB = "core.scheduled_sync"
_MINUTE_MS = 60_000


def schedule_syncs(now: dt.datetime) -> int:
    """Asks for every synchronisation whose time has come: the full one of the day once after
    its time of day, a delta once in each interval and never while another one of the source
    waits or runs. How many were asked for."""
    with reading():
        asked = [(source.id, _due(source, now)) for source in sources()]
    due = [(source_id, *found) for source_id, found in asked if found is not None]
    for source_id, scope, key in due:
        payload = {"source": source_id, "scope": scope}
        with writing():
            enqueue(SCHEDULED_JOB, payload, now=now, lane=lane_of(source_id), once=key)
    return len(due)


def _due(source: DirectorySource, now: dt.datetime) -> tuple[str, str] | None:
    """Scope and key of the job that is due; None when none is."""
    local = now.astimezone(CHINA)
    lane = lane_of(source.id)
    if source.full_at and local.strftime("%H:%M") >= source.full_at:
        key = f"{lane}-full-{local.date().isoformat()}"
        if not _is_known(key) and not _is_before_start(source, local):
            return "full", key
    if source.delta_every_min:
        slot = to_instant(now) // (source.delta_every_min * _MINUTE_MS)
        key = f"{lane}-delta-{source.delta_every_min}-{slot}"
        if not _is_known(key) and not _is_busy(lane):
            return "delta", key
    return None


def _is_before_start(source: DirectorySource, local: dt.datetime) -> bool:
    """Whether today's time had passed already when the source was described."""
    changed = source.changed_at.astimezone(CHINA)
    return changed.date() == local.date() and changed.strftime("%H:%M") > source.full_at


def _is_known(key: str) -> bool:
    return bool(Job.select(Job.id).where(Job.once == key).exists())


def _is_busy(lane: str) -> bool:
    return bool(
        Job.select(Job.id).where((Job.lane == lane) & Job.state.in_(("ready", "running"))).exists()
    )


def run_scheduled(
    source_id: int, scope: str, settings: Settings, now: dt.datetime
) -> SyncRun | None:
    """One scheduled synchronisation: an unblocked plan is applied where the source allows it,
    every other one waits for an administrator. None where there is nothing to keep."""
    source = DirectorySource.get_or_none(
        (DirectorySource.id == source_id) & DirectorySource.is_active
    )
    if source is None:
        return None
    found = prepare(run_config(source, settings), now, source=source, is_delta=scope == "delta")
    applies = source.applies_itself and not _was_taken_back(source)
    run = record_run(source, found, now, scope=scope, trigger="schedule", is_quiet=applies)
    if run is None or run.state != "planned" or isinstance(found, Incomplete) or not applies:
        return run
    with writing():
        keep(run, state="applying")
    return finish_run(run, found, now)


def _was_taken_back(source: DirectorySource) -> bool:
    """Whether an administrator undid what this source did last: then it is not done again
    until somebody applies a plan by hand."""
    with reading():
        last = (
            SyncRun.select(SyncRun.state)
            .where(
                (SyncRun.source == source)
                & (SyncRun.scope != UNDO)
                & SyncRun.state.in_(("applied", "undone"))
            )
            .order_by(SyncRun.id.desc())
            .first()
        )
    return last is not None and last.state == "undone"
