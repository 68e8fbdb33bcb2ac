"""授权代办: letting a colleague stand in, taking it back, and choosing an identity."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.context import CHINA, Context
from openbureau.base.declarations import Page
from openbureau.base.errors import NotFound
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.delegations import (
    Lending,
    Refused,
    choose_identity,
    delegation_by_id,
    delegations_of,
    end_delegation,
    lend,
)
from openbureau.kernel.access.wording import day_of
from openbureau.kernel.accounts.acts import by
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.queries import account_by_uid
from openbureau.kernel.calendar.fields import DateField
from openbureau.kernel.frame import post_label
from openbureau.kit.picker import PartiesField

KEY_DIGITS = 18
ALL_POSTS = ""


class DelegationForm(Form):
    """To whom, which post, from when to when, why."""

    delegate = PartiesField(N_("由谁代办"), [InputRequired()], kinds=("person",), multiple=False)
    post = SelectField(N_("代办的职务"), [], default=ALL_POSTS)
    starts_on = DateField(N_("开始日期"), [InputRequired()], nearest="future")
    ends_on = DateField(
        N_("结束日期"),
        [InputRequired()],
        nearest="future",
        description=N_("包含这一天；到当天 24 时自动结束。"),
    )
    reason = StringField(N_("事由"), [Length(max=300)])


def list_delegations(request: Request) -> Any:
    """What the person lends and what is lent to them, and the form that lends."""
    return _page(request, _form(request))


def create_delegation(request: Request) -> Any:
    """Lets a colleague stand in for the person."""
    ctx = request.person
    form = _form(request)
    if not form.validate():
        return _page(request, form, status=422)
    try:
        lend(
            ctx,
            Lending(
                Account.get_by_id(ctx.account.id),
                account_by_uid(form.delegate.data[0].partition(":")[2]),
                form.starts_on.data,
                form.ends_on.data,
                form.reason.data or "",
                _chosen_post(form.post.data),
            ),
        )
    except Refused as refused:
        name = refused.field if refused.field in form else "delegate"
        form.add_error(name, refused.what, **refused.params)
        return _page(request, form, status=422)
    return redirect("/-/delegations", N_("已授权，对方已收到提醒。"))


def delete_delegation(request: Request) -> Any:
    """Ends what the person lends, or gives back what was lent to them."""
    ctx = request.person
    delegation = delegation_by_id(request.params["id"])
    if ctx.account.id not in {delegation.delegator_id, delegation.delegate_id}:
        raise NotFound
    end_delegation(by(ctx), delegation)
    return redirect("/-/delegations", N_("授权代办已结束。"))


def update_acting_post(request: Request) -> Any:
    """Acts in another of the person's posts, or in one lent to them."""
    form = request.form if request.form is not None else FormData()
    posted = str(form.get("post", ""))
    if not posted.isdecimal() or len(posted) > KEY_DIGITS:
        raise NotFound
    choose_identity(request.person, request.session.id, int(posted))
    return redirect(str(form.get("next", "/")), N_("已切换身份。"))


def _form(request: Request) -> DelegationForm:
    ctx = request.person
    form = DelegationForm(request)
    own = [each.post for each in ctx.identities if each.on_behalf_of is None]
    form.post.choices = [
        (ALL_POSTS, ctx.gettext(N_("全部职务和本人的授权"))),
        *((str(post.id), post_label(ctx, post)) for post in own),
    ]
    return form


def _chosen_post(value: str | None) -> Post | None:
    return Post.get_by_id(int(value)) if value else None


def _page(request: Request, form: DelegationForm, status: int = 200) -> Any:
    ctx = request.person
    lines = delegation_lines(ctx, delegations_of(ctx.account.id))
    return page(
        "core/delegations.html",
        status=status,
        form=form,
        given=[line for line in lines if line["delegator_id"] == ctx.account.id],
        taken=[line for line in lines if line["delegator_id"] != ctx.account.id],
        may_lend=ctx.on_behalf_of is None and not ctx.account.administrator and bool(ctx.posts),
    )


def delegation_lines(ctx: Context, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Delegations as their tables show them; `is_open` ones can be ended."""
    today = ctx.now.astimezone(CHINA).date()
    return [
        {
            "id": row.id,
            "delegator_id": row.delegator_id,
            "delegator": row.delegator,
            "delegate": row.delegate,
            "post": row.title or ctx.gettext(N_("全部")),
            "days": f"{row.starts_on} – {row.ends_on}",
            "reason": row.reason,
            "lamp": _lamp(row, today)[0],
            "state": ctx.gettext(_lamp(row, today)[1]),
            "is_open": row.ended_at is None and row.ends_on >= today,
        }
        for row in rows
    ]


def _lamp(row: Any, today: dt.date) -> tuple[str, str]:
    over = today if row.ended_at is None else day_of(row.ended_at)
    if over is not None and row.ends_on < over:
        return "pause", N_("已到期")
    if row.ended_at is not None:
        return "pause", N_("已收回")
    return ("warn", N_("未开始")) if row.starts_on > today else ("ok", N_("代办中"))


PAGES = (
    Page("delegations", list_delegations, "signed-in"),
    Page("delegations", create_delegation, "signed-in", methods=("POST",)),
    Page("delegations/{id:int}/end", delete_delegation, "signed-in", methods=("POST",)),
    Page("acting", update_acting_post, "signed-in", methods=("POST",)),
)
