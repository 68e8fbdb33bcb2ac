"""Signing in: who gets in, who does not, and that the refusals all read the same."""

import re

import pytest

from openbureau.base.database import db, writing
from openbureau.kernel.accounts.models import Account, SignInFailure
from openbureau.testing.bureau import PASSWORD, Answer, Bureau, Client

URL = "/-/sign-in"


def attempt(client: Client, login: str, password: str) -> Answer:
    client.get(URL)
    return client.post(URL, {"login": login, "password": password})


def refusal(answer: Answer) -> tuple[int, str]:
    """What a refused person sees, without what changes on every page."""
    return answer.status, re.sub(r'value="[^"]*"', "", answer.text)


@pytest.mark.parametrize("login", ["li", "LI", " li "])
def test_right_password_opens_the_desk(either_bureau: Bureau, login: str) -> None:
    client = either_bureau.client()
    answer = attempt(client, login, PASSWORD)
    assert (answer.status, answer.location) == (303, "/")
    assert "李志华" in client.get("/").text


def test_wrong_unknown_and_disabled_read_the_same(bureau: Bureau) -> None:
    with writing():
        Account.update(state="disabled").where(Account.login == "sun").execute()
    wrong = refusal(attempt(bureau.client(), "li", "wrong"))
    assert wrong[0] == 422
    assert refusal(attempt(bureau.client(), "nobody", "wrong")) == wrong
    assert refusal(attempt(bureau.client(), "sun", PASSWORD)) == wrong


def test_throttled_reads_the_same_even_with_the_right_password(bureau: Bureau) -> None:
    wrong = refusal(attempt(bureau.client(), "zhou", "wrong"))
    for _ in range(4):
        attempt(bureau.client(), "li", "wrong")
    assert refusal(attempt(bureau.client(), "li", PASSWORD)) == wrong


@pytest.mark.parametrize(
    "password",
    ["", " ", "\0", f"{PASSWORD}\0", "x" * 1024 * 1024, PASSWORD * 100, "\ufffd", "'; --", "*"],
    ids=["empty", "blank", "nul", "right and nul", "1 MiB", "long", "broken", "sql", "star"],
)
def test_strange_password_never_signs_in(either_bureau: Bureau, password: str) -> None:
    client = either_bureau.client()
    assert attempt(client, "li", password).status in {400, 413, 422}
    assert "session" not in client.cookies


@pytest.mark.parametrize("login", ["", "\0", "li\0", "x" * 101, "*", "li)(uid=*", "' OR 1=1 --"])
def test_strange_account_never_signs_in(either_bureau: Bureau, login: str) -> None:
    client = either_bureau.client()
    assert attempt(client, login, PASSWORD).status in {400, 422}
    assert "session" not in client.cookies


@pytest.mark.parametrize("field", ["login", "password", "next", "csrf", "once"])
def test_lone_surrogate_in_any_field_is_a_bad_request(bureau: Bureau, field: str) -> None:
    client = bureau.client()
    client.get(URL)
    fields = {"login": "li", "password": PASSWORD, "next": "/", **client.hidden, field: "\\ud800"}
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    kind = "multipart/form-data; boundary=b; charset=raw_unicode_escape"
    answer = client.send("POST", URL, f"{body}--b--\r\n".encode(), {"content-type": kind})
    assert answer.status == 400


def test_fifth_failure_stops_unknown_browsers_and_lets_a_known_one_in(bureau: Bureau) -> None:
    known = bureau.sign_in("li")
    known.post("/-/sign-out")
    for _ in range(4):
        attempt(bureau.client(), "li", "wrong")
    assert attempt(bureau.client(), "li", PASSWORD).status == 422
    assert attempt(known, "li", PASSWORD).status == 303


def test_known_browser_is_stopped_in_its_own_bucket_only(bureau: Bureau) -> None:
    known = bureau.sign_in("li")
    known.post("/-/sign-out")
    for _ in range(4):
        attempt(known, "li", "wrong")
    assert attempt(known, "li", PASSWORD).status == 422
    assert attempt(bureau.client(), "li", PASSWORD).status == 303


def test_device_cookie_of_another_account_is_no_known_browser(bureau: Bureau) -> None:
    for _ in range(4):
        attempt(bureau.client(), "li", "wrong")
    client = bureau.sign_in("zhang")
    client.post("/-/sign-out")
    assert attempt(client, "li", PASSWORD).status == 422


def test_throttle_ends_after_a_quarter_of_an_hour(bureau: Bureau) -> None:
    for _ in range(4):
        attempt(bureau.client(), "li", "wrong")
    with writing():
        db.execute_sql("UPDATE sign_in_failure SET at = at - 901000")
    assert attempt(bureau.client(), "li", PASSWORD).status == 303


def test_many_accounts_from_one_address_are_stopped_there(bureau: Bureau) -> None:
    with writing():
        for _ in range(120):
            SignInFailure.create(bucket="address:192.0.2.9", at=bureau.now)
    there = Client(bureau.app, address="192.0.2.9")
    assert attempt(there, "li", PASSWORD).status == 422
    assert attempt(bureau.client(), "li", PASSWORD).status == 303


def test_every_attempt_leaves_one_audit_line_without_the_password(bureau: Bureau) -> None:
    attempt(bureau.client(), "li", "geheimes-wort")
    attempt(bureau.client(), "li", PASSWORD)
    rows = bureau.rows("SELECT outcome, detail FROM audit_record WHERE action = 'core.sign_in'")
    assert len(rows) == 2
    assert "geheimes-wort" not in str(rows)
    assert PASSWORD not in str(rows)


def test_password_is_not_sent_back_with_the_form(bureau: Bureau) -> None:
    page = attempt(bureau.client(), "li", "geheimes-wort")
    assert 'value="li"' in page.text
    assert "geheimes-wort" not in page.text


FOREIGN = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example/%2e%2e",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "http://evil.example",
    "https://evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "http:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "ftp://evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "mailto:a@evil.example",
    "evil.example",
    "evil.example/",
    ".evil.example",
    "@evil.example",
    "/@@evil.example//..//evil.example",
    "http://bureau.test@evil.example",
    "http://bureau.test:x@evil.example",
    "https://bureau.test.evil.example",
    "//bureau.test@evil.example",
    "//evil.example:80",
    "//evil.example?",
    "//evil.example#",
    "//[::1]/",
    "//1.1.1.1",
    "//①.①.①.①",
    "//evil。example",
    "//xn--evil-.example",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%0d%0aLocation:%20//evil.example",
    "%2f%2fevil.example",
    "%2F%2Fevil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "%5c%5cevil.example",
    "?//evil.example",
    "#//evil.example",
    ";//evil.example",
    ".//evil.example",
    "..//evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/-/sign-out",
    "/-/sign-in?next=//evil.example",
    "//%65vil.example",
    "ht%74p://evil.example",
    "x://evil.example",
    "http://0x7f.1",
    "//2130706433",
    "/%E3%80%82evil.example",
    "//evil%E3%80%82example",
]
CONTROL = [
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\n/evil.example",
    "/\r\nx: y",
]


def test_there_are_sixty_foreign_addresses() -> None:
    assert len(set(FOREIGN + CONTROL)) >= 60


@pytest.mark.parametrize("target", FOREIGN + CONTROL)
def test_way_back_never_leaves_the_site(bureau: Bureau, target: str) -> None:
    client = bureau.client()
    client.get(URL)
    fields = {"login": "li", "password": PASSWORD, "next": target}
    signed_in = client.post(URL, fields)
    client.get("/")
    switched = client.post("/-/preferences", {"language": "zh", "next": target})
    assert signed_in.status == 303
    for answer in (signed_in, switched):
        assert re.fullmatch(r"/(?![/\\])[^\\\s]*", answer.location), answer.location
        assert "\n" not in answer.headers["location"]


@pytest.mark.parametrize("target", ["/-/units", "/bulletins/?q=电梯", "/-/search?q=a%26b&x=1#top"])
def test_way_back_leads_where_the_person_wanted_to_go(bureau: Bureau, target: str) -> None:
    client = bureau.client()
    client.get(URL)
    answer = client.post(URL, {"login": "li", "password": PASSWORD, "next": target})
    assert answer.status == 303
    assert answer.location.isascii()
    assert answer.location.startswith(target.partition("电")[0])


def test_signed_in_person_is_led_on_from_the_sign_in_page(bureau: Bureau) -> None:
    answer = bureau.sign_in("li").get("/-/sign-in?next=/-/units")
    assert (answer.status, answer.location) == (303, "/-/units")
