"""Work on many records: what was chosen in the list is shown, confirmed and done."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from wtforms import StringField
from wtforms.validators import DataRequired, Length

from openbureau.base.context import Context
from openbureau.base.declarations import Page
from openbureau.base.errors import Forbidden, Invalid
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import Redirect, page, redirect
from openbureau.base.request import Request
from openbureau.kit.registers.bulk.actions import action_of
from openbureau.kit.registers.bulk.running import MOST_RECORDS, do_run, order_run
from openbureau.kit.registers.declared import BulkAction, Register
from openbureau.kit.registers.listing import listed, total
from openbureau.kit.registers.matching import matching_ids
from openbureau.kit.registers.run_jobs import enqueue_run
from openbureau.shell.registers.asking import Chosen, chosen_rows, list_at, usable_query

AT_ONCE = 20
TITLES_SHOWN = 5
UNCHANGED = N_("没有任何内容被改动。")


class ReasonForm(Form):
    """Why it is done."""

    reason = StringField(N_("事由"), [DataRequired(), Length(max=200)])


def ask_bulk(register: Register, request: Request) -> Any:
    """What will be done, to how many records."""
    ctx = request.person
    action = _allowed(ctx, register, request.query.get("act", ""))
    chosen = chosen_rows(ctx, register, request)
    return _confirm_page(register, request, action, chosen)


def _allowed(ctx: Context, register: Register, code: str) -> BulkAction:
    action = action_of(register, code)
    if not ctx.may(action.permission):
        raise Forbidden
    return action


def _confirm_page(
    register: Register,
    request: Request,
    action: BulkAction,
    chosen: Chosen,
    form: Form | None = None,
    problem: str = "",
) -> Any:
    ctx, say = request.person, request.catalogue.gettext
    query = usable_query(ctx, register, chosen.address)[1]
    count = total(ctx, register, query) if chosen.is_all else len(chosen.ids)
    _require(count)
    lines = [problem] if problem else []
    lines += [
        say(
            "共 %(total)s %(unit)s，逐条办理；不再符合条件或您无权办理的不动，会逐条列出。",
            total=f"{count:,}",
            unit=say(register.counter),
        ),
        _some_titles(ctx, register, chosen, count),
    ]
    if form is None and action.needs_reason:
        form = ReasonForm(request)
    hidden = [("act", action.code), ("address", chosen.address), ("expected", str(count))]
    hidden += [("select_all", "1")] if chosen.is_all else []
    return page(
        "core/confirm.html",
        status=200 if request.form is None else 422,
        heading=say("批量%(action)s", action=say(action.label)),
        lines=lines,
        action=f"{register.url}/bulk",
        hidden=[*hidden, *(("record", str(record_id)) for record_id in chosen.ids)],
        submit_label=say(action.label),
        cancel_url=list_at(register, chosen.address),
        form=form,
    )


def _require(count: int) -> None:
    if not count:
        raise Invalid(
            N_("没有选中可以办理的记录。"),
            unaffected=UNCHANGED,
            remedy=N_("请回到列表勾选要办理的行，或选择全部。"),
        )
    if count > MOST_RECORDS:
        raise Invalid(
            N_("选中了 %(count)s 条，一次最多办理 %(total)s 条。"),
            unaffected=UNCHANGED,
            remedy=N_("请加上条件，缩小范围后再选。"),
            count=f"{count:,}",
            total=f"{MOST_RECORDS:,}",
        )


def _some_titles(ctx: Context, register: Register, chosen: Chosen, count: int) -> str:
    """The first records by name, so that one sees what is meant."""
    say, model = ctx.gettext, register.model
    if chosen.is_all:
        query = usable_query(ctx, register, chosen.address)[1]
        rows = listed(ctx, register, query).rows[:TITLES_SHOWN]
    else:
        first = list(chosen.ids[:TITLES_SHOWN])
        rows = list(model.select().where(model.id.in_(first)).order_by(model.id))
    names = say("、").join(_named(ctx, register, row) for row in rows)
    if count > len(rows):
        return say("其中有：%(names)s 等。", names=names)
    return say("即：%(names)s。", names=names)


def _named(ctx: Context, register: Register, row: Any) -> str:
    key = " ".join(str(getattr(row, name) or "") for name in register.key)
    title = register.record_title(row)
    return ctx.gettext("%(title)s（%(key)s）", title=title, key=key) if title != key else key


def create_run(register: Register, request: Request) -> Any:
    """Does it: at once where it is little, otherwise as a job."""
    ctx, form = request.person, request.form
    sent = form if form is not None else {}
    action = _allowed(ctx, register, str(sent.get("act", "")))
    chosen = chosen_rows(ctx, register, request)
    reason = ReasonForm(request) if action.needs_reason else None
    if reason is not None and not reason.validate():
        return _confirm_page(register, request, action, chosen, reason)
    ids = _ids(ctx, register, chosen)
    if str(sent.get("expected", "")) != str(len(ids)):
        said = N_("刚才有变动，选中的记录与上一页看到的不同，请再核对一次。")
        return _confirm_page(
            register, request, action, chosen, reason, request.catalogue.gettext(said)
        )
    why = (reason.reason.data or "") if reason is not None else ""
    with request.writing():
        before = request.app.gate.once(request)
        if before is not None:
            return Redirect(before)
        ctx = request.person
        run = order_run(ctx, register, action, ids, chosen.address, why, is_all=chosen.is_all)
        if len(ids) > AT_ONCE:
            enqueue_run(ctx, register, run)
        else:
            do_run(register, run, lambda: ctx, ctx.now, _unseen)
        url = f"{register.url}/runs/{run.uid}"
        request.app.gate.acted(request, url)
    return redirect(url)


def _ids(ctx: Context, register: Register, chosen: Chosen) -> Sequence[int]:
    if not chosen.is_all:
        _require(len(chosen.ids))
        return chosen.ids
    query = usable_query(ctx, register, chosen.address)[1]
    ids = matching_ids(ctx, register, query, MOST_RECORDS)
    _require(len(ids))
    return ids


def _unseen(done: int, total: int) -> None:
    """What is done at once has no progress to show."""


def pages_of(register: Register) -> Sequence[Page]:
    """The pages of work on many records of one register."""
    path, read = f"{register.noun}/bulk", register.read
    return (
        Page(path, partial(ask_bulk, register), read, is_writing=True),
        Page(path, partial(create_run, register), read, methods=("POST",), is_self_managed=True),
    )
