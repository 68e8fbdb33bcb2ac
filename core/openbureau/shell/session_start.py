"""From a proved password to a session that may act: what else is to be done, and the cookies."""

import datetime as dt
from urllib.parse import quote

from openbureau.base.answers import cookie_name
from openbureau.base.database import writing
from openbureau.base.errors import SignInNeeded
from openbureau.base.i18n import N_
from openbureau.base.pages import Redirect, is_local, moment, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.actions import open_session, renew_session, token_digest
from openbureau.kernel.accounts.history import failures_since, last_sign_in
from openbureau.kernel.accounts.models import Account, Session
from openbureau.kernel.accounts.origins import DIRECTORY
from openbureau.kernel.accounts.second_factor import is_required, second_factor_of
from openbureau.kernel.accounts.sign_in import Proof, aged
from openbureau.kernel.accounts.throttle import DEVICE_DAYS, device_cookie
from openbureau.kernel.audit.actions import record_audit

ADMINISTRATOR_MAX = dt.timedelta(hours=8)
STAGE_URLS = {"second_factor": "/-/second-factor", "password": "/-/password"}
END_REASONS = {
    "replaced": N_("您在其他地方登录的数量超过了上限，这里的登录已结束。"),
    "revoked": N_("您在「登录设备」中结束了这里的登录。"),
    "ended": N_("您的登录已被管理员结束。如有疑问，请联系本单位管理员。"),
    "password": N_("您的密码已修改，请用新密码登录。"),
    "role": N_("您的管理员身份有变动，请重新登录。"),
    "disabled": N_("您的账号已停用，登录已结束。如仍在职，请联系本单位管理员。"),
}
TIMED_OUT = N_("您的登录已超时，请重新登录。没有提交的内容不会丢失。")
LAST = N_("上次登录 %(moment)s，来自 %(address)s。")
FAILED_SINCE = N_("其后有 %(total)s 次没有成功的尝试，如不是您本人，请修改密码。")
TOLD_FOR = dt.timedelta(days=1)


def onward(target: str) -> str:
    """Where to go after signing in: an address of ours that is not about signing in."""
    ours = is_local(target) and not target.startswith(("/-/sign-", *STAGE_URLS.values()))
    return target if ours else "/"


def stage_url(stage: str, target: str) -> str:
    """The page of what is still to be done, leading to `target` afterwards."""
    return f"{STAGE_URLS[stage]}?next={quote(onward(target))}"


def owner(request: Request) -> Account:
    """The account of this session, also before everything is proved.

    Raises SignInNeeded: there is no session.
    """
    if request.session is None:
        raise SignInNeeded if request.is_safe else SignInNeeded.for_form()
    account: Account = Account.get_by_id(request.session.account_id)
    return account


def begin(
    request: Request, proof: Proof, now: dt.datetime, target: str, source: str = ""
) -> Redirect:
    """Opens a session for a proved account; leads on, or to what is still to be done."""
    account = proof.account
    assert account is not None  # noqa: S101 - the caller has looked
    stage = "password" if proof.must_change else ""
    if second_factor_of(account.id) is not None or is_required(request.app, account):
        stage = "second_factor"
    age = _longest(request, account)
    with writing():
        if account.source == DIRECTORY and account.must_change_password != proof.must_change:
            Account.update(must_change_password=proof.must_change).where(
                Account.id == account.id
            ).execute()
        token = open_session(
            account,
            now=now,
            max_age=age,
            address=request.address,
            browser=_browser(request),
            stage=stage,
        )
        notice = "" if stage else _signed_in(request, account, now, source)
    _give_cookies(request, account, token, age, is_known=not stage)
    warning = request.catalogue.gettext(proof.warning, **proof.params) if proof.warning else ""
    told = _sentences(request, warning, notice)
    return redirect(stage_url(stage, target) if stage else target, told)


def proceed(request: Request, account: Account, now: dt.datetime, target: str) -> Redirect:
    """Inside a transaction: a stage of this session is done. It gets a new token and may
    act, unless the password has to be changed as well."""
    must_change = request.session.stage == "second_factor" and aged(request.app, account, now)
    stage = "password" if must_change else ""
    age = _longest(request, account)
    token = renew_session(request.session.id, now=now, max_age=age, stage=stage)
    notice = "" if stage else _signed_in(request, account, now, "")
    _give_cookies(request, account, token, age, is_known=not stage)
    return redirect(stage_url(stage, target) if stage else onward(target), notice)


def stepped_up(request: Request, account: Account, now: dt.datetime, stage: str = "") -> None:
    """Inside a transaction: a new token for a session that proved itself once more."""
    age = _longest(request, account)
    token = renew_session(request.session.id, now=now, max_age=age, stage=stage)
    _give_cookies(request, account, token, age, is_known=not stage)


def end_notice(request: Request, now: dt.datetime) -> str:
    """Why the session this browser still holds is over; empty when there is nothing to say."""
    token = request.cookies.get(cookie_name("session", is_secure=request.is_secure), "")
    if not token or request.session is not None:
        return ""
    ended = Session.get_or_none(Session.token_hash == token_digest(token))
    if ended is None or (ended.ended_at or ended.seen_at) < now - TOLD_FOR:
        return ""
    if ended.ended_at is not None:
        return END_REASONS.get(ended.end_reason, "")
    if ended.account.state != "active":
        return END_REASONS["disabled"]
    return TIMED_OUT


def _signed_in(request: Request, account: Account, now: dt.datetime, source: str) -> str:
    """Records the sign-in; what the person is told of the one before."""
    before = last_sign_in(account.id)
    failures = failures_since(account.id, before.at) if before else 0
    detail = {"browser": _browser(request)}
    if source:
        detail["reason"] = f"source:{source}"
    record_audit(
        action="core.sign_in",
        at=now,
        account_id=account.id,
        detail=detail,
        request_id=request.request_id,
        address=request.address,
    )
    Account.update(last_sign_in_at=now).where(Account.id == account.id).execute()
    if before is None:
        return ""
    say = request.catalogue.gettext
    told = say(LAST, moment=moment(before.at), address=before.address)
    return _sentences(request, told, say(FAILED_SINCE, total=failures) if failures else "")


def _sentences(request: Request, *sentences: str) -> str:
    """Sentences one after the other, as the language has it."""
    between = " " if request.catalogue.language == "en" else ""
    return between.join(sentence for sentence in sentences if sentence)


def _give_cookies(
    request: Request, account: Account, token: str, age: dt.timedelta, *, is_known: bool
) -> None:
    request.cookie("session", token, int(age.total_seconds()))
    if is_known:
        request.cookie("device", device_cookie(request.app.key, account.login), DEVICE_DAYS * 86400)


def _longest(request: Request, account: Account) -> dt.timedelta:
    age = dt.timedelta(hours=request.app.settings.session_max_h)
    return min(age, ADMINISTRATOR_MAX) if account.administrator else age


def _browser(request: Request) -> str:
    return request.headers.get("user-agent", "")[:200]
