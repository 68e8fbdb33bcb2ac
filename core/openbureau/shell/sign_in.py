"""Signing in and out, preferences, acting post."""

import datetime as dt
from dataclasses import replace
from typing import Any
from urllib.parse import quote

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
from openbureau.kernel.accounts.models import Account, Session
from openbureau.kernel.accounts.other_sources import proved_elsewhere, record_foreign_refusal
from openbureau.kernel.accounts.sign_in import Attempt, Proof, prove
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.frame import MENU_STATES, SCHEMES, SIZES
from openbureau.shell.demo.people import demo_samples
from openbureau.shell.session_start import begin, end_notice, onward, stage_url

YEAR_S = 365 * 86400
KEY_DIGITS = 18
PREFERENCES = {"language": LANGUAGES, "scheme": SCHEMES, "size": SIZES, "menu": MENU_STATES}


class SignInForm(Form):
    """Account and password."""

    login = StringField(N_("账号"), [InputRequired(), Length(max=100)])
    password = PasswordField(N_("密码"), [InputRequired()])


def show_sign_in(request: Request) -> Any:
    """The sign-in page; who is signed in already goes on."""
    target = request.query.get("next", "/")
    if request.ctx is not None:
        return redirect(onward(target))
    if request.session is not None:
        return redirect(stage_url(request.session.stage, target))
    return _page(request, SignInForm(request), target, account=proved_elsewhere(request).account)


def create_session(request: Request) -> Any:
    """Signs in; the password is checked outside any transaction."""
    form = SignInForm(request)
    target = onward(str(request.form.get("next", "/")) if request.form else "/")
    if not form.validate():
        return _page(request, form, target, status=422)
    now = dt.datetime.now(dt.UTC)
    proof = prove(request.app, _attempt(request, form), now)
    if proof.account is None:
        problem = request.catalogue.gettext(proof.problem)
        return _page(request, form, target, status=proof.status, problem=problem)
    return begin(request, proof, now, target)


def _attempt(request: Request, form: SignInForm) -> Attempt:
    return Attempt(
        login=form.login.data or "",
        password=form.password.data or "",
        device=request.cookies.get("device", ""),
        address=request.address,
        request_id=request.request_id,
        arrived_at=request.arrived_at,
        browser=request.headers.get("user-agent", ""),
    )


def create_foreign_session(request: Request) -> Any:
    """Signs in whom another source proves: a certificate, the proxy in front of us."""
    form = request.form if request.form is not None else FormData()
    target = onward(str(form.get("next", "/")))
    now = dt.datetime.now(dt.UTC)
    found = proved_elsewhere(request)
    if found.account is None:
        with writing():
            record_foreign_refusal(request, found, now)
        return redirect(
            f"/-/sign-in?next={quote(target)}", "没有从其他来源确认您的身份，请用账号和密码登录。"
        )
    return begin(request, Proof(found.account), now, target, source=found.source)


def _page(
    request: Request,
    form: SignInForm,
    target: str,
    *,
    status: int = 200,
    problem: str | None = None,
    account: Account | None = None,
) -> Any:
    say = request.catalogue.gettext
    ended = end_notice(request, dt.datetime.now(dt.UTC)) if status == 200 else ""
    return page(
        "core/sign_in.html",
        status=status,
        form=form,
        next=onward(target),
        is_resuming=RESTORING in target,
        problem=problem,
        ended=say(ended) if ended else "",
        proved_name=account.name if account else "",
        samples=[
            replace(sample, role=say(sample.role))
            for sample in (demo_samples() if request.app.is_demo else [])
        ],
    )


def delete_session(request: Request) -> Any:
    """Signs out on the server; the cookie is worthless afterwards."""
    row = request.session
    if row is None:
        return redirect("/-/sign-in")
    now = dt.datetime.now(dt.UTC)
    Session.update(ended_at=now, end_reason="signed out").where(Session.id == row.id).execute()
    record_audit(
        action="core.sign_out",
        at=now,
        account_id=row.account_id,
        request_id=request.request_id,
        address=request.address,
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


PAGES = (
    # Foreign code may be slow: it never keeps a page waiting.
    Page("sign-in", show_sign_in, "public", is_self_managed=True),
    Page(
        "sign-in",
        create_session,
        "public",
        methods=("POST",),
        is_self_managed=True,
        asks_directory=True,
    ),
    Page(
        "sign-in/other", create_foreign_session, "public", methods=("POST",), is_self_managed=True
    ),
    Page("sign-out", delete_session, "public", methods=("POST",)),
    Page("preferences", update_preferences, "public", methods=("POST",), is_self_managed=True),
)
