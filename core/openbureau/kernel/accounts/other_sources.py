"""Sign-ins proved elsewhere: a client certificate, the proxy in front of us, another system.

Plugins answer the `authenticate` hook; each is asked in turn and alone, so that one that
fails leaves the others and the password. What they prove is the first factor only.
"""

import datetime as dt
import time
from dataclasses import dataclass

from openbureau.base.outside import PATIENCE_S, asked
from openbureau.base.request import Request
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.actions import record_audit

HOOK = "authenticate"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What other sources say: the plugin that answered, and the account it proves. Without
    an account either nobody answered or `reason` is why the answer does not count."""

    source: str = ""
    account: Account | None = None
    reason: str = "not proved"


def proved_elsewhere(request: Request) -> Elsewhere:
    """The first answer of a loaded plugin that names an account. Every plugin is asked alone;
    all of them together have a second."""
    executor = request.app.plugins.executor
    ends_at = time.monotonic() + PATIENCE_S
    loaded = {record.slug for record in request.app.plugins.loaded}
    for slug in executor.plugins_with(HOOK):
        if slug not in loaded:
            continue
        left_s = ends_at - time.monotonic()
        answer = asked(executor, HOOK, slug, left_s, request=request)
        if answer is not None:
            return _named(slug, answer)
    return Elsewhere()


def _named(slug: str, answer: object) -> Elsewhere:
    is_key = isinstance(answer, int) and not isinstance(answer, bool) and 0 < answer < 2**31
    if not is_key:
        return Elsewhere(slug, reason="no account id")
    account = Account.get_or_none((Account.id == answer) & (Account.state == "active"))
    return Elsewhere(slug, account, "" if account else "no active account")


def record_foreign_refusal(request: Request, found: Elsewhere, now: dt.datetime) -> None:
    """The audit line of a sign-in that another source did not prove after all."""
    record_audit(
        action="core.sign_in",
        at=now,
        outcome="denied",
        detail={
            "reason": found.reason,
            "source": found.source,
            "browser": request.headers.get("user-agent", "")[:200],
        },
        request_id=request.request_id,
        address=request.address,
    )
