"""Calls hooks one plugin at a time: one that raises is skipped, named and counted.

pluggy registers and validates; its own call would drop everybody's results when one
plugin raises. A (plugin, hook) that faults five times in a minute rests for a minute.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import pluggy

log = logging.getLogger("openbureau.plugins")

FAULTS_TO_OPEN = 5
WINDOW_S = 60.0
REST_S = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed hook call."""

    plugin: str
    hook: str
    error: str
    at: float


@dataclass(slots=True)
class _Breaker:
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=FAULTS_TO_OPEN))
    open_until: float = 0.0


def _is_end_of_process(fault: BaseException) -> bool:
    """Whether it was not the plugin's: the signal of a terminal reaches the first thread only."""
    is_first = threading.current_thread() is threading.main_thread()
    return isinstance(fault, KeyboardInterrupt) and is_first


class Executor:
    """Runs contributed hooks of loaded plugins with a breaker per (plugin, hook)."""

    def __init__(
        self, manager: pluggy.PluginManager, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._manager = manager
        self._clock = clock
        self._breakers: dict[tuple[str, str], _Breaker] = {}
        self._lock = threading.Lock()
        self.faults: deque[Fault] = deque(maxlen=200)

    def plugins_with(self, hook: str) -> list[str]:
        """Slugs of the plugins that implement a hook, in registration order."""
        caller = getattr(self._manager.hook, hook)
        return [impl.plugin_name for impl in reversed(caller.get_hookimpls())]

    def call(self, hook: str, only: Collection[str], **arguments: Any) -> list[tuple[str, Any]]:
        """(slug, result) of each plugin in `only` that implements the hook and succeeded."""
        results = []
        for slug in self.plugins_with(hook):
            if slug in only:
                is_done, result = self.call_one(hook, slug, **arguments)
                if is_done and result is not None:
                    results.append((slug, result))
        return results

    def call_one(self, hook: str, slug: str, **arguments: Any) -> tuple[bool, Any]:
        """(True, result), or (False, None) when it failed or rests."""
        if self.is_resting(slug, hook):
            return False, None
        for impl in getattr(self._manager.hook, hook).get_hookimpls():
            if impl.plugin_name == slug:
                try:
                    given = {name: arguments[name] for name in impl.argnames}
                    return True, impl.function(**given)
                except BaseException as fault:
                    if _is_end_of_process(fault):
                        raise
                    self.record(slug, hook, fault)
                    return False, None
        return False, None

    def is_resting(self, slug: str, hook: str) -> bool:
        """Whether the breaker of this plugin and hook is open."""
        breaker = self._breakers.get((slug, hook))
        return breaker is not None and self._clock() < breaker.open_until

    def record(self, slug: str, hook: str, fault: BaseException) -> None:
        """Counts a fault and opens the breaker when it is one too many."""
        now = self._clock()
        log.error("plugin %s failed in hook %s", slug, hook, exc_info=fault)
        with self._lock:
            self.faults.append(Fault(slug, hook, f"{type(fault).__name__}: {fault}", now))
            breaker = self._breakers.setdefault((slug, hook), _Breaker())
            breaker.recent.append(now)
            if len(breaker.recent) == FAULTS_TO_OPEN and now - breaker.recent[0] <= WINDOW_S:
                breaker.open_until = now + REST_S
                breaker.recent.clear()
                log.error("plugin %s rests from hook %s for %d s", slug, hook, REST_S)
