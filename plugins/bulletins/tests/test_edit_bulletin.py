"""One's own draft in the form."""

import pytest

from openbureau.testing.bureau import Bureau

from .conftest import BODY, TITLE, address, draft, publish

FILES = (("files", "方案.pdf", b"%PDF-1.7\n"),)


def test_author_finds_the_draft_as_saved(on: Bureau) -> None:
    client = on.sign_in("li")
    page = client.get(address(draft(client, receivers=("unit:530102",), files=FILES), "edit"))
    assert f'value="{TITLE}"' in page.text
    assert BODY in page.text.replace("\r\n", "\n")
    assert 'value="unit:530102" checked' in page.text
    assert "方案.pdf" in page.text


@pytest.mark.parametrize("login", ["wang", "zhang", "zhao"])
def test_nobody_else_finds_it(on: Bureau, login: str) -> None:
    for reader in ("zhang", "zhao"):
        on.grant(reader, "bulletins.publisher", "530000")
    bulletin = draft(on.sign_in("li"))
    assert on.sign_in(login).get(address(bulletin, "edit")).status == 404


def test_reader_gets_403(on: Bureau) -> None:
    bulletin = publish(on.sign_in("li"))
    assert on.sign_in("zhang").get(address(bulletin, "edit")).status == 403


def test_published_one_is_no_longer_edited(on: Bureau) -> None:
    client = on.sign_in("li")
    page = client.get(address(publish(client), "edit"))
    assert page.status == 404
    assert "已经发布或撤回，不能再改" in page.text


def test_bad_id_gets_404(on: Bureau) -> None:
    assert on.sign_in("li").get(address(999, "edit")).status == 404


def test_wrong_method_gets_405(on: Bureau) -> None:
    client = on.sign_in("li")
    assert client.get(address(draft(client), "edit"), method="DELETE").status == 405
