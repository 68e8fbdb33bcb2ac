"""`openbureau job`: the ledger of background jobs, and a second chance for failed ones."""

import datetime as dt
from typing import Any

import click
import msgspec

from openbureau.base.database import reading, writing
from openbureau.base.errors import NotFound, OperatorError
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.jobs.actions import replay, replay_dead
from openbureau.kernel.jobs.models import JOB_STATES, Job
from openbureau.kernel.jobs.queries import job_by_id, jobs_in, queue_age_s, totals_by_state
from openbureau.shell.cli.options import KEY, BureauGroup, installation, json_option, report


@click.group(cls=BureauGroup, help="后台任务。Background jobs.")
def job() -> None:
    """Group of job commands."""


@job.command("list", help="列出任务，最新的在前。List jobs, the newest first.")
@click.option("--state", type=click.Choice(JOB_STATES), help="只列这一状态。Only this state.")
@click.option("--kind", default="", help="只列这一种类。Only this kind.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="最多几个。How many at most.",
)
@json_option
def list_jobs(state: str | None, kind: str, limit: int, as_json: bool) -> None:
    installation()
    with reading():
        found = {
            "totals": totals_by_state(kind),
            "queue_age_s": queue_age_s(dt.datetime.now(dt.UTC)),
            "jobs": [_plain(row) for row in jobs_in([state] if state else JOB_STATES, kind, limit)],
        }
    report(
        found,
        as_json,
        lambda value: (
            f"{r['id']:8} {r['state']:8} {r['kind']:32} {r['attempts']} {r['error']}"
            for r in value["jobs"]
        ),
    )


def _plain(row: Job) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "attempts": row.attempts,
        "progress": [row.progress, row.progress_total],
        "created_at": row.created_at.isoformat(),
        "run_at": row.run_at.isoformat(),
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
        "error": row.last_error,
    }


@job.command("show", help="显示一个任务。Show one job.")
@click.argument("number", type=KEY)
@json_option
def show_job(number: int, as_json: bool) -> None:
    installation()
    with reading():
        row = _found(number)
        value = {**_plain(row), "lane": row.lane, "payload": msgspec.json.decode(row.payload)}
    report(value, as_json, lambda found: (f"{k}: {v}" for k, v in found.items()))


@job.command(
    "replay",
    help="重放一个失败或搁置的任务，或一个种类的全部失败任务。Replay one dead or parked job, or "
    "every dead one of a kind.",
)
@click.argument("number", type=KEY, required=False)
@click.option("--kind", default="", help="重放这一种类的全部失败任务。Every dead job of this kind.")
@click.option("--dry-run", is_flag=True, help="只核对，不改动。Check only, change nothing.")
@json_option
def replay_jobs(number: int | None, kind: str, dry_run: bool, as_json: bool) -> None:
    installation()
    now = dt.datetime.now(dt.UTC)
    if (number is None) == (not kind):
        raise OperatorError(
            "JOB-002",
            "请给出一个任务编号，或用 --kind 给出种类。没有任何改动。",
            "Give the number of one job, or a kind with --kind. Nothing changed.",
        )
    with writing():
        if number is not None:
            wanted = int(_found(number).state in {"dead", "parked"})
            total = wanted if dry_run else int(replay(number, now=now))
        else:
            wanted = Job.select().where(Job.kind == kind, Job.state == "dead").count()
            total = wanted if dry_run else replay_dead(kind, now=now)
        if total and not dry_run:
            record_audit(
                action="core.replay_job",
                at=now,
                realm="core/job",
                record_id=number,
                detail={"kind": kind, "total": total},
            )
    report(
        {"replayed": total, "dry_run": dry_run},
        as_json,
        lambda _: [f"重放 replayed: {total}{'（未改动 unchanged）' if dry_run else ''}"],
    )


def _found(number: int) -> Job:
    try:
        return job_by_id(number)
    except NotFound as missing:
        raise OperatorError(
            "JOB-001",
            f"没有编号为 {number} 的任务。没有任何改动。openbureau job list 列出任务。",
            f"There is no job {number}. Nothing changed. `openbureau job list` lists jobs.",
        ) from missing
