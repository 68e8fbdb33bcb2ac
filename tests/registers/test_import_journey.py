"""An import with errors, repair, upload once more, undo: in Chromium and without JavaScript."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from openbureau.base.sheets import Limits, sheet_rows
from openbureau.testing.browser import DemoServer, Walker, running_demo, walking

from .imported import row, workbook

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
# With its metadata the plugin is one of the installed ones.
EXAMPLE = f"{HERE / 'example'}:{HERE / 'installed'}"
URL = "/devices/device/import"
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """The demo with the devices."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", EXAMPLE)
        with running_demo(tmp_path_factory.mktemp("imports") / "data") as started:
            yield started


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def registrar(
    request: pytest.FixtureRequest, browser: Browser, server: DemoServer
) -> Iterator[Walker]:
    """Somebody of 五华区局 at a browser."""
    with walking(browser, server, has_script=request.param) as person:
        yield person.sign_in("zhangxiaomei")


def upload(walker: Walker, path: Path) -> None:
    page = walker.go(URL).page
    page.set_input_files("input[name=table]", path)
    page.click("button:has-text('检查')")


def test_import_with_errors_is_repaired_and_undone(registrar: Walker, tmp_path: Path) -> None:
    page, mark = registrar.page, "s" if registrar.has_script else "n"
    path = tmp_path / "设备.xlsx"
    path.write_bytes(
        workbook([row(f"{mark}1"), row(f"{mark}2", "客梯", "火箭"), row(f"{mark}3", "", "锅炉")])
    )
    registrar.go(URL).shoot("import")
    upload(registrar, path)
    page.wait_for_selector("text=有 2 行不能导入")
    registrar.shoot("import-faults")
    with page.expect_download() as download:
        page.click("a:has-text('下载标出错误的表格')")
    back = list(sheet_rows(download.value.path(), Limits(100)))
    assert [bool(cells[-1]) for cells in back[1:]] == [False, True, True]
    back[2][2], back[3][1] = "电梯", "蒸汽锅炉"
    path.write_bytes(workbook(back[1:], back[0]))
    upload(registrar, path)
    page.click("button:has-text('导入 3 条')")
    page.wait_for_selector("text=已导入 3 条")
    registrar.shoot("import-receipt")
    page.click("a:has-text('撤销这一批')")
    page.fill("input[name=reason]", "表格用错了")
    page.click("main button:has-text('撤销')")
    page.wait_for_selector("text=已撤销 3 条")
    registrar.go(f"/devices/device?q={mark}2")
    assert "客梯" not in registrar.page.inner_text("main")


def test_long_import_goes_on_while_the_page_is_left(registrar: Walker, tmp_path: Path) -> None:
    page, mark = registrar.page, "t" if registrar.has_script else "o"
    path = tmp_path / "很多.xlsx"
    path.write_bytes(workbook([row(f"{mark}{number}") for number in range(6000)]))
    upload(registrar, path)
    page.wait_for_selector("text=可以离开这一页")
    registrar.go("/")
    registrar.go(URL)
    page.click("main td a:has-text('很多.xlsx') >> nth=0")
    until(registrar, "button:has-text('导入 6,000 条')")
    page.click("button:has-text('导入 6,000 条')")
    page.wait_for_selector("text=正在导入")
    until(registrar, "text=已导入 6,000 条")


def until(walker: Walker, selector: str) -> None:
    """Waits as a person does: looking on, or loading the page again without scripts."""
    if walker.has_script:
        walker.page.wait_for_selector(selector, timeout=PATIENCE_MS)
        return
    for _ in range(200):
        if walker.page.locator(selector).count():
            return
        walker.page.wait_for_timeout(300)
        walker.page.reload()
    pytest.fail(f"{selector} did not come")
