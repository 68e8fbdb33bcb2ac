"""What a person is told about their password in the directory, and that a wrong one tells
nothing; how many attempts reach it."""

import datetime as dt
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account, SignInFailure
from openbureau.kernel.directory.binding import bind
from openbureau.kernel.directory.locking import FoundRule, found_rule
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.sources import Described, create_source, follow_lock_rule
from openbureau.testing.bureau import Answer, Bureau, Client, close_bureau, open_bureau
from openbureau.testing.directory import PASSWORD, config_for
from openbureau.testing.fault_proxy import Fault, FaultProxy
from openbureau.testing.slapd import READER_DN, READER_PASSWORD, SUFFIX, Slapd
from openbureau.testing.slapd_policy import STRICT_DN

pytestmark = pytest.mark.slapd
URL = "/-/sign-in"
PEOPLE = ("fine", "expiring", "grace", "expired", "mustchange", "locked", "gone")
WRONG = "账号或密码不正确"


@pytest.fixture
def way(policy_slapd: Slapd) -> Iterator[FaultProxy]:
    with FaultProxy(policy_slapd.port) as between:
        yield between


@pytest.fixture
def directory(policy_slapd: Slapd, way: FaultProxy, tmp_path: Path) -> Iterator[Bureau]:
    """A bureau whose people sign in through the directory; its source allows no changes, and
    one of the two sign-ins that `grace` has left is spent."""
    bureau = open_bureau(tmp_path / "data")
    with writing():
        described = Described("dir", "目录", way.url, READER_DN, SUFFIX, READER_PASSWORD)
        source = create_source(described, data=tmp_path / "data", now=bureau.now)
        for login in PEOPLE:
            identity = bind(config_for(policy_slapd), login, PASSWORD).external_id
            Account.create(
                login=login,
                name=login,
                source="ldap",
                external_id=identity or f"none-{login}",
                directory=source,
                created_at=bureau.now,
            )
    yield bureau
    close_bureau()


def allow_changes() -> None:
    with writing():
        DirectorySource.update(may_change_password=True).execute()


def attempt(bureau: Bureau, login: str, password: str = PASSWORD) -> tuple[Client, Answer]:
    client = bureau.client()
    client.get(URL)
    return client, client.post(URL, {"login": login, "password": password})


@pytest.mark.parametrize(
    ("login", "sentence"),
    [
        ("expired", "可用的登录次数也用完了"),
        ("mustchange", "目录要求先修改密码"),
        ("gone", "您的账号已停用"),
    ],
)
def test_state_is_told_for_the_right_password(directory: Bureau, login: str, sentence: str) -> None:
    answer = attempt(directory, login)[1]
    assert answer.status == 422
    assert sentence in answer.words
    assert WRONG not in answer.words


@pytest.mark.parametrize(
    ("login", "warning"), [("expiring", "将在 5 天内到期"), ("grace", "最后一次宽限登录")]
)
def test_warning_comes_after_signing_in(directory: Bureau, login: str, warning: str) -> None:
    client, answer = attempt(directory, login)
    assert answer.status == 303
    assert warning in client.follow(answer).words


def test_grace_sign_ins_are_counted_down_and_nothing_is_written(
    directory: Bureau, policy_slapd: Slapd
) -> None:
    policy_slapd.modify(
        f"dn: {STRICT_DN}\nchangetype: modify\nreplace: pwdGraceAuthNLimit\npwdGraceAuthNLimit: 4\n"
    )

    def kept() -> list[object]:
        password = "password_hash, must_change_password, password_changed_at, state"
        return [
            directory.rows(f"SELECT {password} FROM account WHERE login = 'grace'"),
            directory.rows("SELECT * FROM sign_in_failure"),
        ]

    before = kept()
    for sentence in ("还可以登录 2 次", "还可以登录 1 次", "这是最后一次宽限登录"):
        client, answer = attempt(directory, "grace")
        assert sentence in client.follow(answer).words
        assert kept() == before
    answer = attempt(directory, "grace")[1]
    assert (answer.status, "可用的登录次数也用完了" in answer.words) == (422, True)
    assert kept() == before


@pytest.mark.parametrize("login", ["fine", "expiring", "grace", "expired", "mustchange", "gone"])
def test_wrong_password_reads_the_same_for_all(directory: Bureau, login: str) -> None:
    answer = attempt(directory, login, "wrong")[1]
    assert (answer.status, WRONG in answer.words) == (422, True)


def test_must_change_leads_to_that_page_only_where_it_can_be_done(directory: Bureau) -> None:
    allow_changes()
    client, answer = attempt(directory, "mustchange")
    assert answer.location == "/-/password?next=/"
    assert client.get("/").status == 303
    client.get("/-/password")
    fields = {
        "former_password": PASSWORD,
        "new_password": "kurz",
        "repeated_password": "kurz",
    }
    refused = client.post("/-/password", fields)
    assert (refused.status, "目录认为新密码太短" in refused.words) == (422, True)
    new = {"new_password": "Neues-Wort-2026", "repeated_password": "Neues-Wort-2026"}
    assert client.post("/-/password", {**fields, **new}).status == 303
    assert client.get("/").status == 200
    assert attempt(directory, "mustchange", "Neues-Wort-2026")[1].location == "/"


def change(client: Client, former: str, wanted: str) -> Answer:
    client.get("/-/password")
    fields = {"former_password": former, "new_password": wanted, "repeated_password": wanted}
    return client.post("/-/password", fields)


def is_locked(slapd: Slapd, login: str) -> bool:
    return bind(config_for(slapd), login, PASSWORD).reason == "locked"


def test_locked_account_reads_as_a_wrong_password_whatever_is_typed(directory: Bureau) -> None:
    for password in (PASSWORD, "wrong"):
        answer = attempt(directory, "locked", password)[1]
        assert (answer.status, WRONG in answer.words) == (422, True)
    reasons = directory.rows("SELECT detail FROM audit_record WHERE action = 'core.sign_in'")
    assert ["locked" in detail for (detail,) in reasons] == [True, True]


def test_right_password_of_a_disabled_account_is_told_so(directory: Bureau) -> None:
    with writing():
        Account.update(state="disabled").where(Account.login == "fine").execute()
    assert "您的账号已停用" in attempt(directory, "fine")[1].words
    assert WRONG in attempt(directory, "fine", "wrong")[1].words


@pytest.mark.parametrize("after", [3, 5])
def test_no_mixture_of_wrong_ones_locks_the_account(
    directory: Bureau, policy_slapd: Slapd, after: int
) -> None:
    allow_changes()
    with writing():
        DirectorySource.update(lock_after=after, lock_window_min=0).execute()
    known, _ = attempt(directory, "fine")
    for hours in range(3):
        with writing():
            SignInFailure.update(at=directory.now - dt.timedelta(hours=hours)).execute()
        for _ in range(4):
            assert change(known, "wrong", "Neues-Wort-2026").status == 422
        other = directory.client()
        other.cookies["device"] = known.cookies["device"]
        other.get(URL)
        for _ in range(4):
            other.post(URL, {"login": "fine", "password": "wrong"})
            attempt(directory, "fine", "wrong")
    assert not is_locked(policy_slapd, "fine")
    total = directory.rows("SELECT count(*) FROM sign_in_failure WHERE bucket LIKE 'bind:%'")
    assert total == [(after - 1,)]


def test_right_password_begins_the_count_again(directory: Bureau) -> None:
    known, _ = attempt(directory, "fine")
    for _ in range(3):
        known.post("/-/sign-out")
        known.get(URL)
        assert known.post(URL, {"login": "fine", "password": "wrong"}).status == 422
        assert known.post(URL, {"login": "fine", "password": PASSWORD}).status == 303
    assert directory.rows("SELECT count(*) FROM sign_in_failure WHERE bucket LIKE 'bind:%'") == [
        (0,)
    ]


def test_refused_new_password_costs_no_grace_sign_in(
    directory: Bureau, policy_slapd: Slapd
) -> None:
    allow_changes()
    policy_slapd.modify(
        f"dn: {STRICT_DN}\nchangetype: modify\nreplace: pwdGraceAuthNLimit\npwdGraceAuthNLimit: 3\n"
    )
    client, answer = attempt(directory, "grace")
    assert "还可以登录 1 次" in client.follow(answer).words
    for _ in range(3):
        assert "目录认为新密码太短" in change(client, PASSWORD, "kurz").words
    assert change(client, PASSWORD, "Neues-Wort-2026").status == 303
    assert attempt(directory, "grace", "Neues-Wort-2026")[1].status == 303


def test_spent_grace_is_named_instead_of_a_wrong_password(directory: Bureau) -> None:
    allow_changes()
    client, _ = attempt(directory, "grace")
    words = change(client, PASSWORD, "Neues-Wort-2026").words
    assert "宽限次数也已用完" in words
    assert "当前密码不正确" not in words


def test_former_password_guessed_is_in_the_trail_and_shown(directory: Bureau) -> None:
    allow_changes()
    client, _ = attempt(directory, "fine")
    change(client, "wrong", "Neues-Wort-2026")
    rows = directory.rows("SELECT outcome FROM audit_record WHERE action = 'core.change_password'")
    assert rows == [("denied",)]
    assert "改密时当前密码不正确" in client.get("/-/sessions").words


def test_two_wrong_ones_of_strangers_reach_the_directory_and_no_more(
    directory: Bureau, way: FaultProxy
) -> None:
    before = way.accepted
    for _ in range(12):
        assert WRONG in attempt(directory, "fine", "wrong")[1].words
    # Each attempt searches on one connection and tries the password on another.
    assert way.accepted - before == 4
    assert WRONG in attempt(directory, "fine")[1].words


def test_wrong_ones_arriving_together_are_counted_as_well(
    directory: Bureau, way: FaultProxy
) -> None:
    clients = [directory.client() for _ in range(10)]
    for client in clients:
        client.get(URL)
    before = way.accepted

    def send(client: Client) -> None:
        client.post(URL, {"login": "fine", "password": "wrong"})

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert way.accepted - before <= 4


def test_directory_that_is_down_costs_no_attempt(directory: Bureau, way: FaultProxy) -> None:
    way.fault = Fault("refuse")
    for _ in range(4):
        assert attempt(directory, "fine")[1].status == 503
    way.fault = Fault()
    rows = directory.rows("SELECT count(*) FROM sign_in_failure")
    assert rows == [(0,)]


def test_retired_source_lets_nobody_in(directory: Bureau) -> None:
    with writing():
        DirectorySource.update(is_active=False).execute()
    assert WRONG in attempt(directory, "fine")[1].words


def test_rule_of_the_directory_itself_is_read(policy_slapd: Slapd) -> None:
    assert found_rule(config_for(policy_slapd)) == FoundRule(after=5, window_min=0)


def test_sample_fills_in_what_the_directory_says(directory: Bureau, way: FaultProxy) -> None:
    with writing():
        DirectorySource.update(lock_after=9, lock_window_min=9).execute()
    client = directory.sign_in("system")
    source = "/-/console/sources/dir"
    client.get(source)
    place = {"code": "dir", "name": "目录", "profile": "openldap", "top_unit": ""}
    reached = {"url": way.url, "base": SUFFIX, "bind_dn": READER_DN}
    answer = client.post(f"{source}/sample", {**place, **reached, "password": READER_PASSWORD})
    assert "锁定规则已读出" in answer.words
    assert re.search(r'name="lock_after"[^>]* value="5"', answer.text)
    assert re.search(r'name="lock_window_min"[^>]* value="0"', answer.text)
    assert directory.rows("SELECT lock_after FROM directory_source") == [(9,)]


def test_stricter_rule_of_the_directory_is_followed_and_never_a_milder_one(
    policy_slapd: Slapd, directory: Bureau
) -> None:
    rule = found_rule(config_for(policy_slapd))
    assert rule is not None
    with writing():
        source = DirectorySource.get()
        assert follow_lock_rule(source, rule.after, rule.window_min, directory.now)
        source = DirectorySource.get()
        assert (source.lock_after, source.lock_window_min) == (5, 0)
        assert not follow_lock_rule(source, 9, 60, directory.now)
        assert not follow_lock_rule(source, 0, 0, directory.now)
