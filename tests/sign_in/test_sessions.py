"""Sessions: new at every sign-in, ended by the server, by time, by their owner."""

import re

import pytest

from openbureau.base.database import db, writing
from openbureau.kernel.accounts.models import Account
from openbureau.testing.bureau import PASSWORD, Bureau, Client

MINUTE_MS = 60_000


def is_in(client: Client) -> bool:
    return client.get("/").status == 200


def age(column: str, minutes: int) -> None:
    """Moves a time of every session into the past."""
    with writing():
        db.execute_sql(f"UPDATE session SET {column} = {column} - {minutes * MINUTE_MS}")


def end_urls(client: Client) -> list[str]:
    return re.findall(r'action="(/-/sessions/\d+/end)"', client.get("/-/sessions").text)


def copy_of(client: Client, bureau: Bureau) -> Client:
    twin = bureau.client()
    twin.cookies = dict(client.cookies)
    return twin


@pytest.mark.parametrize("planted", ["x" * 43, "0" * 64, ""])
def test_token_from_before_signing_in_is_never_valid(bureau: Bureau, planted: str) -> None:
    client, attacker = bureau.client(), bureau.client()
    client.cookies["session"] = attacker.cookies["session"] = planted
    client.sign_in("li", PASSWORD)
    assert client.cookies["session"] != planted
    assert not is_in(attacker)


def test_token_changes_at_every_sign_in_and_is_stored_nowhere(bureau: Bureau) -> None:
    first, second = bureau.sign_in("li"), bureau.sign_in("li")
    tokens = {first.cookies["session"], second.cookies["session"]}
    assert len(tokens) == 2
    assert not tokens & {row[0] for row in bureau.rows("SELECT token_hash FROM session")}
    assert all(len(token) >= 43 for token in tokens)


def test_signing_out_ends_the_session_on_the_server(either_bureau: Bureau) -> None:
    client = either_bureau.sign_in("li")
    thief = copy_of(client, either_bureau)
    assert client.post("/-/sign-out").status == 303
    assert "session" not in client.cookies
    assert not is_in(thief)


@pytest.mark.parametrize(("minutes", "stays"), [(29, True), (31, False)])
def test_session_ends_after_half_an_hour_of_silence(
    either_bureau: Bureau, minutes: int, stays: bool
) -> None:
    client = either_bureau.sign_in("li")
    age("seen_at", minutes)
    assert is_in(client) is stays


def test_use_keeps_a_session_alive(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    for _ in range(3):
        age("seen_at", 20)
        assert is_in(client)


@pytest.mark.parametrize(("login", "hours"), [("li", 12), ("security", 8)])
def test_session_ends_for_good_at_its_limit(bureau: Bureau, login: str, hours: int) -> None:
    client = bureau.sign_in(login)
    age("ends_at", hours * 60 - 5)
    assert is_in(client)
    age("ends_at", 6)
    assert not is_in(client)


def test_fourth_session_ends_the_one_unseen_for_longest(bureau: Bureau) -> None:
    clients = []
    for _ in range(4):
        clients.append(bureau.sign_in("li"))
        age("seen_at", 2)
    assert [is_in(client) for client in clients] == [False, True, True, True]


def test_own_session_elsewhere_is_ended_from_the_list(bureau: Bureau) -> None:
    elsewhere = bureau.sign_in("li")
    age("seen_at", 1)
    here = bureau.sign_in("li")
    urls = end_urls(here)
    assert len(urls) == 2
    assert here.post(urls[1]).location == "/-/sessions"
    assert not is_in(elsewhere)
    assert is_in(here)


def test_session_of_somebody_else_gets_404_and_lives_on(bureau: Bureau) -> None:
    other = bureau.sign_in("zhang")
    url = end_urls(other)[0]
    client = bureau.sign_in("li")
    client.get("/")
    assert client.post(url).status == 404
    assert is_in(other)


def test_list_shows_only_ones_own_sessions(bureau: Bureau) -> None:
    bureau.sign_in("zhang")
    assert len(end_urls(bureau.sign_in("li"))) == 1


@pytest.mark.parametrize("state", ["disabled", "archived"])
def test_disabled_account_loses_access_at_the_next_request(bureau: Bureau, state: str) -> None:
    client = bureau.sign_in("li")
    with writing():
        Account.update(state=state).where(Account.login == "li").execute()
    assert not is_in(client)


def test_disabled_account_writes_nothing_any_more(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    url = end_urls(client)[0]
    with writing():
        Account.update(state="disabled").where(Account.login == "li").execute()
    assert client.post(url).status == 401


@pytest.mark.parametrize("token", ["", "x", "é", "\x7f" * 10, "a" * 5000, "' OR 1=1 --"])
def test_made_up_token_is_nobody(bureau: Bureau, token: str) -> None:
    client = bureau.client()
    client.cookies["session"] = token
    assert client.get("/").status == 303


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(bureau: Bureau) -> None:
    client = bureau.client()
    client.get("/-/sign-in")
    answer = client.post("/-/sign-in", {"login": "li", "password": PASSWORD})
    lines = answer.headers["set-cookie"].split("\n")
    assert {line.partition("=")[0] for line in lines} == {"session", "device"}
    for line in lines:
        assert "HttpOnly" in line
        assert "SameSite=lax" in line
        assert "Path=/" in line
        assert "Domain" not in line


def test_over_https_the_session_cookie_is_bound_to_the_host(bureau: Bureau) -> None:
    client = Client(bureau.app, scheme="https")
    client.get("/-/sign-in")
    answer = client.post("/-/sign-in", {"login": "li", "password": PASSWORD})
    lines = answer.headers["set-cookie"].split("\n")
    assert any(line.startswith("__Host-session=") for line in lines)
    assert all("Secure" in line for line in lines)
    assert is_in(client)


def test_plain_session_cookie_does_not_count_over_https(bureau: Bureau) -> None:
    plain = bureau.sign_in("li")
    secure = Client(bureau.app, scheme="https")
    secure.cookies = dict(plain.cookies)
    assert not is_in(secure)


def test_anonymous_comes_back_after_signing_in(bureau: Bureau) -> None:
    client = bureau.client()
    answer = client.get("/-/search?q=a&x=1")
    assert answer.location == "/-/sign-in?next=/-/search%3Fq%3Da%26x%3D1"
    assert 'name="next" value="/-/search?q=a&amp;x=1"' in client.follow(answer).text
