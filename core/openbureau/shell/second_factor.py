"""One-time passwords: set up, asked for at sign-in, renewed."""

import datetime as dt
from dataclasses import replace
from typing import Any

from starlette.datastructures import FormData
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.declarations import Page
from openbureau.base.errors import BadRequest, OperatorError
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts import second_factor
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.throttle import give_back, reserved_second_factor
from openbureau.kernel.audit.actions import record_audit
from openbureau.kit import qr_code
from openbureau.shell.session_start import (
    onward,
    owner,
    proceed,
    stage_url,
    stepped_up,
)

STAGE = "second_factor"
URL = "/-/second-factor"
WRONG = N_(
    "这个口令不正确、已经用过，或五分钟内尝试超过五次。请等验证器换出下一个口令再输；"
    "多次不成功请等五分钟，或联系同类管理员重置。"
)


class CodeForm(Form):
    """What the authenticator shows, or a recovery code."""

    code = StringField(N_("动态口令"), [InputRequired(), Length(max=40)])


def show_second_factor(request: Request) -> Any:
    """Asks for the code at sign-in; otherwise what is set up, or how to set it up."""
    account = owner(request)
    target = onward(request.query.get("next", "/"))
    if request.session.stage and request.session.stage != STAGE:
        return redirect(stage_url(request.session.stage, target))
    form = CodeForm(request)
    factor = second_factor.second_factor_of(account.id)
    if factor is None:
        return _set_up_page(request, account, form, target)
    return _page(request, account, form, target)


def prove_second_factor(request: Request) -> Any:
    """The second step of signing in."""
    account = owner(request)
    form, target = CodeForm(request), _target(request)
    if request.session.stage != STAGE:
        return redirect(target)
    if not form.validate() or not _is_right(request, account, form):
        return _page(request, account, form, target, status=422)
    with request.writing():
        return proceed(request, account, _now(), target)


def create_second_factor(request: Request) -> Any:
    """Sets it up with the first code. The recovery codes are in this very answer: anywhere
    else they would have to be stored."""
    account = owner(request)
    form, target, now = CodeForm(request), _target(request), _now()
    is_allowed = request.session.stage in {"", STAGE}
    if not is_allowed or second_factor.second_factor_of(account.id) is not None:
        return redirect(URL)
    offer = str(request.form.get("offer", "")) if request.form is not None else ""
    secret = _secret(request, account, offer, now)
    if not form.validate():
        return _set_up_page(request, account, form, target, offer, status=422)
    step = second_factor.matching_step(secret, form.code.data or "", now)
    if step is None:
        with request.writing():
            _audit_refusal(request, account, now)
        form.add_error("code", N_("这个口令不正确。请核对手机的时间是否准确，再输新的口令。"))
        return _set_up_page(request, account, form, target, offer, status=422)
    with request.writing():
        codes = second_factor.set_up(request.app, account, secret, step, now)
        _audit(request, account, "core.set_up_second_factor", now)
        leads_to = _passed(request, account, now, target)
    return _codes_page(request, codes, leads_to)


def _passed(request: Request, account: Account, now: dt.datetime, target: str) -> str:
    if request.session.stage:
        return proceed(request, account, now, target).location
    stepped_up(request, account, now)
    return URL


def create_recovery_codes(request: Request) -> Any:
    """New recovery codes, proved by a code."""
    account, form, now = owner(request), CodeForm(request), _now()
    if not form.validate() or not _is_right(request, account, form):
        return _page(request, account, form, URL, status=422)
    with request.writing():
        codes = second_factor.renewed_recovery(request.app, account)
        _audit(request, account, "core.renew_recovery_codes", now)
        stepped_up(request, account, now)
    return _codes_page(request, codes, URL)


def delete_second_factor(request: Request) -> Any:
    """Takes it away, proved by a code; where it is required, setting it up anew follows."""
    account, form, now = owner(request), CodeForm(request), _now()
    if not form.validate() or not _is_right(request, account, form):
        return _page(request, account, form, URL, status=422)
    is_required = second_factor.is_required(request.app, account)
    with request.writing():
        second_factor.remove(account.id)
        _audit(request, account, "core.remove_second_factor", now)
        stepped_up(request, account, now, STAGE if is_required else "")
    return redirect(URL, "原来的验证器已停用。")


def _is_right(request: Request, account: Account, form: CodeForm) -> bool:
    now = _now()
    with request.writing():
        place = reserved_second_factor(account.id, now)
        is_right = place is not None and second_factor.is_proved(
            request.app, account, form.code.data or "", now
        )
        if is_right and place is not None:
            give_back(place)
        if not is_right:
            _audit_refusal(request, account, now)
    if not is_right:
        form.add_error("code", WRONG)
    return is_right


def _secret(request: Request, account: Account, offer: str, now: dt.datetime) -> str:
    try:
        secret = second_factor.accepted_offer(request.app.settings.data, account, offer, now)
    except OperatorError as fault:
        raise BadRequest from fault
    if secret is None:
        raise BadRequest(
            N_("这个设置页面已经过期。"), remedy=N_("请重新打开动态口令页面，再扫一次二维码。")
        )
    return secret


def _page(
    request: Request, account: Account, form: CodeForm, target: str, status: int = 200
) -> Any:
    factor = second_factor.second_factor_of(account.id)
    return page(
        "core/second_factor.html",
        status=status,
        form=form,
        next=target,
        is_asked=bool(request.session.stage),
        since=factor.confirmed_at if factor else None,
        recovery_left=second_factor.recovery_left(factor) if factor else 0,
        is_required=second_factor.is_required(request.app, account),
    )


def _set_up_page(
    request: Request,
    account: Account,
    form: CodeForm,
    target: str,
    offer: str = "",
    status: int = 200,
) -> Any:
    data, now = request.app.settings.data, _now()
    offer = offer or second_factor.offered_secret(data, account, now)
    secret = _secret(request, account, offer, now)
    shown = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    name = request.app.gate.frame(request).bureau_name
    code = qr_code(second_factor.provisioning_url(account, secret, name))
    return page(
        "core/second_factor_setup.html",
        status=status,
        form=form,
        next=target,
        offer=offer,
        code=replace(code, text=shown),
        is_required=second_factor.is_required(request.app, account),
    )


def _codes_page(request: Request, codes: Any, leads_to: str) -> Any:
    return page("core/second_factor_codes.html", codes=codes, next=leads_to)


def _target(request: Request) -> str:
    form = request.form if request.form is not None else FormData()
    return onward(str(form.get("next", "/")))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _audit(request: Request, account: Account, action: str, now: dt.datetime) -> None:
    record_audit(
        action=action,
        at=now,
        account_id=account.id,
        realm="core/account",
        record_id=account.id,
        request_id=request.request_id,
        address=request.address,
    )


def _audit_refusal(request: Request, account: Account, now: dt.datetime) -> None:
    record_audit(
        action="core.sign_in",
        at=now,
        account_id=account.id,
        outcome="denied",
        detail={
            "login": account.login,
            "reason": "second factor",
            "browser": request.headers.get("user-agent", "")[:200],
        },
        request_id=request.request_id,
        address=request.address,
    )


PAGES = (
    Page("second-factor", show_second_factor, "public"),
    Page("second-factor", prove_second_factor, "public", methods=("POST",), is_self_managed=True),
    Page(
        "second-factor/setup",
        create_second_factor,
        "public",
        methods=("POST",),
        is_self_managed=True,
    ),
    Page(
        "second-factor/recovery",
        create_recovery_codes,
        "signed-in",
        methods=("POST",),
        is_self_managed=True,
    ),
    Page(
        "second-factor/replace",
        delete_second_factor,
        "signed-in",
        methods=("POST",),
        is_self_managed=True,
    ),
)
