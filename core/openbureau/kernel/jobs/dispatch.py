"""Running ledger jobs: one at a time per thread, until none is left."""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openbureau.kernel.events.routing import OutboxEvent, delivery, route_events
from openbureau.kernel.jobs import ledger
from openbureau.kernel.jobs.lease_owner import own_name
from openbureau.kernel.jobs.ledger import ClaimedJob, LeaseLostError

log = logging.getLogger("openbureau.jobs")


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler is given. `now` is the moment the attempt began (UTC)."""

    job: ClaimedJob
    now: dt.datetime

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.job.payload

    def advance(self, done: int, total: int) -> None:
        """Records progress in a transaction of its own; call it outside `writing()`."""
        ledger.advance(self.job, done, total)

    def complete(self) -> None:
        """Marks the job done in the handler's own transaction, so that its effects happen
        exactly once: call it last inside `writing()`.

        Raises LeaseLostError: another process took the job over; the transaction must
        roll back, and does if the error is let through.
        """
        if not ledger.complete(self.job, self.now):
            raise LeaseLostError


Handler = Callable[[JobContext], None]
Subscriber = Callable[[JobContext, OutboxEvent], None]


def _always(_kind: str, _unit_id: int | None) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Registry:
    """What the consumer can do, built once at its start.

    `handlers` by job kind. `subscribers` are the plugins that want events; a plugin's
    deliveries are jobs of kind `<slug>.after_event`. `may_run(kind, unit_id)` is False
    where the plugin is off. `sweeps` are called every minute with the current moment.
    """

    handlers: Mapping[str, Handler]
    subscribers: Sequence[tuple[str, Subscriber]] = ()
    may_run: Callable[[str, int | None], bool] = _always
    sweeps: Sequence[Callable[[dt.datetime], object]] = ()
    _all: dict[str, Handler] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._all.update(self.handlers)
        for plugin, subscriber in self.subscribers:
            self._all[f"{plugin}.after_event"] = delivery(subscriber)

    def handler(self, kind: str, unit_id: int | None) -> Handler | None:
        """The handler, or None if there is none or it is switched off for the unit."""
        handler = self._all.get(kind)
        return handler if handler is not None and self.may_run(kind, unit_id) else None


class Dispatcher:
    """Empties the ledger on any number of threads of this process."""

    def __init__(
        self,
        registry: Registry,
        clock: Callable[[], dt.datetime],
        more: Callable[[], None] = lambda: None,
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._more = more
        self._owner = own_name()
        self.stopping = threading.Event()

    def drain(self) -> int:
        """Runs jobs until none is ready or `stopping` is set; how many were run.

        `more` is called for every claimed job, so that an idle thread looks for work too.
        """
        done = 0
        plugins = [plugin for plugin, _ in self._registry.subscribers]
        while not self.stopping.is_set():
            route_events(plugins, self._clock())
            job = ledger.claim(self._owner, self._clock())
            if job is None:
                break
            self._more()
            self._run(job)
            done += 1
        return done

    def renew(self) -> None:
        """Extends the leases of the jobs running in this process."""
        ledger.renew(self._owner, self._clock())

    def sweep(self) -> None:
        """The minute's housekeeping: parked jobs that may run again, then the sweeps."""
        now = self._clock()
        ledger.replay_parked(
            lambda kind, unit_id: self._registry.handler(kind, unit_id) is not None, now
        )
        for sweep in self._registry.sweeps:
            try:
                sweep(now)
            except Exception:
                log.exception("定时整理未完成 / a sweep did not finish: %r", sweep)

    def _run(self, job: ClaimedJob) -> None:
        handler = self._registry.handler(job.kind, job.unit_id)
        now = self._clock()
        if handler is None:
            ledger.park(job, "no handler, or switched off for the unit", now)
            return
        context = JobContext(job, now)
        try:
            handler(context)
        except LeaseLostError:
            log.warning("任务 %s 已由其他进程接手 / job %s was taken over", job.id, job.id)
        except (Exception, SystemExit) as fault:
            log.exception("任务 %s（%s）出错 / job failed", job.id, job.kind)
            ledger.fail(job, f"{type(fault).__name__}: {fault}", self._clock())
        else:
            ledger.finish(job, self._clock())
