"""What becomes of one job: claimed, done, tried again, parked, dead, replayed."""

import datetime as dt
import os
import subprocess
import sys

import pytest

from openbureau.base.database import db, writing
from openbureau.kernel.events.actions import emit
from openbureau.kernel.events.models import Event
from openbureau.kernel.events.routing import route_events
from openbureau.kernel.jobs import ledger
from openbureau.kernel.jobs.actions import enqueue, replay
from openbureau.kernel.jobs.dispatch import Dispatcher, JobContext, Registry
from openbureau.kernel.jobs.lease_owner import is_gone, own_name
from openbureau.kernel.jobs.ledger import LeaseLostError
from openbureau.kernel.jobs.models import Job

NOW = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)
ME = own_name()

pytestmark = pytest.mark.usefixtures("database")


def later(**amount: float) -> dt.datetime:
    return NOW + dt.timedelta(**amount)


def add(kind: str = "test.work", **options: object) -> int:
    with writing():
        return enqueue(kind, {}, now=NOW, **options)  # type: ignore[arg-type]


def claimed(now: dt.datetime = NOW, owner: str = ME) -> int | None:
    job = ledger.claim(owner, now)
    return job.id if job else None


def test_jobs_are_claimed_in_the_order_written_and_once() -> None:
    first, second = add(), add()
    assert [claimed(), claimed(), claimed()] == [first, second, None]


def test_a_job_waits_for_its_time() -> None:
    job = add(run_at=later(minutes=5))
    assert claimed(later(minutes=4)) is None
    assert claimed(later(minutes=5)) == job


def test_a_job_with_a_key_is_written_once() -> None:
    assert add(once="bulletin 7") == add(once="bulletin 7")
    assert Job.select().count() == 1


def test_jobs_of_one_lane_wait_for_each_other() -> None:
    first, second, other = add(lane="a"), add(lane="a"), add(lane="b")
    job = ledger.claim(ME, NOW)
    assert job is not None
    assert (job.id, claimed(), claimed()) == (first, other, None)
    ledger.finish(job, NOW)
    assert claimed() == second


def test_a_lane_is_not_held_up_by_an_analysed_table() -> None:
    for number in range(10):
        add(lane=f"lane {number}")
        assert claimed()
    with writing():
        Job.update(state="done").execute()
        db.execute_sql("ANALYZE")
    db.close()
    only = add(lane="a")
    assert claimed() == only


def test_a_retry_keeps_its_lane_waiting() -> None:
    first, second = add(lane="a"), add(lane="a")
    job = ledger.claim(ME, NOW)
    assert job is not None
    ledger.fail(job, "not yet", NOW)
    assert claimed(later(seconds=1)) is None
    assert claimed(later(seconds=6)) == first
    assert second > first


def test_a_job_fails_five_times_and_is_dead_until_replayed() -> None:
    job_id = add()
    moment = NOW
    for _ in range(ledger.ATTEMPTS):
        moment += dt.timedelta(hours=1)
        job = ledger.claim(ME, moment)
        assert job is not None
        ledger.fail(job, "no", moment)
    assert Job.get_by_id(job_id).state == "dead"
    assert claimed(later(days=9)) is None
    with writing():
        assert replay(job_id, now=moment)
    assert claimed(moment) == job_id


def test_a_lease_that_ran_out_is_offered_again() -> None:
    job_id = add()
    claimed(owner="elsewhere:1:1")
    assert ledger.reoffer_expired(later(seconds=29)) == 0
    assert ledger.reoffer_expired(later(seconds=31)) == 1
    assert claimed(later(seconds=31)) == job_id


def test_a_renewed_lease_is_kept() -> None:
    add()
    claimed()
    assert ledger.renew(ME, later(seconds=25)) == 1
    assert ledger.reoffer_expired(later(seconds=40)) == 0


def test_a_job_that_kills_its_process_five_times_is_dead() -> None:
    job_id = add()
    for minute in range(ledger.ATTEMPTS):
        claimed(later(minutes=minute), owner="elsewhere:1:1")
        ledger.reoffer_expired(later(minutes=minute, seconds=45))
    assert Job.get_by_id(job_id).state == "dead"


def test_whoever_lost_the_lease_changes_nothing() -> None:
    add()
    slow = ledger.claim("elsewhere:1:1", NOW)
    ledger.reoffer_expired(later(seconds=31))
    quick = ledger.claim(ME, later(seconds=31))
    assert slow is not None
    assert quick is not None
    assert not ledger.finish(slow, later(seconds=32))
    with pytest.raises(LeaseLostError), writing():
        JobContext(slow, NOW).complete()
    assert ledger.finish(quick, later(seconds=33))


def test_a_vanished_process_of_this_machine_is_known_to_be_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        name = own_name(process.pid)
        assert not is_gone(name)
        process.kill()
    assert is_gone(name)
    assert not is_gone(ME)
    assert not is_gone(f"othermachine:{os.getpid()}:1")


def test_orphans_are_offered_again_at_once() -> None:
    job_id = add()
    machine = ME.partition(":")[0]
    claimed(owner=f"{machine}:{os.getpid()}:1")
    assert ledger.reoffer_orphans(NOW) == 1
    assert claimed() == job_id


def test_progress_is_seen_while_the_job_runs() -> None:
    job_id = add()
    job = ledger.claim(ME, NOW)
    assert job is not None
    JobContext(job, NOW).advance(30, 100)
    row = Job.get_by_id(job_id)
    assert (row.progress, row.progress_total) == (30, 100)


def test_a_job_without_handler_is_parked_and_runs_when_there_is_one() -> None:
    job_id = add("gone.work")
    Dispatcher(Registry({}), lambda: NOW).drain()
    assert Job.get_by_id(job_id).state == "parked"
    done: list[int] = []
    returned = Dispatcher(Registry({"gone.work": lambda c: done.append(c.job.id)}), lambda: NOW)
    returned.sweep()
    returned.drain()
    assert done == [job_id]
    assert Job.get_by_id(job_id).state == "done"


def test_a_job_of_a_unit_where_the_plugin_is_off_is_parked() -> None:
    job_id = add()
    registry = Registry({"test.work": lambda _: None}, may_run=lambda kind, unit_id: False)
    Dispatcher(registry, lambda: NOW).drain()
    assert Job.get_by_id(job_id).state == "parked"


def test_an_event_becomes_one_job_per_subscriber() -> None:
    with writing():
        emit(
            "test.happened",
            realm="test/record",
            record_id=9,
            now=NOW,
            unit_id=None,
            account_id=None,
            payload={},
        )
    assert route_events(["first", "second"], NOW) == 1
    assert route_events(["first", "second"], NOW) == 0
    assert [(j.kind, j.lane) for j in Job.select().order_by(Job.id)] == [
        ("first.after_event", "first:test/record:9"),
        ("second.after_event", "second:test/record:9"),
    ]
    assert Event.get().is_routed


def test_a_sweep_that_raises_does_not_stop_the_next() -> None:
    seen: list[dt.datetime] = []

    def broken(now: dt.datetime) -> None:
        raise ValueError

    Dispatcher(Registry({}, sweeps=[broken, seen.append]), lambda: NOW).sweep()
    assert seen == [NOW]


def test_work_is_rolled_back_with_its_job() -> None:
    def fail_halfway() -> None:
        with writing():
            enqueue("test.work", {}, now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert Job.select().count() == 0
