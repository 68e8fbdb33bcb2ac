"""Random changes of an invented directory: what the plan says is what is written, and taking it
back leaves every row that was there as it was."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.directory.running import Synced

from openbureau.base.database import db, is_postgresql, reading, writing
from openbureau.kernel.access.models import Role, RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.group_roles import map_group
from openbureau.kernel.directory.images import row_values
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.plan import Plan
from openbureau.kernel.directory.planning import make_plan
from openbureau.kernel.directory.queries import current_rows
from openbureau.kernel.directory.snapshot import (
    GroupEntry,
    PersonEntry,
    PostEntry,
    Snapshot,
    UnitEntry,
)
from openbureau.kernel.directory.sync import Prepared
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.plan_text import decoded, encoded
from openbureau.kernel.sync.runs import finish_run, record_run
from openbureau.kernel.sync.steps import keep
from openbureau.kernel.units.models import Unit

TABLES = ("account", "post", "unit", "role_grant")
MODELS: dict[str, Any] = {"account": Account, "post": Post, "unit": Unit, "role_grant": RoleGrant}


@pytest.fixture
def synced(tmp_path: Path, database_url: str) -> Iterator[Synced]:
    """An installation on each of the two databases."""
    yield Synced(tmp_path / "data", database_url)
    db.close()
    if is_postgresql():
        db.close_all()


class World:
    """A directory that changes at random."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.serial = 1000
        self.units = [self.unit("r0", None), *(self.unit(f"k{n}", "r0") for n in range(6))]
        self.people = [self.person(f"p{n}", f"k{n % 6}") for n in range(40)]
        self.members = {f"p{n}" for n in range(0, 40, 3)}

    @staticmethod
    def unit(key: str, parent: str | None) -> UnitEntry:
        return UnitEntry(
            external_id=key, dn=f"ou={key}", parent=parent, code=f"53{key}", name=f"单位{key}"
        )

    @staticmethod
    def person(key: str, above: str, **more: Any) -> PersonEntry:
        fields: dict[str, Any] = {"login": f"login{key}", "name": f"人{key}", "rank": 100}
        return PersonEntry(external_id=key, dn=f"uid={key}", unit=above, **(fields | more))

    @property
    def snapshot(self) -> Snapshot:
        group = GroupEntry("g1", "cn=g1", "g1", frozenset(self.members))
        return Snapshot(tuple(self.units), tuple(self.people), (group,))

    def change(self) -> None:
        """One change of a kind a directory makes."""
        self.serial += 1
        at = self.rng.randrange(len(self.people))
        places = [entry.external_id for entry in self.units[1:]]
        self.rng.choice((self.change_person, self.change_people, self.change_place))(at, places)

    def change_person(self, at: int, places: list[str]) -> None:
        match self.rng.randrange(5):
            case 0:
                self.alter(at, name=f"新名{self.serial}")
            case 1:
                self.exchange_logins(at, self.rng.randrange(len(self.people)))
            case 2:
                self.alter(at, is_disabled=not self.people[at].is_disabled)
            case 3:
                self.members ^= {self.people[at].external_id}
            case 4:
                self.alter(at, phone=str(self.serial), rank=self.serial % 50)

    def change_people(self, at: int, places: list[str]) -> None:
        match self.rng.randrange(3):
            case 0 if len(self.people) > 8:
                self.people.pop(at)
            case 1:
                login = self.people[at].login
                self.people[at] = self.person(f"p{self.serial}", places[0], login=login)
            case _:
                self.people.append(self.person(f"p{self.serial}", self.rng.choice(places)))

    def change_place(self, at: int, places: list[str]) -> None:
        match self.rng.randrange(4):
            case 0:
                self.alter(at, unit=self.rng.choice(places), title=f"职务{self.serial % 3}")
            case 1:
                self.units.append(self.unit(f"n{self.serial}", self.rng.choice(places)))
            case 2:
                self.alter_unit(name=f"新局{self.serial}")
            case 3:
                post = PostEntry(self.rng.choice([*places, None]), f"兼{self.serial % 4}")
                self.alter(at, posts=() if self.people[at].posts else (post,))

    def alter(self, at: int, **fields: Any) -> None:
        self.people[at] = msgspec.structs.replace(self.people[at], **fields)

    def alter_unit(self, **fields: Any) -> None:
        at = self.rng.randrange(1, len(self.units))
        self.units[at] = msgspec.structs.replace(self.units[at], **fields)

    def exchange_logins(self, one: int, other: int) -> None:
        first, second = self.people[one].login, self.people[other].login
        self.alter(one, login=second)
        self.alter(other, login=first)


def all_rows() -> dict[str, dict[int, tuple[Any, ...]]]:
    with reading():
        return {
            table: {row[0]: row for row in model.select().order_by(model.id).tuples()}
            for table, model in MODELS.items()
        }


def planned(source: DirectorySource, snapshot: Snapshot) -> Plan:
    with reading():
        plan = make_plan(snapshot, current_rows(source))
    assert isinstance(plan, Plan)
    return plan


def applied(synced: Synced, source: DirectorySource, snapshot: Snapshot) -> SyncRun | None:
    """The run of this snapshot, confirmed where a gate would ask; None without differences."""
    prepared = Prepared(snapshot, planned(source, snapshot))
    run = record_run(source, prepared, synced.now, scope="full", trigger="manual")
    if run is None or run.state == "empty":
        return None
    assert run.plan == encoded(prepared.plan)
    assert decoded(run.plan) == prepared.plan
    with writing():
        keep(run, state="applying")
    assert finish_run(run, prepared, synced.now).state == "applied"
    return run


def assert_plan_was_written(
    plan: Plan, before: dict[str, dict[int, Any]], after: dict[str, dict[int, Any]]
) -> None:
    """Every account and unit that differs stands in the plan, and with the plan's values."""
    people = {c.row_id: c for c in plan.people if c.action != "conflict" and c.row_id}
    noted = {row_id for row_id, _ in plan.renamed_entries}
    touched = {key for key, row in before["account"].items() if after["account"][key] != row}
    assert touched <= people.keys() | noted
    created = sum(change.action == "create" for change in plan.people)
    assert len(after["account"]) - len(before["account"]) == created
    units = {c.row_id for c in plan.units if c.action != "conflict" and c.row_id}
    with reading():
        stored = dict(row_values("account", [key for key in people if key]))
    for key, change in people.items():
        for name, _, value in change.values:
            if name in stored[key or 0]:
                assert stored[key or 0][name] == value
    roots = {key for key, row in before["unit"].items() if after["unit"][key] != row}
    assert not units - roots


def assert_taken_back(before: dict[str, dict[int, Any]], after: dict[str, dict[int, Any]]) -> None:
    for table in TABLES:
        assert {key: after[table][key] for key in before[table]} == before[table], table
    with reading():
        for table, ended in (
            ("account", Account.state == "disabled"),
            ("post", ~Post.is_active),
            ("unit", ~Unit.is_active),
            ("role_grant", RoleGrant.ended_at.is_null(False)),
        ):
            model = MODELS[table]
            fresh = after[table].keys() - before[table].keys()
            found = {row.id for row in model.select(model.id).where(ended)}
            assert fresh <= found, table


def assert_follows(source: DirectorySource, snapshot: Snapshot) -> None:
    plan = planned(source, snapshot)
    assert plan.is_empty, plan
    refused = {c.external_id for c in plan.people if c.action == "conflict"}
    with reading():
        for entry in snapshot.people:
            if entry.external_id in refused:
                continue
            row = Account.get(Account.external_id == entry.external_id)
            state = "disabled" if entry.is_disabled else "active"
            assert (row.login, row.name, row.state) == (entry.login, entry.name, state)
            posts = Post.select().where((Post.account == row) & Post.is_active)
            assert entry.unit in {post.unit.external_id for post in posts}


def history(synced: Synced, rounds: int, seed: int) -> int:
    """Lives through `rounds` random changes; how many runs were taken back."""
    world = World(seed)
    source = synced.add_source("ldap://127.0.0.1:1")
    with writing():
        role = Role.create(code="clerk", name="clerk")
        map_group(source, "cn=g1", role, now=synced.now, external_id="g1")
    applied(synced, source, world.snapshot)
    taken_back = changes = 0
    while changes < rounds:
        for _ in range(world.rng.randrange(1, 6)):
            world.change()
            changes += 1
        before = all_rows()
        run = applied(synced, source, world.snapshot)
        if run is None:
            continue
        plan = decoded(run.plan)
        assert_plan_was_written(plan, before, all_rows())
        assert_follows(source, world.snapshot)
        if world.rng.random() < 0.6:
            done = synced.undo(run)
            assert done.left == ()
            assert_taken_back(before, all_rows())
            applied(synced, source, world.snapshot)
            assert_follows(source, world.snapshot)
            taken_back += 1
    return taken_back


def test_sixty_random_changes(synced: Synced) -> None:
    assert history(synced, 60, 20250303) > 5


@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_random_changes(tmp_path: Path, seed: int) -> None:
    synced = Synced(tmp_path / "data")
    assert history(synced, 1000, seed) > 100
    db.close()
