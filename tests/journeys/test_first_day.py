"""A clerk's first day: sign in, look around, find a colleague, change the language, leave."""

from typing import Any

import pytest

from openbureau.testing.browser import Walker

pytestmark = pytest.mark.browser


def test_sign_in_lands_on_the_desk_with_unit_post_and_menu(walker: Walker) -> None:
    walker.go("/-/sign-in")
    walker.shoot("sign-in")
    walker.sign_in("zhangxiaomei")
    for word in ("工作台", "待办", "待阅", "组织机构", "张晓梅", "五华区局", "科员"):
        assert word in walker.text
    walker.shoot("desk")


def test_wrong_password_says_what_to_do_and_keeps_the_account(walker: Walker) -> None:
    walker.go("/-/sign-in")
    walker.page.fill("input[name=login]", "zhangxiaomei")
    walker.page.fill("input[name=password]", "wrong")
    walker.page.press("input[name=password]", "Enter")
    walker.page.wait_for_load_state()
    assert "账号或密码不正确" in walker.text
    assert walker.page.input_value("input[name=login]") == "zhangxiaomei"


def test_tree_opens_to_a_unit_and_a_colleagues_card(walker: Walker) -> None:
    walker.sign_in("lizhihua").go("/-/units")
    walker.page.click("nav.tree-branch a:has-text('昆明市局'), a.tree-row:has-text('昆明市局')")
    walker.page.wait_for_url("**/-/units/530100")
    assert "王文松" in walker.text
    walker.shoot("units")
    walker.page.click("a:has-text('王文松')")
    walker.page.wait_for_url("**/-/people/*")
    assert "局长" in walker.text
    walker.shoot("person")


@pytest.mark.parametrize("words", ["五华区", "whqj", "530102"])
def test_unit_is_found_by_name_initials_and_code(walker: Walker, words: str) -> None:
    walker.sign_in("lizhihua").go("/-/units")
    walker.page.fill("form[action='/-/units'] input[name=q]", words)
    walker.page.press("form[action='/-/units'] input[name=q]", "Enter")
    walker.page.wait_for_url("**/-/units?q=*")
    assert walker.page.locator("a[href='/-/units/530102']").count() > 0


def test_search_box_in_the_header_finds_people(walker: Walker) -> None:
    walker.sign_in("lizhihua").go("/-/search?q=张晓梅")
    assert walker.page.locator("a:has-text('张晓梅')").count() > 0
    walker.shoot("search")


def test_language_changes_to_english_and_back(walker: Walker) -> None:
    walker.sign_in("lizhihua")
    _choose(walker, "language", "en")
    assert walker.page.get_attribute("html", "lang") == "en"
    _choose(walker, "language", "zh")
    assert "工作台" in walker.text


def _choose(walker: Walker, name: str, value: str) -> None:
    button = f"form[action='/-/preferences'] button[name={name}][value={value}]"
    walker.page.click(f"details:has({button}) > summary")
    walker.page.click(button)
    walker.page.wait_for_load_state()


def test_sign_out_ends_the_session_on_the_server(walker: Walker) -> None:
    walker.sign_in("lizhihua")
    cookies: Any = walker.page.context.cookies()
    walker.page.click("details:has(form[action='/-/sign-out']) > summary")
    walker.page.click("form[action='/-/sign-out'] button")
    walker.page.wait_for_url("**/-/sign-in*")
    walker.page.context.add_cookies(cookies)
    walker.go("/")
    assert "/-/sign-in" in walker.page.url
