"""Asking for work, and an operator's second chance for work that did not succeed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from peewee import Query

from openbureau.base.database import Statement, db, new_uid, param, statement, to_instant
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.jobs.ringing import ring_bell

_encode = msgspec.json.Encoder(order="sorted").encode

_COLUMNS = ("uid", "kind", "payload", "unit", "lane", "once", "run_at", "created_at")


@statement
def _insertion() -> Query:
    return (
        Job.insert(
            {name: param(name) for name in _COLUMNS}
            | {
                "state": "ready",
                "attempts": 0,
                "lease_owner": "",
                "progress": 0,
                "progress_total": 0,
                "last_error": "",
            }
        )
        .on_conflict_ignore()
        .returning(Job.id)
    )


@statement
def _job_once() -> Query:
    return Job.select(Job.id).where(Job.once == param("once"))


def enqueue(
    kind: str,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    unit_id: int | None = None,
    lane: str = "",
    once: str | None = None,
    run_at: datetime | None = None,
) -> int:
    """Writes a job in the caller's transaction and rings the bell after commit; its id.

    Jobs of one `lane` run one after the other in the order written. `once` makes the
    call idempotent: while a job with that key exists, its id is returned and nothing
    is written. `run_at` is the earliest moment, `now` by default.
    """
    insertion: Statement = _insertion()
    created_at = to_instant(now)
    job_id = insertion.value(
        uid=new_uid(),
        kind=kind,
        payload=_encode(dict(payload)).decode(),
        unit=unit_id,
        lane=lane,
        once=once,
        run_at=created_at if run_at is None else to_instant(run_at),
        created_at=created_at,
    )
    if job_id is None:
        return int(_job_once().value(once=once))
    db.after_commit(ring_bell)
    return int(job_id)


def replay(job_id: int, *, now: datetime) -> bool:
    """Makes a parked or dead job ready again with fresh attempts; False if it is neither."""
    changed = (
        Job.update(state="ready", attempts=0, run_at=now, lease_owner="", lease_until=None)
        .where(Job.id == job_id, Job.state.in_(("parked", "dead")))
        .execute()
    )
    if changed:
        db.after_commit(ring_bell)
    return bool(changed)


def replay_dead(kind: str, *, now: datetime) -> int:
    """Makes every dead job of a kind ready again; how many."""
    changed = (
        Job.update(state="ready", attempts=0, run_at=now, lease_owner="", lease_until=None)
        .where(Job.kind == kind, Job.state == "dead")
        .execute()
    )
    if changed:
        db.after_commit(ring_bell)
    return int(changed)


def give_up(job_id: int, reason: str, *, now: datetime) -> bool:
    """Declares a waiting or parked job dead, so that others of its lane go on; it stays in the
    ledger and can be replayed. False if it is in another state."""
    return bool(
        Job.update(state="dead", last_error=reason[:500], finished_at=now)
        .where(Job.id == job_id, Job.state.in_(("ready", "parked")))
        .execute()
    )
