"""A role granted after a look at its effect, asked why, lent to a colleague, acted upon, taken
back; a unit renamed. With and without JavaScript."""

import pytest

from openbureau.base.plugins import installed_plugins
from openbureau.testing.browser import Walker

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not installed_plugins(), reason="no plugin is installed to grant"),
]


def choose(walker: Walker, field: str, words: str) -> None:
    """Chooses a person or unit: from the panel, or by typing the name without scripts."""
    page = walker.page
    if not walker.has_script:
        page.fill(f"[name={field}-names]", words)
        return
    picker = page.locator(f"party-picker[data-name={field}]")
    picker.locator(".picker-open button").click()
    picker.locator("[data-tab=search]").click()
    picker.locator(".picker-search input").fill(words)
    picker.locator("[role=treeitem]", has_text=words).first.click()
    picker.locator(".picker-choice").wait_for()
    page.keyboard.press("Escape")


def send(walker: Walker, label: str) -> None:
    walker.page.locator("main").get_by_role("button", name=label, exact=True).click()
    walker.page.wait_for_load_state()


def day(walker: Walker, field: str, value: str) -> None:
    walker.page.fill(f"[name={field}]", value)


def test_role_is_granted_explained_and_taken_back(walker: Walker) -> None:
    page = walker.sign_in("security").go("/-/console/grants/new").page
    choose(walker, "subjects", "张晓梅")
    role = page.locator("select[name=role] option").nth(1).get_attribute("value")
    page.select_option("select[name=role]", role)
    choose(walker, "unit", "盘龙区局")
    page.fill("[name=basis]", "局长办公会纪要")
    walker.shoot("console-grant-new")
    send(walker, "下一步：看影响")
    assert "1 人增加，0 人失去" in walker.text
    assert "盘龙区局" in walker.text
    walker.shoot("console-effect")
    send(walker, "确认保存")
    assert "已授予 1 项" in walker.text
    walker.shoot("console-grants")
    walker.go(f"/-/console/access?account=zhangxiaomei&permission={publishing()}")
    assert "范围为盘龙区局" in walker.text
    walker.shoot("console-access")
    walker.go("/-/console/grants")
    page.locator("tr", has_text="盘龙区局").get_by_role("link", name="收回").first.click()
    page.fill("[name=reason]", "试用结束")
    send(walker, "下一步：看影响")
    assert "0 人增加，1 人失去" in walker.text
    send(walker, "确认保存")
    assert "授权已收回" in walker.text


def publishing() -> str:
    """A permission of the first plugin that writes."""
    slug = installed_plugins()[0].slug
    return {"bulletins": "bulletins.publish_bulletin"}.get(slug, "core.manage_units")


def test_a_colleague_stands_in(walker: Walker) -> None:
    page = walker.sign_in("wangwensong").go("/-/delegations").page
    choose(walker, "delegate", "张晓梅")
    day(walker, "starts_on", "今天")
    day(walker, "ends_on", "今天")
    page.fill("[name=reason]", "赴省局开会")
    send(walker, "授权")
    assert "已授权" in walker.text
    walker.shoot("delegations")
    walker.sign_out().sign_in("zhangxiaomei")
    page.locator(".masthead-person").click()
    page.get_by_role("button", name="代 王文松").click()
    page.wait_for_load_state()
    assert "您正在代王文松" in walker.text
    walker.shoot("standing-in")
    page.get_by_role("button", name="回到本人身份").click()
    page.wait_for_load_state()
    assert "您正在代王文松" not in walker.text
    walker.go("/-/delegations")
    send(walker, "结束")
    assert "授权代办已结束" in walker.text


def test_unit_is_renamed_with_its_history(walker: Walker) -> None:
    name = "昆明市盘龙区局甲" if walker.has_script else "昆明市盘龙区局乙"
    page = walker.sign_in("system").go("/-/console/units/530103").page
    page.locator("summary", has_text="变动").click()
    page.get_by_role("link", name="更名", exact=True).click()
    page.fill("[name=name]", name)
    page.fill("[name=short_name]", "盘龙区局")
    page.fill("[name=basis]", "云编办〔2026〕12号")
    walker.shoot("console-unit-rename")
    send(walker, "保存")
    assert name in walker.text
    assert "云编办〔2026〕12号" in walker.text
    walker.shoot("console-unit")


def test_role_page_shows_the_effect_before_saving(walker: Walker) -> None:
    page = walker.sign_in("security").go("/-/console/roles").page
    walker.shoot("console-roles")
    page.locator("main").get_by_role("link", name="通知公告发布人").click()
    page.get_by_role("link", name="修改", exact=True).click()
    page.locator("input[name=permissions]").last.uncheck()
    send(walker, "下一步：看影响")
    assert "还没有任何改动" in walker.text
    page.get_by_role("link", name="取消").click()
    assert page.locator("input[name=permissions]").last.is_checked()
