"""How often a token may ask in a minute: counted for the whole installation.

A process sets a tenth of the minute's requests aside in the database and hands them out from
memory, so that the limit costs ten small writes a minute and is never exceeded, however many
processes there are. What a process set aside and nobody used is lost with the minute: with
several processes the limit may be felt up to a tenth early for each of the others.
"""

import datetime as dt
import threading
from dataclasses import dataclass

from openbureau.base.database import to_instant, writing
from openbureau.kernel.tokens.models import ApiToken

LOTS = 10
_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Left:
    """Whether a request may pass, how many more may in this minute, and its seconds left."""

    is_allowed: bool
    remaining: int
    seconds: int


@dataclass(slots=True)
class _Share:
    minute: int
    left: int = 0
    rest: int | None = None


class Allowances:
    """What this process has set aside, by token."""

    def __init__(self) -> None:
        self._shares: dict[int, _Share] = {}
        self._lock = threading.Lock()

    def take(self, token_id: int, per_minute: int, now: dt.datetime) -> Left:
        """Takes one request of this minute, if there is one."""
        minute, second = divmod(int(now.timestamp()), 60)
        with self._lock:
            share = self._of(token_id, minute)
            is_known = share.left > 0 or share.rest == 0
            if is_known:
                return _taken(share, second)
        granted, rest = set_aside(token_id, minute, per_minute, now)
        with self._lock:
            share = self._of(token_id, minute)
            share.left += granted
            share.rest = rest
            return _taken(share, second)

    def _of(self, token_id: int, minute: int) -> _Share:
        share = self._shares.get(token_id)
        if share is None or share.minute != minute:
            if len(self._shares) >= _REMEMBERED:
                self._shares.clear()
            share = self._shares[token_id] = _Share(minute)
        return share


def _taken(share: _Share, second: int) -> Left:
    is_allowed = share.left > 0
    share.left -= is_allowed
    return Left(is_allowed, share.left + (share.rest or 0), 60 - second)


def set_aside(token_id: int, minute: int, per_minute: int, now: dt.datetime) -> tuple[int, int]:
    """Sets some of a minute's requests aside: how many, and how many are left for others. Says
    by the way that the token was used."""
    wanted = max(1, per_minute // LOTS)
    with writing():
        while True:
            row = ApiToken.get_by_id(token_id)
            before, taken = row.minute, row.taken
            # A machine whose clock is behind counts with the others.
            current = max(minute, before)
            used = taken if current == before else 0
            granted = min(wanted, per_minute - used)
            if granted <= 0:
                return 0, 0
            changed = (
                ApiToken.update(minute=current, taken=used + granted, used_at=to_instant(now))
                .where(
                    (ApiToken.id == token_id)
                    & (ApiToken.minute == before)
                    & (ApiToken.taken == taken)
                )
                .execute()
            )
            if changed:
                return granted, per_minute - used - granted
