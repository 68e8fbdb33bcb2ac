"""The small scripts of the components, by keyboard and mouse, and what stands without them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from openbureau.testing.browser import DemoServer, walking

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, demo_server: DemoServer) -> Iterator[Page]:
    with walking(browser, demo_server) as vendor:
        yield vendor.go("/-/patterns").page


@pytest.fixture
def plain(browser: Browser, demo_server: DemoServer) -> Iterator[Page]:
    with walking(browser, demo_server, has_script=False) as vendor:
        yield vendor.go("/-/patterns").page


def opened(page: Page, name: str) -> Page:
    page.click(f"a[href='/-/patterns/{name}']")
    page.wait_for_load_state()
    return page


def chosen(page: Page) -> int:
    return page.locator("tbody .cell-pick [name=device]:checked").count()


def test_rows_are_counted_and_shift_takes_a_range(page: Page) -> None:
    boxes = opened(page, "table").locator("tbody .cell-pick [name=device]")
    expect(page.locator(".select-count").first).to_have_text("已选 2 台")
    page.locator("thead [data-page]").first.check()
    assert chosen(page) == 6
    page.locator("thead [data-page]").first.uncheck()
    assert chosen(page) == 0
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    assert chosen(page) == 4
    expect(page.locator(".select-count").first).to_have_text("已选 4 台")


def test_everything_that_matches_ends_when_one_row_is_taken_out(page: Page) -> None:
    opened(page, "table").locator("[name=select_all]").first.check()
    expect(page.locator(".select-count").first).to_have_text("已选 1,284 台")
    assert chosen(page) == 6
    page.locator("tbody .cell-pick input").first.uncheck()
    expect(page.locator("[name=select_all]").first).not_to_be_checked()
    expect(page.locator(".select-count").first).to_have_text("已选 5 台")


def test_chosen_rows_are_sent_with_the_bar_s_form(page: Page) -> None:
    opened(page, "table").locator("button[value=notice]").click()
    page.wait_for_url("**act=notice*")
    assert "device=1&device=2" in page.url


def test_chosen_rows_are_sent_without_scripts(plain: Page) -> None:
    opened(plain, "table").check("#device-selection [name=select_all]")
    plain.click("button[value=label]")
    plain.wait_for_url("**act=label*")
    assert "select_all=1" in plain.url
    assert "device=1" in plain.url


def test_keys_go_from_row_to_row_choose_and_open(page: Page) -> None:
    opened(page, "table").keyboard.press("j")
    links = page.locator(".rows").first.locator(".cell-main a")
    expect(links.nth(0)).to_be_focused()
    for key, place in (("ArrowDown", 1), ("j", 2), ("k", 1), ("End", 5), ("j", 5), ("Home", 0)):
        page.keyboard.press(key)
        expect(links.nth(place)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".select-count").first).to_have_text("已选 1 台")
    assert page.locator("[role=grid], [role=row]").count() == 0
    boilers = page.locator("[role=region][aria-label=在用锅炉]")
    boilers.locator("tbody input").first.focus()
    page.keyboard.press("ArrowDown")
    expect(boilers.locator(".cell-main a").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/register-page")
    page.go_back()
    expect(boilers.locator(".cell-main a").nth(1)).to_be_focused()


def test_a_wide_table_scrolls_by_itself_and_its_names_stay(page: Page) -> None:
    page.set_viewport_size({"width": 1100, "height": 768})
    region = opened(page, "table").get_by_role("region", name="在用锅炉")
    region.focus()
    page.keyboard.press("End")
    region.evaluate("region => { region.scrollLeft = 9999; }")
    assert region.evaluate("region => region.scrollLeft") > 0
    left = region.bounding_box()
    name = region.locator(".cell-main").first.bounding_box()
    assert left is not None
    assert name is not None
    assert name["x"] - left["x"] < 60
    shown = region.locator("td.cell-code, td.cell-nowrap, td.cell-number")
    assert shown.evaluate_all("all => all.filter(e => e.scrollWidth > e.clientWidth).length") == 0
    page.set_viewport_size({"width": 360, "height": 768})
    assert region.evaluate("region => region.scrollWidth <= region.clientWidth")


def test_double_click_opens_the_row(page: Page) -> None:
    opened(page, "hostile").locator("tbody tr").first.locator(".cell-lamp").dblclick()
    page.wait_for_url("**/-/patterns/table")


def test_a_sortable_head_turns_the_order_round(plain: Page) -> None:
    head = opened(plain, "table").locator("th[aria-sort]")
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("a").click()
    plain.wait_for_url("**sort=-due")
    assert plain.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"


def test_menu_opens_with_enter_and_escape_returns_to_its_button(page: Page) -> None:
    summary = opened(page, "menu-button").locator(".drop summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".drop-panel").first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator(".drop-panel").first).to_be_hidden()
    expect(summary).to_be_focused()


def test_menu_narrows_by_initials_and_enter_opens_what_is_left(page: Page) -> None:
    menu = opened(page, "menu").locator(".menu").first
    menu.locator("input").fill("tzsb")
    expect(menu.locator(".menu-group .menu-link:visible")).to_have_text(["特种设备"])
    menu.locator("input").press("Enter")
    page.wait_for_url("**line=tzsb")


def test_dialog_is_fetched_once_and_gives_the_focus_back(page: Page) -> None:
    asked: list[str] = []
    link = opened(page, "dialog").locator("dialog-link > a").first
    page.on("request", lambda request: asked.append(request.url))
    for _ in range(2):
        link.press("Enter")
        expect(page.locator("dialog[open] h1")).to_have_text("注销这台设备？")
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
        expect(link).to_be_focused()
    assert len([url for url in asked if url.endswith("/-/patterns/dialog")]) == 1


def test_a_link_back_closes_the_dialog(page: Page) -> None:
    opened(page, "dialog").locator("dialog-link > a").first.click()
    page.locator("dialog[open] a", has_text="取消").click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_dialog_is_a_page_without_scripts(plain: Page) -> None:
    opened(plain, "dialog").locator("dialog-link > a").first.click()
    plain.wait_for_load_state()
    expect(plain.locator("[data-dialog] h1")).to_have_text("注销这台设备？")


def test_toast_can_be_sent_away(page: Page) -> None:
    opened(page, "toast").locator(".toast-close").click()
    expect(page.locator(".toast")).to_have_count(0)


def test_toast_stays_where_no_script_runs(plain: Page) -> None:
    expect(opened(plain, "toast").locator(".toast")).to_be_visible()
    expect(plain.locator(".toast-close")).to_be_hidden()


def test_job_asks_by_itself_until_it_is_done(page: Page) -> None:
    opened(page, "progress")
    expect(page.locator("#sample_job")).to_contain_text("40%", timeout=6000)


def test_conditions_are_added_and_removed_without_scripts(plain: Page) -> None:
    opened(plain, "advanced-query").fill("[name=value]", "电梯")
    plain.click("button[name=add]")
    plain.wait_for_load_state()
    assert plain.locator(".query-row").count() == 2
    assert plain.locator("[name=value]").first.input_value() == "电梯"
    plain.click("button[name=remove] >> nth=0")
    plain.wait_for_load_state()
    assert plain.locator("[name=value]").input_value() == ""


def test_enter_in_a_condition_removes_nothing(plain: Page) -> None:
    opened(plain, "advanced-query").fill("[name=value]", "电梯")
    plain.press("[name=value]", "Enter")
    plain.wait_for_load_state()
    assert plain.locator("[name=value]").input_value() == "电梯"


def test_jump_leads_to_the_page_asked_for(plain: Page) -> None:
    opened(plain, "pager").fill(".pager-jump [name=page]", "7")
    plain.press(".pager-jump [name=page]", "Enter")
    plain.wait_for_url("**page=7")
    assert "第 121–140，共 1,284 台" in plain.inner_text(".pager >> nth=0")


def test_pictures_and_tables_of_a_chart_say_the_same(plain: Page) -> None:
    figure = opened(plain, "chart").locator("#stacked")
    said = figure.locator("svg title").all_text_contents()
    cells = figure.locator(".chart-twin td").all_text_contents()
    assert sorted(text.split(" ")[-1].removesuffix("台") for text in said) == sorted(cells)


def test_the_table_of_a_chart_is_open_on_paper_only(page: Page) -> None:
    twin = opened(page, "chart").locator("#bars .chart-twin")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert twin.get_attribute("open") is not None
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert twin.get_attribute("open") is None
