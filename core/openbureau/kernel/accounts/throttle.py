"""Sign-in throttling: nobody locks a colleague out by typing a name.

A browser that signed in before carries a signed device cookie and has a bucket of
its own; all unknown browsers share one bucket per account. Figures: a directory
usually locks after five failures, so ours stops at four.
"""

import datetime as dt
import hashlib
import hmac

from openbureau.kernel.accounts.models import SignInFailure

WINDOW = dt.timedelta(minutes=15)
PER_ACCOUNT = 4
PER_ADDRESS = 120
PER_ADDRESS_WINDOW = dt.timedelta(minutes=5)
DEVICE_DAYS = 180


def device_cookie(key: bytes, login: str) -> str:
    """A cookie that proves this browser signed in to this account before."""
    return hmac.digest(key, b"device:" + login.encode(), hashlib.sha256).hex()


def account_bucket(key: bytes, login: str, device: str) -> str:
    """The bucket an attempt counts in."""
    known = hmac.compare_digest(device.encode(), device_cookie(key, login).encode())
    digest = hashlib.sha256(login.encode("utf-8", "replace")).hexdigest()[:32]
    return f"device:{digest}" if known else f"unknown:{digest}"


def is_throttled(bucket: str, address: str, now: dt.datetime) -> bool:
    """Whether this bucket or address has used up its failures."""
    return (
        _failures(bucket, now - WINDOW) >= PER_ACCOUNT
        or _failures(f"address:{address}", now - PER_ADDRESS_WINDOW) >= PER_ADDRESS
    )


def record_failure(bucket: str, address: str, now: dt.datetime) -> None:
    """Counts a refused sign-in and forgets those older than the window."""
    SignInFailure.insert_many(
        [{"bucket": bucket, "at": now}, {"bucket": f"address:{address}", "at": now}]
    ).execute()
    SignInFailure.delete().where(SignInFailure.at < now - WINDOW).execute()


def _failures(bucket: str, since: dt.datetime) -> int:
    return int(
        SignInFailure.select()
        .where((SignInFailure.bucket == bucket) & (SignInFailure.at >= since))
        .count()
    )
