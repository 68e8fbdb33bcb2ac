"""A unit another source has taken: named, given back, and never half a synchronisation."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.directory.running import Synced, rows
from tests.directory.test_runs import applied

from openbureau.base.database import db, reading, writing
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.reading import read_directory
from openbureau.kernel.directory.snapshot import Snapshot
from openbureau.kernel.directory.sources import source_config
from openbureau.kernel.sync.queries import plan_lines
from openbureau.kernel.units.adoption import (
    UnitAdoption,
    UnitNotAdoptable,
    adopt_units,
    plan_adoption,
)
from openbureau.kernel.units.models import Node, Unit
from openbureau.testing.directory import person_entry, suffix_entries, unit_entry
from openbureau.testing.slapd import Slapd

pytestmark = pytest.mark.slapd
CODE = "530300"


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Synced]:
    found = Synced(tmp_path / "data")
    with writing():
        node = Node.create(name="省局", is_self=True)
        Unit.create(code=CODE, name="曲靖市局", short_name="曲靖市局", kind="prefecture",
                    home_node=node)  # fmt: skip
    yield found
    db.close()


def office(make_slapd: Callable[..., Slapd], people: int, prefix: str) -> Slapd:
    unit = unit_entry("曲靖市局", CODE)
    names = [person_entry(f"{prefix}{n}", f"王{prefix}{n}", unit[0]) for n in range(people)]
    return make_slapd([*suffix_entries(), unit, *names])


def adoption(synced: Synced, source: DirectorySource) -> UnitAdoption:
    with reading():
        config = source_config(source, synced.settings.data)
    found = read_directory(config)
    assert isinstance(found, Snapshot)
    with reading():
        return plan_adoption(Unit.get(Unit.code == CODE), source, found)


def in_use() -> int:
    with reading():
        return int(Account.select().where(Account.state == "active").count())


def test_a_unit_taken_by_another_directory_is_given_back(
    synced: Synced, make_slapd: Callable[..., Slapd]
) -> None:
    first = synced.add_source(office(make_slapd, 21, "a").url, "first")
    other = synced.add_source(office(make_slapd, 3, "b").url, "other")
    run = applied(synced, synced.read(first))
    synced.undo(run)
    applied(synced, synced.read(other))
    assert in_use() == 5
    before = rows()
    stopped = synced.read(first)
    assert (stopped.state, stopped.reason) == ("incomplete", "top-unit-in-conflict")
    assert "other" in stopped.detail
    assert {name: held for name, held in rows().items() if name != "todo"} == {
        name: held for name, held in before.items() if name != "todo"
    }
    given = adoption(synced, first)
    assert [unit.code for unit, _ in given.units] == [CODE]
    with writing():
        adopt_units(given, By(synced.now, synced.first))
    again = synced.read(first)
    assert (again.state, len(plan_lines(again))) == ("planned", 1)
    applied(synced, again)
    assert in_use() == 26
    with pytest.raises(UnitNotAdoptable):
        adoption(synced, first)


def test_people_of_one_directory_behind_two_sources_go_with_their_unit(
    synced: Synced, make_slapd: Callable[..., Slapd]
) -> None:
    server = office(make_slapd, 21, "a")
    first = synced.add_source(server.url, "first")
    applied(synced, synced.read(first))
    other = synced.add_source(server.url, "other")
    stopped = synced.read(other)
    assert (stopped.state, stopped.reason) == ("incomplete", "top-unit-in-conflict")
    assert "first" in stopped.detail
    given = adoption(synced, other)
    assert (len(given.units), len(given.people)) == (1, 21)
    with writing():
        adopt_units(given, By(synced.now, synced.first))
    assert synced.read(other).state == "empty"
    assert synced.read(first).state == "incomplete"


def test_a_login_of_another_source_is_named(
    synced: Synced, make_slapd: Callable[..., Slapd]
) -> None:
    applied(synced, synced.read(synced.add_source(office(make_slapd, 2, "a").url, "first")))
    away = unit_entry("玉溪市局", "530400")
    people = [person_entry("a1", "另一人", away[0]), person_entry("c1", "丙", away[0])]
    other = synced.add_source(make_slapd([*suffix_entries(), away, *people]).url, "other")
    run = synced.read(other)
    reasons = [line.reason for unit in plan_lines(run) for line in unit.lines if line.reason]
    assert len(reasons) == 1
    assert reasons[0][0].endswith("：a1，first")
    synced.now += dt.timedelta(seconds=1)
    assert applied(synced, run).state == "applied"
