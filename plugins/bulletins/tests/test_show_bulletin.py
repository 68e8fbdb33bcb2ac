"""One bulletin: who sees it, that opening is reading, what is left after withdrawal."""

import re

import pytest

from openbureau.testing.bureau import Bureau

from .conftest import TITLE, address, draft, publish, withdraw

FILES = (("files", "检查方案.pdf", b"%PDF-1.7\n"),)


@pytest.mark.parametrize("login", ["li", "zhao", "wang", "zhang", "sun"])
def test_author_same_unit_reader_and_receivers_see_it(on: Bureau, login: str) -> None:
    on.give_post("zhao", "530000")
    bulletin = publish(on.sign_in("li"))
    page = on.sign_in(login).get(address(bulletin))
    assert page.status == 200
    assert "<p>第一段</p><p>第二段</p>" in page.text


def test_superior_unit_sees_what_a_lower_one_published(on: Bureau) -> None:
    bulletin = publish(on.sign_in("wang"), receivers=("unit:530103",))
    assert on.sign_in("li").get(address(bulletin)).status == 200


@pytest.mark.parametrize("login", ["zhao", "zhang"])
def test_stranger_gets_404_not_403(on: Bureau, login: str) -> None:
    bulletin = publish(on.sign_in("wang"), receivers=("unit:530103",))
    assert on.sign_in(login).get(address(bulletin)).status == 404


@pytest.mark.parametrize("login", ["system", "security", "audit"])
def test_administrator_acts_on_no_bulletin(on: Bureau, login: str) -> None:
    bulletin = publish(on.sign_in("li"), receivers=("subtree:530000",))
    assert on.sign_in(login).get(address(bulletin)).status in {403, 404}


def test_draft_is_invisible_to_a_colleague_and_a_superior(on: Bureau) -> None:
    on.grant("zhang", "bulletins.publisher", "530102")
    on.grant("zhou", "bulletins.publisher", "530102")
    bulletin = draft(on.sign_in("zhang"), receivers=("unit:530102",))
    assert on.sign_in("zhang").get(address(bulletin)).status == 200
    assert on.sign_in("zhou").get(address(bulletin)).status == 404
    assert on.sign_in("li").get(address(bulletin)).status == 404


def test_opening_it_closes_the_readers_own_todo(on: Bureau) -> None:
    bulletin = publish(on.sign_in("li"))
    on.run_jobs()
    client = on.sign_in("zhang")
    assert 'data-count="read">1<' in client.get("/-/todos").text
    client.get(address(bulletin))
    assert 'data-count="read"><' in client.get("/-/todos").text
    assert 'data-count="read">1<' in on.sign_in("zhou").get("/-/todos").text


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"sec-purpose": "prefetch"}),
        ("GET", {"hx-history-restore-request": "true"}),
    ],
)
def test_looking_ahead_is_not_reading(on: Bureau, method: str, headers: dict[str, str]) -> None:
    bulletin = publish(on.sign_in("li"))
    on.run_jobs()
    client = on.sign_in("zhang")
    assert client.get(address(bulletin), headers, method).status == 200
    assert 'data-count="read">1<' in client.get("/-/todos").text


def test_receiver_of_a_withdrawn_one_sees_the_reason_and_not_the_text(on: Bureau) -> None:
    author = on.sign_in("li")
    bulletin = publish(author, files=FILES)
    on.run_jobs()
    withdraw(author, bulletin, "日期有误")
    page = on.sign_in("zhang").get(address(bulletin))
    assert "日期有误" in page.text
    assert TITLE in page.text
    assert "第一段" not in page.text
    assert "检查方案.pdf" not in page.text


def test_publishing_unit_keeps_the_text_of_a_withdrawn_one(on: Bureau) -> None:
    author = on.sign_in("li")
    bulletin = publish(author, files=FILES)
    withdraw(author, bulletin)
    page = author.get(address(bulletin))
    assert "第一段" in page.text
    assert "检查方案.pdf" in page.text


def test_only_the_publishing_side_sees_progress_and_withdrawal(on: Bureau) -> None:
    bulletin = publish(on.sign_in("li"))
    ours = on.sign_in("li").get(address(bulletin)).text
    theirs = on.sign_in("zhang").get(address(bulletin)).text
    for link in (address(bulletin, "progress"), address(bulletin, "withdraw")):
        assert f'href="{link}"' in ours
        assert f'href="{link}"' not in theirs


def test_markup_in_title_and_text_is_shown_as_typed(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = publish(client, title="<script>alert(1)</script>")
    page = client.get(address(bulletin)).text
    assert not re.search(r"<script>alert", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("number", ["0", "999", "-1", "abc", "1.5", "9" * 30, "%00"])
def test_bad_id_gets_404(on: Bureau, number: str) -> None:
    assert on.sign_in("li").get(f"/bulletins/bulletin/{number}").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_wrong_method_gets_405(on: Bureau, method: str) -> None:
    client = on.sign_in("li")
    assert client.get(address(publish(client)), method=method).status == 405


def test_unit_without_the_plugin_gets_404_naming_the_phase(on: Bureau) -> None:
    bulletin = publish(on.sign_in("li"))
    on.enable("bulletins", "unit:530102", "off")
    page = on.sign_in("zhang").get(address(bulletin))
    assert page.status == 404
    assert "尚未启用「通知公告」" in page.text
    assert "第 1 期" in page.text
