"""Reads of the job ledger for people."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from peewee import fn

from openbureau.base.database import InstantField, to_instant
from openbureau.base.errors import NotFound
from openbureau.kernel.jobs.models import Job


def totals_by_state(kind: str = "") -> dict[str, int]:
    """How many jobs are in each state; states without any are absent."""
    query: Any = Job.select(Job.state, fn.COUNT(Job.id)).group_by(Job.state)
    return dict((query.where(Job.kind == kind) if kind else query).tuples())


def jobs_in(states: Sequence[str], kind: str, limit: int, offset: int = 0) -> list[Job]:
    """Jobs in these states, of one kind if it is named, the newest first."""
    query = Job.select().where(Job.state.in_(list(states)))
    if kind:
        query = query.where(Job.kind == kind)
    return list(query.order_by(Job.id.desc()).limit(limit).offset(offset))


def job_kinds() -> list[str]:
    """Every kind in the ledger, in order."""
    rows: Any = Job.select(Job.kind).distinct().order_by(Job.kind).tuples()
    return [kind for (kind,) in rows]


def job_by_id(job_id: int) -> Job:
    """One job. Raises NotFound: there is none."""
    found = Job.get_or_none(Job.id == job_id)
    if found is None:
        raise NotFound
    return found


def queue_age_s(now: dt.datetime) -> int:
    """How long the job has waited whose time came first; 0 when none is due."""
    due = (Job.state == "ready") & (Job.run_at <= now)
    oldest = Job.select(fn.MIN(Job.run_at)).where(due).scalar()
    if oldest is None:
        return 0
    at = to_instant(oldest) if isinstance(oldest, dt.datetime) else InstantField().db_value(oldest)
    return max(0, (to_instant(now) - int(at or 0)) // 1000)
