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
from functools import cache

from openbureau.kernel.directory.client import SIGN_IN_DEADLINE_S, bind, is_usable
from openbureau.kernel.directory.config import BindResult, DirectoryConfig

THREADS = 8
OPENS_AFTER_FAULTS = 5
OPEN_S = 30.0
# Room to hand the answer over before the caller's own limit strikes.
ANSWER_MARGIN_S = 0.2
SHORTEST_ATTEMPT_S = 0.5


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
    """The threads and the breaker of one process."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="directory")
        self._breaker = CircuitBreaker()

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
        if deadline_s < SHORTEST_ATTEMPT_S:
            return BindResult("fault", fault="timed-out")
        if not self._breaker.may_try():
            return BindResult("fault", fault="unreachable")
        ends_at = time.monotonic() + deadline_s - ANSWER_MARGIN_S
        waiting = self._threads.submit(self._attempt, config, login, password, ends_at)
        try:
            return waiting.result(timeout=deadline_s - ANSWER_MARGIN_S / 2)
        except WaitedTooLong:
            if waiting.cancel():
                # Never begun: every thread is held by a server that does not answer.
                self._breaker.record(is_fault=True)
            return BindResult("fault", fault="timed-out")

    def _attempt(
        self, config: DirectoryConfig, login: str, password: str, ends_at: float
    ) -> BindResult:
        left = ends_at - time.monotonic()
        if left < SHORTEST_ATTEMPT_S:
            return BindResult("fault", fault="timed-out")
        result = bind(config, login, password, left)
        self._breaker.record(is_fault=result.is_outage)
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
    """`client.bind` on the process's own directory threads.

    Answers within five seconds, always; `waited_s` is what the person has already waited.
    """
    return _pool().bind(config, login, password, SIGN_IN_DEADLINE_S - waited_s)
