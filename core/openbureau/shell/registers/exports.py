"""Exporting what the list shows: which columns, in which format, with or without personal data."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from wtforms import RadioField, StringField
from wtforms.validators import Length

from openbureau.base.context import Context
from openbureau.base.declarations import Page
from openbureau.base.errors import Invalid
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import Redirect, page, redirect
from openbureau.base.request import Request
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.exports.making import Order
from openbureau.kit.registers.exports.ordering import make_export, order_export
from openbureau.kit.registers.exports.wanted import Wanted, missing_columns, personal_columns
from openbureau.kit.registers.listing import total
from openbureau.kit.registers.phrases import address_in_words
from openbureau.kit.registers.run_jobs import enqueue_run
from openbureau.kit.registers.saved_queries import arrangement_of, query_text, shown_columns
from openbureau.shell.registers.asking import list_at, usable_query

ROWS_AT_ONCE = 5000


FORMATS = (("xlsx", N_("Excel / WPS 表格（.xlsx）")), ("csv", N_("逗号分隔的文本（.csv）")))
COLUMNS = (("shown", N_("列表显示的列")), ("all", N_("全部列")))
PERSONAL = (("masked", N_("遮盖")), ("full", N_("完整，须填写事由并留痕")))


class ExportForm(Form):
    """How an export is wanted."""

    format = RadioField(N_("格式"), default="xlsx")
    columns = RadioField(N_("列"), default="shown")
    personal = RadioField(N_("个人信息"), default="masked")
    reason = StringField(N_("事由"), [Length(max=200)])

    def __init__(self, request: Any, *, may_see: bool) -> None:
        super().__init__(request)
        say = self.catalogue.gettext
        self.format.choices = [(value, say(text)) for value, text in FORMATS]
        self.columns.choices = [(value, say(text)) for value, text in COLUMNS]
        self.personal.choices = [(value, say(text)) for value, text in PERSONAL]
        if not may_see:
            del self.personal
            del self.reason


def ask_export(register: Register, request: Request) -> Any:
    """How many records an export would hold, and how it is wanted."""
    ctx = request.person
    form = ExportForm(request, may_see=_may_see(ctx, register))
    names = request.query.getlist("columns") or arrangement_of(ctx, register).columns
    shown = [column.name for column in shown_columns(register, names)]
    return _export_page(register, request, form, query_text(register, request), shown)


def _may_see(ctx: Context, register: Register) -> bool:
    has_personal = any(column.personal for column in register.columns)
    return has_personal and ctx.may(register.personal)


def _export_page(
    register: Register,
    request: Request,
    form: ExportForm,
    address: str,
    shown: Sequence[str],
    status: int = 200,
) -> Any:
    ctx, say = request.person, request.catalogue.gettext
    kept, query = usable_query(ctx, register, address)
    missing = missing_columns(register, shown)
    return page(
        "kit/register_export.html",
        status=status,
        register=register,
        form=form,
        total=total(ctx, register, query),
        words=address_in_words(ctx, register, kept, query),
        shown_labels=say("、").join(say(register.by_name[name].label) for name in shown),
        missing=say("、").join(say(label) for label in missing),
        personal=say("、").join(
            say(column.label) for column in register.columns if column.personal
        ),
        rows_at_once=ROWS_AT_ONCE,
        hidden=[("address", address), ("shown", ",".join(shown))],
        back=list_at(register, address),
    )


def create_export(register: Register, request: Request) -> Any:
    """Makes the file: at once where it is small, otherwise as a job."""
    ctx = request.person
    form = ExportForm(request, may_see=_may_see(ctx, register))
    sent = request.form if request.form is not None else {}
    address = str(sent.get("address", ""))
    shown = [n for n in str(sent.get("shown", "")).split(",") if n in register.by_name]
    shown = list(dict.fromkeys(shown)) or [column.name for column in register.columns]
    if not form.validate() or not _is_justified(register, form, shown):
        return _export_page(register, request, form, address, shown, status=422)
    kept, query = usable_query(ctx, register, address)
    order = Order(ctx, register, kept, query, _wanted(register, form, shown), ctx.unit_id)
    count = total(ctx, register, query)
    try:
        with request.writing():
            before = request.app.gate.once(request)
            if before is not None:
                return Redirect(before)
            run = order_export(order, count)
            is_later = count > ROWS_AT_ONCE
            url = f"{register.url}/runs/{run.uid}{'' if is_later else '/file'}"
            if is_later:
                enqueue_run(ctx, register, run)
            request.app.gate.acted(request, url)
    except Invalid as refused:
        form.add_error("format", refused.what, **refused.params)
        return _export_page(register, request, form, address, shown, status=422)
    if not is_later:
        make_export(run, order, _unseen)
    return redirect(url)


def _columns(register: Register, form: ExportForm, shown: Sequence[str]) -> list[str]:
    if form.columns.data == "all":
        return [column.name for column in register.columns]
    return list(shown)


def _is_full(form: ExportForm) -> bool:
    return "personal" in form and form.personal.data == "full"


def _is_justified(register: Register, form: ExportForm, shown: Sequence[str]) -> bool:
    """Whether there is a reason where personal data is to be readable."""
    has_personal = bool(personal_columns(register, _columns(register, form, shown)))
    if _is_full(form) and has_personal and not (form.reason.data or "").strip():
        form.add_error("reason", N_("导出完整的个人信息，请写明事由。"))
        return False
    return True


def _wanted(register: Register, form: ExportForm, shown: Sequence[str]) -> Wanted:
    columns = _columns(register, form, shown)
    is_full = _is_full(form) and bool(personal_columns(register, columns))
    reason = (form.reason.data or "").strip() if "reason" in form else ""
    return Wanted(cast("Any", form.format.data), columns, is_full, reason)


def _unseen(done: int, total: int) -> None:
    """What is done at once has no progress to show."""


def pages_of(register: Register) -> Sequence[Page]:
    """The pages of exports of one register."""
    path, read = f"{register.noun}/export", register.read
    return (
        Page(path, partial(ask_export, register), read),
        Page(
            path,
            partial(create_export, register),
            read,
            methods=("POST",),
            is_self_managed=True,
            is_reading=True,
        ),
    )
