"""Proving who somebody is: throttle, then a local password or a directory bind.

The answer to an unknown account, a wrong password and a throttled one reads the same
and takes the same time. What else a directory says is told for the right password only.
"""

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openbureau.base.database import waiting, writing
from openbureau.base.i18n import N_
from openbureau.base.request import Application
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.origins import (
    DIRECTORY,
    directory_of,
    lock_rule,
    may_change_password,
)
from openbureau.kernel.accounts.password_rules import (
    PROFILES,
    WARNING_DAYS,
    days_left,
    has_lapsed,
)
from openbureau.kernel.accounts.passwords import is_password
from openbureau.kernel.accounts.queries import account_by_login
from openbureau.kernel.accounts.throttle import (
    account_bucket,
    forget_binds,
    give_back,
    reserved_attempt,
)
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.directory.breaker import sign_in_bind, usual_refusal_s
from openbureau.kernel.directory.config import BindResult
from openbureau.kernel.settings.queries import core_setting

DAY_S = 86400
LONGEST_WAIT_S = 1.0

WRONG = N_(
    "账号或密码不正确，或尝试次数过多，或账号已被锁定。您的账号没有被改动。"
    "请核对后重试；连续多次不成功时请等 15 分钟，仍不行请联系本单位管理员清除失败计数。"
)
SILENT = N_(
    "目录服务器暂时没有响应，无法核对密码。已登录的同事不受影响。"
    "请稍后再试；若超过 10 分钟仍不行，请联系省局信息化工作人员。"
)
# Said for the right password only. Where a directory locked an account it compares nothing, so
# that reads as a wrong password does.
STATES: Mapping[str, str] = {
    "disabled": N_(
        "密码正确，但您的账号已停用，不能登录。您的资料都还在。如仍在职，请联系本单位管理员恢复。"
    ),
    "expired": N_(
        "密码正确，但已经过期，可用的登录次数也用完了。您的资料都还在。请联系本单位管理员重设密码。"
    ),
    "must-change": N_(
        "密码正确，但目录要求先修改密码，而本系统不能替您修改。您的资料都还在。"
        "请在单位的电脑上登录域或自助改密页面修改后，再登录本系统。"
    ),
    "account-expired": N_(
        "密码正确，但您的账号在目录中的有效期已过。您的资料都还在。请联系本单位管理员延长有效期。"
    ),
    "not-now": N_(
        "密码正确，但目录不允许您在现在这个时间或从这台电脑登录。您的资料都还在。"
        "请在规定的时间和地点登录，或联系本单位管理员。"
    ),
    "lapsed": N_(
        "密码正确，但初始密码已超过 30 天没有使用，不再有效。您的账号没有被改动。"
        "请联系本单位管理员重新发放。"
    ),
}
UNTOLD = ("locked",)
EXPIRES = N_("您的密码将在 %(days)s 天内到期，请及时修改。")
GRACE = N_("您的密码已经过期，还可以登录 %(total)s 次，请马上修改；每次修改不成功也算一次。")
LAST_GRACE = N_(
    "您的密码已经过期，这是最后一次宽限登录：退出后不能再用它登录，目录也可能不再接受用它修改密码。"
    "请先办完手头的事，现在就联系本单位管理员重设密码。"
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in. `arrived_at` is of the monotonic clock."""

    login: str
    password: str = field(repr=False)
    device: str
    address: str
    request_id: str
    arrived_at: float
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """The proved account, or the sentence that is shown instead.

    `must_change`: a new password comes first. `warning` is a message about the password,
    filled with `params`.
    """

    account: Account | None = None
    problem: str = ""
    status: int = 422
    must_change: bool = False
    warning: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


def prove(app: Application, attempt: Attempt, now: dt.datetime) -> Proof:
    """Checks an attempt; answered five seconds after it arrived, whatever the directory
    does."""
    login = attempt.login.strip().lower()
    account = account_by_login(login)
    bucket = account_bucket(app.key, login, attempt.device)
    with writing():
        place = reserved_attempt(bucket, attempt.address, now, lock_rule(account))
    if place is None:
        is_password(None, attempt.password)
        return _refused(attempt, account, now, "throttled")
    if account is not None and account.source == DIRECTORY:
        return _proved_by_directory(app, attempt, account, place, now)
    stored = account.password_hash if account is not None else None
    is_right = is_password(stored, attempt.password)
    if account is None or not is_right or account.state != "active":
        return _refused(attempt, account, now, "wrong")
    with writing():
        give_back(place)
    if has_lapsed(account, now):
        return _told(attempt, account, now, "lapsed")
    return _with_age(app, account, now)


def _with_age(app: Application, account: Account, now: dt.datetime) -> Proof:
    """A local account's proof: whether its password has to be changed, or will have to."""
    if aged(app, account, now):
        return Proof(account, must_change=True)
    left = _days_left(app, account, now)
    if left is not None and left <= WARNING_DAYS:
        return Proof(account, warning=EXPIRES, params={"days": left})
    return Proof(account)


def aged(app: Application, account: Account, now: dt.datetime) -> bool:
    """Whether the account's password has to be changed before anything else."""
    left = _days_left(app, account, now)
    return account.must_change_password or (left is not None and left <= 0)


def _days_left(app: Application, account: Account, now: dt.datetime) -> int | None:
    if app.is_demo:
        return None
    return days_left(PROFILES[core_setting("core.password_profile")], account, now)


def _proved_by_directory(
    app: Application, attempt: Attempt, account: Account, place: Sequence[int], now: dt.datetime
) -> Proof:
    config = directory_of(app.settings, account)
    if config is None:
        is_password(None, attempt.password)
        return _refused(attempt, account, now, "no directory")
    waited_s = time.monotonic() - attempt.arrived_at
    with waiting():
        result = sign_in_bind(config, account.login, attempt.password, waited_s)
    if result.is_unavailable:
        with writing():
            give_back(place)
        return Proof(problem=SILENT, status=503)
    # As long as for an account of our own, so that the time does not tell which it is.
    is_password(None, attempt.password)
    if result.external_id != account.external_id or result.reason not in {"ok", *STATES}:
        reason = result.reason if result.reason in UNTOLD else "wrong"
        return _refused(attempt, account, now, reason, has_waited=True)
    with writing():
        give_back(place)
        if result.is_accepted:
            forget_binds(account.id)
    if account.state != "active":
        return _told(attempt, account, now, "disabled")
    return _with_state(attempt, account, result, now)


def _with_state(attempt: Attempt, account: Account, result: BindResult, now: dt.datetime) -> Proof:
    """The proof of the right password, or what else the directory says about it."""
    must_change = result.must_change or result.reason == "must-change"
    if must_change and may_change_password(account):
        return Proof(account, must_change=True)
    if must_change or not result.is_accepted:
        return _told(attempt, account, now, "must-change" if must_change else result.reason)
    return _with_warning(account, result)


def _with_warning(account: Account, result: BindResult) -> Proof:
    if result.grace_left == 0:
        return Proof(account, warning=LAST_GRACE)
    if result.grace_left is not None:
        return Proof(account, warning=GRACE, params={"total": result.grace_left})
    if result.expires_in_s is not None:
        days = max(1, -(-result.expires_in_s // DAY_S))
        return Proof(account, warning=EXPIRES, params={"days": days})
    return Proof(account)


def _told(attempt: Attempt, account: Account, now: dt.datetime, state: str) -> Proof:
    with writing():
        record_refusal(attempt, account, now, state)
    return Proof(problem=STATES[state])


def _refused(
    attempt: Attempt,
    account: Account | None,
    now: dt.datetime,
    reason: str,
    *,
    has_waited: bool = False,
) -> Proof:
    if not has_waited:
        with waiting():
            time.sleep(min(usual_refusal_s(), LONGEST_WAIT_S))
    with writing():
        record_refusal(attempt, account, now, reason)
    return Proof(problem=WRONG)


def record_refusal(
    attempt: Attempt, account: Account | None, now: dt.datetime, reason: str
) -> None:
    """The audit line of a refused sign-in."""
    record_audit(
        action="core.sign_in",
        at=now,
        account_id=account.id if account else None,
        outcome="denied",
        detail={
            "login": attempt.login[:100],
            "reason": reason,
            "browser": attempt.browser[:200],
        },
        request_id=attempt.request_id,
        address=attempt.address,
    )
