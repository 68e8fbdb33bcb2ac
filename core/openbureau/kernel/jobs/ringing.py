"""Ringing for the job consumer after a commit.

A process hangs one bell at start-up; without one, ringing does nothing and jobs
wait for the consumer's next look at the ledger. Rings are coalesced and sent by a
daemon thread, so a page never waits for the wake-up channel, and a lost ring loses
no job: the ledger is the record.
"""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger("openbureau.jobs")


class Bell:
    """Calls `strike` soon after `ring()`, once for any number of rings meanwhile."""

    def __init__(self, strike: Callable[[], object]) -> None:
        self._strike = strike
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="job-bell", daemon=True)
        self._thread.start()

    def ring(self) -> None:
        """Asks for a strike; returns at once."""
        self._wanted.set()

    def _serve(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._strike()
            except Exception:
                log.exception("任务唤醒未送达，任务稍后执行 / wake-up not delivered")


class _Hook:
    bell: Bell | None = None


def hang(strike: Callable[[], object]) -> None:
    """Makes `strike` what wakes the consumer from this process."""
    _Hook.bell = Bell(strike)


def ring_bell() -> None:
    """Wakes the consumer; does nothing where no bell hangs."""
    if _Hook.bell is not None:
        _Hook.bell.ring()
