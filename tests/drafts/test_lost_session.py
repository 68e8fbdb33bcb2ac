"""A form whose session is gone is not lost: signing in again brings it back filled."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from openbureau.base.database import db, writing
from openbureau.testing.bureau import PASSWORD, Answer, Bureau, Client

from .drafting import NEW, RESTORED, SAME_SITE, TEXT, drafts, filled, writer

ASKED = {"title": TEXT["title"], "body": TEXT["body"]}


def idle(client: Client) -> None:
    run("UPDATE session SET seen_at = seen_at - 1900000")


def ended(client: Client) -> None:
    run("UPDATE session SET ended_at = seen_at, end_reason = 'ended'")


def without_cookie(client: Client) -> None:
    del client.cookies["session"]


def on_a_bare_browser(client: Client) -> None:
    client.cookies.clear()


def run(sql: str) -> None:
    with writing():
        db.execute_sql(sql)


def sign_in_address(answer: Answer) -> str:
    found = re.search(r'href="(/-/sign-in\?next=[^"]+)"', answer.text)
    assert found is not None, answer.words
    return unescape(found[1])


def signed_in_through(client: Client, address: str, login: str) -> Answer:
    """The page after signing in at an address a page gave."""
    form = client.get(address)
    target = re.findall(r'name="next" value="([^"]*)"', form.text)[-1]
    fields = {"login": login, "password": PASSWORD, "next": unescape(target)}
    return client.follow(client.post("/-/sign-in", fields))


LOSSES = [idle, ended, without_cookie, on_a_bare_browser]


@pytest.mark.parametrize("lose", LOSSES)
def test_signing_in_again_brings_the_filled_form(
    either_on: Bureau, lose: Callable[[Client], None]
) -> None:
    client = writer(either_on)
    lose(client)
    refused = client.post(NEW, TEXT)
    assert refused.status == 401
    assert "文字已经存好" in refused.words
    page = signed_in_through(client, sign_in_address(refused), "li")
    assert filled(page) == ASKED
    assert "还没有提交" in page.words
    assert client.post(NEW, {**TEXT, "title": "改好了"}).status == 303
    assert drafts(either_on) == []


@pytest.mark.parametrize("lose", LOSSES)
def test_somebody_else_who_signs_in_there_sees_nothing_of_it(
    on: Bureau, lose: Callable[[Client], None]
) -> None:
    client = writer(on)
    lose(client)
    page = signed_in_through(client, sign_in_address(client.post(NEW, TEXT)), "wang")
    assert filled(page) == {"title": "", "body": ""}
    assert TEXT["title"] not in client.get("/-/drafts").text
    assert drafts(on) == [("li", NEW)]


def test_form_of_a_former_session_is_kept_in_the_new_one(on: Bureau) -> None:
    client = writer(on)
    old = dict(client.hidden)
    client.sign_in("li", PASSWORD)
    refused = client.post(NEW, {**old, **TEXT}, is_bare=True)
    assert refused.status == 403
    assert f'href="{RESTORED}"' in refused.text
    assert filled(client.get(RESTORED)) == ASKED


def test_form_left_open_by_somebody_else_is_kept_for_them_alone(on: Bureau) -> None:
    client = writer(on)
    old = dict(client.hidden)
    client.sign_in("wang", PASSWORD)
    refused = client.post(NEW, {**old, **TEXT}, is_bare=True)
    assert refused.status == 403
    assert "文字已经存好" not in refused.words
    assert filled(client.get(RESTORED)) == {"title": "", "body": ""}
    assert drafts(on) == [("li", NEW)]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
    ],
)
def test_another_site_plants_no_draft(on: Bureau, headers: dict[str, str]) -> None:
    client = writer(on)
    assert client.post(NEW, TEXT, headers=headers).status == 403
    idle(client)
    assert client.post(NEW, TEXT, headers=headers).status == 401
    assert drafts(on) == []


@pytest.mark.parametrize("claim", ["", "x", ".", "0" * 32 + "." + "0" * 40, "é"])
def test_without_proof_of_its_author_nothing_is_kept(on: Bureau, claim: str) -> None:
    client = writer(on)
    without_cookie(client)
    fields = {**client.hidden, **TEXT, "form_by": claim}
    refused = client.post(NEW, fields, headers=SAME_SITE, is_bare=True)
    assert refused.status == 401
    assert "文字已经存好" not in refused.words
    assert drafts(on) == []


def test_proof_holds_for_its_own_form_and_account_only(on: Bureau) -> None:
    client, other = writer(on), writer(on, "wang")
    uid = other.hidden["form_by"].partition(".")[0]
    seal = client.hidden["form_by"].partition(".")[2]
    without_cookie(client)
    for change in ({"once": other.hidden["once"]}, {"form_by": f"{uid}.{seal}"}):
        client.post(NEW, {**client.hidden, **TEXT, **change}, is_bare=True)
    assert drafts(on) == []


def test_disabled_account_leaves_nothing_behind(on: Bureau) -> None:
    client = writer(on)
    run("UPDATE account SET state = 'disabled' WHERE login = 'li'")
    assert client.post(NEW, TEXT).status == 401
    assert drafts(on) == []


def test_empty_form_is_not_worth_keeping(on: Bureau) -> None:
    client = writer(on)
    idle(client)
    refused = client.post(NEW, {"title": " ", "body": ""})
    assert refused.status == 401
    assert drafts(on) == []


def test_text_beside_files_is_kept_also_without_a_session(small_uploads: Bureau) -> None:
    client = writer(small_uploads)
    without_cookie(client)
    refused = client.post(NEW, TEXT, [("files", "甲.txt", b"text")])
    assert "文字已经存好" in refused.words
    assert drafts(small_uploads) == [("li", NEW)]
    assert small_uploads.rows("SELECT count(*) FROM stored_file") == [(0,)]


def test_large_body_without_a_session_is_not_taken_in(small_uploads: Bureau) -> None:
    client = writer(small_uploads)
    without_cookie(client)
    refused = client.post(NEW, TEXT, [("files", "甲.txt", b"x" * 2_200_000)])
    assert refused.status == 401
    assert drafts(small_uploads) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_part_of_a_page_sends_the_whole_window_to_sign_in(on: Bureau, method: str) -> None:
    client = writer(on)
    idle(client)
    headers = {
        "hx-request": "true",
        "hx-request-type": "partial",
        "hx-current-url": "http://bureau.test/bulletins/?tab=drafts",
    }
    if method == "GET":
        answer, back = client.get("/bulletins/?q=a", headers), "/bulletins/%3Ftab%3Ddrafts"
    else:
        answer, back = client.post(NEW, TEXT, headers=headers), f"{NEW}%3Fdraft%3D1"
    assert answer.status == 401
    assert answer.headers["hx-redirect"] == f"/-/sign-in?next={back}"


@pytest.mark.parametrize("url", ["", "http://[", "x", "http://evil.example//evil", "http://a/\\b"])
def test_strange_address_of_the_page_leads_home(on: Bureau, url: str) -> None:
    headers = {"hx-request": "true", "hx-current-url": url}
    answer = on.client().get("/bulletins/", headers)
    assert answer.headers["hx-redirect"] == "/-/sign-in?next=/"
