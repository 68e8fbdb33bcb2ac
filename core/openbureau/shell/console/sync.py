"""目录同步: previews, exclusions, confirmation, undo (系统管理员)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import Invalid, Problem
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.sources import source_by_code, sources
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.sync.actions import (
    confirm_run,
    discard_run,
    exclude,
    order_run,
    start_run,
)
from openbureau.kernel.sync.models import UNDO, SyncRun
from openbureau.kernel.sync.queries import (
    ACTION_LABELS,
    FIELD_LABELS,
    STATE_LABELS,
    PlanLine,
    PlanUnit,
    blocked_of,
    commanded,
    excluded_of,
    latest_run,
    names_of,
    recent_of,
    run_by_uid,
    runs,
)
from openbureau.kernel.sync.undo import UNDO_DAYS, may_undo, undone_of
from openbureau.kernel.sync.undo_lines import run_counts, run_lines
from openbureau.kernel.sync.undo_plan import Left, decoded_undo
from openbureau.shell.directory import KIND_LABELS

POWER = "core.run_sync"
PER_PAGE = 50
SETTINGS_SOURCE = "-"
LAMPS = {
    "applied": "ok",
    "empty": "ok",
    "planned": "warn",
    "blocked": "late",
    "incomplete": "late",
    "refused": "warn",
}
SHOWN_OF_NEW = {FIELD_LABELS[name] for name in ("title", "parent", "kind")}
# Actions that bring somebody elsewhere; of the others the place says where they are.
BROUGHT = {"move", "enable", "grant"}
TONES = {"create": "ok", "disable": "seal", "conflict": "warn", "excluded": ""}
SCOPE_LABELS = {"full": N_("全量"), "delta": N_("增量"), UNDO: N_("撤销")}
TRIGGER_LABELS = {"manual": N_("手工"), "schedule": N_("定时"), "command": N_("命令行")}
STATE_WORDS = {
    "active": N_("在用"),
    "closed": N_("撤销"),
    "disabled": N_("停用"),
    "archived": N_("归档"),
}


def list_runs(request: Request) -> Any:
    """Every source with its last synchronisation, and the latest runs."""
    found = runs(limit=30)
    names = names_of({run.requested_by_id for run in found if run.requested_by_id})
    origins = {source.id: source.name for source in DirectorySource.select()}
    return page(
        "core/console_sync.html",
        sources=[_source_line(request, source) for source in _started_from(request)],
        runs=[_run_line(request, run, names, origins) for run in found],
    )


def _started_from(request: Request) -> list[DirectorySource | None]:
    """The sources in use; None stands for the directory of the start-up settings."""
    of_settings: list[DirectorySource | None] = [None] if request.app.settings.ldap_url else []
    return of_settings + list(sources())


def _source_line(request: Request, source: DirectorySource | None) -> dict[str, Any]:
    say = request.catalogue.gettext
    last = latest_run(None if source is None else source.id)
    return {
        "code": SETTINGS_SOURCE if source is None else source.code,
        "name": say("启动设置中的目录") if source is None else source.name,
        "address": request.app.settings.ldap_url if source is None else source.url,
        "has_delta": source is not None,
        "lamp": LAMPS.get(last.state, "pause") if last else "pause",
        "state": say(STATE_LABELS[last.state]) if last else say("还没有同步过"),
        "at": (last.applied_at or last.planned_at or last.requested_at) if last else None,
        "url": f"/-/console/sync/{last.uid}" if last else "",
    }


def _run_line(
    request: Request, run: SyncRun, names: Mapping[int, str], origins: Mapping[int, str]
) -> dict[str, Any]:
    say = request.catalogue.gettext
    return {
        "url": f"/-/console/sync/{run.uid}",
        "title": origins.get(run.source_id, say("启动设置中的目录")),
        "scope": say(SCOPE_LABELS[run.scope]),
        "lamp": LAMPS.get(run.state, "pause"),
        "state": say(STATE_LABELS[run.state]),
        "by": names.get(run.requested_by_id) or say(TRIGGER_LABELS[run.trigger]),
        "at": run.requested_at,
    }


def start(request: Request) -> Any:
    """Asks for a preview; a job reads the directory."""
    ctx = request.person
    form = request.form if request.form is not None else FormData()
    code = str(form.get("source", ""))
    scope = "delta" if form.get("scope") == "delta" else "full"
    source = None if code == SETTINGS_SOURCE else source_by_code(code)
    if source is None and not request.app.settings.ldap_url:
        raise Invalid(N_("启动设置中没有目录服务器地址。"))
    run = start_run(source, account_id=ctx.account.id, now=ctx.now, scope=scope)
    return redirect(f"/-/console/sync/{run.uid}")


def show_run(request: Request) -> Any:
    """One synchronisation: how it stands, its plan grouped by unit, what may be done."""
    run = run_by_uid(request.params["uid"])
    is_open = run.state in {"waiting", "reading", "applying"}
    if request.is_part and request.query.get("progress"):
        if not is_open:
            request.response_headers.append((b"hx-refresh", b"true"))
        return page(
            "core/console_sync_run.html", fragment="progress", run=run_facts(request, run),
            progress=_progress(request, run),
        )  # fmt: skip
    return _page(request, run)


def _page(request: Request, run: SyncRun, problem: Problem | None = None) -> Any:
    say = request.catalogue.gettext
    counts = run_counts(run)
    action = request.query.get("action", "")
    action = action if action in counts else ""
    groups = run_lines(run, actions=(action,) if action else ())
    unit_ref = request.query.get("unit", "")
    if unit_ref in {group.ref for group in groups}:
        groups = [group for group in groups if group.ref == unit_ref]
    total = sum(len(group.lines) for group in groups)
    number = min(request.number("page", 1, 1), max(1, -(-total // PER_PAGE)))
    first = (number - 1) * PER_PAGE
    base = f"/-/console/sync/{run.uid}"
    kept = "".join(
        f"&{name}={value}" for name, value in (("action", action), ("unit", unit_ref)) if value
    )
    return page(
        "core/console_sync_run.html",
        status=409 if problem else 200,
        problem=say(problem.what, **problem.params) if problem else "",
        run=run_facts(request, run),
        progress=_progress(request, run),
        tabs=_tabs(request, base, counts, action),
        action=action,
        groups=[group_facts(request, group) for group in slice_of(groups, first, first + PER_PAGE)],
        first=first + 1 if total else 0,
        last=min(total, first + PER_PAGE),
        total=total,
        previous_url=f"{base}?page={number - 1}{kept}" if number > 1 else None,
        next_url=f"{base}?page={number + 1}{kept}" if first + PER_PAGE < total else None,
        left=_left(request, undone.left if (undone := undone_of(run)) else ()),
    )


def _tabs(
    request: Request, base: str, counts: Mapping[str, int], action: str
) -> list[tuple[str, str, bool, int]]:
    say = request.catalogue.gettext
    tabs = [(say("全部"), base, not action, sum(counts.values()))]
    for name, label in ACTION_LABELS.items():
        if counts.get(name):
            tabs.append((say(label), f"{base}?action={name}", name == action, counts[name]))
    return tabs


def slice_of(groups: Sequence[PlanUnit], first: int, last: int) -> list[PlanUnit]:
    """The lines from one number to another, still grouped by unit."""
    found, at = [], 0
    for group in groups:
        lines = group.lines[max(0, first - at) : max(0, last - at)]
        if lines:
            found.append(PlanUnit(group.ref, group.unit_id, group.name, lines))
        at += len(group.lines)
    return found


def group_facts(request: Request, group: PlanUnit) -> dict[str, Any]:
    """One unit of a plan with its rows, in words."""
    say = request.catalogue.gettext
    return {
        "name": group.name or say("不在任何单位之下"),
        "sub": say("，").join(
            f"{say(ACTION_LABELS[action])} {count}" for action, count in group.counts.items()
        ),
        "lines": [_plan_line(request, line) for line in group.lines],
    }


def _plan_line(request: Request, line: PlanLine) -> dict[str, Any]:
    say = request.catalogue.gettext
    language = request.catalogue.language
    return {
        "id": line.external_id,
        "action": say(ACTION_LABELS[line.action]),
        "tone": TONES.get(line.action, "brand"),
        "name": line.name,
        "key": line.key,
        "kind": {"unit": say("单位"), "role": say("角色")}.get(line.of, ""),
        "place": f"→ {line.place}" if line.place and line.action in BROUGHT else line.place,
        "values": [
            (say(label), _word(request, label, before), _word(request, label, after))
            for label, before, after in line.values
            if line.action != "create" or label in SHOWN_OF_NEW
        ],
        "reason": (line.reason[0] if language == "zh" else line.reason[1]) if line.reason else "",
        "losses": [f"{say(loss.title)} {loss.count}" for loss in line.losses],
    }


def _word(request: Request, label: str, value: str) -> str:
    """A value as people say it: states and kinds of unit are stored as English words."""
    words = KIND_LABELS if label == FIELD_LABELS["kind"] else STATE_WORDS
    return request.catalogue.gettext(words.get(value, value))


# Who did a step, and the actions by which it is on record.
_STEPS = {
    "requested_by": ("core.support_sync",),
    "confirmed_by": ("core.confirm_sync",),
    "applied_by": ("core.order_sync", "core.confirm_sync"),
    "undone_by": ("core.undo_sync",),
}


def _hands(request: Request, run: SyncRun) -> dict[str, str]:
    """Who asked for the run, confirmed, applied and undid it; said where it was done on the
    command line, in whosever name."""
    say = request.catalogue.gettext
    ids = {step: getattr(run, f"{step}_id") for step in _STEPS}
    names, users = names_of(set(ids.values()) - {None}), commanded(run)
    found = {}
    for step, actions in _STEPS.items():
        name = names.get(ids[step], "")
        user = next((users[action] for action in actions if action in users), "")
        if name and user:
            name = say("%(name)s（通过命令行，系统用户 %(user)s）", name=name, user=user)
        found[step] = name
    by_itself = say(TRIGGER_LABELS[run.trigger])
    return {
        **found,
        "requested_by": found["requested_by"] or by_itself,
        "applied_by": found["applied_by"] or by_itself,
    }


def _left(request: Request, lines: Sequence[Left]) -> list[tuple[str, str]]:
    """What stays as it is, and why."""
    return [(line.name, line.words[request.catalogue.language != "zh"]) for line in lines]


def run_facts(request: Request, run: SyncRun) -> dict[str, Any]:
    """One run in words, and what may be done with it."""
    say = request.catalogue.gettext
    account_id = request.person.account.id
    reason = reason_words(run.reason) if run.reason else ("", "")
    source = run.source.name if run.source is not None else say("启动设置中的目录")
    return {
        **_hands(request, run),
        "uid": run.uid,
        "source": source,
        "scope": say(SCOPE_LABELS[run.scope]),
        "state": run.state,
        "state_text": say(STATE_LABELS[run.state]),
        "lamp": LAMPS.get(run.state, "pause"),
        "is_open": run.state in {"waiting", "reading", "applying"},
        "hash": run.plan_hash,
        "reason": reason[request.catalogue.language != "zh"] if run.reason else "",
        "detail": run.detail if run.state in {"incomplete", "planned", "blocked"} else "",
        "gates": [words[request.catalogue.language != "zh"] for words in blocked_of(run)],
        "requested_at": run.requested_at,
        "planned_at": run.planned_at,
        "confirmed_at": run.confirmed_at,
        "applied_at": run.applied_at,
        "undone_at": run.undone_at,
        "may_confirm": run.state == "blocked" and run.requested_by_id != account_id,
        "is_unowned": run.requested_by_id is None,
        "may_undo": may_undo(run, request.person.now),
        "undo_until": run.applied_at + dt.timedelta(days=UNDO_DAYS) if run.applied_at else None,
        "excluded_total": len(excluded_of(run)),
        "may_exclude": run.state in {"planned", "blocked"} and run.scope != UNDO,
        "is_undo": run.scope == UNDO,
        "undoes": decoded_undo(run.plan).run if run.scope == UNDO else "",
        "recent": recent_of(run) if run.state in {"planned", "blocked"} else 0,
    }


def _progress(request: Request, run: SyncRun) -> dict[str, Any]:
    """How far the job of an open run has got."""
    say = request.catalogue.gettext
    job = Job.get_or_none(Job.once == f"read-{run.uid}")
    done, total = (job.progress, job.progress_total) if job else (0, 0)
    return {
        "percent": 100 * done // total if total else 0,
        "text": say(STATE_LABELS[run.state]),
    }


def change_exclusions(request: Request) -> Any:
    """Leaves the chosen lines out, or takes them in again: a new preview is made."""
    ctx = request.person
    run = run_by_uid(request.params["uid"])
    form = request.form if request.form is not None else FormData()
    chosen = {str(line) for line in form.getlist("line")}
    if form.get("select_all"):
        action = str(form.get("action", ""))
        groups = run_lines(run, actions=(action,) if action else ())
        chosen = {line.external_id for group in groups for line in group.lines}
    if not chosen:
        raise Invalid(N_("没有选择任何一行。"))
    before = excluded_of(run)
    after = before - chosen if form.get("act") == "restore" else before | chosen
    again = exclude(run, after, account_id=ctx.account.id, now=ctx.now)
    return redirect(f"/-/console/sync/{again.uid}", "正在按您的选择重新预演。")


def _ordered(request: Request, act: Any, notice: str) -> Any:
    ctx = request.person
    run = run_by_uid(request.params["uid"])
    form = request.form if request.form is not None else FormData()
    act(run, account_id=ctx.account.id, plan_hash=str(form.get("plan", "")), now=ctx.now)
    return redirect(f"/-/console/sync/{run.uid}", notice)


def apply(request: Request) -> Any:
    """Orders the plan to be written."""
    return _ordered(request, order_run, "正在写入。目录若有变化，计划不会写入。")


def confirm(request: Request) -> Any:
    """The second administrator confirms a plan a gate has stopped."""
    return _ordered(request, confirm_run, "已确认。")


def discard(request: Request) -> Any:
    """Gives a plan up."""
    ctx = request.person
    run = run_by_uid(request.params["uid"])
    discard_run(run, account_id=ctx.account.id, now=ctx.now)
    return redirect("/-/console/sync", "计划已放弃，没有改动任何账号。")


PAGES = (
    Page("console/sync", list_runs, POWER),
    Page("console/sync/start", start, POWER, methods=("POST",)),
    Page("console/sync/{uid}", show_run, POWER),
    Page("console/sync/{uid}/exclude", change_exclusions, POWER, methods=("POST",)),
    Page("console/sync/{uid}/apply", apply, POWER, methods=("POST",)),
    Page("console/sync/{uid}/confirm", confirm, POWER, methods=("POST",)),
    Page("console/sync/{uid}/discard", discard, POWER, methods=("POST",)),
)
MENU = (MenuEntry(N_("目录同步"), "/-/console/sync", POWER, N_("系统管理"), "refresh", 920),)
