"""The screens of tokens in Chromium: given, listed and revoked; the page about the API."""

import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from openbureau.testing.browser import opened_browser
from openbureau.testing.bureau import Bureau
from openbureau.testing.serving import served

from .programs import Program

FOLDER = Path(os.environ.get("OPENBUREAU_SCREENSHOTS", "var/screenshots"))
pytestmark = pytest.mark.browser


def looked_at(page: Page, address: str) -> None:
    """Opens a page: nothing is wider than the window, and axe finds nothing."""
    page.goto(address)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), address
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def status_of(url: str, token: str) -> int:
    """What a program is answered."""
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


@pytest.mark.parametrize("width", [1366, 360])
def test_screens_look_right(devices: Bureau, program: Program, width: int) -> None:
    program.add()
    people = {login: devices.sign_in(login).cookies["session"] for login in ("security", "zhang")}
    with served(devices.app) as url, opened_browser() as browser:
        context = browser.new_context(
            viewport={"width": width, "height": 768}, locale="zh-CN", reduced_motion="reduce"
        )
        page = context.new_page()
        context.add_cookies([{"name": "session", "value": people["security"], "url": url}])
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, path in (("tokens", "tokens"), ("token-new", "tokens/new")):
            looked_at(page, f"{url}/-/console/{path}")
            if width == 1366:
                page.screenshot(path=FOLDER / f"console-{name}.png")
        context.add_cookies([{"name": "session", "value": people["zhang"], "url": url}])
        looked_at(page, f"{url}/-/api")


@pytest.mark.parametrize("has_script", [True, False])
def test_token_is_given_with_and_without_scripts(devices: Bureau, has_script: bool) -> None:
    session = devices.sign_in("security").cookies["session"]
    with served(devices.app) as url, opened_browser() as browser:
        context = browser.new_context(locale="zh-CN", java_script_enabled=has_script)
        context.add_cookies([{"name": "session", "value": session, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/-/console/tokens/new")
        page.fill("[name=name]", "年检对接")
        for field, words in (("account", "张晓梅"), ("unit", "五华区局")):
            if not has_script:
                page.fill(f"[name={field}-names]", words)
                continue
            picker = page.locator(f"party-picker[data-name={field}]")
            picker.locator(".picker-open button").click()
            picker.locator("[data-tab=search]").click()
            picker.locator(".picker-search input").fill(words)
            picker.locator("[role=treeitem]", has_text=words).first.click()
            picker.locator(".picker-choice").wait_for()
            page.keyboard.press("Escape")
        page.get_by_label("查看设备", exact=True).check()
        page.get_by_role("button", name="发放", exact=True).click()
        shown = page.locator("pre code").first
        shown.wait_for()
        token = shown.inner_text().strip()
        assert token.startswith("ob_")
        assert status_of(f"{url}/api/v1/", token) == 200
        page.get_by_role("link", name="我已保存，继续").click()
        page.get_by_role("link", name="撤销", exact=True).click()
        page.fill("[name=reason]", "试用结束")
        page.get_by_role("button", name="撤销", exact=True).click()
        page.get_by_text("没有符合条件的令牌").or_(page.get_by_text("没有令牌")).first.wait_for()
        assert status_of(f"{url}/api/v1/", token) == 401
