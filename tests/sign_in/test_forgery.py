"""Only our own pages may act for a person, and a form acts once."""

import re
import threading

import pytest

from openbureau.base.csrf import masked_token
from openbureau.testing.bureau import PASSWORD, Answer, Bureau, Client

SENDERS = [
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "same-site"}, False),
    ({"origin": "http://evil.example"}, False),
    ({"origin": "http://bureau.test.evil.example"}, False),
    ({"origin": "http://bureau.test:8080"}, False),
    ({"origin": "http://bureau.test", "sec-fetch-site": "cross-site"}, False),
    ({"origin": "http://bureau.test", "sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "none"}, True),
    ({}, True),
]


def unsafe(bureau: Bureau) -> list[str]:
    """One address of every page that acts."""
    urls = {
        re.sub(r"\{[^}]+\}", "1", route.url)
        for route in bureau.application.routes.all
        if "POST" in route.page.methods
    }
    return sorted(urls)


def test_no_page_acts_without_a_token(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    client, system = bureau.sign_in("li"), bureau.sign_in("system")
    urls = unsafe(bureau)
    assert len(urls) >= 10
    for url in urls:
        actor = system if "/console/" in url else client
        assert actor.post(url, is_bare=True).status == 403, url
        assert actor.post(url, {"csrf": "x"}, is_bare=True).status == 403, url


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 56, "A" * 55, "====", "\ud7ff" * 14])
def test_wrong_token_is_refused_and_nothing_happens(bureau: Bureau, token: str) -> None:
    client = bureau.sign_in("li")
    page = client.post("/-/sign-out", {"csrf": token}, is_bare=True)
    assert page.status == 403
    assert "这张表单已经失效" in page.text
    assert client.get("/").status == 200


def test_token_of_another_session_is_refused(bureau: Bureau) -> None:
    client, other = bureau.sign_in("li"), bureau.sign_in("li")
    other.get("/")
    assert client.post("/-/sign-out", other.hidden, is_bare=True).status == 403


def test_token_from_before_signing_in_is_refused_after_it(bureau: Bureau) -> None:
    client = bureau.client()
    client.get("/-/sign-in")
    before = dict(client.hidden)
    client.post("/-/sign-in", {"login": "li", "password": PASSWORD})
    assert client.post("/-/sign-out", before, is_bare=True).status == 403


def test_token_made_with_another_key_is_refused(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    bound_to = bureau.rows("SELECT token_hash FROM session")[0][0]
    forged = masked_token(b"another key", bound_to)
    assert client.post("/-/sign-out", {"csrf": forged}, is_bare=True).status == 403


def test_nobody_is_signed_in_to_a_strangers_account_from_outside(bureau: Bureau) -> None:
    client = bureau.client()
    fields = {"login": "li", "password": PASSWORD}
    assert client.post("/-/sign-in", fields, is_bare=True).status == 403
    assert "session" not in client.cookies


@pytest.mark.parametrize(("headers", "passes"), SENDERS)
def test_request_sent_by_another_site_is_refused_even_with_a_token(
    bureau: Bureau, headers: dict[str, str], passes: bool
) -> None:
    client = bureau.sign_in("li")
    client.get("/")
    answer = client.post("/-/sign-out", headers=headers)
    assert (answer.status == 303) is passes


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "", "text/xml"])
def test_body_that_is_no_form_carries_no_token(bureau: Bureau, kind: str) -> None:
    client = bureau.sign_in("li")
    client.get("/")
    body = f"csrf={client.hidden['csrf']}".encode()
    assert client.send("POST", "/-/sign-out", body, {"content-type": kind}).status == 403


def test_token_may_come_in_a_header(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/")
    headers = {"x-csrf-token": client.hidden["csrf"]}
    assert client.post("/-/sign-out", headers=headers, is_bare=True).status == 303


def test_tokens_differ_on_every_page(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    first, second = (
        set(re.findall(r'name="csrf" value="([^"]+)"', client.get("/").text)) for _ in "12"
    )
    assert first
    assert not first & second


def rule_form(client: Client) -> dict[str, str]:
    client.get("/-/console/plugins")
    return {"plugin": "bulletins", "state": "on", "scope": "unit:530102"}


def test_replayed_form_acts_once_and_leads_to_the_same_place(either_bureau: Bureau) -> None:
    client = either_bureau.sign_in("system")
    fields = {**rule_form(client), **client.hidden}
    answers = [client.post("/-/console/plugins", fields, is_bare=True) for _ in range(3)]
    assert {(a.status, a.location) for a in answers} == {(303, "/-/console/plugins")}
    acts = "SELECT count(*) FROM audit_record WHERE action = 'core.set_plugin_state'"
    assert either_bureau.rows(acts) == [(1,)]


def test_form_sent_twice_at_one_moment_acts_once(either_bureau: Bureau) -> None:
    client = either_bureau.sign_in("system")
    fields = {**rule_form(client), **client.hidden}
    answers: list[Answer] = []

    def send() -> None:
        twin = either_bureau.client()
        twin.cookies = dict(client.cookies)
        answers.append(twin.post("/-/console/plugins", fields, is_bare=True))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(a.status, a.location) for a in answers] == [(303, "/-/console/plugins")] * 2
    acts = "SELECT count(*) FROM audit_record WHERE action = 'core.set_plugin_state'"
    assert either_bureau.rows(acts) == [(1,)]


def test_key_of_anothers_form_does_not_tell_where_it_led(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    client = bureau.sign_in("li")
    client.get("/bulletins/bulletin/new")
    once = client.hidden["once"]
    client.post("/bulletins/bulletin/new", {"title": "甲", "body": "乙"})
    bureau.grant("wang", "bulletins.publisher", "530100")
    other = bureau.sign_in("wang")
    other.get("/bulletins/bulletin/new")
    fields = {"csrf": other.hidden["csrf"], "once": once, "title": "甲", "body": "乙"}
    answer = other.post("/bulletins/bulletin/new", fields, is_bare=True)
    assert answer.location != "/bulletins/bulletin/1/edit"
