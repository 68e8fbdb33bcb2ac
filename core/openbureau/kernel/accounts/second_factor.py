"""One-time passwords (动态口令) as a second factor: RFC 6238, six digits, thirty seconds.

A code is good for its own half minute and the ones before and after, and used once. Ten
recovery codes stand in for a lost telephone; each works once.
Source: GB/T 22239-2019, 8.1.4.1 d; OWASP ASVS 5.0, 6.5.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyotp

from openbureau.base.request import Application
from openbureau.base.sealing import sealed, unsealed
from openbureau.kernel.accounts.models import Account, SecondFactor
from openbureau.kernel.settings.queries import core_setting

STEP_S = 30
DIGITS = 6
RECOVERY_CODES = 10
ISSUER = "OpenBureau"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_HALF = 5
_OFFER_AGE_S = 3600


def is_required(app: Application, account: Account) -> bool:
    """Whether this account must have a second factor; nobody must in the demo."""
    if app.is_demo:
        return False
    scope = core_setting("core.second_factor")
    return scope == "everyone" or (scope == "administrators" and account.administrator is not None)


def second_factor_of(account_id: int) -> SecondFactor | None:
    """The account's second factor, if it was set up."""
    return SecondFactor.get_or_none(
        (SecondFactor.account == account_id) & SecondFactor.confirmed_at.is_null(False)
    )


def recovery_left(factor: SecondFactor) -> int:
    """How many recovery codes are not used yet."""
    return len(msgspec.json.decode(factor.recovery))


def offered_secret(data: Path, account: Account, now: dt.datetime) -> str:
    """A new secret for this account as a form may carry it: sealed, good for an hour."""
    moment = int(now.timestamp())
    return sealed(data, f"{account.uid}:{moment}:{pyotp.random_base32()}")


def accepted_offer(data: Path, account: Account, offer: str, now: dt.datetime) -> str | None:
    """The secret a form carried; None: it was made for somebody else or too long ago.

    Raises OperatorError: it was not sealed here.
    """
    uid, moment, secret = unsealed(data, offer).split(":")
    is_fresh = int(now.timestamp()) - int(moment) <= _OFFER_AGE_S
    return secret if uid == account.uid and is_fresh else None


def provisioning_url(account: Account, secret: str, bureau_name: str) -> str:
    """What an authenticator reads from the QR code."""
    issuer = bureau_name.replace(":", " ")[:40] or ISSUER
    return pyotp.TOTP(secret).provisioning_uri(name=account.login, issuer_name=issuer)


def matching_step(secret: str, typed: str, now: dt.datetime, after: int = 0) -> int | None:
    """The time step, later than `after`, whose code was typed; one step early or late is fine."""
    code = "".join(typed.split())
    if not (code.isascii() and code.isdecimal() and len(code) == DIGITS):
        return None
    present = int(now.timestamp()) // STEP_S
    generator = pyotp.TOTP(secret)
    for step in (present, present - 1, present + 1):
        if step > after and hmac.compare_digest(generator.generate_otp(step), code):
            return step
    return None


def set_up(
    app: Application, account: Account, secret: str, step: int, now: dt.datetime
) -> Sequence[str]:
    """Makes the secret the account's second factor; its recovery codes, kept as digests only."""
    SecondFactor.delete().where(SecondFactor.account == account).execute()
    codes = _new_codes()
    SecondFactor.create(
        account=account,
        secret=sealed(app.settings.data, secret),
        recovery=_digests(app, account, codes),
        last_step=step,
        created_at=now,
        confirmed_at=now,
    )
    return codes


def renewed_recovery(app: Application, account: Account) -> Sequence[str]:
    """New recovery codes in place of all former ones."""
    codes = _new_codes()
    SecondFactor.update(recovery=_digests(app, account, codes)).where(
        SecondFactor.account == account
    ).execute()
    return codes


def remove(account_id: int) -> bool:
    """Takes the second factor away; whether there was one."""
    return bool(SecondFactor.delete().where(SecondFactor.account == account_id).execute())


def is_proved(app: Application, account: Account, typed: str, now: dt.datetime) -> bool:
    """Whether a code or a recovery code was right. Uses it up."""
    factor = second_factor_of(account.id)
    if factor is None:
        return False
    secret = unsealed(app.settings.data, factor.secret)
    step = matching_step(secret, typed, now, after=factor.last_step)
    if step is not None:
        used = SecondFactor.update(last_step=step).where(
            (SecondFactor.id == factor.id) & (SecondFactor.last_step < step)
        )
        return bool(used.execute())
    return _is_recovery(app, account, factor, typed)


def _is_recovery(app: Application, account: Account, factor: SecondFactor, typed: str) -> bool:
    kept: list[str] = msgspec.json.decode(factor.recovery)
    given = _digest(app, account, typed)
    if given not in kept:
        return False
    rest = msgspec.json.encode([digest for digest in kept if digest != given]).decode()
    used = SecondFactor.update(recovery=rest).where(
        (SecondFactor.id == factor.id) & (SecondFactor.recovery == factor.recovery)
    )
    return bool(used.execute())


def _new_codes() -> Sequence[str]:
    def half() -> str:
        return "".join(secrets.choice(_LETTERS) for _ in range(_HALF))

    return [f"{half()}-{half()}" for _ in range(RECOVERY_CODES)]


def _digests(app: Application, account: Account, codes: Sequence[str]) -> str:
    return msgspec.json.encode([_digest(app, account, code) for code in codes]).decode()


def _digest(app: Application, account: Account, code: str) -> str:
    plain = "".join(char for char in code.lower() if char.isalnum())
    content = f"recovery:{account.uid}:{plain}"
    return hmac.digest(app.key, content.encode("utf-8", "replace"), hashlib.sha256).hex()
