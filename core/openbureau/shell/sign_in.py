"""Signing in and out, preferences, acting post, own sessions."""

import datetime as dt
from dataclasses import replace
from typing import Any

from starlette.datastructures import FormData
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.database import writing
from openbureau.base.declarations import Page
from openbureau.base.drafts import RESTORING
from openbureau.base.forms import Form
from openbureau.base.i18n import LANGUAGES, N_
from openbureau.base.pages import Redirect, is_local, page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.actions import (
    end_own_session,
    open_session,
)
from openbureau.kernel.accounts.models import Account, Session
from openbureau.kernel.accounts.queries import live_sessions
from openbureau.kernel.accounts.sign_in import Attempt, prove
from openbureau.kernel.accounts.throttle import DEVICE_DAYS, device_cookie
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.frame import MENU_STATES, SCHEMES, SIZES
from openbureau.shell.demo.people import demo_samples

YEAR_S = 365 * 86400
KEY_DIGITS = 18
ADMINISTRATOR_MAX = dt.timedelta(hours=8)
PREFERENCES = {"language": LANGUAGES, "scheme": SCHEMES, "size": SIZES, "menu": MENU_STATES}


class SignInForm(Form):
    """Account and password."""

    login = StringField(N_("账号"), [InputRequired(), Length(max=100)])
    password = PasswordField(N_("密码"), [InputRequired()])


def show_sign_in(request: Request) -> Any:
    """The sign-in page; who is signed in already goes to the desk."""
    if request.ctx is not None:
        return redirect(_next(request.query.get("next", "/")))
    return _page(request, SignInForm(request), request.query.get("next", "/"))


def create_session(request: Request) -> Any:
    """Signs in; the password is checked outside any transaction."""
    form = SignInForm(request)
    target = _next(str(request.form.get("next", "/")) if request.form else "/")
    if not form.validate():
        return _page(request, form, target, status=422)
    now = dt.datetime.now(dt.UTC)
    attempt = Attempt(
        login=form.login.data or "",
        password=form.password.data or "",
        device=request.cookies.get("device", ""),
        address=request.address,
        request_id=request.request_id,
        arrived_at=request.arrived_at,
    )
    proof = prove(request.app, attempt, now)
    if proof.account is None:
        problem = request.catalogue.gettext(proof.problem)
        return _page(request, form, target, status=proof.status, problem=problem)
    _start(request, proof.account, now)
    return redirect(target)


def _start(request: Request, account: Account, now: dt.datetime) -> None:
    settings = request.app.settings
    max_age = dt.timedelta(hours=settings.session_max_h)
    if account.administrator:
        max_age = min(max_age, ADMINISTRATOR_MAX)
    with writing():
        token = open_session(
            account,
            now=now,
            max_age=max_age,
            address=request.address,
            browser=request.headers.get("user-agent", ""),
        )
        record_audit(
            action="core.sign_in",
            at=now,
            account_id=account.id,
            request_id=request.request_id,
            address=request.address,
        )
    request.cookie("session", token, int(max_age.total_seconds()))
    request.cookie("device", device_cookie(request.app.key, account.login), DEVICE_DAYS * 86400)


def _page(
    request: Request,
    form: SignInForm,
    target: str,
    *,
    status: int = 200,
    problem: str | None = None,
) -> Any:
    return page(
        "core/sign_in.html",
        status=status,
        form=form,
        next=_next(target),
        is_resuming=RESTORING in target,
        problem=problem,
        samples=[
            replace(sample, role=request.catalogue.gettext(sample.role))
            for sample in (demo_samples() if request.app.is_demo else [])
        ],
    )


def _next(target: str) -> str:
    return target if is_local(target) and not target.startswith("/-/sign-") else "/"


def delete_session(request: Request) -> Any:
    """Signs out on the server; the cookie is worthless afterwards."""
    ctx = request.person
    Session.update(ended_at=ctx.now, end_reason="signed out").where(
        Session.id == request.session.id
    ).execute()
    record_audit(
        action="core.sign_out",
        at=ctx.now,
        account_id=ctx.account.id,
        request_id=ctx.request_id,
        address=ctx.address,
    )
    request.cookie("session", "", 0)
    request.response_headers.append((b"clear-site-data", b'"cache", "storage"'))
    return redirect("/-/sign-in", "您已退出。")


def update_preferences(request: Request) -> Any:
    """Language, scheme and size: cookies, before signing in too."""
    form = request.form if request.form is not None else FormData()
    for name, allowed in PREFERENCES.items():
        value = str(form.get(name, ""))
        if value in allowed:
            request.cookie(name, value, YEAR_S)
    target = str(form.get("next", "/"))
    return Redirect(target if is_local(target) else "/")


def list_sessions(request: Request) -> Any:
    """Where this person is signed in."""
    ctx = request.person
    sessions = [
        {
            "id": session.id,
            "browser": session.browser,
            "address": session.address,
            "created_at": session.created_at,
            "seen_at": session.seen_at,
            "is_current": session.id == request.session.id,
        }
        for session in live_sessions(ctx.account.id, ctx.now)
    ]
    return page("core/sessions.html", sessions=sessions)


def revoke_session(request: Request) -> Any:
    """Ends one of the person's own sessions."""
    ctx = request.person
    end_own_session(ctx.account.id, request.params["id"], ctx.now)
    record_audit(
        action="core.revoke_session",
        at=ctx.now,
        account_id=ctx.account.id,
        realm="core/session",
        record_id=request.params["id"],
        request_id=ctx.request_id,
        address=ctx.address,
    )
    return redirect("/-/sessions", "该处登录已结束。")


PAGES = (
    Page("sign-in", show_sign_in, "public"),
    Page("sign-in", create_session, "public", methods=("POST",), is_self_managed=True),
    Page("sign-out", delete_session, "signed-in", methods=("POST",)),
    Page("preferences", update_preferences, "public", methods=("POST",), is_self_managed=True),
    Page("sessions", list_sessions, "signed-in"),
    Page("sessions/{id:int}/end", revoke_session, "signed-in", methods=("POST",)),
)
