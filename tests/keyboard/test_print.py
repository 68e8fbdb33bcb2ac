"""On paper each page says whose it is, what it is, who printed it and when."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from openbureau.testing.browser import DemoServer, Walker, walking

pytestmark = pytest.mark.browser
HEAD = ".print-head"
MARGINS = """() => Array.from(document.styleSheets)
  .flatMap((sheet) => Array.from(sheet.cssRules))
  .flatMap((rule) => [rule, ...Array.from(rule.cssRules ?? [])])
  .filter((rule) => rule.cssText.startsWith("@page")).map((rule) => rule.cssText).join()"""


@pytest.fixture
def clerk(browser: Browser, demo_server: DemoServer) -> Iterator[Page]:
    """A unit's page with its people, before a clerk."""
    with walking(browser, demo_server) as person:
        yield person.sign_in("zhangxiaomei").go("/-/units/530000").page


@pytest.mark.parametrize(
    ("path", "title"),
    [("/", "工作台"), ("/-/todos", "待办"), ("/-/units/530102", "五华"), ("/-/keys", "快捷键")],
)
def test_printed_page_has_a_head(walker: Walker, path: str, title: str) -> None:
    page = walker.sign_in("zhangxiaomei").go(path).page
    page.emulate_media(media="print")
    head = page.inner_text(HEAD)
    for word in ("质量技术监督局", title, "张晓梅"):
        assert word in head
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", head)
    assert not page.is_visible(".masthead")
    assert not page.is_visible("connection-strip")


def test_printed_page_before_signing_in_has_a_head_too(walker: Walker) -> None:
    page = walker.go("/-/sign-in").page
    page.emulate_media(media="print")
    assert "登录" in page.inner_text(HEAD)
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", page.inner_text(HEAD))


def test_head_is_for_paper_only(walker: Walker) -> None:
    assert not walker.sign_in("zhangxiaomei").page.is_visible(HEAD)


def test_every_sheet_is_numbered(walker: Walker) -> None:
    rules = walker.sign_in("zhangxiaomei").page.evaluate(MARGINS)
    assert 'counter(page) " / " counter(pages)' in rules


def test_paper_says_who_printed_what_and_counts_its_sheets(clerk: Page, tmp_path: Path) -> None:
    reader = shutil.which("gs")
    if reader is None:
        pytest.skip("print: Ghostscript is not installed (Debian package ghostscript)")
    clerk.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    arguments = ["-q", "-sDEVICE=txtwrite", "-o", "-", str(tmp_path / "page.pdf")]
    printed = subprocess.run([reader, *arguments], capture_output=True, check=True).stdout.decode()
    assert "张晓梅" in printed
    assert "组织机构" in printed
    sheets = re.findall(r"(\d+) / (\d+)", printed)
    assert [int(number) for number, _ in sheets] == list(range(1, len(sheets) + 1))
    assert {int(total) for _, total in sheets} == {len(sheets)}
    assert len(printed.partition("1 / ")[0].split()) > 20, "the first sheet is nearly empty"


def test_time_on_paper_is_the_time_of_printing(walker: Walker) -> None:
    page = walker.sign_in("zhangxiaomei").page
    before = page.inner_text("print-time")
    if walker.has_script:
        page.clock.set_fixed_time("2031-05-06T04:05:00Z")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expected = "2031-05-06 12:05" if walker.has_script else before
    assert page.text_content("print-time") == expected
