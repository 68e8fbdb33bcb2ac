"""撤销本次同步: what taking a synchronisation back would change, and the order (系统管理员)."""

from typing import Any

from starlette.datastructures import FormData

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import Conflict, Problem
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.sync.actions import order_undo
from openbureau.kernel.sync.gate_text import gate_words
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.queries import ACTION_LABELS, run_by_uid
from openbureau.kernel.sync.undo import UNDO_DAYS, preview_undo
from openbureau.kernel.sync.undo_lines import undo_counts, undo_lines
from openbureau.kernel.sync.undo_plan import UndoPlan
from openbureau.shell.console.sync import POWER, group_facts, run_facts, slice_of

MOST_UNDO_LINES = 500


def ask_undo(request: Request) -> Any:
    """What taking a synchronisation back would change, before it is ordered."""
    return _undo_page(request, run_by_uid(request.params["uid"]))


def undo(request: Request) -> Any:
    """Orders a synchronisation to be taken back as it was shown; a gate may hold it."""
    ctx = request.person
    run = run_by_uid(request.params["uid"])
    form = request.form if request.form is not None else FormData()
    plan_hash = str(form.get("plan", ""))
    try:
        made = order_undo(run, account_id=ctx.account.id, plan_hash=plan_hash, now=ctx.now)
    except Conflict as changed:
        return _undo_page(request, run, changed)
    notice = N_("正在撤销。") if made.state == "applying" else N_("等待另一名系统管理员确认。")
    return redirect(f"/-/console/sync/{made.uid}", notice)


def _undo_page(request: Request, run: SyncRun, problem: Problem | None = None) -> Any:
    say = request.catalogue.gettext
    plan = None
    try:
        plan = preview_undo(run, request.person.now)
    except Conflict as refused:
        problem = problem or refused
    return page(
        "core/console_sync_undo.html",
        status=409 if problem and request.form is not None else 200,
        problem=say(problem.what, **problem.params) if problem else "",
        run=run_facts(request, run),
        days=UNDO_DAYS,
        plan=_undo_facts(request, plan) if plan else None,
    )


def _undo_facts(request: Request, plan: UndoPlan) -> dict[str, Any]:
    """The plan in words: rows by unit up to the limit of a page, figures, gates."""
    say = request.catalogue.gettext
    is_zh = request.catalogue.language == "zh"
    groups = undo_lines(plan)
    counts = undo_counts(plan)
    return {
        "hash": plan.hash,
        "disabled": len(plan.disabled),
        "recent": plan.recent,
        "gates": [words[not is_zh] for words in gate_words(plan.blocked)],
        "counts": [
            (say(label), counts[name]) for name, label in ACTION_LABELS.items() if counts[name]
        ],
        "groups": [group_facts(request, group) for group in slice_of(groups, 0, MOST_UNDO_LINES)],
        "total": sum(counts.values()),
        "shown": min(sum(counts.values()), MOST_UNDO_LINES),
    }


PAGES = (
    Page("console/sync/{uid}/undo", ask_undo, POWER),
    Page("console/sync/{uid}/undo", undo, POWER, methods=("POST",)),
)
MENU: tuple[MenuEntry, ...] = ()
