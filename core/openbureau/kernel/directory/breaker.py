"""Sign-ins against the directory on threads of their own.

A directory that hangs must cost its callers a bounded wait and nobody else anything:
eight threads, one deadline per caller, and a breaker that stops asking a server that
has failed five times in a row.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as WaitedTooLong
from functools import cache, partial
from typing import TypeVar

from openbureau.kernel.directory.binding import SIGN_IN_DEADLINE_S, bind, change_password
from openbureau.kernel.directory.client import is_usable
from openbureau.kernel.directory.config import (
    BindResult,
    ChangeResult,
    DirectoryConfig,
    is_outage,
)

THREADS = 8
OPENS_AFTER_FAULTS = 5
OPEN_S = 30.0
# Room to hand the answer over before the caller's own limit strikes.
ANSWER_MARGIN_S = 0.2
SHORTEST_ATTEMPT_S = 0.5
USUAL_WEIGHT = 0.1

_Result = TypeVar("_Result", BindResult, ChangeResult)


class CircuitBreaker:
    """Closed until `OPENS_AFTER_FAULTS` faults in a row; then open for `OPEN_S` seconds;
    then one attempt decides. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._faults = 0
        self._closed_at: float | None = None

    def may_try(self) -> bool:
        """Whether the directory may be asked now. After the pause, true for one caller."""
        with self._lock:
            if self._closed_at is None:
                return True
            if self._clock() < self._closed_at:
                return False
            self._closed_at = self._clock() + OPEN_S
            return True

    def record(self, *, is_fault: bool) -> None:
        """Notes how an attempt ended."""
        with self._lock:
            if not is_fault:
                self._faults = 0
                self._closed_at = None
                return
            self._faults += 1
            if self._faults >= OPENS_AFTER_FAULTS:
                self._closed_at = self._clock() + OPEN_S


class SignInPool:
    """The threads of one process, and a breaker for each server."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="directory")
        self._breakers: dict[str, CircuitBreaker] = {}
        self._lock = threading.Lock()
        self._usual_s: dict[str, float] = {}

    def bind(
        self,
        config: DirectoryConfig,
        login: str,
        password: str,
        deadline_s: float = SIGN_IN_DEADLINE_S,
    ) -> BindResult:
        """The result of the sign-in within `deadline_s`, waiting for a free thread included."""
        if not is_usable(login, password):
            return BindResult("refused-input")
        began = time.monotonic()
        result = self._asked(config.url, deadline_s, partial(bind, config, login, password))
        if isinstance(result, BindResult):
            if result.reason == "wrong":
                self._note_usual(config.url, time.monotonic() - began)
            return result
        return BindResult("fault", fault=result)

    def change(
        self, config: DirectoryConfig, login: str, former: str, wanted: str, deadline_s: float
    ) -> ChangeResult:
        """The result of a change of password within `deadline_s`."""
        ask = partial(change_password, config, login, former, wanted)
        result = self._asked(config.url, deadline_s, ask)
        if isinstance(result, ChangeResult):
            return result
        return ChangeResult("fault", fault=result)

    def usual_refusal_s(self) -> float:
        """Seconds the slowest server lately took to refuse a password; 0 before one ever did."""
        return max(self._usual_s.values(), default=0.0)

    def _note_usual(self, url: str, took_s: float) -> None:
        before = self._usual_s.get(url, took_s)
        self._usual_s[url] = before + (took_s - before) * USUAL_WEIGHT

    def _breaker(self, url: str) -> CircuitBreaker:
        with self._lock:
            return self._breakers.setdefault(url, CircuitBreaker())

    def _asked(self, url: str, deadline_s: float, ask: Callable[[float], _Result]) -> _Result | str:
        """What the server answered, or the key of the fault that kept it from being asked."""
        if deadline_s < SHORTEST_ATTEMPT_S:
            return "timed-out"
        breaker = self._breaker(url)
        if not breaker.may_try():
            return "unreachable"
        ends_at = time.monotonic() + deadline_s - ANSWER_MARGIN_S
        waiting = self._threads.submit(self._attempt, breaker, ask, ends_at)
        try:
            return waiting.result(timeout=deadline_s - ANSWER_MARGIN_S / 2) or "timed-out"
        except WaitedTooLong:
            if waiting.cancel():
                # Never begun: every thread is held by a server that does not answer.
                breaker.record(is_fault=True)
            return "timed-out"

    def _attempt(
        self, breaker: CircuitBreaker, ask: Callable[[float], _Result], ends_at: float
    ) -> _Result | None:
        left = ends_at - time.monotonic()
        if left < SHORTEST_ATTEMPT_S:
            return None
        result = ask(left)
        breaker.record(is_fault=is_outage(result.reason, result.fault))
        return result

    def close(self) -> None:
        """Ends the threads; attempts under way are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@cache
def _pool() -> SignInPool:
    return SignInPool()


def sign_in_bind(
    config: DirectoryConfig, login: str, password: str, waited_s: float = 0.0
) -> BindResult:
    """`binding.bind` on the process's own directory threads.

    Answers within five seconds, always; `waited_s` is what the person has already waited.
    """
    return _pool().bind(config, login, password, SIGN_IN_DEADLINE_S - waited_s)


def sign_in_change(
    config: DirectoryConfig, login: str, former: str, wanted: str, waited_s: float = 0.0
) -> ChangeResult:
    """`binding.change_password` on the same threads, within the same five seconds."""
    return _pool().change(config, login, former, wanted, SIGN_IN_DEADLINE_S - waited_s)


def usual_refusal_s() -> float:
    """Seconds a directory lately took to refuse a password."""
    return _pool().usual_refusal_s()
