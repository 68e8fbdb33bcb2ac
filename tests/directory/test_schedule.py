"""What runs by itself: jobs, their times, and the end of the leavers' grace."""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.directory.running import Synced, rows

from openbureau.base.database import db, is_postgresql, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.accounts.models import Account, SecondFactor
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.jobs.dispatch import Dispatcher, Registry
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.settings.actions import choose_setting
from openbureau.kernel.settings.declared import CORE_SETTINGS
from openbureau.kernel.sync.actions import apply_run, order_run, start_run
from openbureau.kernel.sync.jobs import sync_handlers
from openbureau.kernel.sync.leavers import archive_leavers
from openbureau.kernel.sync.locking import held
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.schedule import schedule_syncs
from openbureau.kernel.todos.models import Notice
from openbureau.testing.directory import dn_of
from openbureau.testing.slapd import Slapd

pytestmark = pytest.mark.slapd


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Synced]:
    yield Synced(tmp_path / "data")
    db.close()


def drain(synced: Synced) -> int:
    registry = Registry(sync_handlers(synced.settings))
    return Dispatcher(registry, lambda: synced.now).drain()


def at(hour: int, minute: int, day: int = 4) -> dt.datetime:
    """A moment of March 2025 in China."""
    return dt.datetime(2025, 3, day, hour, minute, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def removal(*indexes: int) -> str:
    return "".join(f"dn: {dn_of(index)}\nchangetype: delete\n\n" for index in indexes)


def test_full_reading_is_asked_for_once_a_day(synced: Synced, shared_slapd: Slapd) -> None:
    synced.add_source(shared_slapd.url, full_at="02:00")
    assert schedule_syncs(at(1, 59)) == 0
    assert schedule_syncs(at(2, 0)) == 1
    assert schedule_syncs(at(2, 1)) == 0
    assert schedule_syncs(at(23, 0)) == 0
    assert schedule_syncs(at(5, 30, day=5)) == 1


def test_delta_waits_for_the_one_before(synced: Synced, shared_slapd: Slapd) -> None:
    synced.add_source(shared_slapd.url, delta_every_min=5)
    assert [schedule_syncs(at(9, minute)) for minute in range(3)] == [1, 0, 0]
    assert schedule_syncs(at(9, 5)) == 0
    synced.now = at(9, 6)
    assert drain(synced) == 1
    assert [schedule_syncs(at(9, minute)) for minute in (7, 10, 12)] == [1, 0, 0]


def test_retired_source_is_left_alone(synced: Synced, shared_slapd: Slapd) -> None:
    source = synced.add_source(shared_slapd.url, full_at="02:00", delta_every_min=1)
    with writing():
        DirectorySource.update(is_active=False).where(DirectorySource.id == source.id).execute()
    assert schedule_syncs(at(3, 0)) == 0


def test_schedule_applies_what_no_gate_stops(synced: Synced, slapd: Slapd) -> None:
    synced.add_source(slapd.url, delta_every_min=5, applies_itself=True)
    synced.now = at(9, 0)
    schedule_syncs(synced.now)
    drain(synced)
    assert Account.select().where(Account.source == "ldap").count() == 208
    slapd.modify(removal(9))
    before = SyncRun.select().count()
    synced.now = at(9, 5)
    schedule_syncs(synced.now)
    drain(synced)
    assert Account.get(Account.login == "u9").state == "disabled"
    assert SyncRun.select().count() == before + 1
    for minute in (10, 15, 20):
        synced.now = at(9, minute)
        schedule_syncs(synced.now)
        drain(synced)
    assert SyncRun.select().count() == before + 1
    assert Notice.select().count() == 0


def test_what_was_taken_back_is_not_done_again_by_itself(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url, delta_every_min=5, applies_itself=True)
    synced.now = at(9, 0)
    schedule_syncs(synced.now)
    drain(synced)
    slapd.modify(removal(9))
    synced.now = at(9, 5)
    schedule_syncs(synced.now)
    drain(synced)
    run = SyncRun.select().where(SyncRun.source == source).order_by(SyncRun.id.desc()).first()
    synced.undo(run)
    for minute in (10, 15):
        synced.now = at(9, minute)
        schedule_syncs(synced.now)
        drain(synced)
    assert Account.get(Account.login == "u9").state == "active"
    waiting = SyncRun.select().where(SyncRun.state == "planned")
    assert waiting.count() == 1
    assert Notice.select().count() == 2


def test_without_leave_to_apply_the_plan_waits_and_two_are_told(
    synced: Synced, slapd: Slapd
) -> None:
    synced.add_source(slapd.url, delta_every_min=5)
    before = rows("account", "unit", "post")
    for minute in (0, 5, 10):
        synced.now = at(9, minute)
        schedule_syncs(synced.now)
        drain(synced)
    assert rows("account", "unit", "post") == before
    assert [run.state for run in SyncRun.select()] == ["planned"]
    assert Notice.select().count() == 2


def test_preview_and_order_run_as_jobs_with_progress(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    with writing():
        run = start_run(source, account_id=synced.first, now=synced.now)
    assert drain(synced) == 1
    run = SyncRun.get_by_id(run.id)
    assert run.state == "planned"
    job = Job.get()
    assert (job.progress, job.progress_total, job.state) == (4, 4, "done")
    with writing():
        order_run(run, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now)
    assert SyncRun.get_by_id(run.id).state == "applying"
    assert drain(synced) == 1
    assert SyncRun.get_by_id(run.id).state == "applied"


def test_leavers_are_archived_after_their_grace_and_keep_everything(
    synced: Synced, slapd: Slapd
) -> None:
    source = synced.add_source(slapd.url)

    def apply() -> None:
        run = synced.read(source)
        apply_run(
            run, synced.settings, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now
        )

    apply()
    leaver = Account.get(Account.login == "u9")
    with writing():
        SecondFactor.create(account=leaver, secret="sealed", created_at=synced.now)
        Account.update(state="disabled", disabled_at=synced.now).where(
            Account.login == "u20"
        ).execute()
    slapd.modify(removal(9))
    apply()
    assert archive_leavers(synced.now + dt.timedelta(days=29)) == 0
    with writing():
        Account.update(administrator="audit").where(Account.id == leaver.id).execute()
    assert archive_leavers(synced.now + dt.timedelta(days=30)) == 0
    with writing():
        Account.create(login="a2", name="a2", administrator="audit", created_at=synced.now)
    assert archive_leavers(synced.now + dt.timedelta(days=30)) == 1
    assert archive_leavers(synced.now + dt.timedelta(days=31)) == 0
    archived = Account.get_by_id(leaver.id)
    assert (archived.state, archived.login, archived.name) == ("archived", "u9", "张三9")
    assert SecondFactor.get(SecondFactor.account == leaver).secret == "sealed"
    assert Account.get(Account.login == "u20").state == "disabled"
    assert AuditRecord.select().where(AuditRecord.action == "core.archive_leavers").count() == 1


def test_grace_is_a_setting(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    with writing():
        Account.create(
            login="left", name="已离开", source="ldap", state="disabled", directory=source,
            disabled_reason="directory", disabled_at=synced.now, created_at=synced.now,
        )  # fmt: skip
        choose_setting(CORE_SETTINGS["core.leaver_grace_days"], 7, now=synced.now)
    assert archive_leavers(synced.now + dt.timedelta(days=6)) == 0
    assert archive_leavers(synced.now + dt.timedelta(days=7)) == 1


def test_archived_person_who_comes_back_is_the_same_account(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    run = synced.read(source)
    apply_run(
        run, synced.settings, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now
    )
    person = Account.get(Account.login == "u9")
    with writing():
        Account.update(state="archived", disabled_reason="directory", archived_at=synced.now).where(
            Account.id == person.id
        ).execute()
    again = synced.read(source, "delta")
    apply_run(
        again, synced.settings, account_id=synced.first, plan_hash=again.plan_hash, now=synced.now
    )
    back = Account.get(Account.login == "u9")
    assert (back.id, back.state, back.archived_at) == (person.id, "active", None)


@pytest.fixture
def either(tmp_path: Path, database_url: str) -> Iterator[Synced]:
    """An installation on each of the two databases."""
    yield Synced(tmp_path / "data", database_url)
    db.close()
    if is_postgresql():
        db.close_all()


def test_one_synchronisation_of_a_source_at_a_time(either: Synced) -> None:
    def attempt(source_id: int | None) -> str:
        try:
            with held(source_id, either.settings, wait_s=0):
                return "held"
        except OperatorError as refused:
            return refused.code
        finally:
            db.close()

    with ThreadPoolExecutor(1) as other, held(1, either.settings, wait_s=0):
        assert other.submit(attempt, 1).result() == "LDAP-003"
        assert other.submit(attempt, 2).result() == "held"
    with ThreadPoolExecutor(1) as other:
        assert other.submit(attempt, 1).result() == "held"
