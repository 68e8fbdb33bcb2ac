"""Proving who somebody is: throttle, then a local password or a directory bind.

The answer to an unknown account, a wrong password and a throttled one reads the same
and takes the same time.
"""

import datetime as dt
import time
from dataclasses import dataclass

from openbureau.base.database import writing
from openbureau.base.i18n import N_
from openbureau.base.request import Application
from openbureau.base.settings import Settings
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.passwords import is_password
from openbureau.kernel.accounts.queries import account_by_login
from openbureau.kernel.accounts.throttle import account_bucket, is_throttled, record_failure
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.directory.breaker import sign_in_bind
from openbureau.kernel.directory.config import directory_config

WRONG = N_(
    "账号或密码不正确，或尝试次数过多。您的账号没有被改动。"
    "请核对后重试；连续多次不成功时请等 15 分钟，或联系本单位管理员。"
)
SILENT = N_(
    "目录服务器暂时没有响应，无法核对密码。已登录的同事不受影响。"
    "请稍后再试；若超过 10 分钟仍不行，请联系省局信息化工作人员。"
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in. `arrived_at` is of the monotonic clock."""

    login: str
    password: str
    device: str
    address: str
    request_id: str
    arrived_at: float


@dataclass(frozen=True, slots=True)
class Proof:
    """The proved account, or the sentence that is shown instead."""

    account: Account | None = None
    problem: str = ""
    status: int = 422


def prove(app: Application, attempt: Attempt, now: dt.datetime) -> Proof:
    """Checks an attempt; answered five seconds after it arrived, whatever the directory
    does."""
    login = attempt.login.strip().lower()
    bucket = account_bucket(app.key, login, attempt.device)
    if is_throttled(bucket, attempt.address, now):
        is_password(None, attempt.password)
        return _refused(attempt, bucket, None, now, "throttled", is_counted=False)
    account = account_by_login(login)
    if account is not None and account.source == "ldap" and account.state == "active":
        outcome = _directory_outcome(app.settings, login, attempt, account)
        if outcome == "silent":
            return Proof(problem=SILENT, status=503)
        if outcome == "accepted":
            return Proof(account)
        return _refused(attempt, bucket, account, now, outcome)
    stored = account.password_hash if account is not None else None
    is_right = is_password(stored, attempt.password)
    if account is not None and is_right and account.state == "active":
        return Proof(account)
    return _refused(attempt, bucket, account, now, "wrong")


def _directory_outcome(settings: Settings, login: str, attempt: Attempt, account: Account) -> str:
    """`accepted`, `silent` or why not."""
    if not settings.ldap_url:
        return "no directory"
    waited_s = time.monotonic() - attempt.arrived_at
    result = sign_in_bind(directory_config(settings), login, attempt.password, waited_s)
    if result.is_accepted and result.external_id == account.external_id:
        return "accepted"
    return "silent" if result.is_unavailable else "wrong"


def _refused(
    attempt: Attempt,
    bucket: str,
    account: Account | None,
    now: dt.datetime,
    reason: str,
    *,
    is_counted: bool = True,
) -> Proof:
    with writing():
        if is_counted:
            record_failure(bucket, attempt.address, now)
        record_audit(
            action="core.sign_in",
            at=now,
            account_id=account.id if account else None,
            outcome="denied",
            detail={"login": attempt.login[:100], "reason": reason},
            request_id=attempt.request_id,
            address=attempt.address,
        )
    return Proof(problem=WRONG)
