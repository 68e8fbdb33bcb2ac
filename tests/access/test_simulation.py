"""Trying a change out says exactly what the change then does."""

import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from openbureau.base.context import Reach
from openbureau.base.database import reading, writing
from openbureau.kernel.access.actors import AccessRefused, Actor
from openbureau.kernel.access.contexts import moment_of
from openbureau.kernel.access.grants import Giving, end_grant, give
from openbureau.kernel.access.models import Role, RoleGrant
from openbureau.kernel.access.queries import standing
from openbureau.kernel.access.roles import (
    adopt_template,
    change_role,
    permissions_of,
    row_of,
    set_role_active,
    template_difference,
)
from openbureau.kernel.access.simulation import (
    Effect,
    GrantRow,
    PersonRow,
    PostRow,
    RoleRow,
    Tables,
    effect_of,
    loaded_tables,
)
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitNode, UnitTree, current_tree
from openbureau.testing.bureau import Bureau

from .random_rights import PERMISSIONS, STAFF, shuffle

EVERYWHERE = Reach(is_everywhere=True)
Change = tuple[Callable[[Tables], Tables], Callable[[], Any]]


def held(bureau: Bureau) -> dict[tuple[str, str], Reach]:
    """What the gate gives everybody now."""
    found: dict[tuple[str, str], Reach] = {}
    with reading():
        at = moment_of(bureau.now)
        tree = current_tree()
        for account in Account.select().where(Account.state == "active"):
            if account.administrator is None:
                own = standing(account.id, at.access, at.units, at.today, tree)
                found |= {(account.name, code): reach for code, reach in own.reach.items()}
    return found


def changes(bureau: Bureau, rng: Random) -> Change:
    """A random change: what it does to the tables, and what does it."""
    actor, plugins = Actor(bureau.now), bureau.application.plugins
    role = rng.choice(list(Role.select()))
    choice = rng.randrange(4)
    if choice == 0:
        wanted = rng.sample(PERMISSIONS, rng.randrange(4))
        return (
            lambda tables: tables.with_role(row_of(role, wanted)),
            lambda: change_role(actor, role, role.name, "", wanted, plugins),
        )
    if choice == 1:
        is_active = not role.is_active
        return (
            lambda tables: tables.with_role(row_of(role)._replace(is_active=is_active)),
            lambda: set_role_active(actor, role, is_active=is_active, reason=""),
        )
    if choice == 2:
        giving = Giving(
            rng.choice(list(Role.select().where(Role.is_active))),
            rng.choice(list(Unit.select())),
            rng.choice(["unit", "subtree", "province"]),
            [Account.get((Account.state == "active") & (Account.login == rng.choice(STAFF[:2])))],
        )
        return (
            lambda tables: tables.with_grants(giving.rows()),
            lambda: give(actor, giving, EVERYWHERE),
        )
    grant = rng.choice(list(RoleGrant.select().where(RoleGrant.ended_at.is_null())))
    return (
        lambda tables: tables.without_grants([grant.id]),
        lambda: end_grant(actor, grant, ""),
    )


def effect(bureau: Bureau, change: Callable[[Tables], Tables]) -> Effect:
    with reading():
        tables = loaded_tables()
        day = moment_of(bureau.now).today
        return effect_of(tables, change(tables), day, current_tree(), {}, "x")


@pytest.mark.parametrize("seed", range(3))
def test_40_random_changes_do_what_was_said(either_bureau: Bureau, seed: int) -> None:
    bureau, rng, told = either_bureau, Random(seed), 0
    shuffle(bureau, rng)
    Account.update(state="active").execute()
    for _ in range(40):
        try:
            tried, act = changes(bureau, rng)
            said = effect(bureau, tried)
            before = held(bureau)
            with writing():
                act()
        except AccessRefused:
            continue
        after = held(bureau)
        nowhere = Reach()
        keys = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        gained = {
            key: (after[key].units - before.get(key, nowhere).units, after[key].is_everywhere)
            for key in keys
            if key in after and not before.get(key, nowhere).is_everywhere
        }
        assert {
            (d.name, d.permission): (
                after[d.name, d.permission].units
                - before.get((d.name, d.permission), nowhere).units,
                d.scope.is_everywhere,
            )
            for d in said.gains
        } == {key: value for key, value in gained.items() if value[0] or value[1]}
        lost = {(d.name, d.permission) for d in said.losses}
        assert lost == {
            key
            for key in keys
            if key in before
            and not after.get(key, nowhere).is_everywhere
            and (before[key].is_everywhere or before[key].units - after.get(key, nowhere).units)
        }
        told += len(said.gains) + len(said.losses)
    assert told > 20


def test_digest_names_what_is_changed_and_for_whom(bureau: Bureau) -> None:
    with reading():
        tables, tree = loaded_tables(), current_tree()
        day = moment_of(bureau.now).today
        role = Role.get(Role.code == "bulletins.publisher")
        zhang = Account.get(Account.login == "zhang")
        unit = Unit.get(Unit.code == "530102")
    one = tables.with_grants([GrantRow(0, zhang.id, None, role.id, unit.id, "unit", None, None)])
    other = tables.with_grants(
        [GrantRow(0, zhang.id, None, role.id, unit.id, "subtree", None, None)]
    )
    made = [effect_of(tables, after, day, tree, {}, name).digest
            for after, name in ((one, "a"), (one, "a"), (one, "b"), (other, "a"))]  # fmt: skip
    assert made[0] == made[1] != made[2]
    assert len({made[0], made[3]}) == 1  # no unit lies below: the effect is the same
    with writing():
        give(Actor(bureau.now), Giving(role, unit, "unit", [zhang]), EVERYWHERE)
    assert effect(bureau, lambda t: t.with_grants(one.grants[-1:])).gains == []


def test_conflicts_are_told_before_saving(bureau: Bureau) -> None:
    with reading():
        tables, tree = loaded_tables(), current_tree()
        day = moment_of(bureau.now).today
        role = Role.get(Role.code == "bulletins.publisher")
        zhang = Account.get(Account.login == "zhang")
    after = tables.with_grants([GrantRow(0, zhang.id, None, role.id, 1, "unit", None, None)])
    rule = {PERMISSIONS[1]: (PERMISSIONS[2],), PERMISSIONS[2]: (PERMISSIONS[1],)}
    found = effect_of(tables, after, day, tree, rule, "x")
    assert list(found.conflicts) == [("张晓梅", PERMISSIONS[2], PERMISSIONS[1])]


def test_template_difference_is_shown_and_adopted(bureau: Bureau) -> None:
    plugins, actor = bureau.application.plugins, Actor(bureau.now)
    role = Role.get(Role.code == "bulletins.publisher")
    assert template_difference(role, plugins) is None
    with writing():
        change_role(actor, role, role.name, "", PERMISSIONS[:1], plugins)
    found = template_difference(role, plugins)
    assert found is not None
    assert (list(found.more), list(found.less)) == ([], sorted(PERMISSIONS[1:]))
    with writing():
        adopt_template(actor, role, plugins)
    assert permissions_of(role.id) == set(PERMISSIONS)


def large() -> tuple[Tables, UnitTree]:
    """3,200 people in 163 units, each with five grants."""
    nodes = [
        UnitNode(n, str(n), str(n), str(n), "county", None if n == 1 else 1 + n // 20, "", 0,
                 True, n, n, "", "", True, False)
        for n in range(1, 164)
    ]  # fmt: skip
    rng = Random(1)
    people = {n: PersonRow(n, f"人{n}") for n in range(1, 3201)}
    posts = {n: [PostRow(n, n, u := rng.randrange(1, 164), u, None, None)] for n in people}
    codes = [f"p.do_{number}" for number in range(60)]
    roles = {n: RoleRow(n, n == 1, True, frozenset(rng.sample(codes, 12))) for n in range(1, 31)}
    reaches = ["unit", "subtree", "province"]
    grants = [
        GrantRow(n, rng.randrange(1, 3201), None, rng.randrange(2, 31), rng.randrange(1, 164),
                 rng.choice(reaches), None, None)
        for n in range(1, 16_001)
    ]  # fmt: skip
    return Tables(people, posts, roles, grants), UnitTree(nodes)


def test_change_for_3200_people_is_reckoned_at_once(bureau: Bureau) -> None:
    tables, tree = large()
    after = tables.with_role(tables.roles[1]._replace(permissions=frozenset({"p.do_1", "p.do_99"})))
    started = time.process_time()
    found = effect_of(tables, after, moment_of(bureau.now).today, tree, {}, "x")
    took = time.process_time() - started
    assert found.gaining == 3200
    # Far from what it would take person by person; busy machines are slower, too.
    assert took < 4.0
