"""Twelve faulty directories: nobody is disabled, nothing is deleted, and every system
administrator is told once, however often it is tried again."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.directory.running import Synced, rows

from openbureau.base.database import db, writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.plan import Plan
from openbureau.kernel.directory.planning import make_plan
from openbureau.kernel.directory.queries import current_rows
from openbureau.kernel.directory.snapshot import PersonEntry, Snapshot, UnitEntry
from openbureau.kernel.sync.actions import apply_run
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.queries import plan_of
from openbureau.kernel.sync.runs import record_run
from openbureau.kernel.sync.schedule import run_scheduled
from openbureau.kernel.todos.models import Notice
from openbureau.testing.directory import bureau_entries, dn_of, unit_of
from openbureau.testing.fault_proxy import Fault, FaultProxy
from openbureau.testing.slapd import SUFFIX, Slapd, free_port, make_certificates

pytestmark = pytest.mark.slapd
ADMINISTRATORS = 2


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Synced]:
    yield Synced(tmp_path / "data")
    db.close()


@pytest.fixture
def source(synced: Synced, shared_slapd: Slapd) -> DirectorySource:
    """A source whose people are here already, and that applies what no gate stops."""
    made = synced.add_source(shared_slapd.url, applies_itself=True)
    run = synced.read(made)
    apply_run(
        run, synced.settings, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now
    )
    assert Account.select().count() == 208 + ADMINISTRATORS
    return made


def point(source: DirectorySource, **changes: Any) -> None:
    with writing():
        DirectorySource.update(**changes).where(DirectorySource.id == source.id).execute()


def tried(synced: Synced, source: DirectorySource, times: int = 3) -> SyncRun:
    """What the schedule does, several times over."""
    runs = []
    for _ in range(times):
        synced.now += dt.timedelta(minutes=5)
        runs.append(run_scheduled(source.id, "full", synced.settings, synced.now))
    first = runs[0]
    assert first is not None
    return first


def assert_told_once(before: dict[str, list[Any]], state: str, reason: str = "") -> None:
    assert rows() == before
    run = SyncRun.select().order_by(SyncRun.id.desc()).first()
    assert (run.state, run.reason) == (state, reason)
    notices = Notice.select()
    assert notices.count() == ADMINISTRATORS
    assert {notice.url for notice in notices} == {f"/-/console/sync/{run.uid}"}
    alarms = AuditRecord.select().where(AuditRecord.action == "core.alarm_sync")
    assert alarms.count() == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"url": "ldap://127.0.0.1:{port}"}, "unreachable"),
        ({"base": f"ou=renamed,{SUFFIX}"}, "wrong-base"),
        ({"person_filter": "(uid="}, "bad-filter"),
        ({"person_filter": "(objectClass=nothing)"}, "empty"),
        ({"password": ""}, "no-search-account"),
    ],
)
def test_wrongly_described_source(
    synced: Synced, source: DirectorySource, changes: dict[str, str], reason: str
) -> None:
    port = free_port()
    point(source, **{name: value.format(port=port) for name, value in changes.items()})
    before = rows()
    tried(synced, source)
    assert_told_once(before, "incomplete", reason)


def test_expired_password_of_the_search_account(synced: Synced, source: DirectorySource) -> None:
    point(source, bind_dn=dn_of(3))
    before = rows()
    tried(synced, source)
    assert_told_once(before, "incomplete", "refused-credentials")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Fault("cut", 30_000), "cut-off"), (Fault("reset"), "cut-off"), (Fault("hang"), "timed-out")],
)
def test_line_that_breaks(
    synced: Synced, source: DirectorySource, proxy: FaultProxy, fault: Fault, reason: str
) -> None:
    proxy.fault = fault
    point(source, url=proxy.url)
    before = rows()
    tried(synced, source, times=1 if reason == "timed-out" else 3)
    assert_told_once(before, "incomplete", reason)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ("size.soft=100 size.hard=100 size.prtotal=100", "size-limit"),
        ("size.soft=unlimited size.hard=unlimited size.pr=50", "admin-limit"),
    ],
)
def test_server_that_gives_half(
    synced: Synced,
    source: DirectorySource,
    make_slapd: Callable[..., Slapd],
    limits: str,
    reason: str,
) -> None:
    point(source, url=make_slapd(bureau_entries(), reader_limits=limits).url)
    before = rows()
    tried(synced, source)
    assert_told_once(before, "incomplete", reason)


def test_part_on_another_server(
    synced: Synced, source: DirectorySource, make_slapd: Callable[..., Slapd]
) -> None:
    referral = {
        "objectClass": ["referral", "extensibleObject"],
        "cn": "elsewhere",
        "ref": f"ldap://127.0.0.1:1/cn=elsewhere,{SUFFIX}",
    }
    entries = [*bureau_entries(), (f"cn=elsewhere,{SUFFIX}", referral)]
    point(source, url=make_slapd(entries).url)
    before = rows()
    tried(synced, source)
    assert_told_once(before, "incomplete", "referral")


@pytest.mark.parametrize("days", [-1, 2])
def test_certificate_expired_or_of_another_host(
    synced: Synced,
    source: DirectorySource,
    make_slapd: Callable[..., Slapd],
    tmp_path: Path,
    days: int,
) -> None:
    host = "localhost" if days < 0 else "elsewhere.example"
    certificates = make_certificates(tmp_path / "tls", host=host, days=days)
    server = make_slapd(bureau_entries(), certificates=certificates)
    point(source, url=server.tls_url, ca_certificate=certificates.ca_file.read_text())
    before = rows()
    tried(synced, source)
    assert_told_once(before, "incomplete", "untrusted-certificate")


def test_certificate_authority_given_as_text(
    synced: Synced, source: DirectorySource, make_slapd: Callable[..., Slapd], tmp_path: Path
) -> None:
    certificates = make_certificates(tmp_path / "tls")
    server = make_slapd(bureau_entries(), certificates=certificates)
    point(source, url=server.tls_url, ca_certificate=certificates.ca_file.read_text())
    # Another server means other identities: everybody would leave, and nobody does.
    run = tried(synced, source, times=1)
    assert run.state == "blocked"


def test_thirty_percent_gone_waits_for_a_second_administrator(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url, applies_itself=True)
    run = synced.read(source)
    apply_run(
        run, synced.settings, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now
    )
    slapd.modify("".join(f"dn: {dn_of(n)}\nchangetype: delete\n\n" for n in range(0, 204, 3)))
    before = rows()
    tried(synced, source)
    assert_told_once(before, "blocked")


def test_duplicate_login_and_mail_are_named_and_nobody_is_hurt(
    synced: Synced, slapd: Slapd
) -> None:
    source = synced.add_source(slapd.url, applies_itself=True)
    run = synced.read(source)
    apply_run(
        run, synced.settings, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now
    )
    slapd.modify(
        f"dn: {dn_of(9)}\nchangetype: modify\nreplace: mail\nmail: u10@bureau.example\n\n"
        f"dn: {dn_of(11)}\nchangetype: modify\nreplace: mail\nmail: U10@bureau.example\n\n"
        f"dn: uid=u12,{unit_of(80)}\nchangetype: add\nobjectClass: inetOrgPerson\n"
        "uid: u12\ncn: Twin\nsn: Twin\n\n"
    )
    before = rows()
    tried(synced, source)
    assert_told_once(before, "empty")
    plan = plan_of(SyncRun.select().order_by(SyncRun.id.desc()).first())
    assert plan is not None
    assert {line.reason for line in plan.people} == {
        "duplicate-mail:u10@bureau.example",
        "duplicate-mail:U10@bureau.example",
        "duplicate-login:u12",
    }


def test_ring_of_units_changes_nothing(synced: Synced, source: DirectorySource) -> None:
    before = rows()
    ring = (
        UnitEntry(external_id="a", dn="ou=a", parent="b", name="甲"),
        UnitEntry(external_id="b", dn="ou=b", parent="a", name="乙"),
    )
    people = tuple(make_person(n) for n in range(3))
    found = make_plan(Snapshot(ring, people), current_rows(source))
    assert not isinstance(found, Plan)
    for _ in range(3):
        record_run(source, found, synced.now, scope="full", trigger="schedule")
    assert_told_once(before, "incomplete", "cycle")


def make_person(number: int) -> PersonEntry:
    return PersonEntry(
        external_id=f"p{number}", dn=f"uid=p{number}", unit="a", login=f"p{number}", name="某"
    )
