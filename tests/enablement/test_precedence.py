"""Which rule decides: the nearest node, unit before subtree before kind; caps always win."""

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.enablement.actions import set_plugin_state
from openbureau.testing.bureau import Bureau

from .conftest import PLUGIN, opens, state

Rules = list[tuple[str, str]]


def cap(bureau: Bureau, scope: str, value: str) -> None:
    with writing():
        set_plugin_state(PLUGIN, value, scope, now=bureau.now, is_cap=True)


def pilot(bureau: Bureau, scope: str, *logins: str) -> None:
    with writing():
        people = [Account.get(Account.login == login).id for login in logins]
        set_plugin_state(PLUGIN, "pilot", scope, now=bureau.now, people=people)


@pytest.mark.parametrize(
    ("rules", "code", "expected"),
    [
        ([], "530102", "off"),
        ([("unit:530102", "on")], "530103", "off"),
        ([("subtree:530000", "on")], "530102", "on"),
        ([("subtree:530100", "on")], "530100", "on"),
        ([("unit:530100", "on")], "530102", "off"),
        ([("kind:county", "on")], "530402", "on"),
        ([("kind:county", "on")], "530100-K1", "off"),
        # One node: unit, then subtree, then kind.
        (
            [("unit:530102", "on"), ("subtree:530102", "off"), ("kind:county", "off")],
            "530102",
            "on",
        ),
        ([("subtree:530102", "readonly"), ("kind:county", "off")], "530102", "readonly"),
        ([("subtree:530100", "on"), ("unit:530100", "off")], "530100", "off"),
        ([("subtree:530100", "on"), ("unit:530100", "off")], "530102", "on"),
        # The nearest node wins, whichever was set last.
        ([("subtree:530100", "off"), ("subtree:530000", "on")], "530102", "off"),
        ([("subtree:530000", "off"), ("subtree:530100", "on")], "530102", "on"),
        ([("subtree:530000", "on"), ("kind:county", "off")], "530102", "off"),
        ([("unit:530102", "off"), ("subtree:530100", "on")], "530102", "off"),
        # A section follows its unit; the later rule for one place replaces the earlier.
        ([("unit:530102", "on"), ("unit:530102", "readonly")], "530102", "readonly"),
    ],
)
def test_rule_that_decides(bureau: Bureau, rules: Rules, code: str, expected: str) -> None:
    for scope, value in rules:
        bureau.enable(PLUGIN, scope, value)
    assert state(bureau, code) == expected


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        ("on", "off", "off"),
        ("on", "readonly", "readonly"),
        ("readonly", "on", "readonly"),
        ("off", "on", "off"),
        ("on", "on", "on"),
    ],
)
def test_cap_from_above_lowers_and_never_raises(
    bureau: Bureau, value: str, limit: str, expected: str
) -> None:
    cap(bureau, "subtree:530100", limit)
    bureau.enable(PLUGIN, "unit:530102", value)
    assert state(bureau, "530102") == expected


def test_the_stricter_of_two_caps_holds(bureau: Bureau) -> None:
    bureau.enable(PLUGIN, "unit:530102", "on")
    cap(bureau, "subtree:530000", "off")
    cap(bureau, "subtree:530100", "readonly")
    assert state(bureau, "530102") == "off"


def test_cap_reaches_only_its_subtree(bureau: Bureau) -> None:
    bureau.enable(PLUGIN)
    cap(bureau, "subtree:530100", "off")
    assert (state(bureau, "530103"), state(bureau, "530402")) == ("off", "on")


def test_pilot_is_open_to_its_people_only(either_bureau: Bureau) -> None:
    pilot(either_bureau, "unit:530102", "zhang")
    assert opens(either_bureau.sign_in("zhang"))
    assert not opens(either_bureau.sign_in("zhou"))


def test_pilot_person_of_another_unit_gains_nothing(bureau: Bureau) -> None:
    pilot(bureau, "unit:530102", "zhang", "sun")
    assert not opens(bureau.sign_in("sun"))


def test_any_post_opens_the_pages_and_the_acting_one_writes(either_bureau: Bureau) -> None:
    either_bureau.enable(PLUGIN, "unit:530103")
    either_bureau.give_post("zhang", "530103")
    either_bureau.grant_permission("zhang", "bulletins.write_bulletin", unit="530100")
    client = either_bureau.sign_in("zhang")
    assert opens(client)
    for page in (
        client.get("/bulletins/bulletin/new"),
        client.post("/bulletins/bulletin/new", {"title": "甲", "body": "乙"}),
    ):
        assert page.status == 403
        assert "请先切换到那里的身份" in page.text


def test_section_follows_its_unit(bureau: Bureau) -> None:
    bureau.enable(PLUGIN, "unit:530000")
    assert opens(bureau.sign_in("li"))
