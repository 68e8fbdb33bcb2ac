"""What a person is told about their password in the directory, and that a wrong one tells
nothing; how many attempts reach it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.directory.binding import bind
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.sources import Described, create_source
from openbureau.testing.bureau import Answer, Bureau, Client, close_bureau, open_bureau
from openbureau.testing.directory import PASSWORD, config_for
from openbureau.testing.fault_proxy import Fault, FaultProxy
from openbureau.testing.slapd import READER_DN, READER_PASSWORD, SUFFIX, Slapd

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
        ("locked", "目录服务器已锁定这个账号"),
        ("gone", "已在目录中停用"),
    ],
)
def test_state_is_told_for_the_right_password(directory: Bureau, login: str, sentence: str) -> None:
    answer = attempt(directory, login)[1]
    assert answer.status == 422
    assert sentence in answer.words
    assert WRONG not in answer.words


@pytest.mark.parametrize(
    ("login", "warning"), [("expiring", "将在 5 天内到期"), ("grace", "还可以登录 0 次")]
)
def test_warning_comes_after_signing_in(directory: Bureau, login: str, warning: str) -> None:
    client, answer = attempt(directory, login)
    assert answer.status == 303
    assert warning in client.follow(answer).words


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


def test_four_wrong_ones_reach_the_directory_and_no_more(
    directory: Bureau, way: FaultProxy
) -> None:
    before = way.accepted
    for _ in range(12):
        assert WRONG in attempt(directory, "fine", "wrong")[1].words
    # Each attempt searches on one connection and tries the password on another.
    assert way.accepted - before == 8
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
    assert way.accepted - before <= 8


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
