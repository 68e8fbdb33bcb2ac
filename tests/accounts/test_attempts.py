"""Letting somebody in again whom failed attempts keep out: by page, by command, recorded."""

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account
from openbureau.testing.bureau import PASSWORD, Bureau

URL = "/-/sign-in"


def status(bureau: Bureau, password: str) -> int:
    client = bureau.client()
    client.get(URL)
    return client.post(URL, {"login": "li", "password": password}).status


def test_administrator_forgets_the_failures_for_a_reason(either_bureau: Bureau) -> None:
    for _ in range(4):
        assert status(either_bureau, "wrong") == 422
    assert status(either_bureau, PASSWORD) == 422
    uid = either_bureau.rows("SELECT uid FROM account WHERE login = 'li'")[0][0]
    client = either_bureau.sign_in("system")
    page = f"/-/console/people/{uid}"
    assert "清除失败计数" in client.get(page).words
    client.get(f"{page}/do/attempts")
    assert client.post(f"{page}/do/attempts", {"reason": " "}).status == 422
    assert status(either_bureau, PASSWORD) == 422
    assert client.post(f"{page}/do/attempts", {"reason": "电话核实"}).status == 303
    assert status(either_bureau, PASSWORD) == 303
    assert "清除失败计数" not in client.get(page).text.partition("最近")[0]
    rows = either_bureau.rows(
        "SELECT detail FROM audit_record WHERE action = 'core.allow_attempts'"
    )
    assert ["电话核实" in detail for (detail,) in rows] == [True]


def test_nothing_counted_is_said_so(bureau: Bureau) -> None:
    with writing():
        uid = Account.get(Account.login == "li").uid
    client = bureau.sign_in("system")
    page = f"/-/console/people/{uid}/do/attempts"
    client.get(page)
    answer = client.post(page, {"reason": "x"})
    assert (answer.status, "没有失败的尝试" in answer.words) == (409, True)
