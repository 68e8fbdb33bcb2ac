"""Work on many records, an export and its re-import: in Chromium and without JavaScript."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from openbureau.testing.browser import DemoServer, Walker, running_demo, walking

from .imported import row, workbook
from .test_import_journey import EXAMPLE, until, upload

pytestmark = pytest.mark.browser
URL = "/devices/device"
ROWS = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """The demo with the devices."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", EXAMPLE)
        with running_demo(tmp_path_factory.mktemp("bulk") / "data") as started:
            yield started


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def registrar(
    request: pytest.FixtureRequest, browser: Browser, server: DemoServer
) -> Iterator[Walker]:
    """Somebody of 五华区局 at a browser."""
    with walking(browser, server, has_script=request.param) as person:
        yield person.sign_in("zhangxiaomei")


def imported(registrar: Walker, path: Path, mark: str) -> None:
    """Thirty lifts of this mark."""
    path.write_bytes(workbook([row(f"{mark}{n:02}", f"客梯{mark}", "电梯") for n in range(ROWS)]))
    upload(registrar, path)
    registrar.page.click(f"button:has-text('导入 {ROWS} 条')")
    registrar.page.wait_for_selector(f"text=已导入 {ROWS} 条")


def test_rows_are_chosen_worked_on_exported_and_imported_unchanged(
    registrar: Walker, tmp_path: Path
) -> None:
    page, mark = registrar.page, "s" if registrar.has_script else "n"
    imported(registrar, tmp_path / "设备.xlsx", mark)
    mine = f"{URL}?field=code&op=has&value={mark}0"

    registrar.go(mine)
    for box in page.locator(".cell-pick input").all()[:2]:
        box.check()
    registrar.shoot("bulk-list")
    page.click("button:has-text('停用')")
    page.wait_for_selector("text=批量停用")
    page.click("main .form button:has-text('停用')")
    page.wait_for_selector("text=已办理 2 条")

    registrar.go(f"{URL}?field=name&op=is&value=客梯{mark}&state=used&counted=1")
    page.check("input[name=select_all]")
    page.click("button:has-text('作废')")
    page.wait_for_selector(f"text=共 {ROWS - 2} 台")
    page.fill("input[name=reason]", "整批录重")
    registrar.shoot("bulk-confirm")
    page.click("main .form button:has-text('作废')")
    until(registrar, f"text=已办理 {ROWS - 2} 条")
    registrar.shoot("bulk-result")

    registrar.go(f"{URL}?field=name&op=is&value=客梯{mark}")
    page.click("main a:has-text('导出')")
    page.check("input[name=columns][value=all]")
    registrar.shoot("export")
    with page.expect_download() as download:
        page.click("main .form button:has-text('导出')")
    assert download.value.suggested_filename.startswith("五华区局_设备_")
    again = tmp_path / "再导入.xlsx"
    download.value.save_as(again)
    upload(registrar, again)
    page.wait_for_selector("text=与现有的完全相同")


def test_long_export_is_fetched_when_it_is_made(registrar: Walker, tmp_path: Path) -> None:
    page, mark = registrar.page, "x" if registrar.has_script else "y"
    path = tmp_path / "多.xlsx"
    path.write_bytes(workbook([row(f"{mark}{n}") for n in range(5100)]))
    upload(registrar, path)
    until(registrar, "button:has-text('导入 5,100 条')")
    page.click("button:has-text('导入 5,100 条')")
    until(registrar, "text=已导入 5,100 条")
    registrar.go(URL)
    page.click("main a:has-text('导出')")
    page.click("main .form button:has-text('导出')")
    page.wait_for_selector("text=可以离开这一页")
    registrar.go("/")
    registrar.go(f"{URL}/runs")
    page.click("main td a:has-text('导出') >> nth=0")
    until(registrar, "a:has-text('下载')")
    registrar.shoot("export-done")
    with page.expect_download() as download:
        page.click("a:has-text('下载')")
    assert Path(download.value.path()).stat().st_size > 100_000
