"""The question before a draft is discarded."""

from openbureau.testing.bureau import Bureau

from .conftest import TITLE, address, draft, publish, state_of


def test_author_is_asked_and_nothing_is_deleted_yet(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client)
    page = client.get(address(bulletin, "delete"))
    assert TITLE in page.text
    assert "不能恢复" in page.text
    assert state_of(on, bulletin) == "draft"


def test_colleague_reader_and_bad_id_are_kept_out(on: Bureau) -> None:
    bulletin = draft(on.sign_in("li"))
    assert on.sign_in("wang").get(address(bulletin, "delete")).status == 404
    assert on.sign_in("zhang").get(address(bulletin, "delete")).status == 403
    assert on.sign_in("li").get(address(999, "delete")).status == 404


def test_published_one_cannot_be_discarded(on: Bureau) -> None:
    client = on.sign_in("li")
    assert client.get(address(publish(client), "delete")).status == 404
