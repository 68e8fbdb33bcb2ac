"""Many changes at once in a directory of 3,200 people: nobody is doubled, nobody's identity is
taken over, and strange names are only names."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.directory.running import Synced

from openbureau.base.database import db
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.sync.actions import apply_run
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.queries import plan_counts, plan_lines
from openbureau.kernel.units.models import Unit
from openbureau.shell.demo.bureau import bureau
from openbureau.shell.demo.ldif import demo_ldif, unit_dns
from openbureau.testing.directory import (
    PROVINCE_DN,
    bureau_entries,
    person_entry,
    suffix_entries,
    unit_entry,
)
from openbureau.testing.ldif import ldif
from openbureau.testing.slapd import SUFFIX, Slapd, running_slapd

pytestmark = pytest.mark.slapd


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Synced]:
    yield Synced(tmp_path / "data")
    db.close()


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Slapd]:
    """The demo bureau in its full size."""
    reader = ldif(suffix_entries()[1:])
    content = "".join(demo_ldif("full", SUFFIX, password=None)) + reader
    with running_slapd(tmp_path / "full", content) as server:
        yield server


def applied(synced: Synced, source: DirectorySource, scope: str = "full") -> SyncRun:
    run = synced.read(source, scope)
    if run.state == "empty":
        return run
    return apply_run(
        run, synced.settings, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now
    )


def modify(server: Slapd, *changes: tuple[str, dict[str, str]]) -> None:
    server.modify(ldif(changes))


def test_moves_renames_new_names_of_units_and_names_used_again(synced: Synced, full: Slapd) -> None:
    source = synced.add_source(full.url)
    applied(synced, source)
    people = list(Account.select().where(Account.source == "ldap").order_by(Account.id))
    assert len(people) == len(bureau("full").people)
    assert Unit.select().where(Unit.is_access_unit).count() == 163
    change_620_people(synced, full, people)
    rename_five_units(synced, full)


def change_620_people(synced: Synced, full: Slapd, people: list[Account]) -> None:
    """500 moves, 100 new names, 20 login names given to somebody else."""
    rng = random.Random(7)
    chosen = rng.sample(people, 620)
    moved, renamed, replaced = chosen[:500], chosen[500:600], chosen[600:]
    places = [a.directory_dn.partition(",")[2] for a in rng.sample(people, 500)]
    modify(
        full,
        *(move(a, place) for a, place in zip(moved, places, strict=True)),
        *(
            (a.directory_dn, {"changetype": "modify", "replace": "cn", "cn": f"新{a.name}"})
            for a in renamed
        ),
        *(change for account in replaced for change in replacement(account)),
    )
    assert applied(synced, DirectorySource.get(), "delta").state == "applied"
    again = {a.id: a for a in Account.select()}
    assert all(again[a.id].name == f"新{a.name}" for a in renamed)
    assert all(again[a.id].external_id == a.external_id for a in people)
    for account in replaced:
        old = again[account.id]
        assert (old.login, old.name) == (f"{account.login}~{old.id}", account.name)
        assert old.state == "disabled"
        assert Account.get(Account.login == account.login).name == f"继{account.name}"
    assert Account.select().count() == len(people) + 20 + 2
    active = Post.select().join(Account).where(Post.is_active & (Account.state == "active"))
    assert active.count() == len(people)
    assert synced.read(DirectorySource.get()).state == "empty"


def move(account: Account, place: str) -> tuple[str, dict[str, str]]:
    return account.directory_dn, {
        "changetype": "modrdn",
        "newrdn": f"uid={account.login}",
        "deleteoldrdn": "0",
        "newsuperior": place,
    }


def replacement(account: Account) -> list[tuple[str, dict[str, str]]]:
    entry = {"changetype": "add", "objectClass": "inetOrgPerson", "uid": account.login}
    return [
        (account.directory_dn, {"changetype": "delete"}),
        (account.directory_dn, {**entry, "cn": f"继{account.name}", "sn": "继"}),
    ]


def rename_five_units(synced: Synced, full: Slapd) -> None:
    places = unit_dns(bureau("full"), SUFFIX)
    names = [dn for code, dn in sorted(places.items()) if code.endswith("25")][:5]
    assert len(names) == 5
    for number, name in enumerate(names):
        change = {"changetype": "modrdn", "newrdn": f"ou=新{number}局", "deleteoldrdn": "1"}
        modify(full, (name, change))
    before = {a.id: a.directory_dn for a in Account.select()}
    run = applied(synced, DirectorySource.get(), "delta")
    assert plan_counts(run) == {"rename": 5}
    moved = [a for a in Account.select() if before[a.id] != a.directory_dn]
    assert len(moved) > 5
    assert all("ou=新" in account.directory_dn for account in moved)
    assert synced.read(DirectorySource.get()).state == "empty"


STRANGE = (
    "*", "u*)(uid=*", "admin)(&", "\\2a", "a, b", "a+b=c", "#hash", '"quoted"', "<b>粗</b>",
    "' OR 1=1 --", "{{ 7*7 }}", "${jndi}", "../../etc", "%(name)s", "王;DROP", "𠀀𠀁",
)  # fmt: skip


def escaped(name: str) -> str:
    return "".join(f"\\{c}" if c in ',+"\\<>;=#' else c for c in name)


def test_strange_names_are_only_names(synced: Synced, tmp_path: Path) -> None:
    units = [
        (f"ou={escaped(name)},{PROVINCE_DN}", unit_entry(name, f"5399{n:02d}")[1])
        for n, name in enumerate(STRANGE)
    ]
    people = [
        (f"uid=s{n},{units[n][0]}", person_entry(f"s{n}", name, SUFFIX, title=name)[1])
        for n, name in enumerate(STRANGE)
    ]
    content = ldif([*bureau_entries(), *units, *people])
    with running_slapd(tmp_path / "strange", content) as server:
        source = synced.add_source(server.url)
        run = applied(synced, source)
        assert run.state == "applied"
        assert len([line for group in plan_lines(run) for line in group.lines]) == 234 + 32
        for number, name in enumerate(STRANGE):
            account = Account.get(Account.login == f"s{number}")
            post = Post.get(Post.account == account)
            assert (account.name, post.title, post.unit.name) == (name, name, name)
        assert synced.read(source, "delta").state == "empty"


@pytest.mark.parametrize("year", ["2019", "2039"])
def test_clock_of_the_directory_may_be_wrong(synced: Synced, tmp_path: Path, year: str) -> None:
    """Its times are compared with its own times only."""
    entries = [
        (dn, {**attributes, "modifyTimestamp": f"{year}0101000000Z"})
        for dn, attributes in bureau_entries()
    ]
    server = Slapd(tmp_path / year)
    server.load(ldif(entries), is_schema_checked=False)
    server.start()
    try:
        source = synced.add_source(server.url)
        assert applied(synced, source).state == "applied"
        assert f'"at":"{year}0101000000Z"' in DirectorySource.get().high_water
        assert synced.read(DirectorySource.get(), "delta").state == "empty"
        name = Account.get(Account.login == "u9").directory_dn
        modify(server, (name, {"changetype": "delete"}))
        assert plan_counts(synced.read(DirectorySource.get(), "delta")) == {"disable": 1}
    finally:
        server.stop()


def test_counting_that_goes_back_is_read_whole(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, source)
    mark = {"at": "20990101000000Z", "is_settled": True, "read_at": 0}
    ahead = json.dumps({slapd.url: mark})
    DirectorySource.update(high_water=ahead).where(DirectorySource.id == source.id).execute()
    name = Account.get(Account.login == "u9").directory_dn
    modify(slapd, (name, {"changetype": "modify", "replace": "roomNumber", "roomNumber": "7"}))
    assert plan_counts(applied(synced, DirectorySource.get(), "delta")) == {"update": 1}
    assert "2099" not in DirectorySource.get().high_water


def test_second_change_within_one_second_is_seen(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, source)
    name = Account.get(Account.login == "u9").directory_dn
    for room in ("1", "2", "3"):
        modify(slapd, (name, {"changetype": "modify", "replace": "roomNumber", "roomNumber": room}))
        applied(synced, DirectorySource.get(), "delta")
        assert Account.get(Account.login == "u9").room == room


def test_login_noise_writes_nothing(synced: Synced, slapd: Slapd) -> None:
    """Failed sign-ins and the like move the time of change without changing anything."""
    source = synced.add_source(slapd.url)
    applied(synced, source)
    runs = SyncRun.select().count()
    name = Account.get(Account.login == "u9").directory_dn
    modify(slapd, (name, {"changetype": "modify", "replace": "description", "description": "x"}))
    before = Account.select().tuples()[:]
    assert synced.read(DirectorySource.get(), "delta").state == "empty"
    assert Account.select().tuples()[:] == before
    assert SyncRun.select().count() == runs + 1
