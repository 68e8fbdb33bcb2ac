"""Comparing every stored content with its name and row, in the background."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from openbureau.base.database import reading, writing
from openbureau.base.i18n import N_
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.alarms import tell_administrators
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.jobs.dispatch import JobContext
from openbureau.shell.kept_content import contents, looked_through, recorded

KIND = "core.check_files"
REALM = "core/files"
NAMED = 20
ALARM = N_("%(total)s 个附件缺失或损坏，请从备份取回")


def checked_files(data: Path) -> dict[str, Any]:
    """Totals and the first names of missing and damaged contents, and how many on disk no row
    names (orphans; those older than a day are swept at night)."""
    with reading():
        rows = recorded()
    faults = looked_through(data, rows)
    orphans = sum(path.name not in rows for _, path in contents(data))
    return {
        "files": len(rows),
        "missing": len(faults.missing),
        "damaged": len(faults.damaged),
        "orphans": orphans,
        "names": [*faults.missing, *faults.damaged][:NAMED],
    }


def file_check_handler(data: Path) -> Callable[[JobContext], None]:
    """The handler of check jobs for one data directory."""

    def handle(context: JobContext) -> None:
        found = checked_files(data)
        bad = found["missing"] + found["damaged"]
        with writing():
            record_audit(
                action=KIND,
                at=context.now,
                account_id=context.payload.get("account_id"),
                realm=REALM,
                outcome="failed" if bad else "done",
                detail=found,
            )
            if bad:
                tell_administrators(
                    ("system",),
                    ALARM,
                    now=context.now,
                    url="/-/console/files",
                    params={"total": bad},
                )
            context.complete()

    return handle


def ask_file_check(account_id: int, now: dt.datetime) -> int:
    """Asks for a check in the background; the job's id. The caller holds the transaction."""
    return enqueue(KIND, {"account_id": account_id}, now=now, lane=KIND)


def last_file_check() -> tuple[dt.datetime, dict[str, Any]] | None:
    """When files were last checked, and what was found."""
    row = (
        AuditRecord.select(AuditRecord.at, AuditRecord.detail)
        .where(AuditRecord.action == KIND)
        .order_by(AuditRecord.at.desc(), AuditRecord.id.desc())
        .first()
    )
    return None if row is None else (row.at, msgspec.json.decode(row.detail))
