"""Saving a draft again: texts, files added and removed, too late after publishing."""

import re
from html import unescape

import pytest

from openbureau.testing.bureau import Answer, Bureau, Client

from .conftest import BODY, TITLE, address, draft, publish, state_of

FILES = (("files", "甲.pdf", b"%PDF-1\n"), ("files", "乙.pdf", b"%PDF-2\n"))


def updated(client: Client, bulletin: int, **changes: str) -> Answer:
    client.get(address(bulletin, "edit"))
    fields = {"title": TITLE, "body": BODY, **changes}
    return client.post(address(bulletin, "edit"), fields)


def test_author_changes_the_text(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client)
    assert updated(client, bulletin, title="改过的标题").status == 303
    assert on.rows("SELECT title FROM bulletins_bulletin") == [("改过的标题",)]


def test_ticked_file_is_removed_and_the_other_stays(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client, files=FILES)
    uid = re.findall(r'name="remove" value="(\w+)"', client.get(address(bulletin, "edit")).text)[0]
    updated(client, bulletin, remove=uid)
    page = client.get(address(bulletin, "edit")).text
    assert "甲.pdf" not in page
    assert "乙.pdf" in page
    assert client.get(f"/-/files/{uid}").status == 404


def test_file_of_another_bulletin_cannot_be_removed_from_here(on: Bureau) -> None:
    client = on.sign_in("li")
    other = draft(client, files=FILES)
    uid = re.findall(r'name="remove" value="(\w+)"', client.get(address(other, "edit")).text)[0]
    updated(client, draft(client), remove=uid)
    assert client.get(f"/-/files/{uid}").status == 200


def test_refused_form_keeps_new_file_and_names_the_attached_ones(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client, files=FILES[:1])
    client.get(address(bulletin, "edit"))
    page = client.post(address(bulletin, "edit"), {"title": "", "body": "改"}, FILES[1:])
    assert page.status == 422
    assert ">改</textarea>" in page.text.replace("\r\n", "")
    assert "甲.pdf" in page.text
    token = unescape(re.findall(r'name="kept_files" value="([^"]+)"', page.text)[0])
    client.post(address(bulletin, "edit"), {"title": "好", "body": "改", "kept_files": token})
    assert on.rows("SELECT name FROM attachment ORDER BY id") == [("甲.pdf",), ("乙.pdf",)]


def test_change_after_publishing_in_another_window_gets_409(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin = draft(client)
    client.get(address(bulletin, "edit"))
    hidden = dict(client.hidden)
    client.get(address(bulletin, "publish"))
    client.post(address(bulletin, "publish"))
    client.hidden = hidden
    page = client.post(address(bulletin, "edit"), {"title": "迟到", "body": BODY})
    assert page.status == 409
    assert "已经发布，不能再改" in page.text
    assert on.rows("SELECT title FROM bulletins_bulletin") == [(TITLE,)]


def test_colleague_gets_404_and_reader_403(on: Bureau) -> None:
    bulletin = draft(on.sign_in("li"))
    wang, zhang = on.sign_in("wang"), on.sign_in("zhang")
    for client in (wang, zhang):
        client.get("/")
    assert wang.post(address(bulletin, "edit"), {"title": "x", "body": "y"}).status == 404
    assert zhang.post(address(bulletin, "edit"), {"title": "x", "body": "y"}).status == 403


def test_superior_cannot_change_what_others_published(on: Bureau) -> None:
    bulletin = publish(on.sign_in("wang"), receivers=("unit:530102",))
    client = on.sign_in("li")
    client.get("/")
    assert client.post(address(bulletin, "edit"), {"title": "x", "body": "y"}).status in {404, 409}
    assert state_of(on, bulletin) == "published"


@pytest.mark.parametrize("number", [0, 999, 10**25])
def test_bad_id_gets_404(on: Bureau, number: int) -> None:
    client = on.sign_in("li")
    client.get("/")
    assert client.post(address(number, "edit"), {"title": "x", "body": "y"}).status == 404
