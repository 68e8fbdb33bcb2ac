"""Changing passwords: rules, age, former ones, and what ends with it."""

import datetime as dt
from itertools import pairwise

import pytest

from openbureau.base.database import db, writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.password_rules import PROFILES, breaches
from openbureau.kernel.accounts.passwords import initial_hash, initial_password, is_password
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.settings.actions import choose_setting
from openbureau.kernel.settings.declared import CORE_SETTINGS
from openbureau.testing.bureau import PASSWORD, Answer, Bureau, Client

URL = "/-/password"
NEW = "Neues-Wort-26"
DAY_MS = 86_400_000


def change(client: Client, former: str, wanted: str, repeated: str | None = None) -> Answer:
    client.get(URL)
    fields = {
        "former_password": former,
        "new_password": wanted,
        "repeated_password": wanted if repeated is None else repeated,
    }
    return client.post(URL, fields)


def signs_in(bureau: Bureau, password: str) -> bool:
    client = bureau.client()
    client.get("/-/sign-in")
    answer = client.post("/-/sign-in", {"login": "li", "password": password})
    return answer.status == 303


def age(days: int) -> None:
    with writing():
        Account.update(password_changed_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).where(
            Account.login == "li"
        ).execute()


def must_change(bureau: Bureau) -> Client:
    with writing():
        Account.update(
            must_change_password=True, password_changed_at=dt.datetime.now(dt.UTC)
        ).where(Account.login == "li").execute()
    client = bureau.client()
    client.get("/-/sign-in")
    answer = client.post("/-/sign-in", {"login": "li", "password": PASSWORD, "next": "/-/units"})
    assert answer.location == "/-/password?next=/-/units"
    return client


def test_new_password_counts_and_all_other_sessions_end(either_bureau: Bureau) -> None:
    elsewhere, here = either_bureau.sign_in("li"), either_bureau.sign_in("li")
    token = here.cookies["session"]
    assert change(here, PASSWORD, NEW).status == 303
    assert here.get("/").status == 200
    assert here.cookies["session"] != token
    assert elsewhere.get("/").status == 303
    assert "密码已修改" in elsewhere.get("/-/sign-in").text
    assert (signs_in(either_bureau, PASSWORD), signs_in(either_bureau, NEW)) == (False, True)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("Kurz-1", "至少 8 位"),
        ("alles-klein", "3 类"),
        ("Li-passt-nicht-2", "账号或姓名"),
        ("Aa1李志华-9x", "账号或姓名"),
        ("x" * 1100 + "A1", "最多 1024 个字节"),
        ("Aa1-\tbcdefg", "控制字符"),
        ("Abcdefg1", "太常见"),
        ("P@ssw0rd", "太常见"),
        (PASSWORD, "最近 5 次"),
    ],
)
def test_password_against_the_rules_comes_back_with_the_reason(
    bureau: Bureau, wanted: str, message: str
) -> None:
    answer = change(bureau.sign_in("li"), PASSWORD, wanted)
    assert answer.status == 422
    assert message in answer.words
    assert wanted not in answer.text
    assert signs_in(bureau, PASSWORD)


def test_two_different_new_ones_and_a_wrong_former_one(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    assert "两次输入的新密码不同" in change(client, PASSWORD, NEW, "Anderes-Wort-26").words
    assert "当前密码不正确" in change(client, "wrong", NEW).words
    assert signs_in(bureau, PASSWORD)


def test_former_password_is_not_guessed_at_an_unlocked_screen(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    for _ in range(4):
        assert change(client, "wrong", NEW).status == 422
    assert change(client, PASSWORD, NEW).status == 422


def test_last_five_are_not_chosen_again(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    words = [PASSWORD, *(f"Wort-Nummer-{n}" for n in range(1, 6))]
    for before, after in pairwise(words):
        assert change(client, before, after).status == 303, after
    for used in words[1:]:
        assert change(client, words[-1], used).status == 422, used
    assert change(client, words[-1], PASSWORD).status == 303


@pytest.mark.parametrize("password", ["", " ", "\0", "\ufffd" * 5, "x" * 1024 * 1024, "'; --"])
def test_strange_password_is_refused(bureau: Bureau, password: str) -> None:
    client = bureau.sign_in("li")
    assert change(client, PASSWORD, password).status in {400, 413, 422}
    assert change(client, password, NEW).status in {400, 413, 422}
    assert signs_in(bureau, PASSWORD)


def test_initial_password_has_to_be_changed_before_anything_else(either_bureau: Bureau) -> None:
    client = must_change(either_bureau)
    assert client.get("/-/units").location.startswith("/-/sign-in")
    client.get(URL)
    fields = {"former_password": PASSWORD, "new_password": NEW, "repeated_password": NEW}
    answer = client.post(URL, {**fields, "next": "/-/units"})
    assert (answer.status, answer.location) == (303, "/-/units")
    assert client.get("/-/units").status == 200
    assert either_bureau.rows("SELECT count(*) FROM account WHERE must_change_password") == [(0,)]


def test_refused_change_keeps_the_person_waiting(bureau: Bureau) -> None:
    client = must_change(bureau)
    assert change(client, PASSWORD, "kurz").status == 422
    assert client.get("/").status == 303


@pytest.mark.parametrize(
    ("days", "profile", "location"),
    [(89, "djbh3", "/"), (90, "djbh3", "/-/password?next=/"), (900, "asvs", "/")],
)
def test_password_of_ninety_days_is_changed_at_sign_in(
    bureau: Bureau, days: int, profile: str, location: str
) -> None:
    with writing():
        choose_setting(CORE_SETTINGS["core.password_profile"], profile, now=bureau.now)
    age(days)
    client = bureau.client()
    client.get("/-/sign-in")
    answer = client.post("/-/sign-in", {"login": "li", "password": PASSWORD})
    assert answer.location == location


def test_person_is_warned_before_the_password_runs_out(bureau: Bureau) -> None:
    age(80)
    warning = "您的密码将在 10 天内到期"
    client = bureau.client()
    assert warning in client.sign_in("li", PASSWORD).text
    assert warning not in client.get("/").text
    assert warning not in bureau.client().sign_in("zhang", PASSWORD).text


def test_initial_password_that_nobody_used_is_void_after_thirty_days(bureau: Bureau) -> None:
    with writing():
        Account.update(must_change_password=True).where(Account.login == "li").execute()
    age(31)
    client = bureau.client()
    client.get("/-/sign-in")
    answer = client.post("/-/sign-in", {"login": "li", "password": PASSWORD})
    assert (answer.status, "初始密码已超过 30 天" in answer.text) == (422, True)
    client.get("/-/sign-in")
    wrong = client.post("/-/sign-in", {"login": "li", "password": "wrong"})
    assert "初始密码" not in wrong.text


def test_initial_password_lapses_for_whoever_signed_in_with_it_too(bureau: Bureau) -> None:
    with writing():
        Account.update(must_change_password=True).where(Account.login == "li").execute()
    client = bureau.client()
    client.get("/-/sign-in")
    client.post("/-/sign-in", {"login": "li", "password": PASSWORD})
    client.get("/-/password")
    age(31)
    wanted = "Correct-Horse-7"
    sent = {"former_password": PASSWORD, "new_password": wanted, "repeated_password": wanted}
    answer = client.post("/-/password", sent)
    assert (answer.status, "初始密码已超过 30 天" in answer.words) == (422, True)


@pytest.mark.parametrize(("may_change", "shown"), [(False, "不在这里修改"), (True, "当前密码")])
def test_password_of_a_directory_is_changed_where_its_administrator_allows(
    bureau: Bureau, may_change: bool, shown: str
) -> None:
    client = bureau.sign_in("li")
    with writing():
        source = DirectorySource.create(
            code="a",
            name="甲",
            url="ldap://127.0.0.1:1",
            base="dc=x",
            may_change_password=may_change,
            changed_at=bureau.now,
        )
        Account.update(source="ldap", directory=source).where(Account.login == "li").execute()
    assert shown in client.get(URL).words
    assert change(client, PASSWORD, NEW).status == 422


def test_profiles_ask_for_different_things() -> None:
    phrase = "vier worte sind genug"
    assert breaches(PROFILES["asvs"], phrase, "li", "李志华") == []
    assert breaches(PROFILES["djbh3"], phrase, "li", "李志华") != []
    assert breaches(PROFILES["djbh3"], "Kd7-wem4", "li", "李志华") == []
    assert breaches(PROFILES["asvs"], "Kd7-wem4", "li", "李志华") != []
    assert breaches(PROFILES["asvs"], "aaaaaaaaaaaaaaaaaaaa", "li", "李志华") != []


def test_initial_passwords_are_random_and_follow_the_rules() -> None:
    passwords = {initial_password() for _ in range(200)}
    assert len(passwords) == 200
    assert all(not breaches(PROFILES["djbh3"], p, "li", "李志华") for p in passwords)
    stored = initial_hash("kq7m-w4xr-9hpt")
    assert is_password(stored, "kq7m-w4xr-9hpt")
    assert not is_password(stored, "kq7m-w4xr-9hpx")


def test_every_change_leaves_an_audit_line_without_the_password(bureau: Bureau) -> None:
    change(bureau.sign_in("li"), PASSWORD, NEW)
    rows = bureau.rows("SELECT detail FROM audit_record WHERE action = 'core.change_password'")
    assert len(rows) == 1
    assert NEW not in str(rows)
    assert db.obj is not None


@pytest.mark.parametrize(
    "common",
    [
        "Abcdefg1",
        "P@ssw0rd",
        "Password1",
        "Admin@123",
        "Qwer1234",
        "1qaz@WSX",
        "Aa123456",
        "Yunnan2026",
        "Aa345678",
        "Huawei@123",
        "Qq111111",
        "!QAZ2wsx",
        "Woaini1314",
    ],
)
def test_common_password_is_refused(common: str) -> None:
    found = [breach.message for breach in breaches(PROFILES["djbh3"], common, "li", "李志华")]
    assert any("太常见" in message for message in found)


@pytest.mark.parametrize("fair", ["Kd7-wem4", NEW, "Wort-Nummer-1", "Blau-Himmel-88"])
def test_password_with_enough_of_its_own_is_taken(fair: str) -> None:
    assert breaches(PROFILES["djbh3"], fair, "li", "李志华") == []
