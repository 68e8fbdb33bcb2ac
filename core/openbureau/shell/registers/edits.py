"""Writing a record of a register: a new one, a change, a correction, a void entry."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.context import Context
from openbureau.base.declarations import Page
from openbureau.base.errors import Conflict, Invalid
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.files.actions import attach, remove_attachment
from openbureau.kernel.files.queries import attachments_of
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.forms import (
    FILES,
    VERSION,
    form_given,
    form_values,
    put_problems,
    record_form,
)
from openbureau.kit.registers.history import values_at
from openbureau.kit.registers.masking import masked_columns
from openbureau.kit.registers.records import (
    CHANGED,
    Step,
    change_record,
    create_record,
    note_files,
    restore_record,
    void_record,
    writable,
)
from openbureau.shell.attachments import attachment_lines
from openbureau.shell.registers.details import said
from openbureau.shell.registers.returning import list_back, list_left, list_named, with_back

LARGEST_VERSION = 2**31 - 1


class ReasonForm(Form):
    """Why an entry is declared void, or valid again."""

    reason = StringField(N_("事由"), [InputRequired(), Length(max=300)])
    version = HiddenField()


def new_record(register: Register, request: Request) -> Any:
    """The empty form."""
    return _form_page(register, request, record_form(register, request))


def create(register: Register, request: Request) -> Any:
    """Saves a new record; a refused form comes back filled."""
    ctx = request.person
    form = record_form(register, request)
    values = form_given(ctx, register, form)
    if form.errors:
        return _form_page(register, request, form, status=422)
    try:
        made = create_record(ctx, register, values)
    except Invalid as refused:
        put_problems(form, refused.params["columns"])
        return _form_page(register, request, form, status=422)
    _attach(ctx, register, made, form)
    return redirect(register.record_url(made.id), N_("已登记。"))


def edit_record(register: Register, request: Request) -> Any:
    """The form of a record as it stands."""
    row = writable(request.person, register, request.params["id"])
    _refuse_void(row)
    return _form_page(register, request, record_form(register, request, row), row)


def _refuse_void(row: Any) -> None:
    """Raises Conflict: the record is void."""
    if row.voided_at is not None:
        raise Conflict(
            N_("这条记录已经作废，不能再改。"),
            unaffected=N_("没有任何内容被改动。"),
            remedy=N_("请先恢复它。"),
        )


def update(register: Register, request: Request) -> Any:
    """Saves a change. Where somebody was faster both versions are shown, what only one of
    them changed is merged, and the form waits to be sent again."""
    ctx = request.person
    row = writable(ctx, register, request.params["id"])
    _refuse_void(row)
    form = record_form(register, request, row)
    values = form_given(ctx, register, form, row)
    if form.errors:
        return _form_page(register, request, form, row, status=422)
    version = _version(form)
    if version < row.version:
        return _merged(register, request, row, form, values, version)
    reason = str(request.form.get("reason", "")).strip()[:300] if request.form else ""
    step = Step("corrected", reason) if reason else CHANGED
    try:
        row = change_record(ctx, register, row.id, version, values, step)
    except Invalid as refused:
        put_problems(form, refused.params["columns"])
        return _form_page(register, request, form, row, status=422)
    _attach(ctx, register, row, form)
    _detach(ctx, register, row, request)
    return redirect(_record_url(register, request, row), N_("已保存。"))


def _version(form: Form) -> int:
    text = str(form[VERSION].data or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else LARGEST_VERSION


def _merged(
    register: Register,
    request: Request,
    row: Any,
    form: Form,
    given: Mapping[str, Any],
    version: int,
) -> Any:
    """The form once more: their changes taken over where mine touched nothing; where both
    changed the same column, mine stays in the form and theirs is shown."""
    ctx = request.person
    before = values_at(register, row, version)
    theirs = form_values(ctx, register, row)
    hidden = masked_columns(ctx, register, row.unit_id)
    clashes = []
    for name in before:
        column = register.by_name.get(name)
        if column is None or name not in form:
            continue
        kind = register.kinds[name]
        mine = kind.exchanged(given.get(name))
        # Of what is masked nothing tells whether mine is the same: it would be a guess answered.
        if name not in given or (name not in hidden and mine == before[name]):
            form[name].process(None, theirs[name])
        elif name in hidden or mine != kind.exchanged(row.__data__.get(name)):
            shown = partial(said, ctx, register, column, may_see=not hidden)
            clashes.append(
                {
                    "column": ctx.gettext(column.label),
                    "before": shown(before[name]),
                    "theirs": shown(kind.exchanged(row.__data__.get(name))),
                    "mine": shown(mine),
                }
            )
    form[VERSION].process(None, str(row.version))
    return _form_page(register, request, form, row, status=409, clashes=clashes)


def _attach(ctx: Context, register: Register, row: Any, form: Form) -> None:
    files = form[FILES].data
    for stored in files:
        attach(register.realm, row.id, stored, account_id=ctx.account.id, now=ctx.now)
    if files:
        note_files(ctx, register, row, "attached", [stored.name for stored in files])


def _detach(ctx: Context, register: Register, row: Any, request: Request) -> None:
    asked = set(request.form.getlist("remove")) if request.form is not None else set()
    gone = [file for file in attachments_of(register.realm, row.id) if file.uid in asked]
    for file in gone:
        remove_attachment(register.realm, row.id, file.uid, ctx.now)
    if gone:
        note_files(ctx, register, row, "detached", [file.name for file in gone])


def _form_page(
    register: Register,
    request: Request,
    form: Form,
    row: Any = None,
    *,
    status: int = 200,
    clashes: Sequence[Mapping[str, str]] | None = None,
) -> Any:
    left = list_named(register, request)
    is_new = row is None
    action = f"{register.url}/new" if is_new else f"{register.record_url(row.id)}/edit"
    return page(
        "kit/register_edit.html",
        status=status,
        register=register,
        form=form,
        fields=[form[column.name] for column in register.columns if column.name in form],
        row=row,
        title=register.record_title(row) if row is not None else "",
        action=with_back(action, left),
        back_url=list_back(register, list_left(register, request))
        if is_new
        else with_back(register.record_url(row.id), left),
        attachments=attachment_lines(register.realm, row.id) if row else [],
        clashes=clashes,
    )


def _record_url(register: Register, request: Request, row: Any) -> str:
    return with_back(register.record_url(row.id), list_named(register, request))


def ask_void(register: Register, request: Request) -> Any:
    """Asks why an entry is declared void, or valid again."""
    row = writable(request.person, register, request.params["id"])
    return _reason_page(register, request, row, ReasonForm(request, version=str(row.version)))


def save_void(register: Register, request: Request) -> Any:
    """Declares an entry void, or valid again."""
    ctx = request.person
    row = writable(ctx, register, request.params["id"])
    form = ReasonForm(request)
    if not form.validate():
        return _reason_page(register, request, row, form, status=422)
    act = void_record if row.voided_at is None else restore_record
    act(ctx, register, row.id, _version(form), form.reason.data or "")
    notice = N_("已作废，列表中不再显示。") if row.voided_at is None else N_("已恢复。")
    return redirect(_record_url(register, request, row), notice)


def _reason_page(
    register: Register, request: Request, row: Any, form: ReasonForm, status: int = 200
) -> Any:
    say = request.catalogue.gettext
    is_void = row.voided_at is not None
    left = list_named(register, request)
    return page(
        "core/confirm.html",
        status=status,
        heading=say("恢复") if is_void else say("作废"),
        lines=[
            register.record_title(row),
            say("恢复后列表和统计重新包括它。")
            if is_void
            else say("记录不会删除，但列表和统计不再包括它；可以恢复。"),
        ],
        action=with_back(f"{register.record_url(row.id)}/void", left),
        hidden=[],
        submit_label=say("恢复") if is_void else say("作废"),
        cancel_url=with_back(register.record_url(row.id), left),
        form=form,
    )


def pages_of(register: Register) -> Sequence[Page]:
    """The pages that write one record."""
    one, write = f"{register.noun}/{{id:int}}", register.write

    def get(path: str, view: Any) -> Page:
        return Page(path, partial(view, register), write, is_writing=True)

    def post(path: str, view: Any, *, uploads: bool = False) -> Page:
        return Page(path, partial(view, register), write, methods=("POST",), uploads=uploads)

    return (
        get(f"{register.noun}/new", new_record),
        post(f"{register.noun}/new", create, uploads=True),
        get(f"{one}/edit", edit_record),
        post(f"{one}/edit", update, uploads=True),
        get(f"{one}/void", ask_void),
        post(f"{one}/void", save_void),
    )
