"""Importing a table into a register: template, upload, result, receipt, undo."""

import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from starlette.responses import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.context import Context
from openbureau.base.database import writing
from openbureau.base.declarations import Page
from openbureau.base.errors import Conflict, Invalid, NotFound, Problem
from openbureau.base.forms import AttachmentsField, Form
from openbureau.base.i18n import N_
from openbureau.base.pages import Download, page, redirect
from openbureau.base.request import Request
from openbureau.base.sheets import MIB, Limits
from openbureau.base.workbooks import XLSX
from openbureau.kernel.files.names import content_disposition, extension_of
from openbureau.kernel.files.storage import content_path
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.imports.applying import apply_batch, order_apply
from openbureau.kit.registers.imports.batches import (
    APPLY_JOB,
    CHECK_JOB,
    ENDED_FROM_OUTSIDE_AFTER,
    UNDO_JOB,
    WORKING,
    batch_of,
    headings_of,
    job_of,
    lines_of,
    may_apply,
    may_see_rows,
    open_batch,
    own_batch_of,
    recent_batches,
    refusal_of,
    told_lines,
    undo_until,
)
from openbureau.kit.registers.imports.checking import TooLongForNow, check_batch
from openbureau.kit.registers.imports.faulty import reason_text
from openbureau.kit.registers.imports.jobs import enqueue_step
from openbureau.kit.registers.imports.tables import ACCEPTED, MOST_COLUMNS, MOST_ROWS
from openbureau.kit.registers.imports.undoing import may_undo, order_undo, undo_batch
from openbureau.kit.registers.imports.workbooks import write_template
from openbureau.kit.registers.models import ImportBatch

ROWS_AT_ONCE, BYTES_AT_ONCE = 5000, MIB
# Written while somebody waits, in the one transaction of the form.
WRITTEN_AT_ONCE = 1000
LINES_SHOWN = 200
AT_ONCE = Limits(MOST_ROWS, MOST_COLUMNS, memory_bytes=1024 * MIB, time_s=6)
STATES = {
    "checking": ("pause", N_("正在检查")),
    "checked": ("warn", N_("已检查，未导入")),
    "refused": ("late", N_("不能读取")),
    "applying": ("pause", N_("正在导入")),
    "applied": ("ok", N_("已导入")),
    "undoing": ("pause", N_("正在撤销")),
    "undone": ("pause", N_("已撤销")),
    "failed": ("late", N_("中断")),
}


class ImportForm(Form):
    """The table."""

    table = AttachmentsField(N_("表格"), [InputRequired()])


class UndoForm(Form):
    """Why an import is taken back."""

    reason = StringField(N_("事由"), [InputRequired(), Length(max=200)])


def new_import(register: Register, request: Request) -> Any:
    """Where the template is and the table goes, and what was imported before."""
    return _upload_page(register, request, ImportForm(request))


def _upload_page(register: Register, request: Request, form: ImportForm, status: int = 200) -> Any:
    ctx = request.person
    return page(
        "kit/register_import.html",
        status=status,
        register=register,
        form=form,
        accept=",".join(ACCEPTED),
        most_rows=MOST_ROWS,
        batches=[_batch_line(ctx, register, batch) for batch in recent_batches(ctx, register)],
    )


def _batch_line(ctx: Context, register: Register, batch: Any) -> dict[str, Any]:
    lamp, words = STATES[batch.state]
    return {
        "url": _url(register, batch),
        "file": batch.file_name,
        "lamp": lamp,
        "state": ctx.gettext(words),
        "person": batch.person,
        "at": batch.created_at,
        "total": batch.total,
        "done": batch.done_total,
    }


def _url(register: Register, batch: ImportBatch) -> str:
    return f"{register.url}/import/{batch.uid}"


def show_template(register: Register, request: Request) -> Any:
    """The table to fill in."""
    target = io.BytesIO()
    write_template(request.person, register, target)
    name = request.catalogue.gettext("%(label)s导入模板", label=register.label)
    headers = {
        "content-disposition": content_disposition(f"{name}.xlsx"),
        "cache-control": "no-store",
    }
    return Response(target.getvalue(), media_type=XLSX, headers=headers)


def create_import(register: Register, request: Request) -> Any:
    """Stores a table and checks it: at once where it is small, otherwise as a job."""
    ctx = request.person
    request.app.gate.store_uploads(request)
    form = ImportForm(request)
    if form.table.process_errors or len(form.table.data) != 1:
        say = request.catalogue.gettext
        form.table.errors = form.table.process_errors or [say("请选择一个表格文件。")]
        return _upload_page(register, request, form, status=422)
    stored = form.table.data[0]
    if extension_of(stored.name).lower() not in ACCEPTED:
        form.add_error("table", N_("请上传 %(kinds)s 文件。"), kinds=" ".join(ACCEPTED))
        return _upload_page(register, request, form, status=422)
    with request.writing():
        ctx = request.person
        batch = open_batch(ctx, register, stored, ctx.unit_id)
        is_later = stored.size_bytes > BYTES_AT_ONCE
        if is_later:
            enqueue_step(ctx, register, batch, CHECK_JOB)
    if not is_later:
        _check_now(ctx, register, batch)
    if batch.state == "refused":
        message, params = refusal_of(batch)
        form.add_error("table", message, **params)
        return _upload_page(register, request, form, status=422)
    return redirect(_url(register, batch))


def _check_now(ctx: Context, register: Register, batch: ImportBatch) -> None:
    try:
        check_batch(ctx, register, batch, _unseen, limits=AT_ONCE, most_rows=ROWS_AT_ONCE)
    except TooLongForNow:
        with writing():
            enqueue_step(ctx, register, batch, CHECK_JOB)


def _unseen(done: int, total: int) -> None:
    """What is done at once has no progress to show."""


def show_batch(register: Register, request: Request) -> Any:
    """What the check found, how far the work is, or what became of it."""
    ctx = request.person
    batch = batch_of(ctx, register, request.params["uid"])
    is_working = batch.state in WORKING
    if request.is_part and request.query.get("progress") and not is_working:
        request.response_headers.append((b"hx-refresh", b"true"))
    return _batch_page(register, request, batch)


def _batch_page(
    register: Register, request: Request, batch: ImportBatch, problem: str = "", status: int = 200
) -> Any:
    ctx = request.person
    is_working = batch.state in WORKING
    message, params = refusal_of(batch)
    lamp, words = STATES[batch.state]
    sees_rows = may_see_rows(ctx, register, batch)
    shown = _shown_actions(batch) if sees_rows and not is_working else ()
    lines = told_lines(batch, shown, LINES_SHOWN) if shown else []
    return page(
        "kit/register_batch.html",
        status=status,
        fragment="progress",
        register=register,
        batch=batch,
        url=_url(register, batch),
        state=(lamp, ctx.gettext(words)),
        is_working=is_working,
        progress=_progress(ctx, batch) if is_working else None,
        counts=_counts(ctx, batch),
        problem=problem or (ctx.gettext(message, **params) if message else ""),
        unknown=headings_of(batch).get("unknown", []),
        lines=[_line(ctx, register, line) for line in lines],
        told_total=_told_total(batch, shown),
        has_errors=bool(batch.error_digest) and sees_rows,
        may_write=batch.account_id == ctx.account.id and register.slug in ctx.writable,
        may_apply=may_apply(batch),
        may_undo=may_undo(ctx, register, batch),
        undo_until=undo_until(batch),
        person=batch.account.name,
        unit_name=unit_tree(ctx.tree_version).by_id[batch.unit_id].name,
        printed_at=ctx.now,
    )


def _shown_actions(batch: ImportBatch) -> tuple[str, ...]:
    if batch.state in {"checked", "refused"}:
        return ("error", "duplicate")
    return ("clash", "kept", "error", "duplicate")


def _told_total(batch: ImportBatch, actions: Sequence[str]) -> int:
    by_action = lines_of(batch).by_action if actions else {}
    return sum(by_action.get(action, 0) for action in actions)


def _counts(ctx: Context, batch: ImportBatch) -> list[tuple[str, str]]:
    say = ctx.gettext
    found: list[tuple[str, int]] = [
        (say("共"), batch.total),
        (say("新增"), batch.new_total),
        (say("更新"), batch.changed_total),
        (say("不变"), batch.same_total),
        (say("重复"), batch.duplicate_total),
        (say("错误"), batch.error_total),
    ]
    if batch.state in {"applied", "undone", "failed"}:
        found.append((say("已写入"), batch.done_total))
    if batch.state == "undone":
        found.append((say("未能撤销"), batch.kept_total))
    return [(label, f"{count:,}") for label, count in found]


def _progress(ctx: Context, batch: ImportBatch) -> dict[str, Any]:
    """How far the work is: a share where the whole is known, words always."""
    job = job_of(batch)
    say = ctx.gettext
    if job is not None and job.state == "dead":
        return {"percent": 0, "text": say("多次没有完成，已停下，请联系系统管理员。")}
    if job is None and ctx.now - batch.created_at > ENDED_FROM_OUTSIDE_AFTER:
        return {"percent": 0, "text": say("中途断开，没有完成，请重新上传。")}
    done, total = (job.progress, job.progress_total) if job else (0, 0)
    if batch.state == "checking":
        return {"percent": None, "text": say("正在检查，已检查 %(total)s 行", total=batch.total)}
    words = N_("正在导入") if batch.state == "applying" else N_("正在撤销")
    return {"percent": 100 * done // total if total else 0, "text": say(words)}


def _line(ctx: Context, register: Register, line: Any) -> dict[str, Any]:
    values: Mapping[str, Any] = msgspec.json.decode(line.values)
    problems = msgspec.json.decode(line.problems)
    names = [register.by_name[name].label for name, *_ in problems if name in register.by_name]
    say = ctx.gettext
    return {
        "number": line.number,
        "key": " ".join(str(values.get(name) or "") for name in register.key)[:60],
        "columns": say("、").join(say(name) for name in dict.fromkeys(names)),
        "why": reason_text(ctx, register, problems),
    }


def show_errors(register: Register, request: Request) -> Any:
    """The same table with its faults marked."""
    ctx = request.person
    batch = batch_of(ctx, register, request.params["uid"])
    if not batch.error_digest or not may_see_rows(ctx, register, batch):
        raise NotFound
    stem = batch.file_name.removesuffix(extension_of(batch.file_name))
    name = request.catalogue.gettext("%(file)s（标出错误）", file=stem)
    return Download(content_path(batch.error_digest), content_disposition(f"{name}.xlsx"), XLSX)


def apply_import(register: Register, request: Request) -> Any:
    """Writes what was checked: at once where it is little, otherwise as a job."""
    ctx = request.person
    batch = own_batch_of(ctx, register, request.params["uid"])
    takes_good_rows = request.form is not None and request.form.get("take_good_rows") == "1"
    try:
        order_apply(ctx, register, batch, takes_good_rows=takes_good_rows)
    except Invalid as refused:
        return _refused(register, request, batch, refused)
    if batch.new_total + batch.changed_total > WRITTEN_AT_ONCE:
        enqueue_step(ctx, register, batch, APPLY_JOB)
    else:
        apply_batch(register, batch, lambda: ctx, _unseen)
    return redirect(_url(register, batch))


def _refused(register: Register, request: Request, batch: ImportBatch, refused: Problem) -> Any:
    words = request.catalogue.gettext(refused.what, **refused.params)
    return _batch_page(register, request, batch, words, status=refused.status)


def ask_undo(register: Register, request: Request) -> Any:
    """Asks why an import is taken back."""
    batch = batch_of(request.person, register, request.params["uid"])
    if not may_undo(request.person, register, batch):
        raise Conflict(
            N_("这一批现在不能撤销。"),
            unaffected=N_("没有任何内容被改动。"),
            remedy=N_("请回到这一批的页面查看原因。"),
        )
    return _undo_page(register, request, batch, UndoForm(request))


def _undo_page(
    register: Register, request: Request, batch: ImportBatch, form: UndoForm, status: int = 200
) -> Any:
    say = request.catalogue.gettext
    return page(
        "core/confirm.html",
        status=status,
        heading=say("撤销这一批导入"),
        lines=[
            say("共写入 %(total)s 条：新增的作废，更新的恢复原样。", total=batch.done_total),
            say("导入之后又有人改过的记录不撤销，会逐条列出。"),
        ],
        action=f"{_url(register, batch)}/undo",
        hidden=[],
        submit_label=say("撤销"),
        cancel_url=_url(register, batch),
        form=form,
    )


def undo_import(register: Register, request: Request) -> Any:
    """Takes an import back: at once where it is little, otherwise as a job."""
    ctx = request.person
    batch = batch_of(ctx, register, request.params["uid"])
    form = UndoForm(request)
    if not form.validate():
        return _undo_page(register, request, batch, form, status=422)
    reason = form.reason.data or ""
    order_undo(ctx, register, batch)
    if batch.done_total > WRITTEN_AT_ONCE:
        enqueue_step(ctx, register, batch, UNDO_JOB, reason)
    else:
        undo_batch(register, batch, lambda: ctx, _unseen, reason)
    return redirect(_url(register, batch))


def pages_of(register: Register) -> Sequence[Page]:
    """The pages of imports into one register."""
    base, write = f"{register.noun}/import", register.write
    one = f"{base}/{{uid}}"

    def get(path: str, view: Any, *, is_writing: bool = False) -> Page:
        return Page(path, partial(view, register), write, is_writing=is_writing)

    def post(path: str, view: Any, **options: bool) -> Page:
        return Page(path, partial(view, register), write, methods=("POST",), **options)  # type: ignore[arg-type]

    return (
        get(base, new_import, is_writing=True),
        post(base, create_import, uploads=True, is_self_managed=True),
        get(f"{base}/template", show_template),
        get(one, show_batch),
        get(f"{one}/errors", show_errors),
        post(f"{one}/apply", apply_import),
        get(f"{one}/undo", ask_undo, is_writing=True),
        post(f"{one}/undo", undo_import),
    )
