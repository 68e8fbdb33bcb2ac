"""People arrange their desk, menu and tabs; an administrator names the platform for a unit."""

import re

import pytest
from playwright.sync_api import Browser, expect

from openbureau.testing.browser import DemoServer, Walker, walking

pytestmark = pytest.mark.browser


def test_open_pages_are_tabs_that_lead_back_and_close(walker: Walker) -> None:
    page = walker.sign_in("zhangxiaomei").page
    strip = page.locator(".page-tabs")
    while strip.get_by_role("button").count():
        strip.get_by_role("button").first.click()
        page.wait_for_load_state()
    walker.go("/-/units")
    walker.go("/-/search?q=局")
    expect(strip.get_by_role("link")).to_contain_text(["工作台", "局", "搜索"])
    strip.get_by_role("link").nth(1).click()
    expect(page).to_have_url(re.compile(r"/-/units$"))
    strip.get_by_role("button").first.click()
    expect(page).to_have_url(re.compile(r"/-/search"))


def test_menu_narrows_and_keeps_every_line(walker: Walker) -> None:
    page = walker.sign_in("zhangxiaomei").page
    lines = page.locator("#menu a.menu-link").count()
    page.get_by_role("button", name="收窄菜单").click()
    expect(page.locator("html")).to_have_attribute("data-menu", "folded")
    assert page.locator("#menu a.menu-link").count() == lines
    width = page.locator("#menu").bounding_box()
    assert width is not None
    assert width["width"] < 70
    page.get_by_role("button", name="展开菜单").click()


def test_pinned_lines_come_first(walker: Walker) -> None:
    page = walker.sign_in("zhangxiaomei").go("/-/menu").page
    page.locator("main").get_by_label("组织机构").check()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#menu .menu-pins")).to_contain_text("组织机构")
    page.locator("main").get_by_label("组织机构").uncheck()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#menu .menu-pins")).to_have_count(0)


def test_a_card_is_hidden_and_shown_again(walker: Walker) -> None:
    page = walker.sign_in("zhangxiaomei").go("/-/desk/arrangement").page
    page.get_by_role("checkbox", name="今日").uncheck()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("main")).not_to_contain_text("今天没有日程")
    walker.go("/-/desk/arrangement")
    page.get_by_role("checkbox", name="今日").check()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("main")).to_contain_text("今天没有日程")


def test_a_leader_sees_what_waits_for_approval(walker: Walker) -> None:
    walker.sign_in("wangwensong")
    expect(walker.page.locator("main")).to_contain_text("待批")
    expect(walker.page.locator("main")).to_contain_text("督办")
    walker.shoot("desk-leader")


def test_the_platform_is_named_for_a_unit(walker: Walker) -> None:
    page = walker.sign_in("system").go("/-/console/appearance").page
    for name, shown in (("五华质监办公", "五华质监办公"), ("", "沿用上级")):
        page.select_option("select[name=unit]", "530102")
        page.fill("input[name=name]", name)
        page.get_by_role("button", name="保存").click()
        expect(page.locator("main table")).to_contain_text(shown)
        if name:
            walker.shoot("console-appearance")


def test_menu_is_found_by_initials(browser: Browser, demo_server: DemoServer) -> None:
    with walking(browser, demo_server) as walker:
        find_by_initials(walker)


def find_by_initials(walker: Walker) -> None:
    page = walker.sign_in("zhangxiaomei").page
    page.get_by_label("按名称或拼音首字母查找菜单").fill("zzjg")
    expect(page.locator("#menu .menu-group a.menu-link:visible")).to_have_text(["组织机构"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/-/units"))
