"""A query made, kept, found again and shared: in Chromium and without JavaScript."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from openbureau.testing.browser import DemoServer, Walker, running_demo, walking

from .imported import row, workbook

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
EXAMPLE = f"{HERE / 'example'}:{HERE / 'installed'}"
LIST = "/devices/device"
NAMES = ("蒸汽锅炉", "热水锅炉", "乘客电梯", "桥式起重机")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """The demo with the devices."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", EXAMPLE)
        with running_demo(tmp_path_factory.mktemp("queries") / "data") as started:
            devices = tmp_path_factory.mktemp("rows") / "devices.xlsx"
            kinds = ("锅炉", "锅炉", "电梯", "起重机械")
            rows = [row(f"A{n:03}", NAMES[n % 4], kinds[n % 4]) for n in range(60)]
            devices.write_bytes(workbook(rows))
            unit = started.command("import", "devices/device", str(devices), "--apply",
                                   "--as", "zhangxiaomei")  # fmt: skip
            assert unit.returncode == 0, unit.stderr
            yield started


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def registrar(
    request: pytest.FixtureRequest, browser: Browser, server: DemoServer
) -> Iterator[Walker]:
    """Somebody of 五华区局 at a browser."""
    with walking(browser, server, has_script=request.param) as person:
        yield person.sign_in("zhangxiaomei")


def state_condition(walker: Walker) -> None:
    """Fills the first row of the advanced query: a kind, chosen from its values."""
    page = walker.page
    page.click("a:has-text('高级查询')")
    page.select_option("#condition-0-field", "kind")
    if not walker.has_script:
        page.click("button:has-text('换字段')")
    page.wait_for_selector("select#condition-0")
    page.select_option("#condition-0", "boiler")
    page.click(".query button:has-text('查询')")
    page.wait_for_selector("text=设备种类 等于 锅炉")


def test_query_is_made_kept_found_again_and_shared(registrar: Walker) -> None:
    page, name = registrar.page, f"本区锅炉{registrar.has_script}"
    registrar.go(LIST).shoot("register-list")
    page.fill("#search-words", "锅炉")
    page.press("#search-words", "Enter")
    page.wait_for_selector("text=含有「锅炉」")
    state_condition(registrar)
    assert "含有「锅炉」" in page.inner_text("#rows")
    registrar.shoot("register-query")
    page.click("#rows a:has-text('保存方案')")
    page.fill("input[name=name]", name)
    page.select_option("select[name=unit]", index=1)
    registrar.shoot("register-save")
    page.click("button:has-text('保存')")
    page.wait_for_selector(f"text=方案：{name}")
    registrar.go(LIST)
    page.click("summary:has-text('已存方案')")
    page.click(f".drop-panel a:has-text('{name}')")
    page.wait_for_selector("text=含有「锅炉」")
    rows_are(page, "锅炉")
    page.click("[aria-label*='含有']")
    page.wait_for_selector("text=存入这个方案")
    page.click("summary:has-text('已存方案')")
    page.click("a:has-text('管理查询方案')")
    page.wait_for_selector(f"text={name}")
    registrar.shoot("register-queries")


def rows_are(page: Page, words: str) -> None:
    """Every row shown has these words."""
    rows = page.locator("tbody tr")
    assert rows.count() == 20
    assert all(words in text for text in rows.all_inner_texts())


def test_record_leads_back_to_its_row(registrar: Walker) -> None:
    page = registrar.page
    registrar.go(f"{LIST}?kind=lift")
    link = page.locator("tbody tr td a").nth(11)
    number = (link.get_attribute("href") or "").rpartition("/")[2]
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=变更记录")
    registrar.shoot("register-record")
    page.click("a:has-text('下一条')")
    page.wait_for_selector("a:has-text('上一条')")
    page.click("a:has-text('上一条')")
    page.wait_for_url(f"**/{number}?back=*")
    page.click(".action-bar a:has-text('返回')")
    page.wait_for_url(f"**{LIST}?kind=lift#row-{number}")
    assert page.locator(f"#row-{number}:target").is_visible()
    if page.evaluate("Boolean(customElements.get('row-table'))"):
        expect(page.locator(f"#row-{number} .cell-main a")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.locator(f"#row-{number} + tr .cell-main a")).to_be_focused()
        page.focus("#search-words")
        page.keyboard.press("j")
        expect(page.locator("#search-words")).to_be_focused()


def test_columns_are_moved_and_remembered(registrar: Walker) -> None:
    page = registrar.page
    registrar.go(f"{LIST}/columns")
    page.click("[aria-label='「状态」上移']")
    page.wait_for_selector("#down-state")
    page.click("tr:has-text('设备代码') a:has-text('不显示')")
    page.wait_for_selector("text=6 列")
    registrar.shoot("register-columns")
    page.click("button:has-text('记住')")
    page.wait_for_selector("text=已记住显示的列")
    assert page.locator("thead th").last.inner_text().startswith("下次检验日期")
    registrar.go(f"{LIST}/columns")
    page.click("button:has-text('恢复默认')")
    page.wait_for_selector("text=已恢复默认的列")


@pytest.mark.parametrize("has_script", [True, False])
def test_term_of_personal_data_is_decided(
    browser: Browser, server: DemoServer, has_script: bool
) -> None:
    with walking(browser, server, has_script=has_script) as person:
        walker = person.sign_in("security")
        page = walker.go("/-/console/personal").page
        walker.shoot("console-personal")
        page.click("main a:has-text('设备')")
        page.fill("input[name=years]", "12")
        page.fill("input[name=basis]", "特种设备使用登记办法")
        page.click("main button:has-text('保存')")
        page.wait_for_selector("main td:has-text('12 年')")


@pytest.mark.parametrize("has_script", [True, False])
def test_search_index_is_built_anew(browser: Browser, server: DemoServer, has_script: bool) -> None:
    with walking(browser, server, has_script=has_script) as person:
        walker = person.sign_in("system")
        page = walker.go("/-/console/search").page
        page.click("tr:has-text('devices/device') button:has-text('重建')")
        page.wait_for_selector("text=已开始重建")
        walker.shoot("console-search")
