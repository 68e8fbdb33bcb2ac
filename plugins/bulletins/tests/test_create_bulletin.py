"""Saving a new draft: kept as typed when refused, with the files sent so far."""

import json
import re
from html import unescape
from typing import Any

import pytest

from openbureau.testing.bureau import Answer, Bureau, Client

from .conftest import BODY, NEW, TITLE, draft, saved, state_of

PDF = b"%PDF-1.7\nan attachment\n"


def sent(client: Client, files: tuple[tuple[str, str, bytes], ...] = (), **changes: str) -> Answer:
    client.get(NEW)
    return client.post(NEW, {"title": TITLE, "body": BODY, **changes}, files)


def kept_files(page: Answer) -> list[str]:
    return [
        unescape(t) for t in re.findall(r'name="kept_files" value="([^"]+)" checked', page.text)
    ]


def totals(bureau: Bureau) -> tuple[int, int]:
    sql = "SELECT (SELECT count(*) FROM bulletins_bulletin), (SELECT count(*) FROM attachment)"
    bulletins, attachments = bureau.rows(sql)[0]
    return bulletins, attachments


def test_writer_saves_a_draft_with_a_file(on: Bureau) -> None:
    bulletin = draft(on.sign_in("li"), files=(("files", "检查 方案.pdf", PDF),))
    assert state_of(on, bulletin) == "draft"
    assert on.rows("SELECT name FROM attachment") == [("检查 方案.pdf",)]
    assert ("bulletins.create_bulletin",) in on.rows("SELECT action FROM audit_record")


def test_saving_for_publishing_leads_to_the_confirmation(on: Bureau) -> None:
    answer = saved(on.sign_in("li"), intent="publish")
    assert answer.location.endswith("/publish")


def test_owner_is_the_acting_unit_and_post(on: Bureau) -> None:
    on.give_post("wang", "530103")
    client = on.sign_in("wang")
    posts = re.findall(r'name="post" value="(\d+)"', client.get("/").text)
    assert client.post("/-/acting", {"post": posts[1]}).status == 303
    draft(client)
    sql = "SELECT u.code FROM bulletins_bulletin b JOIN unit u ON u.id = b.unit_id"
    assert on.rows(sql) == [("530103",)]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "这一项必须填写。"),
        ("title", " \t ", "这一项必须填写。"),
        ("title", "长" * 201, "最多填写 200 个字。"),
        ("body", "", "这一项必须填写。"),
        ("body", "\n \n", "这一项必须填写。"),
        ("body", "字" * 50_001, "最多填写 50000 个字。"),
    ],
)
def test_refused_field_is_named_and_nothing_is_saved(
    on: Bureau, field: str, value: str, sentence: str
) -> None:
    changed: dict[str, Any] = {field: value}
    page = sent(on.sign_in("li"), **changed)
    assert page.status == 422
    assert sentence in page.text
    assert totals(on) == (0, 0)


def test_refused_form_comes_back_as_it_was_typed(on: Bureau) -> None:
    page = sent(on.sign_in("li"), title="", body="<b>正文</b> & 余下", is_urgent="y")
    assert "&lt;b&gt;正文&lt;/b&gt; &amp; 余下" in page.text
    assert re.search(r'<input checked[^>]*name="is_urgent"', page.text)


def test_chosen_receivers_stay_with_a_refused_form(on: Bureau) -> None:
    page = sent(on.sign_in("li"), title="", receivers="unit:530102")
    assert 'value="unit:530102" checked' in page.text


@pytest.mark.parametrize("value", ["unit:530400", "unit:nowhere", "person:x", "x", "subtree:"])
def test_receiver_beyond_ones_reach_is_taken_off_and_said(on: Bureau, value: str) -> None:
    page = sent(on.sign_in("wang"), title="甲", receivers=value)
    assert page.status == 422
    assert "有 1 项不存在或不在您的可选范围内" in page.text
    assert "已经去掉" in page.text
    assert totals(on) == (0, 0)


def test_receivers_typed_by_name_are_taken_and_doubtful_ones_asked_about(on: Bureau) -> None:
    client = on.sign_in("li")
    names = {"receivers-names": "五华区局、昆明市局及全部下属\n盘龙"}
    page = sent(client, (), **names)
    assert page.status == 422
    assert "核对：「盘龙」是" in page.words
    fields = {"receivers": ["unit:530102", "subtree:530100"], "receivers-asked": "盘龙"}
    picked = {"receivers-pick-0": "unit:530103"}
    answer = client.post(NEW, {"title": TITLE, "body": BODY, **fields, **picked})
    assert answer.status == 303
    kept = on.rows("SELECT receivers FROM bulletins_bulletin")[0][0]
    assert json.loads(kept) == ["unit:530102", "subtree:530100", "unit:530103"]


def test_uploaded_file_stays_with_a_refused_form_and_needs_no_second_upload(on: Bureau) -> None:
    client = on.sign_in("li")
    page = sent(client, (("files", "方案.pdf", PDF),), title="")
    tokens = kept_files(page)
    assert "方案.pdf" in page.text
    answer = client.post(NEW, {"title": TITLE, "body": BODY, "kept_files": tokens}, ())
    assert answer.status == 303
    assert on.rows("SELECT name FROM attachment") == [("方案.pdf",)]


def test_unticked_kept_file_is_not_attached(on: Bureau) -> None:
    client = on.sign_in("li")
    assert len(kept_files(sent(client, (("files", "方案.pdf", PDF),), title=""))) == 1
    assert client.post(NEW, {"title": TITLE, "body": BODY}).status == 303
    assert totals(on) == (1, 0)


@pytest.mark.parametrize("change", [("方案", "密件"), (".pdf", ".exe"), ("a", "b")])
def test_altered_kept_token_attaches_nothing(on: Bureau, change: tuple[str, str]) -> None:
    client = on.sign_in("li")
    token = kept_files(sent(client, (("files", "方案.pdf", PDF),), title=""))[0]
    forged = [token.replace(*change), "", "x", ":::", "é:1:2:3:4"]
    assert client.post(NEW, {"title": TITLE, "body": BODY, "kept_files": forged}).status == 303
    assert totals(on)[1] == (1 if forged[0] == token else 0)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("空.pdf", b"", "是空的"),
        ("木马.exe", b"MZ\x90\x00", "类型不在允许之列"),
        ("没有扩展名", b"text", "类型不在允许之列"),
        ("双扩展.pdf.exe", PDF, "类型不在允许之列"),
        ("页面.html", b"<script>1</script>", "类型不在允许之列"),
        ("图.svg", b"<svg onload=alert(1)>", "类型不在允许之列"),
        ("假.pdf", b"<html>", "内容与扩展名不符"),
        ("假.png", b"GIF89a", "内容与扩展名不符"),
        ("破.docx", b"PK\x03\x04 broken", "内容与扩展名不符"),
    ],
)
def test_unfit_file_is_refused_by_name_beside_the_filled_form(
    on: Bureau, name: str, content: bytes, sentence: str
) -> None:
    page = sent(on.sign_in("li"), (("files", name, content), ("files", "好.pdf", PDF)))
    assert page.status == 422
    assert f"文件「{name}」" in page.words
    assert sentence in page.words
    assert TITLE in page.text
    assert len(kept_files(page)) == 1


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\\\windows\\\\a.pdf", "a.pdf"),
        ("con.pdf", "_con.pdf"),
        ("报告\u202efdp.pdf", "报告fdp.pdf"),
        ("...pdf", "未命名.pdf"),
        ("<script>.pdf", "_script_.pdf"),
        ("长" * 300 + ".pdf", "长" * 146 + ".pdf"),
    ],
)
def test_hostile_name_is_made_harmless(on: Bureau, name: str, kept: str) -> None:
    assert sent(on.sign_in("li"), (("files", name, PDF),)).status == 303
    assert on.rows("SELECT name FROM attachment") == [(kept,)]


def test_file_over_the_limit_is_refused_and_the_form_comes_back(small_uploads: Bureau) -> None:
    file = ("files", "大.txt", b"x" * (1024 * 1024 + 1))
    page = sent(small_uploads.sign_in("li"), (file,))
    assert page.status == 422
    assert "文件「大.txt」超过了 1 MB 的上限。" in page.words
    assert TITLE in page.text
    assert totals(small_uploads) == (0, 0)


def test_file_of_exactly_the_limit_is_taken(small_uploads: Bureau) -> None:
    file = ("files", "大.txt", b"x" * (1024 * 1024))
    assert sent(small_uploads.sign_in("li"), (file,)).status == 303


def test_file_far_over_the_limit_is_cut_off_with_413(small_uploads: Bureau) -> None:
    page = sent(small_uploads.sign_in("li"), (("files", "大.txt", b"x" * (4 * 1024 * 1024)),))
    assert page.status == 413
    assert "超过了大小上限" in page.text


def test_reader_gets_403_and_nothing_is_stored(on: Bureau) -> None:
    client = on.sign_in("zhang")
    client.get("/")
    page = client.post(NEW, {"title": TITLE, "body": BODY}, (("files", "方案.pdf", PDF),))
    assert page.status == 403
    assert totals(on) == (0, 0)


def test_same_form_twice_saves_one_draft(either_on: Bureau) -> None:
    client = either_on.sign_in("li")
    client.get(NEW)
    hidden = dict(client.hidden)
    answers = []
    for _ in range(2):
        client.hidden = hidden
        answers.append(client.post(NEW, {"title": TITLE, "body": BODY}))
    assert answers[0].location == answers[1].location
    assert totals(either_on) == (1, 0)
