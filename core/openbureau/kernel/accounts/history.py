"""A person's own sign-ins, as the audit trail has them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import msgspec

from openbureau.kernel.audit.models import AuditRecord

SHOWN = 50
SIGN_IN = "core.sign_in"
CHANGE_PASSWORD = "core.change_password"  # noqa: S105 - the name of an act


@dataclass(frozen=True, slots=True)
class SignIn:
    """One attempt: when, from where, with which browser, and whether it succeeded. `reason`
    is why not, or how (`source:<plugin>`)."""

    at: dt.datetime
    address: str
    browser: str
    is_done: bool
    reason: str


def sign_ins(account_id: int, limit: int = SHOWN) -> list[SignIn]:
    """The account's latest attempts, newest first."""
    rows: Any = (
        _of_account(account_id).order_by(AuditRecord.at.desc(), AuditRecord.id.desc()).limit(limit)
    )
    return [_sign_in(row) for row in rows]


def last_sign_in(account_id: int) -> SignIn | None:
    """The account's latest successful sign-in."""
    row = (
        _of_account(account_id)
        .where(AuditRecord.outcome == "done")
        .order_by(AuditRecord.at.desc(), AuditRecord.id.desc())
        .first()
    )
    return None if row is None else _sign_in(row)


def failures_since(account_id: int, since: dt.datetime) -> int:
    """How many attempts were refused since then."""
    return int(
        _of_account(account_id)
        .where((AuditRecord.outcome == "denied") & (AuditRecord.at > since))
        .count()
    )


def _of_account(account_id: int) -> Any:
    """Sign-ins, and refused changes of the password: guesses at an unlocked screen."""
    is_guess = (AuditRecord.action == CHANGE_PASSWORD) & (AuditRecord.outcome == "denied")
    return AuditRecord.select().where(
        (AuditRecord.account_id == account_id) & ((AuditRecord.action == SIGN_IN) | is_guess)
    )


def _sign_in(row: Any) -> SignIn:
    detail = msgspec.json.decode(row.detail)
    return SignIn(
        row.at,
        row.address,
        str(detail.get("browser", "")),
        row.outcome == "done",
        str(detail.get("reason", "")),
    )
