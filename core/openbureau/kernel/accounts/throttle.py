"""Sign-in throttling: nobody locks a colleague out by typing a name.

A browser that signed in before carries a signed device cookie and has a bucket of
its own; all unknown browsers share one bucket per account: four in a quarter of an hour.

A directory locks an account after some wrong passwords, wherever they come from. So an
account of a directory has a budget besides: all its wrong passwords together stay one
below that number within the time the directory remembers them, and unknown browsers
leave a part of it to the known ones and to changes of the password.

An attempt takes its place in the buckets before the password is looked at and gives it
back when it was right, so that attempts arriving together are counted as well.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from openbureau.kernel.accounts.models import SignInFailure

WINDOW = dt.timedelta(minutes=15)
PER_ACCOUNT = 4
SHORT_WINDOW = dt.timedelta(minutes=5)
PER_ADDRESS = 120
EVERYBODY = 1000
PER_SECOND_FACTOR = 5
DEVICE_DAYS = 180
_ALL = "all"
_BINDS = "bind:"
_BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
Limit = tuple[str, dt.timedelta | None, int]


@dataclass(frozen=True, slots=True)
class LockRule:
    """When a directory locks an account: after so many wrong passwords (0: never), which it
    remembers so many minutes (0: until a right one)."""

    account_id: int
    after: int
    window_min: int

    @property
    def _window(self) -> dt.timedelta | None:
        return dt.timedelta(minutes=self.window_min) if self.window_min else None

    def limit(self, *, is_known: bool) -> Limit | None:
        """The part of the budget for known browsers, changes of the password included, or for
        unknown ones. Both together are one less than what locks the account."""
        if not self.after:
            return None
        unknown = max(1, self.after - 3)
        most = max(1, self.after - 1 - unknown) if is_known else unknown
        return _bind_bucket(self.account_id, is_known=is_known), self._window, most


def device_cookie(key: bytes, login: str) -> str:
    """A cookie that proves this browser signed in to this account before."""
    return hmac.digest(key, b"device:" + login.encode(), hashlib.sha256).hex()


def account_bucket(key: bytes, login: str, device: str) -> str:
    """The bucket an attempt counts in."""
    known = hmac.compare_digest(device.encode(), device_cookie(key, login).encode())
    return f"device:{_digest(login)}" if known else f"unknown:{_digest(login)}"


def reserved_attempt(
    bucket: str, address: str, now: dt.datetime, rule: LockRule | None = None
) -> Sequence[int] | None:
    """A place for one attempt, to be given back when it succeeds; None: there is none left.

    A known browser is bound by its own bucket and the directory's rule alone: what strangers do
    at the same address, or everywhere, does not keep it out.
    """
    is_known = bucket.startswith("device:")
    limits: list[Limit] = [(bucket, WINDOW, PER_ACCOUNT)]
    if not is_known:
        limits.append((f"address:{address}", SHORT_WINDOW, PER_ADDRESS))
        limits.append((_ALL, SHORT_WINDOW, EVERYBODY))
    return _reserved([*limits, *_budget(rule, is_known=is_known)], now)


def reserved_second_factor(account_id: int, now: dt.datetime) -> Sequence[int] | None:
    """A place for one try of a one-time password; None: five were wrong in five minutes."""
    bucket = f"second:{account_id}"
    return _reserved([(bucket, SHORT_WINDOW, PER_SECOND_FACTOR)], now)


def reserved_change(
    account_id: int, now: dt.datetime, rule: LockRule | None = None
) -> Sequence[int] | None:
    """A place for one change of password; None: the former one was wrong too often."""
    limits: list[Limit] = [(f"change:{account_id}", WINDOW, PER_ACCOUNT)]
    return _reserved([*limits, *_budget(rule, is_known=True)], now)


def give_back(reserved: Sequence[int]) -> None:
    """Frees the place of an attempt that succeeded, or could not be judged."""
    SignInFailure.delete().where(SignInFailure.id.in_(list(reserved))).execute()


def forget_binds(account_id: int) -> None:
    """The directory took the right password and so forgot the wrong ones: ours follows."""
    SignInFailure.delete().where(SignInFailure.bucket.in_(_bind_buckets(account_id))).execute()


def forget_attempts(account_id: int, login: str) -> int:
    """Lets somebody try again at once, from anywhere; how many failures were forgotten."""
    digest = _digest(login)
    buckets = [f"{kind}:{digest}" for kind in ("unknown", "device")]
    buckets += [f"change:{account_id}", f"second:{account_id}", *_bind_buckets(account_id)]
    return int(SignInFailure.delete().where(SignInFailure.bucket.in_(buckets)).execute())


def counted_attempts(account_id: int, login: str) -> int:
    """How many failures count against somebody now."""
    buckets = [f"{kind}:{_digest(login)}" for kind in ("unknown", "device")]
    buckets += [f"change:{account_id}", *_bind_buckets(account_id)]
    found = SignInFailure.select(SignInFailure.at).where(SignInFailure.bucket.in_(buckets))
    return int(found.distinct().count())


def _budget(rule: LockRule | None, *, is_known: bool) -> Sequence[Limit]:
    limit = rule.limit(is_known=is_known) if rule is not None else None
    return [] if limit is None else [limit]


def _bind_bucket(account_id: int, *, is_known: bool) -> str:
    return f"{_BINDS}{account_id}:{'known' if is_known else 'unknown'}"


def _bind_buckets(account_id: int) -> Sequence[str]:
    return [_bind_bucket(account_id, is_known=is_known) for is_known in (True, False)]


def _digest(login: str) -> str:
    return hashlib.sha256(login.encode("utf-8", "replace")).hexdigest()[:32]


def _reserved(limits: Sequence[Limit], now: dt.datetime) -> Sequence[int] | None:
    is_old = (SignInFailure.at < now - WINDOW) & ~SignInFailure.bucket.startswith(_BINDS)
    for bucket, window, _ in limits:
        if bucket.startswith(_BINDS) and window is not None:
            is_old |= (SignInFailure.bucket == bucket) & (SignInFailure.at < now - window)
    SignInFailure.delete().where(is_old).execute()
    if any(
        _failures(bucket, now - window if window else _BEGINNING) >= most
        for bucket, window, most in limits
    ):
        return None
    return [SignInFailure.create(bucket=bucket, at=now).id for bucket, _, _ in limits]


def _failures(bucket: str, since: dt.datetime) -> int:
    return int(
        SignInFailure.select()
        .where((SignInFailure.bucket == bucket) & (SignInFailure.at >= since))
        .count()
    )
