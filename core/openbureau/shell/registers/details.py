"""One record of a register: its columns, attachments, remarks and history."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from openbureau.base.context import Context
from openbureau.base.declarations import Page
from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.todos.queries import is_followed
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.codes import qr_code
from openbureau.kit.registers.addresses import kept_address
from openbureau.kit.registers.cells import cell_text
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.history import (
    CHANGES_SHOWN,
    Change,
    add_comment,
    changes_of,
    comments_of,
    withdraw_comment,
)
from openbureau.kit.registers.kinds import Choice, UnitChoice, YesNo
from openbureau.kit.registers.listing import asked_by, neighbours
from openbureau.kit.registers.masking import masked
from openbureau.kit.registers.publicity import publicity
from openbureau.kit.registers.records import FILES, record
from openbureau.shell.attachments import attachment_lines
from openbureau.shell.registers.returning import list_back, list_left, list_named, with_back

HISTORY_PAGE = 100

ACTIONS = {
    "created": N_("登记"),
    "imported": N_("导入"),
    "changed": N_("更改"),
    "corrected": N_("更正"),
    "voided": N_("作废"),
    "restored": N_("恢复"),
    "undone": N_("撤销导入"),
    "attached": N_("添加附件"),
    "detached": N_("移除附件"),
}
TONES = {"voided": "late", "corrected": "warn", "undone": "warn"}


def show_record(register: Register, request: Request) -> Any:
    """One record the person may see."""
    ctx = request.person
    row = record(ctx, register, request.params["id"])
    may_see = not register.personal or ctx.may_in(register.personal, row.unit_id)
    left = list_left(register, request)
    changes = changes_of(register, row.id, limit=CHANGES_SHOWN + 1)
    lamp = register.lamp(row, ctx.today) if register.lamp else None
    return page(
        "kit/register_record.html",
        register=register,
        row=row,
        url=register.record_url(row.id),
        back_url=list_back(register, left, row.id),
        back=with_back("", left),
        **_beside(ctx, register, row, left),
        title=register.record_title(row),
        lamp=lamp and (lamp.state, ctx.gettext(lamp.text, **lamp.params)),
        entries=[
            (ctx.gettext(column.label), cell_text(ctx, register, column, row, may_see=may_see))
            for column in register.columns
        ],
        publicity=publicity(register, ctx.gettext) if register.public else "",
        unit_name=unit_tree(ctx.tree_version).by_id[row.unit_id].name,
        attachments=attachment_lines(register.realm, row.id),
        comments=comments_of(register, row.id),
        changes=[_event(ctx, register, each, may_see) for each in changes[:CHANGES_SHOWN]],
        has_more_changes=len(changes) > CHANGES_SHOWN,
        printed_at=ctx.now,
        is_followed=is_followed(ctx, register.realm, row.id),
        may_write=ctx.may_in(register.write, row.unit_id) and register.slug in ctx.writable,
        may_comment=register.slug in ctx.writable,
        own_id=ctx.account.id,
    )


def _beside(ctx: Context, register: Register, row: Any, left: str | None) -> dict[str, Any]:
    """The records before and after this one in the list it was opened from. Free queries are
    not walked: that may take long."""
    found: Sequence[int | None] = (None, None)
    if left is not None:
        query = asked_by(ctx, register, kept_address(register, left))
        if query.shape.is_declared:
            found = neighbours(ctx, register, query, row)
    names = ("earlier_url", "later_url")
    return {
        name: with_back(register.record_url(record_id), left) if record_id else ""
        for name, record_id in zip(names, found, strict=True)
    }


def show_history(register: Register, request: Request) -> Any:
    """The whole history of a record, page by page from the latest step."""
    ctx = request.person
    row = record(ctx, register, request.params["id"])
    may_see = not register.personal or ctx.may_in(register.personal, row.unit_id)
    before = request.number("before", row.version + 1, 1)
    changes = changes_of(register, row.id, before=before, limit=HISTORY_PAGE + 1)
    shown = changes[:HISTORY_PAGE]
    url = register.record_url(row.id)
    return page(
        "kit/register_history.html",
        register=register,
        url=url,
        title=register.record_title(row),
        changes=[_event(ctx, register, each, may_see) for each in shown],
        earlier_url=f"{url}/history?before={shown[-1].version}"
        if len(changes) > HISTORY_PAGE
        else "",
    )


def _event(ctx: Context, register: Register, change: Change, may_see: bool) -> dict[str, Any]:  # noqa: FBT001
    say = ctx.gettext
    told = []
    for each in change.differences:
        column = register.by_name.get(each.column)
        if each.column == FILES:
            told.append(each.after or each.before)
        elif column is not None:
            before, after = (
                said(ctx, register, column, value, may_see=may_see)
                for value in (each.before, each.after)
            )
            told.append(
                say(
                    "%(column)s：%(before)s → %(after)s",
                    column=say(column.label),
                    before=before,
                    after=after,
                )
            )
    who = " ".join(part for part in (change.unit_name, change.name, change.title) if part)
    words = [say(ACTIONS.get(change.action, change.action)), *told]
    if change.reason:
        words.append(say("事由：%(reason)s", reason=change.reason))
    return {
        "at": change.at,
        "who": who,
        "text": say("；").join(words),
        "tone": TONES.get(change.action, ""),
    }


def said(ctx: Context, register: Register, column: Column, value: Any, *, may_see: bool) -> str:
    """A value of the history in words; a dash for nothing."""
    kind = register.kinds[column.name]
    if value is None or value == "":
        return "—"
    if isinstance(kind, UnitChoice):
        node = unit_tree(ctx.tree_version).by_id.get(value)
        return node.short_name if node else str(value)
    text = kind.shown(value, ctx.gettext) if isinstance(kind, Choice | YesNo) else str(value)
    return masked(column.personal, text) if column.personal and not may_see else text


def show_label(register: Register, request: Request) -> Any:
    """A label to print and stick on: what it is called, its key, and the way to its page."""
    ctx = request.person
    row = record(ctx, register, request.params["id"])
    scheme = "https" if request.is_secure else "http"
    address = f"{scheme}://{request.headers.get('host', '')}{register.record_url(row.id)}"
    return page(
        "kit/register_label.html",
        register=register,
        url=with_back(register.record_url(row.id), list_named(register, request)),
        title=register.record_title(row),
        entries=[
            (ctx.gettext(register.by_name[name].label), str(getattr(row, name) or ""))
            for name in register.key
        ],
        code=qr_code(address),
    )


def create_comment(register: Register, request: Request) -> Any:
    """Adds a remark."""
    record_id = request.params["id"]
    text = str(request.form.get("text", "")) if request.form is not None else ""
    try:
        add_comment(request.person, register, record_id, text)
    except Invalid as refused:
        return redirect(
            f"{register.record_url(record_id)}#comments",
            request.catalogue.gettext(refused.what, **refused.params),
        )
    return redirect(f"{register.record_url(record_id)}#comments", N_("已添加备注。"))


def delete_comment(register: Register, request: Request) -> Any:
    """Withdraws one's own remark."""
    record_id = request.params["id"]
    uid = str(request.form.get("comment", "")) if request.form is not None else ""
    withdraw_comment(request.person, register, record_id, uid)
    return redirect(f"{register.record_url(record_id)}#comments", N_("已撤回备注。"))


def pages_of(register: Register) -> Sequence[Page]:
    """The pages about one record, for reading."""
    one, read = f"{register.noun}/{{id:int}}", register.read
    return (
        Page(one, partial(show_record, register), read),
        Page(f"{one}/history", partial(show_history, register), read),
        Page(f"{one}/label", partial(show_label, register), read),
        Page(f"{one}/comments", partial(create_comment, register), read, methods=("POST",)),
        Page(
            f"{one}/comments/withdraw", partial(delete_comment, register), read, methods=("POST",)
        ),
    )
