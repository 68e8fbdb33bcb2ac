"""Keys: what they do, where they do nothing, and the order of Tab."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from openbureau.testing.browser import DemoServer, Walker, walking

pytestmark = pytest.mark.browser
NEW = "/bulletins/bulletin/new"
ORDER = """() => {
  const found = document.activeElement;
  const everything = Array.from(document.querySelectorAll("*"));
  return [everything.indexOf(found), found.tabIndex, found.tagName];
}"""


@pytest.fixture
def clerk(browser: Browser, demo_server: DemoServer) -> Iterator[Walker]:
    """A clerk who is signed in, with JavaScript."""
    with walking(browser, demo_server) as person:
        yield person.sign_in("lizhihua")


def composing(page: Page) -> None:
    """An input method at work in the field with the focus."""
    method = page.context.new_cdp_session(page)
    method.send("Input.imeSetComposition", {"text": "ni", "selectionStart": 2, "selectionEnd": 2})


def test_ctrl_s_keeps_the_form_at_once(clerk: Walker) -> None:
    page = clerk.go(f"{NEW}?of=ctrl-s").page
    page.fill("input[name=title]", "标题")
    with page.expect_response("**/-/drafts") as answered:
        page.keyboard.press("Control+s")
    assert answered.value.status == 204
    status = page.locator(".draft-status")
    expect(status).to_have_text(re.compile("草稿已存"))
    assert status.get_attribute("aria-live") == "polite"


def test_ctrl_enter_presses_the_primary_button(clerk: Walker) -> None:
    page = clerk.go(NEW).page
    page.fill("input[name=title]", "标题")
    page.fill("textarea[name=body]", "正文")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/publish")


@pytest.mark.parametrize("keys", ["Control+s", "Control+Enter", "?", "Alt+s"])
def test_no_key_acts_while_an_input_method_composes(clerk: Walker, keys: str) -> None:
    page = clerk.go(f"{NEW}?of=ime").page
    page.fill("textarea[name=body]", "正文")
    page.focus("input[name=title]")
    composing(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.keyboard.press(keys)
    assert page.evaluate("document.activeElement.name") == "title"
    assert page.locator("dialog[open]").count() == 0
    assert [url for url in sent if "/-/drafts" in url or "/bulletin/" in url] == []


def test_question_mark_shows_the_keys_and_escape_closes(clerk: Walker) -> None:
    page = clerk.page
    page.keyboard.press("?")
    sheet = page.locator("dialog[open]")
    expect(sheet).to_contain_text("Ctrl+Enter")
    clerk.shoot("keys")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_question_mark_in_a_field_is_a_question_mark(clerk: Walker) -> None:
    page = clerk.go(NEW).page
    page.focus("input[name=title]")
    page.keyboard.press("?")
    assert page.input_value("input[name=title]") == "?"
    assert page.locator("dialog[open]").count() == 0


def test_keys_have_a_page_of_their_own(walker: Walker) -> None:
    walker.sign_in("lizhihua").go("/-/keys")
    for key in ("Alt+S", "Ctrl+S", "Ctrl+Enter", "Esc", "?"):
        assert key in walker.text


def test_escape_closes_a_menu_wherever_the_focus_is(clerk: Walker) -> None:
    page = clerk.page
    page.evaluate("document.querySelector('menu-button details').open = true")
    page.keyboard.press("Escape")
    assert page.locator("menu-button details[open]").count() == 0


@pytest.mark.parametrize("path", ["/", "/-/todos", "/-/units", NEW, "/-/drafts", "/bulletins/"])
def test_tab_goes_in_the_order_of_the_page(clerk: Walker, path: str) -> None:
    page = clerk.go(path).page
    page.evaluate("document.activeElement.blur()")
    places = []
    for _ in range(60):
        page.keyboard.press("Tab")
        place, tab_index, kind = page.evaluate(ORDER)
        if kind == "BODY":
            break
        assert tab_index == 0
        places.append(place)
    assert len(places) > 10
    start = places.index(min(places))
    assert places[:start] == []
    assert places == sorted(places)
