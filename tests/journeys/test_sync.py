"""A directory is described, looked at, previewed, brought in and taken back, in the browser."""

from collections.abc import Iterator

import pytest

from openbureau.testing.browser import Walker
from openbureau.testing.directory import person_entry, suffix_entries, unit_entry
from openbureau.testing.ldif import ldif
from openbureau.testing.slapd import (
    READER_DN,
    READER_PASSWORD,
    SUFFIX,
    Slapd,
    missing,
    running_slapd,
)

pytestmark = [pytest.mark.browser, pytest.mark.slapd]

PLACE = f"ou=信息中心,{SUFFIX}"
LOOKS = 300
# One: taking back more of so few would wait for a second administrator.
NAMES = ("陈建华",)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """One unit with somebody the demo does not know."""
    if reason := missing():
        pytest.skip(f"slapd: {reason}")
    people = [person_entry(f"it{n}", name, PLACE) for n, name in enumerate(NAMES)]
    entries = [*suffix_entries(), unit_entry("信息中心", "530000-98"), *people]
    with running_slapd(tmp_path_factory.mktemp("slapd") / "it", ldif(entries)) as server:
        yield server


def test_a_directory_is_brought_in_and_taken_back(walker: Walker, directory: Slapd) -> None:
    code = "it" if walker.has_script else "plain"
    page = walker.sign_in("system").go("/-/console/sources/new").page
    page.fill("[name=name]", "信息中心目录")
    page.fill("[name=code]", code)
    page.fill("[name=url]", directory.url)
    page.fill("[name=base]", SUFFIX)
    page.fill("[name=bind_dn]", READER_DN)
    page.fill("[name=password]", READER_PASSWORD)
    page.click(".action-bar .button-primary")
    page.wait_for_url(f"**/-/console/sources/{code}")
    page.click(".action-bar [formaction]")
    page.wait_for_url("**/sample")
    assert "陈建华" in walker.text
    walker.shoot("console-source-sample")
    preview(walker, code)
    assert "写入这份计划" in walker.text
    walker.shoot("console-sync-plan")
    page.click(".action-bar button.button-primary")
    settle(walker, "已写入。")
    page.click(".action-bar a.button-danger")
    page.wait_for_url("**/undo")
    assert "陈建华" in walker.text
    page.click(".action-bar button.button-danger")
    settle(walker, "已写入。")
    retire(walker, code)


def preview(walker: Walker, code: str) -> None:
    page = walker.go("/-/console/sync").page
    row = page.locator("tr", has=page.locator(f"input[name=source][value={code}]"))
    row.locator("button[value=full]").click()
    page.wait_for_url("**/-/console/sync/0*")
    settle(walker, "陈建华")


def settle(walker: Walker, words: str) -> None:
    """Waits until the page says so; without scripts by looking again."""
    if walker.has_script:
        walker.page.wait_for_selector(f"main :text('{words}')")
        return
    for _ in range(LOOKS):
        if words in walker.text:
            return
        walker.page.reload()
    raise AssertionError(f"{words} did not appear: {walker.text}")


def retire(walker: Walker, code: str) -> None:
    """Leaves the demo without the source, for the journeys that follow."""
    page = walker.go(f"/-/console/sources/{code}").page
    page.fill("[name=reason]", "试验结束")
    page.click("main button.button-danger")
    page.wait_for_url("**/-/console/sources")
