"""Withdrawing: open todos vanish, search forgets it, done reading stays on record."""

import pytest

from openbureau.testing.bureau import Bureau

from .conftest import TITLE, address, draft, publish, state_of, withdraw


def test_receivers_lose_todo_list_line_and_search_result(either_on: Bureau) -> None:
    author = either_on.sign_in("li")
    bulletin = publish(author)
    either_on.run_jobs()
    withdraw(author, bulletin)
    client = either_on.sign_in("zhang")
    page = client.get("/bulletins/")
    assert TITLE not in page.text
    assert 'data-count="bulletins.read"><' in page.text
    assert TITLE not in client.get("/-/search?q=电梯安全").words


def test_job_that_runs_after_withdrawal_gives_no_todo(on: Bureau) -> None:
    author = on.sign_in("li")
    withdraw(author, publish(author))
    on.run_jobs()
    assert on.rows("SELECT count(*) FROM todo") == [(0,)]


@pytest.mark.parametrize("reason", ["", "   ", "长" * 301])
def test_reason_is_needed_and_the_question_comes_back(on: Bureau, reason: str) -> None:
    client = on.sign_in("li")
    bulletin = publish(client)
    client.get(address(bulletin, "withdraw"))
    page = client.post(address(bulletin, "withdraw"), {"reason": reason})
    assert page.status == 422
    assert reason in page.text
    assert state_of(on, bulletin) == "published"


def test_second_withdrawal_gets_409(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = publish(client)
    withdraw(client, bulletin, "第一次")
    client.get("/")
    assert client.post(address(bulletin, "withdraw"), {"reason": "第二次"}).status == 409
    assert on.rows("SELECT withdrawn_reason FROM bulletins_bulletin") == [("第一次",)]


def test_draft_cannot_be_withdrawn(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client)
    client.get("/")
    assert client.post(address(bulletin, "withdraw"), {"reason": "x"}).status == 409
    assert state_of(on, bulletin) == "draft"


@pytest.mark.parametrize(("login", "status"), [("wang", 403), ("zhang", 403), ("zhao", 403)])
def test_others_are_refused(on: Bureau, login: str, status: int) -> None:
    bulletin = publish(on.sign_in("li"))
    client = on.sign_in(login)
    client.get("/")
    assert client.post(address(bulletin, "withdraw"), {"reason": "x"}).status == status
    assert state_of(on, bulletin) == "published"


def test_publisher_of_another_prefecture_gets_404(on: Bureau) -> None:
    on.grant("zhao", "bulletins.publisher", "530402")
    bulletin = publish(on.sign_in("li"))
    client = on.sign_in("zhao")
    client.get("/")
    assert client.post(address(bulletin, "withdraw"), {"reason": "x"}).status == 404


def test_readonly_unit_cannot_withdraw(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = publish(client)
    on.enable("bulletins", "unit:530000", "readonly")
    page = client.post(address(bulletin, "withdraw"), {"reason": "x"})
    assert page.status == 403
    assert "只能查阅" in page.text
