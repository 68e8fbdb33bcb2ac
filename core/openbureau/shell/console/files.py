"""文件与配额: who keeps how much, what is large, whether everything is whole (系统管理员)."""

from typing import Any

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.files.quotas import (
    MIB,
    biggest_files,
    quota_bytes,
    stored_totals,
    usage_by_person,
    usage_by_unit,
)
from openbureau.kernel.jobs.models import Job
from openbureau.shell.file_check import KIND, ask_file_check, last_file_check

PERMISSION = "core.manage_files"
BASE = "/-/console/files"
SHOWN = 20


def show_files(request: Request) -> Any:
    """Totals, who keeps most, the largest files, the last check."""
    people = []
    for row in usage_by_person(SHOWN):
        quota = quota_bytes(row.unit_id)
        people.append(
            {
                "name": row.name,
                "url": f"/-/people/{row.uid}",
                "unit_name": row.unit_name or "",
                "total": row.total,
                "size_bytes": int(row.size_bytes),
                "used_mb": int(row.size_bytes) // MIB,
                "quota_mb": quota // MIB,
                "is_full": row.size_bytes > quota,
            }
        )
    return page(
        "core/console_files.html",
        fragment="progress",
        totals=stored_totals(),
        people=people,
        units=usage_by_unit(SHOWN),
        biggest=biggest_files(SHOWN),
        last=last_file_check(),
        job=_check_job(request.number("job", 0)),
        base=BASE,
    )


def _check_job(job_id: int) -> dict[str, Any] | None:
    job = Job.get_or_none((Job.id == job_id) & (Job.kind == KIND)) if job_id else None
    if job is None:
        return None
    is_done = job.state in {"done", "dead"}
    return {"id": job.id, "percent": 100 if is_done else 0, "is_done": is_done}


def create_file_check(request: Request) -> Any:
    """Asks for every stored file to be read and compared, in the background."""
    job_id = ask_file_check(request.person.account.id, request.person.now)
    return redirect(f"{BASE}?job={job_id}", "已开始检查。")


PAGES = (
    Page("console/files", show_files, PERMISSION),
    Page("console/files", create_file_check, PERMISSION, methods=("POST",)),
)
MENU = (MenuEntry(N_("文件与配额"), BASE, PERMISSION, N_("系统管理"), "database", 932),)
