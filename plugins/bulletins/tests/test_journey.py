"""A bulletin's life in Chromium, with and without JavaScript: draft, publish, read, withdraw."""

import re
from pathlib import Path

import pytest

from openbureau.testing.browser import Walker

pytestmark = pytest.mark.browser


def choose_receivers(walker: Walker) -> None:
    """昆明 with all below it: from the tree with the keyboard, or by its typed name."""
    page = walker.page
    if not walker.has_script:
        page.fill("[name='receivers-names']", "昆明市局及全部下属")
        return
    page.press(".picker-open button", "Enter")
    with page.expect_response(re.compile(r"/-/pick\?.*tab=tree")):
        page.click("[role=tab]:has-text('全省树')")
    page.press("[role=treeitem][data-unit='530100']", "ArrowRight")
    page.press("[role=treeitem][data-value='subtree:530100']", "Space")
    assert "已选 1 项" in page.inner_text(".picker-count")


def draft(walker: Walker, title: str, file: Path) -> None:
    """Fills in the form and goes to the confirmation."""
    page = walker.go("/bulletins/bulletin/new").page
    page.fill("[name=title]", title)
    page.fill("[name=body]", "各县（市、区）局：\n请于本月二十日前报送。")
    choose_receivers(walker)
    page.set_input_files("[name=files]", file)
    walker.shoot("bulletin-edit")
    page.click("button[value=publish]")
    page.wait_for_url("**/publish")


def test_from_draft_to_withdrawal(walker: Walker, tmp_path: Path) -> None:
    title = "关于报送设备台账的通知" if walker.has_script else "关于报送定期检验情况的通知"
    file = tmp_path / "设备台账填报说明.txt"
    file.write_text("填报说明", "utf-8")

    walker.sign_in("lizhihua")
    draft(walker, title, file)
    assert "昆明市质量技术监督局" in walker.text
    assert "个单位" in walker.text
    walker.page.click("button[form=publish]")
    walker.page.wait_for_url("**/bulletins/bulletin/*")
    address = walker.page.url.removeprefix(walker.server.url)

    walker.sign_out().sign_in("zhangxiaomei")
    unread = walker.page.locator(f"a:has-text('{title}')").first
    unread.wait_for(timeout=5000)
    walker.shoot("desk")
    unread.click()
    walker.page.wait_for_url(f"**{address}")
    with walker.page.expect_download() as download:
        walker.page.click("a:has-text('设备台账填报说明.txt')")
    assert download.value.suggested_filename == "设备台账填报说明.txt"
    walker.go("/bulletins/").shoot("bulletins")

    walker.sign_out().sign_in("lizhihua").go(f"{address}/progress")
    walker.shoot("bulletin-progress")
    assert "五华区" in walker.text
    walker.go(f"{address}/withdraw").page.fill("[name=reason]", "附件有误")
    walker.page.click("form button.button-danger, form button.button-primary")
    walker.page.wait_for_url(f"**{address}")

    walker.sign_out().sign_in("zhangxiaomei").go(address)
    assert "附件有误" in walker.text
    assert "填报说明" not in walker.text


def test_a_plugin_switched_off_leaves_a_page_that_names_the_phase(walker: Walker) -> None:
    walker.sign_in("zhangxiaomei")
    assert (
        walker.server.command(
            "plugin", "set", "bulletins", "off", "--scope", "unit:530102"
        ).returncode
        == 0
    )
    try:
        walker.go("/")
        assert "通知公告" not in walker.page.inner_text("nav")
        walker.go("/bulletins/")
        assert "第 1 期" in walker.text
        walker.shoot("not-enabled")
    finally:
        walker.server.command("plugin", "set", "bulletins", "on", "--scope", "unit:530102")
    walker.go("/bulletins/")
    assert "收到的" in walker.text
