"""The address list, a handover, settings, jobs and the audit trail, with and without scripts."""

import re

import pytest

from openbureau.testing.browser import Walker

pytestmark = pytest.mark.browser
RELOADS = 400  # the consumer verifies meanwhile


def test_a_colleague_is_found_by_sound_and_shown_with_numbers(walker: Walker) -> None:
    page = walker.sign_in("lizhihua").go("/-/contacts").page
    page.fill("main input[name=q]", "zxm")
    page.press("main input[name=q]", "Enter")
    page.wait_for_selector("#rows >> text=张晓梅")
    page.click("#rows >> text=张晓梅")
    page.wait_for_selector("main h1 >> text=张晓梅")
    assert page.locator("main a[href^='tel:']").count() >= 1


def test_the_tree_leads_to_another_unit(walker: Walker) -> None:
    page = walker.sign_in("lizhihua").go("/-/contacts/530100").page
    page.click("main nav a >> text=五华区局")
    page.wait_for_url(re.compile("/-/contacts/530102"))
    walker.shoot("contacts")
    assert "昆明市五华区质量技术监督局" in walker.text


def test_duties_are_handed_over_after_a_review(walker: Walker) -> None:
    page = walker.sign_in("system").go("/-/console/handovers").page
    leaver = "lizhihua" if walker.has_script else "wangwensong"
    page.fill("main input[name=q]", leaver)
    page.press("main input[name=q]", "Enter")
    page.click("#rows td.cell-main a")
    page.wait_for_selector("main form.form")
    choose_successor(walker, "张晓梅")
    page.fill("main [name=reason]", "调离")
    page.click("main form.form button.button-primary")
    page.wait_for_selector("text=还没有移交任何内容")
    walker.shoot("handover-review")
    page.click("button[value=confirm]")
    page.wait_for_url(re.compile("/-/handovers/"))
    assert "离任交接清单" in walker.text
    assert "与签名一致" in walker.text


def choose_successor(walker: Walker, name: str) -> None:
    """By name; with scripts out of the panel's search."""
    page = walker.page
    if not walker.has_script:
        page.fill("main [name=successor-names]", name)
        return
    page.click("main .picker-open button")
    page.click("main .picker-tab[data-tab=search]")
    page.fill("main .picker-search input", name)
    page.click(f"main .picker-list .party >> text={name}")


def test_a_setting_is_changed_and_taken_back(walker: Walker) -> None:
    page = walker.sign_in("system").go("/-/console/settings/core.leaver_grace_days").page
    page.fill("main input[name=value]", "0")
    page.click("main form.form button.button-primary")
    page.wait_for_selector("text=应为 1 到 3650 的整数")
    page.fill("main input[name=value]", "45")
    page.click("main form.form button.button-primary")
    page.wait_for_selector("main td >> text=45")
    walker.shoot("console-setting")
    page.click("main >> text=恢复")
    page.wait_for_selector("text=没有另选，用默认值")


def test_the_trail_is_narrowed_opened_and_verified(walker: Walker) -> None:
    page = walker.sign_in("audit").go("/-/console/audit").page
    walker.shoot("console-audit")
    page.fill("main input[name=q]", "audit")
    page.press("main input[name=q]", "Enter")
    page.wait_for_url(re.compile("q=audit"))
    page.click("#rows tbody a")
    page.wait_for_selector("text=请求编号")
    walker.go("/-/console/audit/proof")
    page.click("text=立即核验")
    page.wait_for_url(re.compile("job="))
    for _ in range(RELOADS):
        if "完整，未被改动" in walker.text:
            break
        page.reload()
    assert "完整，未被改动" in walker.text
    walker.shoot("console-audit-proof")


@pytest.mark.parametrize("path", ["jobs", "files", "health"])
def test_the_system_s_own_screens_open(walker: Walker, path: str) -> None:
    walker.sign_in("system").go(f"/-/console/{path}")
    assert walker.page.locator("main h1").count() == 1
    walker.shoot(f"console-{path}")
