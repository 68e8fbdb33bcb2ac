"""Why: the verdict is the gate's own, for 500 random questions against a separate oracle."""

import datetime as dt
import itertools
import json
import time
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from openbureau import set_participants
from openbureau.base.context import CHINA
from openbureau.base.database import reading, writing
from openbureau.base.declarations import RoleTemplate
from openbureau.kernel.access.actions import grant_role, install_role_templates
from openbureau.kernel.access.explanation import Explanation, Question, explained
from openbureau.kernel.access.models import Delegation, Role, RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch, set_plugin_state
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import CAST, Bureau
from openbureau_bulletins.models import Bulletin

PERMISSIONS = (
    "bulletins.list_bulletin",
    "bulletins.write_bulletin",
    "bulletins.publish_bulletin",
)
REALM = "bulletins/bulletin"
STAFF = [row[0] for row in CAST if row[4] is None]
PEOPLE = [row[0] for row in CAST]


def why(bureau: Bureau, login: str, question: Question, post_id: int | None = None) -> Explanation:
    with reading():
        account = Account.get(Account.login == login)
        plugins = bureau.application.plugins
        catalogue = bureau.application.catalogues["zh"]
        return explained(account, question, plugins, catalogue, bureau.now, post_id)


def words(bureau: Bureau, found: Explanation) -> str:
    catalogue = bureau.application.catalogues["zh"]
    return "\n".join(each.words.said(catalogue) for each in found.lines)


def shuffle(bureau: Bureau, rng: Random) -> list[int]:
    """Random posts, roles, grants, rules, accounts and bulletins; the bulletins' ids."""
    with writing():
        units = list(Unit.select())
        accounts = {row.login: row for row in Account.select()}
        day = bureau.now.astimezone(CHINA).date()
        install_role_templates(
            [("test", RoleTemplate(f"test.role{n}", f"角色{n}", rng.sample(PERMISSIONS, 2)))
             for n in range(3)]
        )  # fmt: skip
        for login in rng.sample(STAFF, 3):
            dates = rng.choice([(None, None), (None, day - dt.timedelta(days=1)),
                                (day + dt.timedelta(days=1), None), (day, day)])  # fmt: skip
            Post.create(account=accounts[login], unit=rng.choice(units), title="兼职",
                        is_primary=False, starts_on=dates[0], ends_on=dates[1],
                        is_active=rng.random() < 0.9)  # fmt: skip
        posts = list(Post.select())
        for _ in range(30):
            is_own = rng.random() < 0.7
            made = grant_role(
                rng.choice(["bulletins.publisher", "test.role0", "test.role1", "test.role2"]),
                rng.choice(units), rng.choice(["unit", "subtree", "subtree", "province"]),
                now=bureau.now, account=accounts[rng.choice(STAFF)] if is_own else None,
                post=None if is_own else rng.choice(posts),
            )  # fmt: skip
            made.starts_on = rng.choice([None, None, day, day + dt.timedelta(days=2)])
            made.ends_on = rng.choice([None, None, day, day - dt.timedelta(days=2)])
            made.ended_at = bureau.now if rng.random() < 0.15 else None
            made.save()
        Role.update(is_active=False).where(Role.code == "test.role2").execute()
        state = rng.choice(["disabled", "archived"])
        Account.update(state=state).where(Account.login == rng.choice(STAFF)).execute()
        set_plugin_state("bulletins", "on", "subtree:530000", now=bureau.now)
        for _ in range(3):
            scope = rng.choice(["unit:", "subtree:"]) + rng.choice(units[2:]).code
            chosen = rng.choice(["on", "on", "pilot", "readonly", "off"])
            people = [accounts[login].id for login in rng.sample(STAFF, 2)]
            set_plugin_state("bulletins", chosen, scope, now=bureau.now, people=people)
        set_plugin_state("bulletins", "readonly", "subtree:530400", now=bureau.now, is_cap=True)
        bump_epoch("access")
        return [record(bureau, rng, units, accounts) for _ in range(6)]


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


class Oracle:
    """The rules again, as loops over raw rows; shares no code with the product."""

    def __init__(self, bureau: Bureau) -> None:
        self.day = bureau.now.astimezone(CHINA).date().isoformat()
        self.units = self.table(bureau, "unit")
        self.accounts = {row["login"]: row for row in self.table(bureau, "account").values()}
        self.posts = self.table(bureau, "post")
        self.roles = self.table(bureau, "role")
        self.held = [(r["role_id"], r["permission"])
                     for r in self.table(bureau, "role_permission").values()]  # fmt: skip
        self.grants = self.table(bureau, "role_grant")
        self.rules = self.table(bureau, "plugin_rule")
        self.bulletins = self.table(bureau, "bulletins_bulletin")
        self.participants = self.table(bureau, "participant")

    @staticmethod
    def table(bureau: Bureau, name: str) -> dict[int, dict[str, Any]]:
        columns = [row[1] for row in bureau.rows(f"PRAGMA table_info({name})")]
        rows = [
            dict(zip(columns, row, strict=True)) for row in bureau.rows(f"SELECT * FROM {name}")
        ]
        return {row["id"]: row for row in rows}

    def lasts(self, row: dict[str, Any]) -> bool:
        begun = row["starts_on"] is None or str(row["starts_on"]) <= self.day
        return begun and (row["ends_on"] is None or str(row["ends_on"]) >= self.day)

    def above(self, unit_id: int) -> list[int]:
        """The unit and everything above it, nearest first."""
        chain: list[int] = []
        place: int | None = unit_id
        while place is not None:
            chain.append(place)
            place = self.units[place]["parent_id"]
        return chain

    def access(self, unit_id: int) -> int:
        return next(u for u in self.above(unit_id) if self.units[u]["is_access_unit"])

    def own_posts(self, account_id: int) -> list[dict[str, Any]]:
        return [p for p in self.posts.values()
                if p["account_id"] == account_id and p["is_active"] and self.lasts(p)]  # fmt: skip

    def own_units(self, account_id: int) -> list[int]:
        return [self.access(post["unit_id"]) for post in self.own_posts(account_id)]

    def state(self, unit_id: int, account_id: int) -> str:
        rules = [r for r in self.rules.values() if r["plugin"] == "bulletins"]
        deciding = None
        for scope, place in [("unit", unit_id), *(("subtree", u) for u in self.above(unit_id))]:
            deciding = next((r for r in rules if not r["is_cap"] and r["scope"] == scope
                             and r["unit_id"] == place), None)  # fmt: skip
            if deciding is not None:
                break
        if deciding is None:
            return "off"
        order = ["off", "readonly", "pilot", "on"]
        state = deciding["state"]
        for rule in rules:
            if rule["is_cap"] and rule["unit_id"] in self.above(unit_id):
                state = min(state, rule["state"], key=order.index)
        if deciding["state"] == "pilot" and account_id not in json.loads(deciding["people"]):
            return "off"
        return str(state)

    def reaches(self, account_id: int, permission: str, unit_id: int | None) -> bool:
        """Whether the permission is held in a unit; with None, anywhere."""
        own = self.own_units(account_id)
        posts = {post["id"] for post in self.own_posts(account_id)}
        for role_id, code in self.held:
            role = self.roles[role_id]
            if code != permission or not role["is_active"]:
                continue
            if role["is_default"] and (unit_id in own or (unit_id is None and own)):
                return True
            for grant in self.grants.values():
                is_theirs = grant["account_id"] == account_id or grant["post_id"] in posts
                if grant["role_id"] != role_id or not is_theirs or not self.lasts(grant):
                    continue
                if grant["ended_at"] is not None:
                    continue
                if unit_id is None or grant["reach"] == "province" or grant["unit_id"] == unit_id:
                    return True
                if grant["reach"] == "subtree" and grant["unit_id"] in self.above(unit_id):
                    return True
        return False

    def sees(self, account_id: int, record_id: int) -> bool:
        row = self.bulletins.get(record_id)
        if row is None:
            return False
        is_public = row["state"] != "draft"
        if not is_public:
            return bool(row["account_id"] == account_id)
        names = {f"account:{account_id}"}
        for post in self.own_posts(account_id):
            access = self.access(post["unit_id"])
            names |= {f"post:{post['id']}", f"unit:{access}"}
            names |= {f"subtree:{unit}" for unit in self.above(access)}
        takes_part = any(p["record_id"] == record_id and p["holder"] in names
                         for p in self.participants.values())  # fmt: skip
        reached = self.reaches(account_id, "bulletins.list_bulletin", row["unit_id"])
        if row["state"] == "withdrawn":
            is_publisher = self.reaches(account_id, "bulletins.publish_bulletin", row["unit_id"])
            return (takes_part or reached) and is_publisher
        return takes_part or reached

    def may(self, login: str, permission: str, unit_id: int | None, record_id: int | None) -> bool:
        account = self.accounts[login]
        if account["state"] != "active" or account["administrator"]:
            return False
        own = self.own_units(account["id"])
        if all(self.state(unit, account["id"]) == "off" for unit in own):
            return False
        if not self.reaches(account["id"], permission, None):
            return False
        if record_id is None:
            place = None if unit_id is None else self.access(unit_id)
            return place is None or self.reaches(account["id"], permission, place)
        if not self.sees(account["id"], record_id):
            return False
        if permission == "bulletins.list_bulletin":
            return True
        acting = self.acting(account["id"])
        if self.state(acting, account["id"]) in {"off", "readonly"}:
            return False
        return self.reaches(account["id"], permission, self.bulletins[record_id]["unit_id"])

    def acting(self, account_id: int) -> int:
        posts = sorted(self.own_posts(account_id),
                       key=lambda p: (not p["is_primary"], p["rank"], p["id"]))  # fmt: skip
        return self.access(posts[0]["unit_id"])


@pytest.mark.parametrize("seed", range(4))
def test_500_random_questions_agree_with_the_oracle(bureau: Bureau, seed: int) -> None:
    rng = Random(seed)
    records = shuffle(bureau, rng)
    oracle = Oracle(bureau)
    units = list(oracle.units)
    asked, allowed = 0, 0
    for _ in range(125):
        login, permission = rng.choice([*PEOPLE, *STAFF, *STAFF]), rng.choice(PERMISSIONS)
        unit_id = rng.choice([None, None, None, *units])
        record_id = rng.choice([*records, 999_999]) if rng.random() < 0.5 else None
        realm = REALM if record_id else ""
        unit_id = None if record_id else unit_id
        found = why(bureau, login, Question(permission, "bulletins", unit_id, realm, record_id))
        expected = oracle.may(login, permission, unit_id, record_id)
        case = (login, permission, unit_id, record_id, words(bureau, found))
        assert found.is_allowed == expected, case
        said_no = [each for each in found.lines if each.effect == "deny"]
        assert bool(said_no) != found.is_allowed, case
        asked += 1
        allowed += found.is_allowed
    assert asked == 125
    assert 10 < allowed < 115


def test_pages_answer_as_the_verdict_says(bureau: Bureau) -> None:
    bureau.enable("bulletins", "subtree:530100")
    bureau.grant("wang", "bulletins.publisher", "530100")
    for login in ("li", "wang", "zhang", "zhao", "system", "security", "audit"):
        client = bureau.sign_in(login)
        for route in bureau.application.routes.all:
            if "GET" not in route.page.methods or "{" in route.url:
                continue
            slug = "core" if route.slug == "-" else route.slug
            found = why(bureau, login, Question(route.page.permission, slug))
            status = client.get(route.url).status
            assert (status in {403, 404}) != found.is_allowed, (login, route.url, status)


def test_every_line_names_source_and_since(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    bureau.grant("zhang", "bulletins.publisher", "530102", "unit")
    found = why(bureau, "zhang", Question("bulletins.publish_bulletin", "bulletins"))
    assert found.is_allowed
    grant = next(each for each in found.lines if each.kind == "grant")
    made = RoleGrant.get(RoleGrant.id == int(grant.source.removeprefix("grant:")))
    assert (made.role.code, grant.since) == (
        "bulletins.publisher", bureau.now.astimezone(CHINA).date(),
    )  # fmt: skip
    assert "五华区局" in words(bureau, found)


def test_lapsed_grants_are_named_with_their_reason(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    day = bureau.now.astimezone(CHINA).date()
    changes: tuple[dict[str, Any], ...] = (
        {"ended_at": bureau.now},
        {"starts_on": day + dt.timedelta(days=3)},
        {"ends_on": day - dt.timedelta(days=3)},
    )
    for change in changes:
        bureau.grant("sun", "bulletins.publisher", "530103")
        with writing():
            newest = RoleGrant.select().order_by(RoleGrant.id.desc()).get()
            RoleGrant.update(**change).where(RoleGrant.id == newest.id).execute()
            bump_epoch("access")
    found = why(bureau, "sun", Question("bulletins.publish_bulletin", "bulletins"))
    assert not found.is_allowed
    said = words(bureau, found)
    assert all(reason in said for reason in ("收回", "才生效", "到期", "没有任何有效的角色或授权"))


def test_administrator_learns_why_business_is_closed(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    found = why(bureau, "system", Question("bulletins.list_bulletin", "bulletins"))
    assert not found.is_allowed
    assert "没有业务权限" in words(bureau, found)
    other = why(bureau, "system", Question("core.manage_grants", "core"))
    assert not other.is_allowed
    assert "互不兼任" in words(bureau, other)


def test_delegated_administrator_is_bounded(bureau: Bureau) -> None:
    with writing():
        unit = Unit.get(Unit.code == "530100")
        Account.update(administrator_unit=unit).where(Account.login == "security").execute()
        bump_epoch("access")
    inside, outside = (Unit.get(Unit.code == code).id for code in ("530102", "530402"))
    for unit_id, is_allowed in ((inside, True), (outside, False)):
        found = why(bureau, "security", Question("core.manage_grants", "core", unit_id))
        assert found.is_allowed == is_allowed
    assert not why(bureau, "security", Question("core.manage_roles", "core")).is_allowed


def test_lent_identity_is_explained(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    bureau.grant("wang", "bulletins.publisher", "530100")
    day = bureau.now.astimezone(CHINA).date()
    wang, zhang = (Account.get(Account.login == login) for login in ("wang", "zhang"))
    with writing():
        Delegation.create(delegator=wang, delegate=zhang, starts_on=day, ends_on=day,
                          created_at=bureau.now)  # fmt: skip
        bump_epoch("access")
    question = Question("bulletins.publish_bulletin", "bulletins")
    own = why(bureau, "zhang", question)
    assert not own.is_allowed
    assert "切换为代王文松的身份后允许" in words(bureau, own)
    lent = why(bureau, "zhang", question, Post.get(Post.account == wang).id)
    assert lent.is_allowed
    assert "正在代王文松办理" in words(bureau, lent)


def test_why_takes_less_than_200_ms(bureau: Bureau) -> None:
    records = shuffle(bureau, Random(1))
    questions = itertools.product(STAFF, records)
    slowest = 0.0
    for login, record_id in questions:
        started = time.perf_counter()
        why(bureau, login, Question(PERMISSIONS[2], "bulletins", None, REALM, record_id))
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 0.2


@pytest.mark.parametrize(
    ("arguments", "is_allowed"),
    [
        (("zhang", "bulletins.list_bulletin"), True),
        (("zhang", "bulletins.publish_bulletin"), False),
        (("li", "bulletins.list_bulletin", "unit:530102"), False),
        (("zhang", "-", "/bulletins/"), True),
        (("system", "core.manage_units", "unit:530102"), True),
        (("zhang", "signed-in", "/-/todos"), True),
    ],
)
def test_command_answers(bureau: Bureau, arguments: tuple[str, ...], is_allowed: bool) -> None:
    bureau.enable("bulletins")
    data = str(bureau.installation.settings.data)
    done = CliRunner().invoke(root, ["--data", data, "why", *arguments, "--json"])
    answer = json.loads(done.stdout)
    assert answer["allowed"] is is_allowed
    assert list(answer) == ["account", "permission", "reference", "allowed", "rules"]
    for rule in answer["rules"]:
        assert {"effect", "kind", "text_zh", "text_en", "source", "since"} <= set(rule)


@pytest.mark.parametrize(
    "arguments",
    [
        ("zhang", "nothing.do_it"),
        ("zhang", "bulletins.list_bulletin", "unit:999"),
        ("zhang", "bulletins.list_bulletin", "bulletins/bulletin:x"),
        ("zhang", "bulletins.list_bulletin", "/nowhere"),
        ("zhang", "bulletins.list_bulletin", "/-/todos"),
        ("nobody", "bulletins.list_bulletin"),
    ],
)
def test_command_refuses_what_it_cannot_know(bureau: Bureau, arguments: tuple[str, ...]) -> None:
    data = str(bureau.installation.settings.data)
    refused = CliRunner().invoke(root, ["--data", data, "why", *arguments])
    assert refused.exit_code == 1
    assert "[WHY-001]" in refused.output or "[ACC-001]" in refused.output
