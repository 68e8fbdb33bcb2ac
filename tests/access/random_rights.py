"""Random posts, roles, grants, rules, accounts and bulletins for a bureau."""

import datetime as dt
from random import Random
from typing import Any

import pytest

from openbureau import set_participants
from openbureau.base.context import CHINA
from openbureau.base.database import writing
from openbureau.base.declarations import RoleTemplate
from openbureau.kernel.access.actions import grant_role, install_role_templates
from openbureau.kernel.access.models import Role
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch, set_plugin_state
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import CAST, Bureau

Bulletin = pytest.importorskip("openbureau_bulletins.models").Bulletin
PERMISSIONS = (
    "bulletins.list_bulletin",
    "bulletins.write_bulletin",
    "bulletins.publish_bulletin",
)
REALM = "bulletins/bulletin"
STAFF = [row[0] for row in CAST if row[4] is None]
PEOPLE = [row[0] for row in CAST]


def shuffle(bureau: Bureau, rng: Random) -> list[int]:
    """Changes everything at random; the ids of the bulletins made."""
    with writing():
        units = list(Unit.select())
        accounts = {row.login: row for row in Account.select()}
        day = bureau.now.astimezone(CHINA).date()
        second_posts(rng, units, accounts, day)
        grants(bureau, rng, units, accounts, day)
        state = rng.choice(["disabled", "archived"])
        Account.update(state=state).where(Account.login == rng.choice(STAFF)).execute()
        rules(bureau, rng, units, accounts)
        bump_epoch("access")
        return [record(bureau, rng, units, accounts) for _ in range(6)]


def second_posts(rng: Random, units: list[Any], accounts: dict[str, Any], day: dt.date) -> None:
    """Second posts, some of them over or not begun."""
    one = dt.timedelta(days=1)
    for login in rng.sample(STAFF, 3):
        starts_on, ends_on = rng.choice(
            [(None, None), (None, day - one), (day + one, None), (day, day)]
        )
        Post.create(
            account=accounts[login],
            unit=rng.choice(units),
            title="兼职",
            is_primary=False,
            starts_on=starts_on,
            ends_on=ends_on,
            is_active=rng.random() < 0.9,
        )


def grants(
    bureau: Bureau, rng: Random, units: list[Any], accounts: dict[str, Any], day: dt.date
) -> None:
    """Grants to people and posts: in force, over, not begun, taken back, of a retired role."""
    roles = [
        RoleTemplate(f"test.role{n}", f"角色{n}", rng.sample(PERMISSIONS, 2)) for n in (0, 1, 2)
    ]
    install_role_templates([("test", role) for role in roles])
    posts = list(Post.select())
    two = dt.timedelta(days=2)
    for _ in range(30):
        is_own = rng.random() < 0.7
        made = grant_role(
            rng.choice(["bulletins.publisher", *(role.code for role in roles)]),
            rng.choice(units),
            rng.choice(["unit", "subtree", "subtree", "province"]),
            now=bureau.now,
            account=accounts[rng.choice(STAFF)] if is_own else None,
            post=None if is_own else rng.choice(posts),
        )
        made.starts_on = rng.choice([None, None, day, day + two])
        made.ends_on = rng.choice([None, None, day, day - two])
        made.ended_at = bureau.now if rng.random() < 0.15 else None
        made.save()
    Role.update(is_active=False).where(Role.code == "test.role2").execute()


def rules(bureau: Bureau, rng: Random, units: list[Any], accounts: dict[str, Any]) -> None:
    """On everywhere, otherwise in three places, and a cap."""
    now = bureau.now
    set_plugin_state("bulletins", "on", "subtree:530000", now=now)
    for _ in range(3):
        scope = rng.choice(["unit:", "subtree:"]) + rng.choice(units[2:]).code
        chosen = rng.choice(["on", "on", "pilot", "readonly", "off"])
        people = [accounts[login].id for login in rng.sample(STAFF, 2)]
        set_plugin_state("bulletins", chosen, scope, now=now, people=people)
    set_plugin_state("bulletins", "readonly", "subtree:530400", now=now, is_cap=True)


def record(bureau: Bureau, rng: Random, units: list[Any], accounts: dict[str, Any]) -> int:
    """A bulletin of a random unit, with random participants."""
    unit = rng.choice([unit for unit in units if unit.is_access_unit])
    made = Bulletin.create(
        title="甲", body="乙", unit=unit, account=accounts[rng.choice(STAFF)],
        state=rng.choice(["draft", "published", "published", "withdrawn"]),
        published_at=bureau.now, updated_at=bureau.now, created_at=bureau.now, receivers="[]",
    )  # fmt: skip
    place = rng.choice(units)
    holder = rng.choice([f"account:{accounts[rng.choice(STAFF)].id}", f"unit:{place.id}",
                         f"subtree:{place.id}"])  # fmt: skip
    set_participants(REALM, made.id, "reader", [holder], bureau.now)
    return int(made.id)
