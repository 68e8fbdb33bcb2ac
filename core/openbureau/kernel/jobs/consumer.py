"""The job consumer: a process that waits for the bell and empties the ledger.

Beside huey's worker threads it keeps two of its own: one extends leases, one looks
once a second for work nobody rang for (a job's time has come, a lease ran out, a
ring was lost) and runs the given ticks. Stopped by SIGTERM or SIGINT it lets
running jobs end.
"""

import datetime as dt
import logging
import os
import select
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

from huey import Huey, crontab
from huey.consumer import Consumer

from openbureau.kernel.events.routing import has_waiting_events
from openbureau.kernel.jobs import ledger
from openbureau.kernel.jobs.bell import hang_channel
from openbureau.kernel.jobs.dispatch import Dispatcher, Registry
from openbureau.kernel.jobs.ringing import ring_bell

log = logging.getLogger("openbureau.jobs")

_POLL_S = 0.5
_TICK_S = 1.0
_SHUTDOWN_S = 25
_HEALTH_S = 10.0

Tick = Callable[[dt.datetime], object]


def utc_now() -> dt.datetime:
    """The current moment."""
    return dt.datetime.now(dt.UTC)


def run_consumer(
    channel: Huey,
    registry: Registry,
    *,
    threads: int,
    ticks: Sequence[Tick] = (),
    clock: Callable[[], dt.datetime] = utc_now,
    on_ready: Callable[[], object] = lambda: None,
) -> None:
    """Consumes jobs on `threads` threads until a stop signal; main thread only.

    `ticks` are called every second, one after the other (sealing the audit trail).
    """
    dispatcher = Dispatcher(registry, clock, more=ring_bell)
    hang_channel(channel, dispatcher.drain)
    channel.periodic_task(crontab(minute="*"), name="sweep")(dispatcher.sweep)
    consumer = Consumer(
        channel,
        workers=threads,
        initial_delay=0.05,
        max_delay=_POLL_S,
        shutdown_timeout=_SHUTDOWN_S,
        graceful_signal="TERM",
    )
    stopping, ended = dispatcher.stopping, threading.Event()
    ledger.reoffer_orphans(clock())
    consumer.start()
    asked = _stop_requests()
    # Leases are extended until the last job has ended, beyond the request to stop.
    _every(ledger.LEASE_S / 3, ended, dispatcher.renew)
    tick = _every(_TICK_S, stopping, lambda: _look_around(clock(), ticks))
    on_ready()
    while not select.select([asked], [], [], _HEALTH_S)[0]:
        consumer.check_worker_health()
    stopping.set()
    consumer.stop(graceful=True)
    tick.join(_SHUTDOWN_S)
    ended.set()


def _stop_requests() -> int:
    """A descriptor that becomes readable once SIGTERM or SIGINT arrived.

    A handler that set an Event could meet the main thread inside that Event's lock.
    """
    reader, writer = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.write(writer, b"."))
    return reader


def _look_around(now: dt.datetime, ticks: Sequence[Tick]) -> None:
    ledger.reoffer_expired(now)
    if ledger.has_due_jobs(now) or has_waiting_events():
        ring_bell()
    for tick in ticks:
        tick(now)


def _every(
    interval_s: float, stopping: threading.Event, act: Callable[[], Any]
) -> threading.Thread:
    def repeat() -> None:
        while not stopping.wait(interval_s):
            try:
                act()
            except Exception:
                log.exception("后台周期工作未完成，稍后重试 / periodic work failed, will retry")

    thread = threading.Thread(target=repeat, name=f"every-{interval_s:g}s", daemon=True)
    thread.start()
    return thread
