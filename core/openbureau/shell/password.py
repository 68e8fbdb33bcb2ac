"""Changing one's own password: a local one here, one of the directory there."""

import datetime as dt
import time
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from wtforms import PasswordField
from wtforms.validators import InputRequired

from openbureau.base.database import waiting
from openbureau.base.declarations import Page
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.actions import end_sessions_of
from openbureau.kernel.accounts.changes import is_used_before, set_password
from openbureau.kernel.accounts.history import CHANGE_PASSWORD
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.origins import (
    LOCAL,
    directory_of,
    lock_rule,
    may_change_password,
)
from openbureau.kernel.accounts.password_rules import PROFILES, breaches, has_lapsed
from openbureau.kernel.accounts.passwords import MAX_PASSWORD_BYTES, is_password, password_hash
from openbureau.kernel.accounts.sign_in import STATES
from openbureau.kernel.accounts.throttle import forget_binds, give_back, reserved_change
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.directory.breaker import sign_in_change
from openbureau.kernel.settings.queries import core_setting
from openbureau.shell.session_start import onward, owner, proceed, stage_url, stepped_up

STAGE = "password"
URL = "/-/password"
WRONG = N_("当前密码不正确，或尝试次数过多。请核对后再试；多次不成功请等 15 分钟。")
DIRECTORY_REFUSALS: Mapping[str, tuple[str, str]] = {
    "wrong": ("former_password", WRONG),
    "expired": (
        "new_password",
        N_(
            "当前密码正确，但它已经过期，宽限次数也已用完，目录不再接受用它修改密码。密码没有改动。"
            "请联系本单位管理员重设密码。"
        ),
    ),
    "refused-input": ("new_password", N_("这个密码不能使用：为空、太长或含有不可见的字符。")),
    "not-allowed": ("new_password", N_("目录不允许您自己修改密码。请联系本单位管理员。")),
    "needs-old": ("former_password", N_("目录要求核对当前密码，但没有通过。")),
    "too-weak": ("new_password", N_("目录认为新密码不合规定。请换一个更长、字符种类更多的。")),
    "too-short": ("new_password", N_("目录认为新密码太短。请换一个更长的。")),
    "too-long": ("new_password", N_("目录认为新密码太长。请换一个短一些的。")),
    "too-young": ("new_password", N_("密码刚刚改过，目录还不允许再改。请过一天再试。")),
    "used-before": ("new_password", N_("这个密码以前用过。请换一个新的。")),
    "fault": (
        "new_password",
        N_("目录服务器没有完成修改，密码是否已改还不确定。请先用新密码、再用旧密码试着登录。"),
    ),
}


class PasswordForm(Form):
    """The present password, the new one, and that once more."""

    former_password = PasswordField(N_("当前密码"), [InputRequired()])
    new_password = PasswordField(N_("新密码"), [InputRequired()])
    repeated_password = PasswordField(N_("再输一次新密码"), [InputRequired()])


def show_password(request: Request) -> Any:
    """The form, or where the password is changed instead."""
    account = owner(request)
    target = onward(request.query.get("next", "/"))
    if request.session.stage and request.session.stage != STAGE:
        return redirect(stage_url(request.session.stage, target))
    return _page(request, account, PasswordForm(request), target)


def update_password(request: Request) -> Any:
    """Changes the password; all other sessions of the person end."""
    account, form = owner(request), PasswordForm(request)
    sent = request.form if request.form is not None else FormData()
    target = onward(str(sent.get("next", "/")))
    if request.session.stage not in {"", STAGE}:
        return redirect(stage_url(request.session.stage, target))
    if request.session.stage and has_lapsed(account, dt.datetime.now(dt.UTC)):
        # Signed in a moment too early: what was handed out is not worth anything any more.
        form.add_error("former_password", STATES["lapsed"])
        return _page(request, account, form, target, status=422)
    is_changed = may_change_password(account) and form.validate()
    is_changed = is_changed and _is_repeated(form) and _is_changed(request, account, form)
    if not is_changed:
        return _page(request, account, form, target, status=422)
    return _done(request, account, form, target)


def _is_repeated(form: PasswordForm) -> bool:
    if form.new_password.data == form.repeated_password.data:
        return True
    form.add_error("repeated_password", N_("两次输入的新密码不同。"))
    return False


def _is_changed(request: Request, account: Account, form: PasswordForm) -> bool:
    """Whether the present password was right and the new one was taken."""
    now = dt.datetime.now(dt.UTC)
    with request.writing():
        place = reserved_change(account.id, now, lock_rule(account))
        if place is None:
            _record_refusal(request, account, now, "throttled")
    if place is None:
        form.add_error("former_password", WRONG)
        return False
    change = _is_fit if account.source == LOCAL else _is_taken
    is_right, is_done = change(request, account, form)
    with request.writing():
        if is_right:
            give_back(place)
        else:
            _record_refusal(request, account, now, "former password")
        if is_done:
            forget_binds(account.id)
    return is_done


def _record_refusal(request: Request, account: Account, now: dt.datetime, reason: str) -> None:
    record_audit(
        action=CHANGE_PASSWORD,
        at=now,
        account_id=account.id,
        realm="core/account",
        record_id=account.id,
        outcome="denied",
        detail={
            "login": account.login,
            "reason": reason,
            "browser": request.headers.get("user-agent", "")[:200],
        },
        request_id=request.request_id,
        address=request.address,
    )


def _is_fit(request: Request, account: Account, form: PasswordForm) -> tuple[bool, bool]:
    """Whether the present local password is right, and the new one follows the rules."""
    wanted = form.new_password.data or ""
    if not is_password(account.password_hash, form.former_password.data or ""):
        form.add_error("former_password", WRONG)
        return False, False
    profile = PROFILES[core_setting("core.password_profile")]
    found = breaches(profile, wanted, account.login, account.name)
    for breach in found:
        form.add_error("new_password", breach.message, **breach.params)
    if not found and is_used_before(account, wanted):
        form.add_error("new_password", N_("这个密码与最近 5 次用过的相同。请换一个新的。"))
        return True, False
    return True, not found


def _is_taken(request: Request, account: Account, form: PasswordForm) -> tuple[bool, bool]:
    """Whether the directory took the new password."""
    if form.new_password.data == form.former_password.data:
        form.add_error("new_password", N_("新密码与当前密码相同。请换一个新的。"))
        return True, False
    config = directory_of(request.app.settings, account)
    reason = "fault"
    if config is not None:
        waited_s = time.monotonic() - request.arrived_at
        former, wanted = form.former_password.data or "", form.new_password.data or ""
        with waiting():
            reason = sign_in_change(config, account.login, former, wanted, waited_s).reason
    if reason != "ok":
        form.add_error(*DIRECTORY_REFUSALS[reason])
    return reason not in {"wrong", "needs-old"}, reason == "ok"


def _done(request: Request, account: Account, form: PasswordForm, target: str) -> Any:
    now = dt.datetime.now(dt.UTC)
    is_local = account.source == LOCAL
    hashed = password_hash(form.new_password.data or "") if is_local else ""
    with request.writing():
        if is_local:
            set_password(account, hashed, now, session_id=request.session.id)
        else:
            Account.update(must_change_password=False).where(Account.id == account.id).execute()
            end_sessions_of(account.id, now, "password", besides=request.session.id)
        record_audit(
            action=CHANGE_PASSWORD,
            at=now,
            account_id=account.id,
            realm="core/account",
            record_id=account.id,
            detail={"where": account.source},
            request_id=request.request_id,
            address=request.address,
        )
        if request.session.stage:
            proceed(request, account, now, target)
        else:
            stepped_up(request, account, now)
    leads_to = target if request.session.stage else "/-/sessions"
    return redirect(leads_to, "密码已修改，您在其他地方的登录都已结束。")


def _page(
    request: Request, account: Account, form: PasswordForm, target: str, status: int = 200
) -> Any:
    say = request.catalogue.gettext
    profile = PROFILES[core_setting("core.password_profile")]
    is_local = account.source == LOCAL
    return page(
        "core/password.html",
        status=status,
        form=form,
        next=target,
        is_asked=bool(request.session.stage),
        may_change=may_change_password(account),
        is_local=is_local,
        rules=say(profile.summary) if is_local else "",
        longest_bytes=MAX_PASSWORD_BYTES,
    )


PAGES = (
    Page("password", show_password, "public"),
    Page(
        "password",
        update_password,
        "public",
        methods=("POST",),
        is_self_managed=True,
        asks_directory=True,
    ),
)
