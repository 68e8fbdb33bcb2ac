"""接口令牌: which programs act for whom, giving a token and revoking it (安全管理员)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.forms import CheckboxGroupField, Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.contexts import moment_of
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.oversight import reach_of
from openbureau.kernel.calendar.fields import DateField
from openbureau.kernel.tokens.actions import (
    PER_MINUTE,
    TokenRefused,
    Wanted,
    create_token,
    revoke_token,
)
from openbureau.kernel.tokens.models import ApiToken
from openbureau.kernel.tokens.queries import (
    POWER,
    refusal_of,
    scopes_of,
    token_state_row,
    token_within,
    tokens_listed,
)
from openbureau.kernel.units.models import Unit
from openbureau.kit.paging import paging
from openbureau.kit.picker import PartiesField
from openbureau.shell.registers.scopes import offered_scopes

LIST = "/-/console/tokens"
REACH_LABELS = {"unit": N_("只在这个单位"), "subtree": N_("这个单位及全部下属")}
STATES = {"live": N_("没有撤销"), "over": N_("已经撤销")}


class TokenForm(Form):
    """For which system, in whose name, where, for what, until when."""

    name = StringField(
        N_("用途"), [InputRequired(), Length(max=100)], description=N_("哪个系统用来做什么。")
    )
    account = PartiesField(
        N_("代表的账号"), [InputRequired()], kinds=("person",), multiple=False, within=POWER
    )
    unit = PartiesField(
        N_("单位"), [InputRequired()], kinds=("unit",), multiple=False, within=POWER
    )
    reach = SelectField(N_("范围"), [InputRequired()], default="unit")
    scopes = CheckboxGroupField(N_("可以做什么"))
    ends_on = DateField(
        N_("到期日"), [InputRequired()], nearest="future", description=N_("最长一年。")
    )
    per_minute = IntegerField(
        N_("每分钟次数"),
        [InputRequired(), NumberRange(PER_MINUTE.start, PER_MINUTE.stop - 1)],
        default=60,
    )


class RevokeForm(Form):
    """Why a token is revoked."""

    reason = StringField(N_("理由"), [InputRequired(), Length(max=300)])


def list_tokens(request: Request) -> Any:
    """Tokens of the units in reach, the newest first."""
    ctx = request.person
    say = request.catalogue.gettext
    words = request.query.get("q", "").strip()[:60]
    state = request.query.get("state", "live")
    state = state if state in STATES else ""
    rows = tokens_listed(reach_of(ctx, POWER), words, state)
    paged = paging(request, rows.count())
    options = [("", say(N_("全部"))), *((code, say(text)) for code, text in STATES.items())]
    return page(
        "core/console_tokens.html",
        fragment="rows",
        words=words,
        is_narrowed=bool(words or state != "live"),
        filters=[{"name": "state", "label": say(N_("状态")), "value": state, "options": options}],
        lines=[_line(request, row) for row in rows.limit(paged.per_page).offset(paged.offset)],
        paging=paged,
    )


def _line(request: Request, token: ApiToken) -> dict[str, Any]:
    say = request.catalogue.gettext
    _, refusal = refusal_of(token_state_row(token), request.person.today.isoformat())
    labels = request.app.plugins.permission_labels
    return {
        "uid": token.uid,
        "name": token.name,
        "shown": token.shown,
        "account": f"{token.account.name} {token.account.login}",
        "unit": token.unit.short_name,
        "reach": say(REACH_LABELS[token.reach]),
        "scopes": say("、").join(say(labels.get(c, c)) for c in scopes_of(token.scopes)),
        "ends_on": token.ends_on,
        "used_at": token.used_at,
        "lamp": "late" if refusal else "ok",
        "state": say(refusal) if refusal else say(N_("在用")),
        "reason": token.reason,
        "is_revoked": token.revoked_at is not None,
    }


def new_token(request: Request) -> Any:
    """The form of a new token."""
    ahead = request.person.today + dt.timedelta(days=90)
    return _form_page(request, _form(request, ends_on=ahead))


def _form(request: Request, **values: Any) -> TokenForm:
    say = request.catalogue.gettext
    form = TokenForm(request, **values)
    form.reach.choices = [(code, say(text)) for code, text in REACH_LABELS.items()]
    form.scopes.choices = [
        (code, say(label))
        for _, permissions in offered_scopes(request.app.plugins, request.catalogue.language)
        for code, label in permissions
    ]
    return form


def _form_page(request: Request, form: TokenForm, status: int = 200) -> Any:
    say = request.catalogue.gettext
    boxes = {option.data: option for option in form.scopes}
    groups = [
        (say(label), [boxes[code] for code, _ in permissions])
        for label, permissions in offered_scopes(request.app.plugins, request.catalogue.language)
    ]
    return page("core/console_token_form.html", status=status, form=form, groups=groups)


def give_token(request: Request) -> Any:
    """Gives a token and shows it, this once."""
    ctx = request.person
    form = _form(request)
    if not form.validate():
        return _form_page(request, form, status=422)
    try:
        token, text = create_token(
            Actor.of(ctx), _wanted(form), moment_of(ctx.now), _declared(request)
        )
    except TokenRefused as refused:
        form.add_error(refused.field, refused.what, **refused.params)
        return _form_page(request, form, status=422)
    # Sent again, the form leads to the list: no second token, and the text is not kept.
    request.app.gate.acted(request, LIST)
    scheme = "https" if request.is_secure else "http"
    base = f"{scheme}://{request.headers.get('host', '')}"
    return page("core/console_token_given.html", token=token, text=text, base=base)


def _declared(request: Request) -> Sequence[str]:
    groups = offered_scopes(request.app.plugins, request.catalogue.language)
    return [code for _, permissions in groups for code, _ in permissions]


def _wanted(form: TokenForm) -> Wanted:
    return Wanted(
        name=(form.name.data or "").strip(),
        account=Account.get(Account.uid == form.account.data[0].partition(":")[2]),
        unit=Unit.get(Unit.code == form.unit.data[0].partition(":")[2]),
        reach=form.reach.data,
        scopes=form.scopes.data or (),
        ends_on=form.ends_on.data,
        per_minute=form.per_minute.data or 0,
    )


def ask_revocation(request: Request) -> Any:
    """Asks why a token is revoked."""
    return _revocation_page(request, RevokeForm(request))


def _revocation_page(request: Request, form: RevokeForm, status: int = 200) -> Any:
    token = token_within(request.person, request.params["uid"])
    say = request.catalogue.gettext
    return page(
        "core/confirm.html",
        status=status,
        heading=say(N_("撤销令牌")),
        lines=[
            f"{token.name} · {token.account.name} · {token.unit.short_name}",
            say(N_("使用它的系统立即不能再读写；撤销后不能恢复，只能另发。")),
        ],
        action=request.path,
        hidden=[],
        submit_label=say(N_("撤销")),
        cancel_url=LIST,
        form=form,
    )


def end_token(request: Request) -> Any:
    """Revokes a token."""
    ctx = request.person
    token = token_within(ctx, request.params["uid"])
    form = RevokeForm(request)
    if not form.validate():
        return _revocation_page(request, form, status=422)
    revoke_token(Actor.of(ctx), token, (form.reason.data or "").strip())
    return redirect(LIST, N_("令牌已撤销，立即生效。"))


PAGES: tuple[Page, ...] = (
    Page("console/tokens", list_tokens, POWER),
    Page("console/tokens/new", new_token, POWER),
    Page("console/tokens/new", give_token, POWER, methods=("POST",)),
    Page("console/tokens/{uid}/revoke", ask_revocation, POWER),
    Page("console/tokens/{uid}/revoke", end_token, POWER, methods=("POST",)),
)
MENU: tuple[MenuEntry, ...] = (
    MenuEntry(N_("接口令牌"), LIST, POWER, N_("权限与安全"), "key", 954),
)
