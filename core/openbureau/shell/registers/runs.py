"""How work on many records and exports stand: progress, result, file, what was ordered before."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from openbureau.base.context import Context
from openbureau.base.declarations import Page
from openbureau.base.errors import Forbidden, NotFound
from openbureau.base.i18n import N_
from openbureau.base.pages import Download, page, redirect
from openbureau.base.request import Request
from openbureau.kernel.files.names import content_disposition
from openbureau.kit.registers.bulk.actions import actions_of
from openbureau.kit.registers.bulk.running import kept_query
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.exports.ordering import (
    ENDED_FROM_OUTSIDE_AFTER,
    KEPT_FOR,
    kept_file,
    may_read,
)
from openbureau.kit.registers.exports.wanted import MEDIA_TYPES, wanted_of
from openbureau.kit.registers.models import BulkRun
from openbureau.kit.registers.phrases import address_in_words
from openbureau.kit.registers.runs import (
    EXPORT,
    WORKING,
    cancel_run,
    faults_of_run,
    job_of,
    own_run,
    own_runs,
    problem_of,
    told,
)

FAULTS_SHOWN = 200
STATES = {
    "waiting": ("pause", N_("排队中")),
    "running": ("pause", N_("正在办理")),
    "done": ("ok", N_("已完成")),
    "cancelled": ("warn", N_("已取消")),
    "failed": ("late", N_("中断")),
}


def list_runs(register: Register, request: Request) -> Any:
    """What this person ordered in the register."""
    ctx = request.person
    runs = [_line(ctx, register, run) for run in own_runs(ctx, register)]
    return page("kit/register_runs.html", register=register, runs=runs)


def _line(ctx: Context, register: Register, run: BulkRun) -> dict[str, Any]:
    lamp, words = STATES[run.state]
    return {
        "url": f"{register.url}/runs/{run.uid}",
        "label": action_label(ctx, register, run),
        "lamp": lamp,
        "state": ctx.gettext(words),
        "at": run.created_at,
        "total": run.total,
        "done": run.done_total,
        "failed": run.failed_total,
    }


def action_label(ctx: Context, register: Register, run: BulkRun) -> str:
    """What is done, in words."""
    if run.action == EXPORT:
        return ctx.gettext("导出")
    labels = {action.code: action.label for action in actions_of(register)}
    return ctx.gettext(labels.get(run.action, run.action))


def show_run(register: Register, request: Request) -> Any:
    """How far a run is, or what became of it."""
    ctx = request.person
    run = own_run(ctx, register, request.params["uid"])
    is_working = run.state in WORKING
    if request.is_part and request.query.get("progress") and not is_working:
        request.response_headers.append((b"hx-refresh", b"true"))
    lamp, words = STATES[run.state]
    message, params = problem_of(run)
    faults = [] if is_working else faults_of_run(run, FAULTS_SHOWN)
    return page(
        "kit/register_run.html",
        fragment="progress",
        register=register,
        run=run,
        url=f"{register.url}/runs/{run.uid}",
        label=action_label(ctx, register, run),
        state=(lamp, ctx.gettext(words)),
        is_working=is_working,
        progress=_progress(ctx, run) if is_working else None,
        entries=_entries(ctx, register, run),
        problem=ctx.gettext(message, **params) if message else "",
        faults=[_fault(ctx, register, fault) for fault in faults],
        file_until=run.ended_at + KEPT_FOR if kept_file(run, ctx.now) and run.ended_at else None,
        is_export=run.action == EXPORT,
    )


def _progress(ctx: Context, run: BulkRun) -> dict[str, Any]:
    job, say = job_of(run), ctx.gettext
    if job is not None and job.state == "dead":
        return {"percent": 0, "text": say("多次没有完成，已停下，请联系系统管理员。")}
    if job is None and ctx.now - run.created_at > ENDED_FROM_OUTSIDE_AFTER:
        return {"percent": 0, "text": say("中途断开，没有完成，请重新办理。")}
    done = job.progress if job else 0
    words = STATES[run.state][1]
    return {"percent": 100 * done // run.total if run.total else 0, "text": say(words)}


def _entries(ctx: Context, register: Register, run: BulkRun) -> list[tuple[str, str]]:
    say = ctx.gettext
    found = [(say("选中"), f"{run.total:,}"), (say("已办理"), f"{run.done_total:,}")]
    if run.action == EXPORT:
        wanted = wanted_of(run.params)
        found = [
            (say("条数"), f"{run.total:,}"),
            (say("格式"), f".{wanted.format}"),
            (say("列"), say("、").join(say(_label(register, name)) for name in wanted.columns)),
        ]
    elif run.failed_total:
        found.append((say("未办理"), f"{run.failed_total:,}"))
    if run.address or run.action == EXPORT:
        words = address_in_words(ctx, register, *kept_query(ctx, register, run))
        found.append((say("范围"), words))
    if run.reason:
        found.append((say("事由"), run.reason))
    return found


def _label(register: Register, name: str) -> str:
    column = register.by_name.get(name)
    return column.label if column else name


def _fault(ctx: Context, register: Register, fault: Any) -> dict[str, str]:
    message, params = told(fault)
    return {
        "url": register.record_url(fault.record_id),
        "title": fault.title,
        "why": ctx.gettext(message, **params),
    }


def show_file(register: Register, request: Request) -> Any:
    """The file of an export, as long as the person may still see what it holds."""
    ctx = request.person
    run = own_run(ctx, register, request.params["uid"])
    path = kept_file(run, ctx.now)
    if path is None:
        raise NotFound(
            N_("这个导出文件已过期或还没有做好。"),
            unaffected=N_("台账中的内容不受影响。"),
            remedy=N_("请回到列表重新导出。"),
        )
    wanted = wanted_of(run.params)
    # Whether they may still read the register was asked before the page was made.
    if not may_read(ctx, register, run):
        raise Forbidden(
            N_("这个导出文件含有您现在无权查看的完整个人信息，不能下载。"),
            remedy=N_("请重新导出，个人信息会遮盖；如工作需要，请联系本单位管理员授予相应角色。"),
        )
    return Download(path, content_disposition(run.file_name), MEDIA_TYPES[wanted.format])


def delete_run(register: Register, request: Request) -> Any:
    """Ends a run before its end."""
    ctx = request.person
    run = own_run(ctx, register, request.params["uid"])
    cancel_run(ctx, register, run)
    said = N_("已取消导出。") if run.action == EXPORT else N_("已取消，办理过的不受影响。")
    return redirect(f"{register.url}/runs/{run.uid}", said)


def pages_of(register: Register) -> Sequence[Page]:
    """The pages about runs in one register."""
    base, read = f"{register.noun}/runs", register.read
    one = f"{base}/{{uid}}"
    return (
        Page(base, partial(list_runs, register), read),
        Page(one, partial(show_run, register), read),
        Page(f"{one}/file", partial(show_file, register), read),
        Page(
            f"{one}/cancel",
            partial(delete_run, register),
            read,
            methods=("POST",),
            is_reading=True,
        ),
    )
