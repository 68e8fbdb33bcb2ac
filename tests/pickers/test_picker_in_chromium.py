"""The picker with the keyboard alone: tree, search, order, groups; nothing while composing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from openbureau.testing.browser import DemoServer, walking

pytestmark = pytest.mark.browser
NEW = "/bulletins/bulletin/new"


@pytest.fixture
def page(browser: Browser, demo_server: DemoServer) -> Iterator[Page]:
    """The form of a new bulletin, signed in."""
    with walking(browser, demo_server) as person:
        yield person.sign_in("lizhihua").go(NEW).page


def chosen(page: Page) -> list[str]:
    boxes = page.locator(".picker-chosen input[name=receivers]")
    return [box.get_attribute("value") or "" for box in boxes.all()]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.dataset.value ?? document.activeElement.id"))


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def opened(page: Page, tab: str) -> None:
    """Opens the panel and goes to a tab with the arrow keys."""
    page.focus(".picker-open button")
    press(page, "Enter")
    page.wait_for_selector("[role=tab][aria-selected=true]")
    for _ in range(5):
        if page.locator("[role=tab][aria-selected=true]").inner_text() == tab:
            return
        before = page.locator(".picker-list > div").get_attribute("data-tab")
        press(page, "ArrowRight")
        page.wait_for_selector(f".picker-list > div:not([data-tab={before}])")
    raise AssertionError(tab)


def test_tree_is_walked_opened_and_chosen_from_with_keys(page: Page) -> None:
    opened(page, "全省树")
    press(page, "ArrowDown")
    assert focused(page) == "unit:530000"
    press(page, "ArrowDown", "Space")
    assert chosen(page) == ["subtree:530000"]
    assert "20 个单位" in page.inner_text(".picker-chosen")
    press(page, "ArrowDown")
    assert focused(page) == "unit:530100"
    press(page, "ArrowRight")
    page.wait_for_selector("[data-value='unit:530102']")
    press(page, "ArrowRight", "ArrowDown", "Enter")
    assert chosen(page) == ["subtree:530000", "unit:530102"]
    assert page.get_attribute("[role=treeitem][data-value='unit:530102']", "aria-checked") == "true"
    press(page, "Enter")
    assert chosen(page) == ["subtree:530000"]
    press(page, "ArrowLeft")
    assert focused(page) == "unit:530100"
    press(page, "ArrowLeft")
    assert page.get_attribute("[data-unit='530100']", "aria-expanded") == "false"
    press(page, "Home", "End", "Escape")
    assert page.locator(".picker-panel").is_hidden()
    assert page.locator(".picker-open button").evaluate("b => b === document.activeElement")


def test_search_by_initials_and_enter_sends_no_form(page: Page) -> None:
    opened(page, "搜索")
    page.keyboard.type("whqj")
    page.wait_for_selector("[role=treeitem][data-value='unit:530102']")
    press(page, "Enter")
    assert page.url.endswith(NEW)
    press(page, "ArrowDown", "Space")
    assert chosen(page) == ["unit:530102"]


def test_no_search_while_an_input_method_composes(page: Page) -> None:
    opened(page, "搜索")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    box = page.locator(".picker-search input")
    box.evaluate("""b => {
        b.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
        b.value = "wuhua";
        b.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
        const key = { key: "Escape", bubbles: true, isComposing: true };
        b.dispatchEvent(new KeyboardEvent("keydown", key));
    }""")
    assert page.locator(".picker-panel").is_visible()
    box.evaluate("""b => {
        b.value = "五华";
        b.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
    }""")
    page.wait_for_selector("[role=treeitem][data-value='unit:530102']")
    assert len([url for url in asked if "/-/pick" in url]) == 1


def test_chosen_ones_change_places_and_leave_with_keys(page: Page) -> None:
    opened(page, "搜索")
    page.keyboard.type("区局")
    page.wait_for_selector("[role=treeitem][data-value='unit:530102']")
    press(page, "ArrowDown", "Space", "ArrowDown", "Space", "ArrowDown", "Space", "Escape")
    first, second, third = chosen(page)
    page.focus(".picker-choice:nth-child(1) [data-step='1']")
    press(page, "Enter")
    assert chosen(page) == [second, first, third]
    page.focus(".picker-choice:nth-child(3) [data-step='-1']")
    press(page, "Enter", "Enter")
    assert chosen(page) == [third, second, first]
    page.focus(".picker-choice:nth-child(2) [data-step='0']")
    press(page, "Enter")
    assert chosen(page) == [third, first]
    assert page.evaluate("document.activeElement.dataset.step") == "0"
    assert "已选 2 项" in page.inner_text(".picker-count")


def test_chosen_ones_are_dragged(page: Page) -> None:
    opened(page, "搜索")
    page.keyboard.type("区局")
    page.wait_for_selector("[role=treeitem][data-value='unit:530102']")
    press(page, "ArrowDown", "Space", "ArrowDown", "Space", "Escape")
    first, second = chosen(page)
    page.drag_and_drop(
        ".picker-choice:nth-child(2) .picker-label", ".picker-choice:nth-child(1) .picker-label"
    )
    assert chosen(page) == [second, first]


def test_group_is_kept_added_and_removed(page: Page) -> None:
    opened(page, "搜索")
    page.keyboard.type("五华")
    page.wait_for_selector("[role=treeitem][data-value='unit:530102']")
    press(page, "ArrowDown", "Space")
    page.fill(".picker-keep input", "值班单位")
    press(page, "Enter")
    page.wait_for_selector(".party-group:has-text('值班单位')")
    page.click(".picker-choice [data-step='0']")
    assert chosen(page) == []
    page.focus("[data-add]")
    press(page, "Enter")
    assert chosen(page) == ["unit:530102"]
    page.focus("[data-remove]")
    press(page, "Enter")
    page.wait_for_selector(".picker-list:has-text('还没有常用组')")


def test_lost_network_is_said_and_the_choice_stays(page: Page) -> None:
    opened(page, "搜索")
    page.keyboard.type("五华")
    page.wait_for_selector("[role=treeitem][data-value='unit:530102']")
    press(page, "ArrowDown", "Space")
    page.route("**/-/pick?**", lambda route: route.fulfill(status=404, body=""))
    page.click("[role=tab]:has-text('全省树')")
    page.wait_for_selector(".picker-fault:has-text('名单没有取到')")
    assert chosen(page) == ["unit:530102"]


def test_people_are_chosen_too_and_a_single_choice_replaces(page: Page) -> None:
    page.goto(page.url.replace(NEW, "/-/patterns/picker"))
    single = page.locator("party-picker:has(chosen-list:not([data-multiple]))").first
    single.locator(".picker-open button").press("Enter")
    single.locator("[role=tab]:has-text('搜索')").click()
    for initials, name in (("zxm", "张晓梅"), ("wws", "王文松")):
        single.locator(".picker-search input").fill(initials)
        single.locator(f"[role=treeitem][data-label='{name}']").first.press("Enter")
        assert single.locator(".picker-label").all_inner_texts() == [name]
