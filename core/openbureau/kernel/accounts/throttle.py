"""Sign-in throttling: nobody locks a colleague out by typing a name.

A browser that signed in before carries a signed device cookie and has a bucket of
its own; all unknown browsers share one bucket per account. Figures: a directory
usually locks after five failures, so ours stops at four. An attempt takes its place in
the buckets before the password is looked at and gives it back when it was right, so
that attempts arriving together are counted as well.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence

from openbureau.kernel.accounts.models import SignInFailure

WINDOW = dt.timedelta(minutes=15)
PER_ACCOUNT = 4
SHORT_WINDOW = dt.timedelta(minutes=5)
PER_ADDRESS = 120
EVERYBODY = 1000
PER_SECOND_FACTOR = 5
DEVICE_DAYS = 180
_ALL = "all"


def device_cookie(key: bytes, login: str) -> str:
    """A cookie that proves this browser signed in to this account before."""
    return hmac.digest(key, b"device:" + login.encode(), hashlib.sha256).hex()


def account_bucket(key: bytes, login: str, device: str) -> str:
    """The bucket an attempt counts in."""
    known = hmac.compare_digest(device.encode(), device_cookie(key, login).encode())
    digest = hashlib.sha256(login.encode("utf-8", "replace")).hexdigest()[:32]
    return f"device:{digest}" if known else f"unknown:{digest}"


def reserved_attempt(bucket: str, address: str, now: dt.datetime) -> Sequence[int] | None:
    """A place for one attempt, to be given back when it succeeds; None: there is none left.

    A known browser is bound by its own bucket alone: what strangers do at the same address,
    or everywhere, does not keep it out.
    """
    buckets = [bucket]
    limits = [(bucket, WINDOW, PER_ACCOUNT)]
    if not bucket.startswith("device:"):
        buckets += [f"address:{address}", _ALL]
        limits.append((f"address:{address}", SHORT_WINDOW, PER_ADDRESS))
        limits.append((_ALL, SHORT_WINDOW, EVERYBODY))
    return _reserved(buckets, limits, now)


def reserved_second_factor(account_id: int, now: dt.datetime) -> Sequence[int] | None:
    """A place for one try of a one-time password; None: five were wrong in five minutes."""
    bucket = f"second:{account_id}"
    return _reserved([bucket], [(bucket, SHORT_WINDOW, PER_SECOND_FACTOR)], now)


def reserved_change(account_id: int, now: dt.datetime) -> Sequence[int] | None:
    """A place for one change of password; None: the former one was wrong too often."""
    bucket = f"change:{account_id}"
    return _reserved([bucket], [(bucket, WINDOW, PER_ACCOUNT)], now)


def give_back(reserved: Sequence[int]) -> None:
    """Frees the place of an attempt that succeeded, or could not be judged."""
    SignInFailure.delete().where(SignInFailure.id.in_(list(reserved))).execute()


def _reserved(
    buckets: Sequence[str], limits: Sequence[tuple[str, dt.timedelta, int]], now: dt.datetime
) -> Sequence[int] | None:
    SignInFailure.delete().where(SignInFailure.at < now - WINDOW).execute()
    if any(_failures(bucket, now - window) >= most for bucket, window, most in limits):
        return None
    return [SignInFailure.create(bucket=bucket, at=now).id for bucket in buckets]


def _failures(bucket: str, since: dt.datetime) -> int:
    return int(
        SignInFailure.select()
        .where((SignInFailure.bucket == bucket) & (SignInFailure.at >= since))
        .count()
    )
