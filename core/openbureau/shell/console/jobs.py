"""后台任务: what runs, waits, failed; a second chance for it (系统管理员)."""

import json
from typing import Any

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import Conflict, NotFound
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.audit.actions import record_act
from openbureau.kernel.jobs.actions import give_up, replay, replay_dead
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.jobs.queries import (
    job_by_id,
    job_kinds,
    jobs_in,
    queue_age_s,
    totals_by_state,
)
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.paging import paging

PERMISSION = "core.manage_jobs"
BASE = "/-/console/jobs"
REALM = "core/job"
TABS = (
    ("dead", N_("失败")),
    ("running", N_("正在执行")),
    ("ready", N_("等待")),
    ("parked", N_("搁置")),
    ("done", N_("完成")),
)
STATES = dict(TABS)
TONES = {"dead": "late", "running": "warn", "ready": "pause", "parked": "pause", "done": "ok"}
CORE_LABELS = {
    "core.verify_audit": N_("核验审计"),
    "core.check_files": N_("检查文件"),
    "core.convert_document": N_("转换文件"),
    "core.read_sync": N_("目录同步预演"),
    "core.apply_sync": N_("写入目录同步"),
    "core.scheduled_sync": N_("定时目录同步"),
    "core.check_import": N_("检查导入的表格"),
    "core.apply_import": N_("导入表格"),
    "core.undo_import": N_("撤销导入"),
    "core.build_index": N_("重建搜索索引"),
}


class GiveUpForm(Form):
    """Why a job is not to be done any more."""

    reason = StringField(N_("原因"), [InputRequired(), Length(max=200)])


def list_jobs(request: Request) -> Any:
    """Jobs of one state, of one kind if it is chosen."""
    state = request.query.get("state", "")
    state = state if state in STATES else "dead"
    kinds = job_kinds()
    kind = request.query.get("kind", "")
    kind = kind if kind in kinds else ""
    totals = totals_by_state(kind)
    at = paging(request, totals.get(state, 0))
    say = request.catalogue.gettext
    suffix = f"&kind={kind}" if kind else ""
    return page(
        "core/console_jobs.html",
        fragment="rows",
        tabs=[
            (say(label), f"{BASE}?state={code}{suffix}", code == state, totals.get(code, 0))
            for code, label in TABS
        ],
        state=state,
        kind=kind,
        kinds=[("", say(N_("全部")))] + [(code, job_label(request, code)) for code in kinds],
        rows=[_row(request, job) for job in jobs_in([state], kind, at.per_page, at.offset)],
        paging=at,
        queue_age_s=queue_age_s(request.person.now),
        dead_total=totals_by_state(kind).get("dead", 0) if kind else 0,
        base=BASE,
    )


def job_label(request: Request, kind: str) -> str:
    """What a kind of job is called in the reader's language."""
    say = request.catalogue.gettext
    if kind in CORE_LABELS:
        return say(CORE_LABELS[kind])
    record = request.app.plugins.records.get(kind.partition(".")[0])
    if record is None:
        return kind
    for job in record.declared.jobs:
        if job.kind == kind and job.label:
            return say(job.label)
    return f"{record.label(request.catalogue.language)} {kind.partition('.')[2]}"


def _row(request: Request, job: Job) -> dict[str, Any]:
    tree = unit_tree(request.session.units_epoch)
    unit = tree.by_id.get(job.unit_id) if job.unit_id else None
    return {
        "id": job.id,
        "label": job_label(request, job.kind),
        "kind": job.kind,
        "state": job.state,
        "state_text": request.catalogue.gettext(STATES[job.state]),
        "tone": TONES[job.state],
        "unit_name": unit.short_name if unit else "",
        "attempts": job.attempts,
        "progress": job.progress,
        "progress_total": job.progress_total,
        "error": job.last_error,
        "created_at": job.created_at,
        "run_at": job.run_at,
        "finished_at": job.finished_at,
        "url": f"{BASE}/{job.id}",
    }


def show_job(request: Request) -> Any:
    """One job with what it was given and why it failed."""
    return _job_page(request, job_by_id(request.params["id"]), GiveUpForm(request))


def _job_page(request: Request, job: Job, form: GiveUpForm, status: int = 200) -> Any:
    return page(
        "core/console_job.html",
        status=status,
        job=_row(request, job),
        payload=json.dumps(json.loads(job.payload), ensure_ascii=False, indent=2),
        lane=job.lane,
        form=form,
        may_replay=job.state in {"dead", "parked"},
        may_give_up=job.state in {"ready", "parked"},
        base=BASE,
    )


def replay_job(request: Request) -> Any:
    """Makes a dead or parked job ready again."""
    job = job_by_id(request.params["id"])
    if not replay(job.id, now=request.person.now):
        raise Conflict(N_("这个任务现在不是失败或搁置的状态。"), remedy=N_("请刷新后再看。"))
    record_act(request.person, "core.replay_job", REALM, job.id, {"kind": job.kind})
    return redirect(f"{BASE}/{job.id}", "已重新排队。")


def replay_kind(request: Request) -> Any:
    """Makes every dead job of a kind ready again."""
    kind = str(request.form.get("kind") or "") if request.form is not None else ""
    if kind not in job_kinds():
        raise NotFound
    total = replay_dead(kind, now=request.person.now)
    record_act(request.person, "core.replay_job", REALM, None, {"kind": kind, "total": total})
    return redirect(f"{BASE}?state=ready&kind={kind}", "已重新排队。")


def give_up_job(request: Request) -> Any:
    """Gives a waiting or parked job up; it stays in the ledger as failed."""
    job = job_by_id(request.params["id"])
    form = GiveUpForm(request)
    if not form.validate():
        return _job_page(request, job, form, status=422)
    reason = f"{request.person.account.login}: {form.reason.data}"
    if not give_up(job.id, reason, now=request.person.now):
        raise Conflict(N_("这个任务已经开始执行或已经结束。"), remedy=N_("请刷新后再看。"))
    record_act(
        request.person,
        "core.give_up_job",
        REALM,
        job.id,
        {"kind": job.kind, "reason": form.reason.data},
    )
    return redirect(f"{BASE}/{job.id}", "已放弃，任务留在「失败」里，可以重放。")


PAGES = (
    Page("console/jobs", list_jobs, PERMISSION),
    Page("console/jobs/replay", replay_kind, PERMISSION, methods=("POST",)),
    Page("console/jobs/{id:int}", show_job, PERMISSION),
    Page("console/jobs/{id:int}/replay", replay_job, PERMISSION, methods=("POST",)),
    Page("console/jobs/{id:int}/give-up", give_up_job, PERMISSION, methods=("POST",)),
)
MENU = (MenuEntry(N_("后台任务"), BASE, PERMISSION, N_("系统管理"), "player-play", 931),)
