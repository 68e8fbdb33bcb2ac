"""Where a person is signed in, and every attempt made in their name."""

from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.actions import end_own_session
from openbureau.kernel.accounts.history import SignIn, sign_ins
from openbureau.kernel.accounts.queries import live_sessions
from openbureau.kernel.audit.actions import record_audit
from openbureau.shell.browsers import browser_name

REFUSALS = {
    "wrong": N_("密码不正确"),
    "former password": N_("改密时当前密码不正确"),
    "throttled": N_("尝试次数过多"),
    "second factor": N_("动态口令不正确"),
    "locked": N_("目录已锁定账号"),
    "expired": N_("密码已过期"),
    "must-change": N_("须先改密码"),
    "disabled": N_("账号已停用"),
    "account-expired": N_("账号已到有效期"),
    "not-now": N_("不在允许的时间或地点"),
    "lapsed": N_("初始密码已失效"),
    "no directory": N_("没有可用的目录"),
}


def list_sessions(request: Request) -> Any:
    """Where this person is signed in, and the last attempts."""
    ctx = request.person
    sessions = [
        {
            "id": session.id,
            "browser": browser_name(session.browser),
            "address": session.address,
            "created_at": session.created_at,
            "seen_at": session.seen_at,
            "is_current": session.id == request.session.id,
        }
        for session in live_sessions(ctx.account.id, ctx.now)
    ]
    attempts = [_attempt(request, entry) for entry in sign_ins(ctx.account.id)]
    return page("core/sessions.html", sessions=sessions, attempts=attempts)


def _attempt(request: Request, entry: SignIn) -> dict[str, Any]:
    say = request.catalogue.gettext
    why = "" if entry.is_done else say(REFUSALS.get(entry.reason, N_("没有通过")))
    return {
        "at": entry.at,
        "lamp": "ok" if entry.is_done else "late",
        "outcome": say(N_("成功")) if entry.is_done else say(N_("未成功")),
        "why": why,
        "address": entry.address,
        "browser": browser_name(entry.browser),
    }


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
    Page("sessions", list_sessions, "signed-in"),
    Page("sessions/{id:int}/end", revoke_session, "signed-in", methods=("POST",)),
)
