"""搜索索引: what can be found, and building the index anew (系统管理员)."""

from collections.abc import Iterator
from typing import Any

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.search.building import ask_building, entry_totals, last_building
from openbureau.shell.console.jobs import BASE as JOBS
from openbureau.shell.console.jobs import STATES, TONES
from openbureau.shell.indexes import indexed

PERMISSION = "core.manage_jobs"
BASE = "/-/console/search"


def list_indexes(request: Request) -> Any:
    """Every kind of record that is found, how many entries it has, when it was last built."""
    totals = entry_totals()
    return page(
        "core/console_search.html",
        fragment="rows",
        rows=list(_rows(request, totals)),
        total=sum(totals.values()),
        base=BASE,
    )


def _rows(request: Request, totals: dict[str, int]) -> Iterator[dict[str, Any]]:
    say = request.catalogue.gettext
    for kind in indexed(request.app.plugins):
        job = last_building(kind.realm)
        yield {
            "realm": kind.realm,
            "label": say(kind.label),
            "owner": kind.owner(request.catalogue.language) or say(N_("系统")),
            "total": totals.get(kind.realm, 0),
            "may_build": kind.can_be_built,
            "job": job and f"{JOBS}/{job.id}",
            "state": job and say(STATES[job.state]),
            "tone": job and TONES[job.state],
            "is_running": bool(job and job.state in ("ready", "running")),
            "percent": _percent(job),
            "at": job and job.finished_at,
        }


def _percent(job: Any) -> int:
    return 100 * job.progress // job.progress_total if job and job.progress_total else 0


def create_building(request: Request) -> Any:
    """Asks for the index of one kind of record, or of all, to be built anew."""
    asked = str(request.form.get("realm", "")) if request.form else ""
    kinds = [
        kind
        for kind in indexed(request.app.plugins)
        if kind.can_be_built and asked in ("", kind.realm)
    ]
    if not kinds:
        raise NotFound
    for kind in kinds:
        ask_building(kind.realm, request.person.account.id, request.person.now)
    return redirect(BASE, "已开始重建，期间照常可以搜索。")


PAGES = (
    Page("console/search", list_indexes, PERMISSION),
    Page("console/search", create_building, PERMISSION, methods=("POST",)),
)
MENU = (MenuEntry(N_("搜索索引"), BASE, PERMISSION, N_("系统管理"), "search", 933),)
