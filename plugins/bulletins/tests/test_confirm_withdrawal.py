"""The question before a bulletin is withdrawn."""

import pytest

from openbureau.testing.bureau import Bureau

from .conftest import TITLE, address, draft, publish, withdraw


def test_publisher_is_asked_for_the_reason(on: Bureau) -> None:
    client = on.sign_in("li")
    page = client.get(address(publish(client), "withdraw"))
    assert page.status == 200
    assert TITLE in page.text
    assert "<textarea" in page.text


def test_superior_publisher_may_withdraw_for_a_lower_unit(on: Bureau) -> None:
    bulletin = publish(on.sign_in("wang"))
    assert on.sign_in("li").get(address(bulletin, "withdraw")).status == 200


@pytest.mark.parametrize(("login", "status"), [("wang", 404), ("zhang", 403), ("zhao", 403)])
def test_others_are_kept_out(on: Bureau, login: str, status: int) -> None:
    bulletin = publish(on.sign_in("li"))
    assert on.sign_in(login).get(address(bulletin, "withdraw")).status == status


def test_draft_withdrawn_and_unknown_get_404(on: Bureau) -> None:
    client = on.sign_in("li")
    gone = publish(client)
    withdraw(client, gone)
    for bulletin in (draft(client), gone, 999):
        assert client.get(address(bulletin, "withdraw")).status == 404
