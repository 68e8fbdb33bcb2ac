"""授权代办, arranged by an administrator for somebody who cannot do it themselves."""

from typing import Any

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.context import NOWHERE
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import NotFound
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.delegations import (
    Lending,
    Refused,
    delegation_by_id,
    delegations_within,
    end_delegation,
    lend_for,
)
from openbureau.kernel.access.grants import POWER, is_within
from openbureau.kernel.accounts.acts import by
from openbureau.kernel.accounts.queries import account_by_uid
from openbureau.kernel.calendar.fields import DateField
from openbureau.kit.picker import PartiesField
from openbureau.shell.delegations import delegation_lines

URL = "/-/console/delegations"


class ArrangedForm(Form):
    """Who is absent, who stands in, from when to when, why."""

    delegator = PartiesField(
        N_("委托人"), [InputRequired()], kinds=("person",), multiple=False, within=POWER
    )
    delegate = PartiesField(
        N_("由谁代办"), [InputRequired()], kinds=("person",), multiple=False, within=POWER
    )
    starts_on = DateField(N_("开始日期"), [InputRequired()], nearest="future")
    ends_on = DateField(N_("结束日期"), [InputRequired()], nearest="future")
    reason = StringField(N_("事由"), [InputRequired(), Length(max=300)])


def list_arranged(request: Request) -> Any:
    """Delegations by people in this administrator's reach, and the form that arranges one."""
    return _page(request, ArrangedForm(request))


def create_arranged(request: Request) -> Any:
    """Lets somebody stand in for an absent person."""
    form = ArrangedForm(request)
    if not form.validate():
        return _page(request, form, status=422)
    delegator, delegate = (
        account_by_uid(field.data[0].partition(":")[2]) for field in (form.delegator, form.delegate)
    )
    try:
        lend_for(
            request.person,
            Lending(
                delegator,
                delegate,
                form.starts_on.data,
                form.ends_on.data,
                form.reason.data or "",
            ),
        )
    except Refused as refused:
        name = refused.field if refused.field in form else "delegate"
        form.add_error(name, refused.what, **refused.params)
        return _page(request, form, status=422)
    return redirect(URL, N_("已安排，双方已收到提醒。"))


def delete_arranged(request: Request) -> Any:
    """Ends a delegation of somebody in this administrator's reach."""
    ctx = request.person
    delegation = delegation_by_id(request.params["id"])
    if not is_within(delegation.delegator_id, ctx.reach.get(POWER, NOWHERE)):
        raise NotFound
    end_delegation(by(ctx), delegation)
    return redirect(URL, N_("授权代办已结束。"))


def _page(request: Request, form: ArrangedForm, status: int = 200) -> Any:
    ctx = request.person
    reach = ctx.reach.get(POWER, NOWHERE)
    rows = delegations_within(None if reach.is_everywhere else sorted(reach.units))
    return page(
        "core/console_delegations.html",
        status=status,
        form=form,
        lines=delegation_lines(ctx, rows),
    )


PAGES: tuple[Page, ...] = (
    Page("console/delegations", list_arranged, POWER),
    Page("console/delegations", create_arranged, POWER, methods=("POST",)),
    Page("console/delegations/{id:int}/end", delete_arranged, POWER, methods=("POST",)),
)
MENU: tuple[MenuEntry, ...] = (
    MenuEntry(N_("授权代办"), URL, POWER, N_("权限与安全"), "user-share", 952),
)
