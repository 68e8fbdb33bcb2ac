"""Why: the verdict is the gate's own, for 500 random questions against a separate oracle."""

import datetime as dt
import itertools
import json
import time
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from openbureau.base.context import CHINA
from openbureau.base.database import reading, writing
from openbureau.kernel.access.explanation import Explanation, Question, explained
from openbureau.kernel.access.models import Delegation, RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau

from .oracle import Oracle
from .random_rights import PEOPLE, PERMISSIONS, REALM, STAFF, shuffle


def why(bureau: Bureau, login: str, question: Question, post_id: int | None = None) -> Explanation:
    with reading():
        account = Account.get(Account.login == login)
        plugins = bureau.application.plugins
        catalogue = bureau.application.catalogues["zh"]
        return explained(account, question, plugins, catalogue, bureau.now, post_id)


def words(bureau: Bureau, found: Explanation) -> str:
    catalogue = bureau.application.catalogues["zh"]
    return "\n".join(each.words.said(catalogue) for each in found.lines)


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
        started = time.process_time()
        why(bureau, login, Question(PERMISSIONS[2], "bulletins", None, REALM, record_id))
        slowest = max(slowest, time.process_time() - started)
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
