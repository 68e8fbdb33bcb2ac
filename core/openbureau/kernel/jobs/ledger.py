"""The life of a ledger row: claimed by lease, run, done, tried again, parked or dead.

    ready ──claim──▶ running ──▶ done
    running ──fault, or the lease ran out──▶ ready again; dead after five attempts
    running ──no handler, or switched off for the unit──▶ parked
    parked, dead ──replay──▶ ready

Every step is one short transaction guarded by the lease: a process that lost its
lease changes nothing any more.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from peewee import Query, fn

from openbureau.base.database import (
    from_instant,
    is_postgresql,
    param,
    reading,
    statement,
    to_instant,
    writing,
)
from openbureau.kernel.jobs.lease_owner import is_gone
from openbureau.kernel.jobs.models import Job

ATTEMPTS = 5
LEASE_S = 30
BACKOFF_S = (5, 30, 180, 900)
_ERROR_LENGTH = 500


class LeaseLostError(Exception):
    """The job was taken over by another process; this one's work must not be kept."""


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job this process holds. `attempt` counts from 1."""

    id: int
    uid: str
    kind: str
    payload: Mapping[str, Any]
    unit_id: int | None
    attempt: int
    owner: str
    created_at: dt.datetime

    @property
    def plugin(self) -> str:
        """The slug before the dot of `kind`; `core` for the core's own jobs."""
        return self.kind.partition(".")[0]


@statement
def _due() -> Query:
    return Job.select(Job.id).where(Job.state == "ready", Job.run_at <= param("now")).limit(1)


@statement
def _expired() -> Query:
    return Job.select(Job.id).where(Job.state == "running", Job.lease_until < param("now")).limit(1)


@statement
def _claim() -> Query:
    candidate, earlier = Job.alias("candidate"), Job.alias("earlier")
    is_blocked = fn.EXISTS(
        earlier.select(earlier.id).where(
            earlier.lane == candidate.lane,
            earlier.state.in_(("ready", "running", "parked")),
            # A sum keeps the number out of the index: SQLite 3.40 finds the job itself to be
            # earlier than itself there, once the table was analysed.
            earlier.id + 0 < candidate.id,
        )
    )
    first = (
        candidate.select(candidate.id)
        .where(
            candidate.state == "ready",
            candidate.run_at <= param("now"),
            (candidate.lane == "") | ~is_blocked,
        )
        .order_by(candidate.run_at, candidate.id)
        .limit(1)
    )
    if is_postgresql():
        first = first.for_update(skip_locked=True)
    return (
        Job.update(
            state="running",
            attempts=Job.attempts + 1,
            lease_owner=param("owner"),
            lease_until=param("lease_until"),
        )
        .where(Job.id == first)
        .returning(Job.id, Job.uid, Job.kind, Job.payload, Job.unit, Job.attempts, Job.created_at)
    )


@statement
def _ending() -> Query:
    """Gives up the lease, if it is still held."""
    return Job.update(
        state=param("state"),
        run_at=param("run_at"),
        finished_at=param("finished_at"),
        last_error=param("last_error"),
        lease_owner="",
        lease_until=None,
    ).where(
        Job.id == param("id"),
        Job.state == "running",
        Job.lease_owner == param("owner"),
        Job.attempts == param("attempt"),
    )


@statement
def _renewal() -> Query:
    return Job.update(lease_until=param("lease_until")).where(
        Job.state == "running", Job.lease_owner == param("owner")
    )


@statement
def _advance() -> Query:
    return Job.update(progress=param("done"), progress_total=param("total")).where(
        Job.id == param("id"), Job.lease_owner == param("owner")
    )


@statement
def _holders() -> Query:
    return Job.select(Job.lease_owner).where(Job.state == "running").distinct()


@statement
def _parked() -> Query:
    return Job.select(Job.kind, Job.unit).where(Job.state == "parked").distinct()


def has_due_jobs(now: dt.datetime) -> bool:
    """Whether a ready job's time has come; it may still wait for others of its lane."""
    with reading():
        return _due().value(now=to_instant(now)) is not None


def claim(owner: str, now: dt.datetime) -> ClaimedJob | None:
    """The longest waiting job that may run, now leased to `owner`; None if there is none."""
    if not has_due_jobs(now):
        return None
    with writing():
        row = _claim().row(owner=owner, now=to_instant(now), lease_until=_lease_until(now))
    if row is None:
        return None
    job_id, uid, kind, payload, unit_id, attempt, created_at = row
    return ClaimedJob(
        id=job_id,
        uid=uid,
        kind=kind,
        payload=msgspec.json.decode(payload),
        unit_id=unit_id,
        attempt=attempt,
        owner=owner,
        created_at=from_instant(created_at),
    )


def complete(job: ClaimedJob, now: dt.datetime) -> bool:
    """Marks the job done inside the caller's transaction; False if the lease was lost."""
    return _end(job, now, "done", finished_at=to_instant(now))


def finish(job: ClaimedJob, now: dt.datetime) -> bool:
    """Marks the job done unless its handler did; False if that was so or the lease was lost."""
    with writing():
        return complete(job, now)


def park(job: ClaimedJob, reason: str, now: dt.datetime) -> bool:
    """Sets the job aside until it may run again; the attempt is not counted on replay."""
    with writing():
        return _end(job, now, "parked", last_error=reason)


def fail(job: ClaimedJob, reason: str, now: dt.datetime) -> bool:
    """Readies the job for a later attempt, or declares it dead after the last one."""
    if job.attempt >= ATTEMPTS:
        with writing():
            return _end(job, now, "dead", last_error=reason, finished_at=to_instant(now))
    later = now + dt.timedelta(seconds=BACKOFF_S[job.attempt - 1])
    with writing():
        return _end(job, later, "ready", last_error=reason)


def advance(job: ClaimedJob, done: int, total: int) -> None:
    """Records progress for whoever waits on a page."""
    with writing():
        _advance().run(id=job.id, owner=job.owner, done=done, total=total)


def renew(owner: str, now: dt.datetime) -> int:
    """Extends every lease of this process; how many there are."""
    with writing():
        return _renewal().run(owner=owner, lease_until=_lease_until(now))


def reoffer_expired(now: dt.datetime) -> int:
    """Makes jobs whose lease ran out ready again, or dead after the last attempt."""
    with reading():
        if _expired().value(now=to_instant(now)) is None:
            return 0
    return _reoffer(Job.lease_until < now, now)


def reoffer_orphans(now: dt.datetime) -> int:
    """Makes jobs of this machine's vanished processes ready again without waiting."""
    with reading():
        gone = [row.lease_owner for row in _holders().rows() if is_gone(row.lease_owner)]
    return _reoffer(Job.lease_owner.in_(gone), now) if gone else 0


def _reoffer(condition: Any, now: dt.datetime) -> int:
    released = {"lease_owner": "", "lease_until": None}
    with writing():
        dead = Job.update(
            state="dead",
            finished_at=now,
            last_error="the process ended while running it",
            **released,
        ).where(Job.state == "running", condition, Job.attempts >= ATTEMPTS)
        dead.execute()
        ready = Job.update(state="ready", run_at=now, **released)
        return int(ready.where(Job.state == "running", condition).execute())


def replay_parked(may_run: Callable[[str, int | None], bool], now: dt.datetime) -> int:
    """Readies every parked job of a (kind, unit) that may run now; how many."""
    with reading():
        runnable = [row for row in _parked().rows() if may_run(row.kind, row.unit_id)]
    replayed = 0
    for kind, unit_id in runnable:
        where = Job.unit.is_null() if unit_id is None else Job.unit == unit_id
        with writing():
            replayed += (
                Job.update(state="ready", attempts=0, run_at=now)
                .where(Job.state == "parked", Job.kind == kind, where)
                .execute()
            )
    return replayed


def _end(
    job: ClaimedJob,
    run_at: dt.datetime,
    state: str,
    *,
    last_error: str = "",
    finished_at: int | None = None,
) -> bool:
    changed = _ending().run(
        id=job.id,
        owner=job.owner,
        attempt=job.attempt,
        state=state,
        run_at=to_instant(run_at),
        finished_at=finished_at,
        last_error=last_error[:_ERROR_LENGTH],
    )
    return bool(changed)


def _lease_until(now: dt.datetime) -> int:
    return to_instant(now) + LEASE_S * 1000
