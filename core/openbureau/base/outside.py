"""Hooks that are asked while somebody waits at the door: on threads of their own, for a second.

Foreign code cannot be cut off in a thread. Who does not answer in time is left out, counted
as a fault, and rests after five of them; the page is made without it.
"""

import threading
import time
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from openbureau.base.database import reading
from openbureau.base.executor import Executor

THREADS = 8
PER_PLUGIN = 4
PATIENCE_S = 1.0

_pool = ThreadPoolExecutor(THREADS, "outside")
_turns: dict[str, threading.BoundedSemaphore] = defaultdict(
    lambda: threading.BoundedSemaphore(PER_PLUGIN)
)


def asked(executor: Executor, hook: str, slug: str, left_s: float, **arguments: Any) -> Any:
    """What one plugin answers within `left_s`; None: nothing, too late, a fault, or it rests."""
    if executor.is_resting(slug, hook):
        return None
    began = time.monotonic()
    turn = _turns[slug]
    if not turn.acquire(timeout=max(left_s, 0.0)):
        executor.record(slug, hook, TimeoutError("earlier calls have not returned"))
        return None
    waiting: Future[Any] = _pool.submit(_called, executor, hook, slug, arguments)
    waiting.add_done_callback(lambda _: turn.release())
    try:
        return waiting.result(timeout=max(left_s - (time.monotonic() - began), 0.0))
    except TimeoutError as late:
        waiting.cancel()
        executor.record(slug, hook, late)
        return None


def _called(executor: Executor, hook: str, slug: str, arguments: dict[str, Any]) -> Any:
    with reading():
        return executor.call_one(hook, slug, **arguments)[1]
