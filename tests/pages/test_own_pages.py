"""The core's own pages: desk, todos, notices, units, people, search, preferences."""

import re

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.todos.actions import notify
from openbureau.testing.bureau import PASSWORD, Bureau
from openbureau.testing.statements import statements


def test_desk_of_a_new_person_says_what_will_stand_there(bureau: Bureau) -> None:
    page = bureau.sign_in("zhang").get("/")
    assert "张晓梅" in page.text
    assert "没有待办事项" in page.text


def test_unit_page_lists_its_people_in_official_order(either_bureau: Bureau) -> None:
    page = either_bureau.sign_in("li").get("/-/units/530102")
    assert page.status == 200
    assert page.text.index("张晓梅") < page.text.index("周云")
    assert "孙玉兰" not in page.text


def test_branch_is_a_fragment_and_leads_to_the_unit_without_scripts(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    part = client.part("/-/units/530100/branch")
    assert "五华区局" in part.text
    assert "<html" not in part.text
    assert client.get("/-/units/530100/branch").location == "/-/units/530100"


@pytest.mark.parametrize("code", ["nowhere", "530102'", "%00", "长" * 200])
def test_unknown_unit_gets_404(bureau: Bureau, code: str) -> None:
    assert bureau.sign_in("li").get(f"/-/units/{code}").status in {400, 404}


def test_card_shows_every_post(bureau: Bureau) -> None:
    bureau.give_post("zhang", "530103", "联络员")
    with writing():
        uid = Account.get(Account.login == "zhang").uid
    words = bureau.sign_in("li").get(f"/-/people/{uid}").words
    assert "五华区质量技术监督局" in words
    assert "联络员" in words


@pytest.mark.parametrize("words", ["张晓梅", "zhangxiaomei", "zxm", "ZXM"])
def test_colleague_is_found_by_name_pinyin_and_initials(either_bureau: Bureau, words: str) -> None:
    assert "张晓梅" in either_bureau.sign_in("li").get(f"/-/search?q={words}").words


@pytest.mark.parametrize("words", ["五华区局", "530102"])
def test_unit_is_found_by_name_and_code(either_bureau: Bureau, words: str) -> None:
    assert "/-/units/530102" in either_bureau.sign_in("li").get(f"/-/search?q={words}").text


@pytest.mark.parametrize("words", ["", " ", "%25", "'", '"', "* OR *", "NEAR(", "a:b", "🙂", "\\"])
def test_strange_words_find_something_or_nothing(either_bureau: Bureau, words: str) -> None:
    assert either_bureau.sign_in("li").get(f"/-/search?q={words}").status == 200


def test_searched_markup_is_shown_as_typed(bureau: Bureau) -> None:
    page = bureau.sign_in("li").get("/-/search?q=<script>alert(1)</script>")
    assert "<script>alert" not in page.text


def test_acting_in_another_post_changes_the_unit_in_the_header(either_bureau: Bureau) -> None:
    either_bureau.give_post("zhang", "530103")
    client = either_bureau.sign_in("zhang")
    posts = re.findall(r'name="post" value="(\d+)"', client.get("/").text)
    assert len(posts) == 2
    page = client.follow(client.post("/-/acting", {"post": posts[1], "next": "/-/todos"}))
    assert page.url == "/-/todos"
    assert "昆明市盘龙区质量技术监督局" in page.words


@pytest.mark.parametrize("post", ["", "x", "999999", "9" * 30, "-1"])
def test_nobody_acts_in_a_post_of_somebody_else(either_bureau: Bureau, post: str) -> None:
    client = either_bureau.sign_in("li")
    client.get("/")
    assert client.post("/-/acting", {"post": post}).status == 404
    other = either_bureau.rows("SELECT id FROM post ORDER BY id DESC")[0][0]
    client.get("/")
    assert client.post("/-/acting", {"post": str(other)}).status == 404


def test_dismissed_notice_is_gone_for_its_owner_only(either_bureau: Bureau) -> None:
    with writing():
        for login in ("li", "zhang"):
            account = Account.get(Account.login == login)
            notify(account.id, "测试提醒一则", now=either_bureau.now)
    li, zhang = either_bureau.sign_in("li"), either_bureau.sign_in("zhang")
    form = re.search(r'action="(/-/notices/\d+/dismiss)"', li.get("/-/notices").text)
    assert form is not None
    zhang.get("/")
    assert zhang.post(form[1]).status == 404
    assert li.post(form[1]).status == 303
    assert "测试提醒一则" not in li.get("/-/notices").text
    assert "测试提醒一则" in zhang.get("/-/notices").text


@pytest.mark.parametrize(
    ("name", "value", "mark"),
    [
        ("language", "en", '<html lang="en"'),
        ("scheme", "dark", 'data-scheme="dark"'),
        ("size", "large", 'data-size="large"'),
    ],
)
def test_preference_holds_before_and_after_signing_in(
    bureau: Bureau, name: str, value: str, mark: str
) -> None:
    client = bureau.client()
    client.get("/-/sign-in")
    client.post("/-/preferences", {name: value, "next": "/-/sign-in"})
    assert mark in client.get("/-/sign-in").text
    client.sign_in("li", PASSWORD)
    assert mark in client.get("/").text


@pytest.mark.parametrize("value", ["fr", "", "../../x", "<b>"])
def test_unknown_preference_changes_nothing(bureau: Bureau, value: str) -> None:
    client = bureau.client()
    client.get("/-/sign-in")
    client.post("/-/preferences", {"language": value, "scheme": value, "size": value})
    assert not {"language", "scheme", "size"} & set(client.cookies)


def test_notice_is_shown_once(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.post("/-/sign-out")
    assert "您已退出" in client.get("/-/sign-in").text
    assert "您已退出" not in client.get("/-/sign-in").text


@pytest.mark.parametrize(("url", "most"), [("/", 14), ("/-/todos", 8), ("/-/units", 6)])
def test_statements_of_a_page_stay_few(bureau: Bureau, url: str, most: int) -> None:
    bureau.enable("bulletins")
    client = bureau.sign_in("zhang")
    client.get(url)
    with statements() as seen:
        client.get(url)
    assert len(seen) <= most, seen
