"""Discarding one's own draft."""

import re

import pytest

from openbureau.testing.bureau import Bureau

from .conftest import address, draft, publish, state_of


def test_author_discards_a_draft_and_its_file(either_on: Bureau) -> None:
    client = either_on.sign_in("li")
    bulletin = draft(client, files=(("files", "方案.pdf", b"%PDF-1\n"),))
    found = re.search(r"/-/files/\w+", client.get(address(bulletin, "edit")).text)
    assert found is not None
    client.get(address(bulletin, "delete"))
    page = client.follow(client.post(address(bulletin, "delete")))
    assert "草稿已删除" in page.text
    assert state_of(either_on, bulletin) == "gone"
    assert client.get(found[0]).status == 404


def test_published_one_stays_with_409(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = publish(client)
    client.get("/")
    assert client.post(address(bulletin, "delete")).status == 409
    assert state_of(on, bulletin) == "published"


@pytest.mark.parametrize(("login", "status"), [("wang", 404), ("zhang", 403), ("zhao", 403)])
def test_others_are_kept_out(on: Bureau, login: str, status: int) -> None:
    bulletin = draft(on.sign_in("li"))
    client = on.sign_in(login)
    client.get("/")
    assert client.post(address(bulletin, "delete")).status == status
    assert state_of(on, bulletin) == "draft"


def test_readonly_unit_discards_nothing(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client)
    client.get("/")
    on.enable("bulletins", "unit:530000", "readonly")
    assert client.post(address(bulletin, "delete")).status == 403
    assert state_of(on, bulletin) == "draft"
