"""Security administrators see who is signed in, and end it; the person is told."""

import re

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.settings.actions import choose_setting
from openbureau.kernel.settings.declared import CORE_SETTINGS
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import PASSWORD, Bureau, Client

URL = "/-/console/sessions"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"


def session_of(bureau: Bureau, login: str) -> int:
    rows = bureau.rows(
        "SELECT s.id FROM session s JOIN account a ON a.id = s.account_id "
        "WHERE a.login = ? AND s.ended_at IS NULL ORDER BY s.id",
        (login,),
    )
    return int(rows[0][0])


def delegate(bureau: Bureau, unit: str) -> Client:
    with writing():
        Account.update(administrator_unit=Unit.get(Unit.code == unit)).where(
            Account.login == "security"
        ).execute()
        bump_epoch("access")
    return bureau.sign_in("security")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"li", "zhang", "security"}),
        ("q=zhang", {"zhang"}),
        ("q=李", {"li"}),
        ("unit=530102", {"zhang"}),
        ("address=127.0", {"li", "zhang", "security"}),
        ("address=10.", set()),
        ("q=' OR 1=1 --", set()),
    ],
)
def test_list_is_narrowed(either_bureau: Bureau, query: str, found: set[str]) -> None:
    either_bureau.sign_in("li")
    either_bureau.sign_in("zhang")
    page = either_bureau.sign_in("security").get(f"{URL}?{query}")
    cells = re.findall(r'<span class="minor">([a-z]+)</span>', page.text)
    assert set(cells) == found


def test_ended_person_is_out_and_told_why(either_bureau: Bureau) -> None:
    victim = either_bureau.sign_in("zhang")
    client = either_bureau.sign_in("security")
    client.get(URL)
    assert client.post(f"{URL}/{session_of(either_bureau, 'zhang')}/end").status == 303
    assert victim.get("/").status == 303
    assert "您的登录已被管理员结束" in victim.get("/-/sign-in").text


def test_all_of_a_person_end_together(bureau: Bureau) -> None:
    victims = [bureau.sign_in("zhang") for _ in range(3)]
    client = bureau.sign_in("security")
    url = f"{URL}/{session_of(bureau, 'zhang')}/end-all"
    assert "结束此人的全部登录" in client.get(url).words
    assert client.post(url).status == 303
    assert [victim.get("/").status for victim in victims] == [303] * 3


def test_delegated_one_ends_only_in_the_own_part(bureau: Bureau) -> None:
    bureau.sign_in("zhao")
    victim = bureau.sign_in("zhang")
    client = delegate(bureau, "530100")
    assert "zhao" not in client.get(URL).text
    for path in ("end", "end-all"):
        assert client.post(f"{URL}/{session_of(bureau, 'zhao')}/{path}").status == 404
    assert client.post(f"{URL}/{session_of(bureau, 'zhang')}/end").status == 303
    assert victim.get("/").status == 303


@pytest.mark.parametrize("login", ["li", "system", "audit"])
def test_others_see_no_sessions_but_their_own(bureau: Bureau, login: str) -> None:
    client = bureau.sign_in(login)
    assert client.get(URL).status == 403
    assert client.post(f"{URL}/1/end").status == 403


@pytest.mark.parametrize("number", [0, 999999])
def test_session_that_is_not_there(bureau: Bureau, number: int) -> None:
    client = bureau.sign_in("security")
    client.get(URL)
    assert client.post(f"{URL}/{number}/end").status == 404
    assert client.get(f"{URL}/{number}/end-all").status == 404


@pytest.mark.parametrize("most", [1, 2])
def test_parallel_sessions_follow_the_setting_and_the_oldest_is_told(
    bureau: Bureau, most: int
) -> None:
    with writing():
        choose_setting(CORE_SETTINGS["core.parallel_sessions"], most, now=bureau.now)
    clients = [bureau.sign_in("li") for _ in range(most + 1)]
    assert [c.get("/").status for c in clients] == [303, *[200] * most]
    assert "数量超过了上限" in clients[0].get("/-/sign-in").text


def test_history_shows_successes_and_failures_and_the_last_one_is_told(bureau: Bureau) -> None:
    guest = bureau.client()
    guest.get("/-/sign-in")
    fields = {"login": "li", "password": PASSWORD}
    assert guest.post("/-/sign-in", fields, headers={"user-agent": CHROME}).status == 303
    stranger = bureau.client()
    stranger.get("/-/sign-in")
    stranger.post("/-/sign-in", {"login": "li", "password": "wrong"})
    client = bureau.client()
    desk = client.sign_in("li", PASSWORD)
    assert "上次登录" in desk.words
    assert "其后有 1 次没有成功的尝试" in desk.words
    history = client.get("/-/sessions").words
    assert "Chrome 126 · Windows" in history
    assert "密码不正确" in history
    assert "sun" not in history


def test_first_sign_in_is_told_nothing(bureau: Bureau) -> None:
    assert "上次登录" not in bureau.client().sign_in("li", PASSWORD).words
