"""Jobs survive the death of the consumer process, each effect exactly once."""

import datetime as dt
import signal
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from openbureau.base.database import db, reading, writing
from openbureau.kernel.events.actions import emit
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.jobs.models import Job

Eventually = Callable[[Callable[[], bool]], None]
KILLS = 6
JOBS = 400


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def effects() -> list[int]:
    with reading():
        return [n for (n,) in db.execute_sql("SELECT number FROM effect").fetchall()]


def has_effects(least: int) -> bool:
    return len(effects()) >= least


def states() -> Counter[str]:
    with reading():
        return Counter(job.state for job in Job.select(Job.state))


def test_400_jobs_happen_exactly_once_over_six_kills(consumer: Any, eventually: Eventually) -> None:
    with writing():
        for number in range(JOBS):
            enqueue("test.add_effect", {"number": number}, now=now(), lane=f"lane {number % 7}")
    for kill in range(KILLS):
        consumer.start()
        eventually(partial(has_effects, (kill + 1) * JOBS // (KILLS + 2)))
        consumer.end(signal.SIGKILL)
        assert states()["done"] < JOBS
    consumer.start()
    eventually(lambda: states()["done"] == JOBS)
    assert sorted(effects()) == list(range(JOBS))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_consumer_ends_its_jobs_and_exits_cleanly(
    consumer: Any, eventually: Eventually, number: int
) -> None:
    with writing():
        for each in range(JOBS):
            enqueue("test.add_effect", {"number": each}, now=now())
    consumer.start()
    eventually(lambda: len(effects()) > 5)
    assert consumer.end(number) == 0
    assert states()["running"] == 0
    assert Counter(effects()).most_common(1)[0][1] == 1


def test_a_job_written_later_is_run_without_a_restart(
    consumer: Any, eventually: Eventually
) -> None:
    consumer.start()
    with writing():
        enqueue("test.add_effect", {"number": 5}, now=now())
    eventually(lambda: effects() == [5])


def test_events_reach_their_subscriber_in_order_per_record(
    consumer: Any, eventually: Eventually
) -> None:
    with writing():
        for number in range(30):
            emit(
                "test.happened",
                realm="test/record",
                record_id=1,
                now=now(),
                unit_id=None,
                account_id=None,
                payload={"number": number},
            )
    consumer.start()
    eventually(lambda: len(effects()) == 30)
    assert effects() == list(range(30))


@pytest.mark.parametrize(
    ("kind", "said"), [("test.fail", "ValueError: number 1 is bad"), ("test.leave", "SystemExit")]
)
def test_a_failing_job_is_kept_for_later_and_harms_no_other(
    consumer: Any, eventually: Eventually, kind: str, said: str
) -> None:
    with writing():
        bad = enqueue(kind, {"number": 1}, now=now())
        enqueue("test.add_effect", {"number": 2}, now=now())
    consumer.start()
    eventually(lambda: effects() == [2] and Job.get_by_id(bad).state == "ready")
    job = Job.get_by_id(bad)
    assert said in job.last_error
    assert (job.attempts, job.run_at > now()) == (1, True)
