"""A draft is kept, offered, restored and gone once the form was sent."""

import json

import pytest

from openbureau.base.database import db, writing
from openbureau.testing.bureau import Bureau
from openbureau.testing.statements import statements

from .drafting import NEW, RESTORED, TEXT, drafts, filled, save, writer

DAY_MS = 86_400_000
ASKED = {"title": TEXT["title"], "body": TEXT["body"]}


def test_draft_is_offered_then_restored(either_on: Bureau) -> None:
    client = writer(either_on)
    assert save(client).status == 204
    offered = client.get(NEW)
    assert "填写过，没有提交" in offered.words
    assert f'href="{RESTORED}"' in offered.text
    assert filled(offered) == {"title": "", "body": ""}
    restored = client.get(RESTORED)
    assert filled(restored) == ASKED
    assert 'name="is_urgent"' in restored.text
    assert f'name="form_page" value="{NEW}"' in restored.text


def test_later_text_replaces_the_former(either_on: Bureau) -> None:
    client = writer(either_on)
    save(client)
    save(client, [["title", "改过的标题"]], title="")
    assert drafts(either_on) == [("li", NEW)]
    assert filled(client.get(RESTORED)) == {"title": "改过的标题", "body": ""}
    assert "起草公告" in client.get("/-/drafts").words


def test_sent_form_takes_its_draft_with_it(either_on: Bureau) -> None:
    client = writer(either_on)
    save(client)
    client.get(RESTORED)
    assert client.post(NEW, TEXT).status == 303
    assert drafts(either_on) == []


def test_refused_form_keeps_its_draft(on: Bureau) -> None:
    client = writer(on)
    save(client)
    assert client.post(NEW, {"title": "只有标题"}).status == 422
    assert drafts(on) == [("li", NEW)]


def test_another_form_of_the_page_leaves_the_draft(on: Bureau) -> None:
    on.give_post("li", "530100")
    client = writer(on)
    save(client)
    post_id = on.rows("SELECT max(id) FROM post")[0][0]
    assert client.post("/-/acting", {"post": str(post_id), "next": NEW}).status == 303
    assert drafts(on) == [("li", NEW)]


def test_text_that_arrives_after_its_form_is_no_draft_any_more(on: Bureau) -> None:
    client = writer(on)
    once = client.hidden["once"]
    client.post(NEW, TEXT)
    client.get(NEW)
    assert save(client, of=once).status == 204
    assert drafts(on) == []
    assert save(client, of=client.hidden["once"]).status == 204
    assert drafts(on) == [("li", NEW)]


def test_draft_fills_only_the_form_it_came_from(on: Bureau) -> None:
    client = writer(on)
    client.post(NEW, TEXT)
    edit = "/bulletins/bulletin/1/edit"
    save(client, [["reason", "别的表单"]], edit)
    assert filled(client.get(f"{edit}?draft=1")) == ASKED


def test_nobody_sees_or_removes_anothers_draft(either_on: Bureau) -> None:
    save(writer(either_on))
    other = writer(either_on, "wang")
    assert "填写过" not in other.get(NEW).words
    assert filled(other.get(RESTORED)) == {"title": "", "body": ""}
    assert "没有未提交的内容" in other.get("/-/drafts").words
    other.get(NEW)
    assert other.get("/-/drafts/1/delete").status == 404
    assert other.post("/-/drafts/1/delete").status == 404
    assert drafts(either_on) == [("li", NEW)]


def test_list_leads_to_the_filled_form_and_discards(either_on: Bureau) -> None:
    client = writer(either_on)
    save(client)
    page = client.get("/-/drafts")
    assert f'href="{RESTORED}"' in page.text
    assert client.post("/-/drafts/1/delete").location == "/-/drafts"
    assert drafts(either_on) == []


def test_discarding_asks_and_leads_back_to_the_empty_form(on: Bureau) -> None:
    client = writer(on)
    save(client)
    assert "丢弃后不能恢复" in client.get("/-/drafts/1/delete").words
    assert client.post("/-/drafts/1/delete").location == NEW
    assert "填写过" not in client.get(NEW).words


def test_text_stays_readable_where_its_form_is_gone(on: Bureau) -> None:
    client = writer(on)
    client.post(NEW, TEXT)
    edit = "/bulletins/bulletin/1/edit"
    client.get(edit)
    run("UPDATE bulletins_bulletin SET state = 'published'")
    refused = client.post(edit, {**TEXT, "body": "来不及保存的话"})
    assert refused.status == 409
    assert 'href="/-/drafts"' in refused.text
    assert client.get(f"{edit}?draft=1").status == 404
    assert "来不及保存的话" in client.get("/-/drafts/1").words
    assert writer(on, "wang").get("/-/drafts/1").status == 404


@pytest.mark.parametrize(("size", "status"), [(204_000, 204), (205_000, 413)])
def test_200_kilobytes_fit(either_on: Bureau, size: int, status: int) -> None:
    client = writer(either_on)
    assert save(client, [["body", "a" * size]]).status == status
    assert len(drafts(either_on)) == (status == 204)


def test_ten_thousand_characters_come_back_whole(either_on: Bureau) -> None:
    client = writer(either_on)
    body = "关于做好𠮷林特种设备检验🙂工作的意见。" * 500
    assert len(body) >= 9_500
    save(client, [["title", "长文"], ["body", body]])
    assert filled(client.get(RESTORED))["body"] == body


def test_fifty_drafts_of_one_person_are_kept_the_latest(either_on: Bureau) -> None:
    client = writer(either_on)
    for number in range(53):
        assert save(client, page=f"{NEW}?n={number}").status == 204
        age(1)
    kept = [page for _, page in drafts(either_on)]
    assert kept == [f"{NEW}?n={number}" for number in range(3, 53)]


def test_whoever_saves_next_sweeps_what_is_a_month_old(either_on: Bureau) -> None:
    save(writer(either_on))
    age(29 * DAY_MS)
    wang = writer(either_on, "wang")
    save(wang)
    assert len(drafts(either_on)) == 2
    age(2 * DAY_MS)
    save(wang)
    assert drafts(either_on) == [("wang", NEW)]


def age(span_ms: int) -> None:
    run(f"UPDATE form_draft SET saved_at = saved_at - {span_ms}")


def run(sql: str) -> None:
    with writing():
        db.execute_sql(sql)


@pytest.mark.parametrize(
    "fields",
    ["", "{}", "[1]", '[["a"]]', '[["a", 1]]', '[["a", "\\u0000"]]', '[["a", "\\ud800"]]', "[" * 9],
)
def test_content_that_makes_no_sense_is_refused(on: Bureau, fields: str) -> None:
    assert save(writer(on), fields).status == 400
    assert drafts(on) == []


@pytest.mark.parametrize(
    "page", ["", "x", "//evil.example/", "/\\evil.example", "/a\tb", "/" + "a" * 500, "https://a/"]
)
def test_page_that_is_not_ours_keeps_nothing(on: Bureau, page: str) -> None:
    assert save(writer(on), page=page).status == 400
    assert drafts(on) == []


def test_secrets_and_our_own_fields_stay_out(on: Bureau) -> None:
    client = writer(on)
    hidden = [["csrf", "1"], ["once", "2"], ["form_by", "3"], ["new_Password", "x"]]
    save(client, [*hidden, ["title", "甲"]])
    assert json.loads(on.rows("SELECT fields FROM form_draft")[0][0]) == [["title", "甲"]]


def test_form_page_asks_for_its_draft_once(on: Bureau) -> None:
    client = writer(on)
    client.get(NEW)
    with statements() as taken:
        client.get(NEW)
    assert len([sql for sql in taken if "form_draft" in sql]) == 1
    with statements() as taken:
        client.get("/bulletins/")
    assert not [sql for sql in taken if "form_draft" in sql]
