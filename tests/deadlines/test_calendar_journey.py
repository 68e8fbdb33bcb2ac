"""A year's notice is pasted, checked and put in force: in Chromium and without JavaScript."""

import pytest
from playwright.sync_api import Browser

from openbureau.testing.browser import DemoServer, walking

from .test_notices import NOTICES

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("has_script", [False, True])
def test_a_year_is_entered(browser: Browser, demo_server: DemoServer, has_script: bool) -> None:
    text = NOTICES[2012].replace("2011年12月31日（星期六）上班。", "")
    with walking(browser, demo_server, has_script=has_script) as person:
        walker = person.sign_in("system")
        page = walker.go("/-/console/workdays").page
        page.fill("input[name=year]", "2012")
        page.fill("input[name=notice]", "国务院办公厅关于2012年部分节假日安排的通知")
        page.fill("textarea[name=text]", text)
        page.click("main button:has-text('核对')")
        page.wait_for_selector("main button:has-text('启用')")
        if has_script:
            walker.shoot("console-workdays")
        page.click("main button:has-text('启用')")
        page.wait_for_selector("text=工作日历已更新")
        assert page.locator("tr:has-text('2012') >> text=已录入").count() == 1
