"""Plans made from invented snapshots: cases a directory server cannot be made to show, and
random histories compared with the snapshot itself."""

import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from openbureau.base.database import db, reading, writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.apply import PlanChanged, apply_plan
from openbureau.kernel.directory.gates import tripped_gates
from openbureau.kernel.directory.plan import AccountRow, Change, Current, Plan, UnitRow
from openbureau.kernel.directory.planning import make_plan
from openbureau.kernel.directory.queries import current_rows
from openbureau.kernel.directory.snapshot import Incomplete, PersonEntry, Snapshot, UnitEntry
from openbureau.kernel.units.models import Unit
from openbureau.testing.directory import NOW

EMPTY = Current((), (), ())


def unit(key: str, parent: str | None = None, **more: Any) -> UnitEntry:
    fields: dict[str, Any] = {"code": f"53{key}", "name": f"单位{key}"}
    return UnitEntry(external_id=key, dn=f"ou={key}", parent=parent, **(fields | more))


def person(key: str, above: str | None = "a1", **more: Any) -> PersonEntry:
    fields: dict[str, Any] = {"login": f"login{key}", "name": f"人{key}"}
    return PersonEntry(external_id=key, dn=f"uid={key}", unit=above, **(fields | more))


def planned(snapshot: Snapshot, current: Current = EMPTY) -> Plan:
    plan = make_plan(snapshot, current)
    assert isinstance(plan, Plan)
    return plan


def reason_for(snapshot: Snapshot, current: Current = EMPTY) -> str:
    refused = make_plan(snapshot, current)
    assert isinstance(refused, Incomplete)
    return refused.reason


def conflicts(changes: Sequence[Change]) -> dict[str, str]:
    return {c.external_id: c.reason for c in changes if c.action == "conflict"}


def account_row(number: int, **more: Any) -> AccountRow:
    fields: dict[str, Any] = {
        "login": f"u{number}",
        "name": f"人{number}",
        "phone": "",
        "mobile": "",
        "mail": "",
        "room": "",
        "state": "active",
        "disabled_reason": "",
        "source": "ldap",
        "external_id": f"p{number}",
        "dn": "",
        "administrator": None,
        "unit_id": 1,
    }
    return AccountRow(id=number, **(fields | more))


def unit_row(number: int, **more: Any) -> UnitRow:
    fields: dict[str, Any] = {
        "code": f"53{number}",
        "name": f"单位{number}",
        "short_name": f"单位{number}",
        "parent_id": None,
        "depth": 0,
        "external_id": None,
        "source": "ldap",
        "is_active": True,
        "access_unit_id": number,
    }
    return UnitRow(id=number, **(fields | more))


def test_cycle_of_units_is_refused() -> None:
    ring = (unit("a1", "a2"), unit("a2", "a3"), unit("a3", "a1"))
    assert reason_for(Snapshot(ring, (person("p1"),))) == "cycle"


def test_nobody_and_no_unit_are_refused() -> None:
    assert reason_for(Snapshot((unit("a1"),), ())) == "empty"
    known = Current((unit_row(1, external_id="a1"),), (), ())
    assert reason_for(Snapshot((), (person("p1", None),)), known) == "no-units"


def test_one_identity_twice_is_refused() -> None:
    assert reason_for(Snapshot((unit("a1"),), (person("p1"), person("p1")))) == "duplicate-identity"


def test_two_people_with_one_login_are_both_a_conflict() -> None:
    twins = (person("p1", login="same"), person("p2", login="same"), person("p3"))
    plan = planned(Snapshot((unit("a1"),), twins))
    assert set(conflicts(plan.people)) == {"p1", "p2"}
    assert [c.key for c in plan.people if c.action == "create"] == ["loginp3"]


def test_holder_of_a_login_keeps_it_against_a_newcomer() -> None:
    row = account_row(1, login="same", name="人p1")
    current = Current((unit_row(1, external_id="a1", code="53a1"),), (row,), ((1, 1, True),))
    plan = planned(
        Snapshot((unit("a1"),), (person("p1", login="same"), person("p2", login="same"))), current
    )
    assert conflicts(plan.people) == {"p2": "duplicate-login:same"}


def test_children_and_people_of_a_unit_in_conflict_are_conflicts() -> None:
    twins = (unit("a1", "a0", code="530100"), unit("a2", "a0", code="530100"))
    units = (unit("a0"), *twins, unit("b1", "a1"))
    plan = planned(Snapshot(units, (person("p1", "a1"), person("p2", "b1"))))
    assert set(conflicts(plan.units)) == {"a1", "a2", "b1"}
    assert set(conflicts(plan.people)) == {"p1", "p2"}


def test_unusable_entries_leave_the_known_account_alone() -> None:
    current = Current(
        (unit_row(1, external_id="a1", code="53a1"),), (account_row(1),), ((1, 1, True),)
    )
    faulty = person("p1", fault="unreadable:cn")
    plan = planned(Snapshot((unit("a1"),), (faulty, person("p2"))), current)
    assert conflicts(plan.people) == {"p1": "unreadable:cn"}
    assert [c.action for c in plan.people if c.row_id == 1] == ["conflict"]


def test_unit_that_vanished_with_people_in_it_stays() -> None:
    rows = (
        unit_row(1, external_id="a1", code="53a1"),
        unit_row(2, external_id="gone", parent_id=1),
    )
    local = account_row(9, source="local", external_id=None, unit_id=None)
    current = Current(rows, (local,), ((9, 2, False),))
    plan = planned(Snapshot((unit("a1"),), (person("p1"),)), current)
    assert conflicts(plan.units) == {"gone": "has-people"}


def test_unit_made_anew_under_its_old_code_is_the_same_unit() -> None:
    current = Current((unit_row(1, external_id="before", code="53a1", name="单位a1"),), (), ())
    plan = planned(Snapshot((unit("a1"),), (person("p1"),)), current)
    assert [(c.action, c.row_id) for c in plan.units] == [("update", 1)]
    assert plan.units[0].after("external_id") == "a1"


def test_hash_depends_on_every_value() -> None:
    snapshot = Snapshot((unit("a1"),), (person("p1"),))
    other = Snapshot((unit("a1"),), (person("p1", room="302"),))
    assert planned(snapshot).hash == planned(snapshot).hash
    assert planned(snapshot).hash != planned(other).hash


class TestGates:
    units = tuple(unit_row(n) for n in range(1, 200))

    @staticmethod
    def tripped(accounts: Sequence[AccountRow], leaving: int) -> tuple[str, ...]:
        changes = [
            Change(action="disable", external_id="", row_id=row.id, name="", key="")
            for row in accounts[:leaving]
        ]
        return tripped_gates(changes, Current(TestGates.units, tuple(accounts), ()))

    @staticmethod
    def spread(people: int) -> list[AccountRow]:
        """People in 160 units, so that neighbours in the list share none."""
        return [account_row(n, unit_id=n % 160 + 1) for n in range(people)]

    def test_thirty_of_three_thousand_pass_and_thirty_one_do_not(self) -> None:
        people = self.spread(3_200)
        assert self.tripped(people, 30) == ()
        assert self.tripped(people, 31) == ("more-than-30-people",)

    def test_five_percent_pass_and_more_do_not(self) -> None:
        people = self.spread(400)
        assert self.tripped(people, 20) == ()
        assert self.tripped(people, 21) == ("more-than-5-percent",)

    def test_one_leaver_of_a_tiny_bureau_passes(self) -> None:
        assert self.tripped(self.spread(10), 1) == ()
        assert self.tripped(self.spread(10), 2) == ("more-than-5-percent",)

    @pytest.mark.parametrize(("leaving", "expected"), [(2, ()), (3, ("tenth-of-unit:531",))])
    def test_a_tenth_of_a_unit(self, leaving: int, expected: tuple[str, ...]) -> None:
        people = [account_row(n, unit_id=1) for n in range(20)]
        others = [account_row(100 + n, unit_id=n % 150 + 2) for n in range(500)]
        assert self.tripped([*people, *others], leaving) == expected

    def test_sections_count_for_their_unit_too(self) -> None:
        units = (unit_row(1), *(unit_row(n, parent_id=1, access_unit_id=1) for n in range(2, 9)))
        people = [account_row(n, unit_id=2 + n % 7) for n in range(28)]
        others = [account_row(100 + n, unit_id=None) for n in range(500)]
        changes = [
            Change(action="disable", external_id="", row_id=n, name="", key="") for n in range(3)
        ]
        assert tripped_gates(changes, Current(units, (*people, *others), ())) == (
            "tenth-of-unit:531",
        )


@pytest.mark.usefixtures("database")
class TestHistory:
    """Many random changes one after the other, each checked against the snapshot."""

    ROUNDS = 60

    def test_database_follows_the_directory(self) -> None:
        rng = random.Random(20250303)
        units = [unit("r0"), *(unit(f"k{n}", "r0") for n in range(6))]
        people = [person(f"p{n}", f"k{n % 6}") for n in range(40)]
        serial = 1000
        for _ in range(self.ROUNDS):
            snapshot = Snapshot(tuple(units), tuple(people))
            self.apply_and_check(snapshot)
            for _ in range(rng.randrange(1, 6)):
                serial += 1
                self.change(rng, units, people, serial)

    def apply_and_check(self, snapshot: Snapshot) -> None:
        with reading():
            plan = planned(snapshot, current_rows())
        apply_plan(plan, snapshot, NOW)
        with reading():
            again = planned(snapshot, current_rows())
            assert again.is_empty, again
            refused = conflicts(again.people)
            for entry in snapshot.people:
                if entry.external_id not in refused:
                    self.check(entry, snapshot)
            present = {entry.external_id for entry in snapshot.people}
            active = Account.select().where(Account.state == "active")
            assert {row.external_id for row in active} <= present
            assert all(row.path.endswith(f"/{row.id}/") for row in Unit.select())

    def check(self, entry: PersonEntry, snapshot: Snapshot) -> None:
        row = Account.get(Account.external_id == entry.external_id)
        state = "disabled" if entry.is_disabled else "active"
        assert (row.login, row.name, row.state) == (entry.login, entry.name, state)
        posts = list(Post.select().where((Post.account == row) & Post.is_active))
        assert [post.unit.external_id for post in posts] == [entry.unit]

    @staticmethod
    def change(
        rng: random.Random, units: list[UnitEntry], people: list[PersonEntry], serial: int
    ) -> None:
        index = rng.randrange(len(people))
        chosen = people[index]
        places = [entry.external_id for entry in units[1:]]
        match rng.randrange(9):
            case 0:
                people[index] = msgspec.structs.replace(chosen, name=f"新名{serial}")
            case 1:
                people[index] = msgspec.structs.replace(chosen, unit=rng.choice(places))
            case 2 if len(people) > 5:
                people.pop(index)
            case 3:
                people.append(person(f"p{serial}", rng.choice(places)))
            case 4:
                people[index] = person(f"p{serial}", rng.choice(places), login=chosen.login)
            case 5:
                other = rng.randrange(len(people))
                first, second = chosen.login, people[other].login
                people[index] = msgspec.structs.replace(chosen, login=second)
                people[other] = msgspec.structs.replace(people[other], login=first)
            case 6:
                people[index] = msgspec.structs.replace(chosen, is_disabled=not chosen.is_disabled)
            case 7:
                units.append(unit(f"n{serial}", rng.choice(places)))
            case 8:
                at = rng.randrange(1, len(units))
                units[at] = msgspec.structs.replace(units[at], name=f"新局{serial}")

    def test_plan_made_before_another_change_is_refused(self) -> None:
        snapshot = Snapshot((unit("a1"),), (person("p1"),))
        with reading():
            plan = planned(snapshot, current_rows())
        with writing():
            Account.create(login="loginp1", name="抢先者", created_at=NOW)
        with pytest.raises(PlanChanged):
            apply_plan(plan, snapshot, NOW)
        assert db.execute_sql("SELECT COUNT(*) FROM unit").fetchone()[0] == 0


def test_second_unit_of_one_name_is_a_conflict_and_the_holder_keeps_it() -> None:
    current = Current((unit_row(1, external_id="a1", code="53a1", name="单位a1"),), (), ())
    entries = (unit("a1"), unit("b1", "a1", name="单位a1"), unit("b2", "a1"))
    plan = planned(Snapshot(entries, (person("p1"), person("p2", "b1"))), current)
    assert conflicts(plan.units) == {"b1": "duplicate-name:单位a1"}
    assert conflicts(plan.people) == {"p2": "unit-in-conflict"}
    assert [c.key for c in plan.units if c.action == "create"] == ["53b2"]


def test_two_new_units_of_one_name_are_both_a_conflict() -> None:
    entries = (unit("a1"), unit("b1", "a1", name="同名"), unit("b2", "a1", name="同名"))
    plan = planned(Snapshot(entries, (person("p1"),)))
    assert conflicts(plan.units) == dict.fromkeys(("b1", "b2"), "duplicate-name:同名")


def test_directory_may_have_one_name_under_two_units() -> None:
    above = (unit("a1"), unit("a2", "a1"), unit("a3", "a1"))
    twins = (unit("b1", "a2", name="开发区分局"), unit("b2", "a3", name="开发区分局"))
    plan = planned(Snapshot((*above, *twins), (person("p1", "b1"), person("p2", "b2"))))
    assert conflicts(plan.units) == {}
    assert conflicts(plan.people) == {}


def test_name_given_up_in_the_same_plan_is_free() -> None:
    rows = tuple(
        unit_row(number, external_id=f"a{number}", code=f"53a{number}", name=name, short_name=name)
        for number, name in ((1, "甲局"), (2, "乙局"))
    )
    entries = (unit("a1", name="乙局"), unit("a2", name="甲局"))
    plan = planned(Snapshot(entries, (person("p1"),)), Current(rows, (), ()))
    assert [(c.action, c.after("name")) for c in plan.units] == [
        ("update", "乙局"),
        ("update", "甲局"),
    ]


def test_sections_of_several_units_may_have_one_name() -> None:
    names: dict[str, Any] = {"code": "", "name": "综合"}
    entries = (unit("a1"), unit("b1", "a1"), unit("c1", "a1", **names), unit("c2", "b1", **names))
    plan = planned(Snapshot(entries, (person("p1"),)))
    assert conflicts(plan.units) == {}
    assert {c.after("kind") for c in plan.units if c.name == "综合"} == {"office"}
