"""The system administrator switches a plugin in the console; others are kept out."""

import pytest

from openbureau.base.plugins import installed_plugins
from openbureau.testing.browser import Walker

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not installed_plugins(), reason="no plugin is installed to switch"),
]


def test_rule_is_set_and_explained_per_unit(walker: Walker) -> None:
    page = walker.sign_in("system").go("/-/console/plugins").page
    slug = page.locator("select[name=plugin] option").first.get_attribute("value")
    page.select_option("select[name=state]", "on")
    page.fill("[name=scope]", "subtree:530100")
    page.fill("[name=reason]", "第一期启用")
    page.click(
        "main form[method=post] button[type=submit], main form[method=post] button.button-primary"
    )
    page.wait_for_load_state()
    assert "昆明市质量技术监督局及全部下属" in walker.text
    walker.shoot("console-plugins")
    walker.go(f"/-/console/plugins/{slug}")
    assert "昆明市质量技术监督局及全部下属 → 启用" in walker.text
    walker.shoot("console-plugin")


def test_wrong_scope_comes_back_filled_with_what_to_do(walker: Walker) -> None:
    page = walker.sign_in("system").go("/-/console/plugins").page
    page.fill("[name=scope]", "subtree:999999")
    page.fill("[name=reason]", "写错了")
    page.click("main form[method=post] button.button-primary")
    page.wait_for_load_state()
    assert "没有代码为 999999 的单位" in walker.text
    assert page.input_value("[name=reason]") == "写错了"


@pytest.mark.parametrize("account", ["lizhihua", "security", "audit"])
def test_others_are_kept_out(walker: Walker, account: str) -> None:
    walker.sign_in(account)
    answer = walker.page.request.get(f"{walker.server.url}/-/console/plugins")
    assert answer.status == 403
