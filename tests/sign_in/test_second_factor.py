"""One-time passwords: compulsory for administrators, used once, and a way back in."""

import datetime as dt
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from openbureau.base.database import db, writing
from openbureau.kernel.accounts.second_factor import STEP_S, matching_step
from openbureau.testing.bureau import PASSWORD, Answer, Bureau, Client, close_bureau, open_bureau

URL = "/-/second-factor"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = dt.datetime(2026, 3, 3, 9, 0, 10, tzinfo=dt.UTC)


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau as real ones are: its administrators need a second factor."""
    yield open_bureau(tmp_path / "data", second_factor=True)
    close_bureau()


def password_given(bureau: Bureau, login: str) -> tuple[Client, Answer]:
    client = bureau.client()
    client.get("/-/sign-in")
    return client, client.post("/-/sign-in", {"login": login, "password": PASSWORD})


def secret_on(page: Answer) -> str:
    found = re.search(r"密钥： ((?:[A-Z2-7]{4} ){8})", page.words)
    assert found is not None
    return found[1].replace(" ", "")


def set_up(bureau: Bureau, login: str = "system") -> tuple[Client, str, list[str]]:
    """A browser signed in after setting up the factor; its secret and recovery codes."""
    client, answer = password_given(bureau, login)
    page = client.follow(answer)
    secret = secret_on(page)
    offer = re.search(r'name="offer" value="([^"]+)"', page.text)
    assert offer is not None
    code = pyotp.TOTP(secret).now()
    done = client.post(f"{URL}/setup", {"offer": offer[1], "code": code, "next": "/-/units"})
    assert done.status == 200, done.words
    codes = re.findall(r"<code[^>]*>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.text)
    return client, secret, codes


def forget_steps() -> None:
    """As if the last code had been used an hour ago."""
    with writing():
        db.execute_sql("UPDATE second_factor SET last_step = last_step - 120")


def test_administrator_gets_nowhere_before_setting_one_up(strict: Bureau) -> None:
    client, answer = password_given(strict, "system")
    assert answer.location == "/-/second-factor?next=/"
    for url in ("/", "/-/units", "/-/sessions", "/-/console/plugins"):
        assert client.get(url).location.startswith("/-/sign-in"), url
    assert client.get("/-/sign-in?next=/-/units").location == "/-/second-factor?next=/-/units"
    assert client.post("/-/acting", {"post": "1"}).status in {401, 403}
    assert client.get("/-/password").location.startswith(URL)


def test_staff_are_not_asked(strict: Bureau) -> None:
    assert password_given(strict, "li")[1].location == "/"


def test_setting_up_signs_in_and_shows_ten_recovery_codes_once(strict: Bureau) -> None:
    client, secret, codes = set_up(strict)
    assert len(set(codes)) == 10
    assert client.get("/-/console/plugins").status == 200
    stored = str(strict.rows("SELECT secret, recovery FROM second_factor"))
    assert secret not in stored
    assert not any(code in stored for code in codes)
    assert codes[0] not in client.get(URL).text


def test_code_is_used_once(strict: Bureau) -> None:
    secret = set_up(strict)[1]
    forget_steps()
    code = pyotp.TOTP(secret).now()
    first, second = password_given(strict, "system")[0], password_given(strict, "system")[0]
    for client in (first, second):
        client.get(URL)
    assert first.post(URL, {"code": code}).status == 303
    assert second.post(URL, {"code": code}).status == 422
    assert first.get("/").status == 200
    assert second.get("/").status == 303


def test_one_code_sent_twice_at_one_moment_signs_one_in(strict: Bureau) -> None:
    secret = set_up(strict)[1]
    forget_steps()
    clients = [password_given(strict, "system")[0] for _ in range(3)]
    for client in clients:
        client.get(URL)
    code = pyotp.TOTP(secret).now()
    statuses: list[int] = []

    def send(client: Client) -> None:
        statuses.append(client.post(URL, {"code": code}).status)

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 422, 422]


@pytest.mark.parametrize(
    ("offset", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_one_step_early_or_late_is_right(offset: int, is_right: bool) -> None:
    code = pyotp.TOTP(SECRET).at(NOW + dt.timedelta(seconds=offset * STEP_S))
    assert (matching_step(SECRET, code, NOW) is not None) is is_right


def test_step_used_before_is_not_used_again() -> None:
    code = pyotp.TOTP(SECRET).at(NOW)
    step = matching_step(SECRET, f" {code[:3]} {code[3:]} ", NOW)
    assert step is not None
    assert matching_step(SECRET, code, NOW, after=step) is None


@pytest.mark.parametrize(
    "typed", ["", "0", "abcdef", "１２３４５６", "12345 ", "-12345", "1234567"]
)
def test_what_is_no_code_matches_nothing(typed: str) -> None:
    assert matching_step(SECRET, typed, NOW) is None


def test_sixth_try_in_five_minutes_is_refused_even_when_right(strict: Bureau) -> None:
    secret = set_up(strict)[1]
    forget_steps()
    client = password_given(strict, "system")[0]
    client.get(URL)
    for _ in range(5):
        assert client.post(URL, {"code": "000000"}).status == 422
    assert client.post(URL, {"code": pyotp.TOTP(secret).now()}).status == 422
    with writing():
        db.execute_sql("UPDATE sign_in_failure SET at = at - 301000")
    assert client.post(URL, {"code": pyotp.TOTP(secret).now()}).status == 303


def test_recovery_code_stands_in_once(strict: Bureau) -> None:
    codes = set_up(strict)[2]
    for expected in (303, 422):
        client = password_given(strict, "system")[0]
        client.get(URL)
        assert client.post(URL, {"code": codes[0].upper()}).status == expected


def test_proving_more_gives_a_new_token(strict: Bureau) -> None:
    codes = set_up(strict)[2]
    client = password_given(strict, "system")[0]
    before = client.cookies["session"]
    client.get(URL)
    client.post(URL, {"code": codes[0]})
    assert client.cookies["session"] != before
    thief = strict.client()
    thief.cookies["session"] = before
    assert thief.get("/").status == 303


def test_secret_offered_to_somebody_else_is_not_taken(strict: Bureau) -> None:
    client, answer = password_given(strict, "system")
    offer = re.search(r'name="offer" value="([^"]+)"', client.follow(answer).text)
    assert offer is not None
    other, answer = password_given(strict, "security")
    other.follow(answer)
    for forged in (offer[1], "", "x", "é" * 9):
        assert other.post(f"{URL}/setup", {"offer": forged, "code": "123456"}).status == 400
    assert strict.rows("SELECT count(*) FROM second_factor") == [(0,)]


def test_wrong_first_code_shows_the_same_secret_again(strict: Bureau) -> None:
    client, answer = password_given(strict, "system")
    page = client.follow(answer)
    offer = re.search(r'name="offer" value="([^"]+)"', page.text)
    assert offer is not None
    again = client.post(f"{URL}/setup", {"offer": offer[1], "code": "000000"})
    assert again.status == 422
    assert offer[1] in again.text


def test_staff_may_use_one_and_give_it_up(strict: Bureau) -> None:
    client = strict.sign_in("li")
    page = client.get(URL)
    secret = secret_on(page)
    offer = re.search(r'name="offer" value="([^"]+)"', page.text)
    assert offer is not None
    code = pyotp.TOTP(secret).now()
    codes = client.post(f"{URL}/setup", {"offer": offer[1], "code": code}).text
    recovery = re.findall(r"<code[^>]*>([a-z0-9]{5}-[a-z0-9]{5})</code>", codes)
    assert password_given(strict, "li")[1].location.startswith(URL)
    client.get(URL)
    assert client.post(f"{URL}/replace", {"code": recovery[3]}).status == 303
    assert password_given(strict, "li")[1].location == "/"


def test_administrator_who_replaces_it_sets_up_anew_at_once(strict: Bureau) -> None:
    client, _, codes = set_up(strict)
    client.get(URL)
    assert client.post(f"{URL}/replace", {"code": codes[0]}).location == URL
    assert client.get("/-/console/plugins").location.startswith("/-/sign-in")
    assert "设置动态口令" in client.get(URL).text


def test_new_recovery_codes_replace_the_former(strict: Bureau) -> None:
    client, _, codes = set_up(strict)
    client.get(URL)
    page = client.post(f"{URL}/recovery", {"code": codes[0]})
    fresh = re.findall(r"<code[^>]*>([a-z0-9]{5}-[a-z0-9]{5})</code>", page.text)
    assert len(fresh) == 10
    other = password_given(strict, "system")[0]
    other.get(URL)
    assert other.post(URL, {"code": codes[1]}).status == 422
    assert other.post(URL, {"code": fresh[1]}).status == 303


def test_demo_asks_nobody(bureau: Bureau) -> None:
    assert password_given(bureau, "system")[1].location == "/"


@pytest.mark.parametrize("code", ["", "\0", "x" * 41, "' OR 1=1 --", "１２３４５６"])
def test_strange_code_is_refused(strict: Bureau, code: str) -> None:
    set_up(strict)
    client = password_given(strict, "system")[0]
    client.get(URL)
    assert client.post(URL, {"code": code}).status in {400, 422}
    assert client.get("/").status == 303
