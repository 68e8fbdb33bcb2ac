"""Date fields with the keyboard alone, on a phone, and without a script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from openbureau.testing.browser import DemoServer, wait_until, walking

pytestmark = pytest.mark.browser
PATTERN = "/-/patterns/date-field"


@pytest.fixture
def page(browser: Browser, demo_server: DemoServer) -> Iterator[Page]:
    """The reference page with its date fields; the first holds 2026-11-25."""
    with walking(browser, demo_server) as person:
        yield person.sign_in("lizhihua").go(PATTERN).page


def focused_day(page: Page) -> str:
    wait_until(page, "() => document.activeElement.dataset.date")
    return str(page.evaluate("document.activeElement.dataset.date"))


def test_typed_date_is_said_in_words_and_a_bad_one_is_explained(page: Page) -> None:
    field = page.locator("date-field").first
    box = field.locator(".input-date")
    box.fill("２００４１０１５")
    box.press("Tab")
    field.locator(".date-words:has-text('2004年10月15日 星期五')").wait_for()
    box.fill("2004.13.1")
    box.press("Tab")
    field.locator(".field-error:has-text('没有这一天')").wait_for()


def test_month_is_walked_with_keys_and_a_day_chosen(page: Page) -> None:
    field = page.locator("date-field").first
    box = field.locator(".input-date")
    box.press("Alt+ArrowDown")
    assert focused_day(page) == "2026-11-25"
    for key, date in (
        ("ArrowRight", "2026-11-26"),
        ("ArrowDown", "2026-12-03"),
        ("PageUp", "2026-11-05"),
        ("Home", "2026-11-02"),
        ("End", "2026-11-08"),
        ("ArrowUp", "2026-11-01"),
        ("ArrowLeft", "2026-10-31"),
    ):
        page.keyboard.press(key)
        wait_until(page, "date => document.activeElement.dataset.date === date", date)
    page.keyboard.press("Enter")
    assert box.input_value() == "2026-10-31"
    assert field.locator(".date-panel").is_hidden()
    field.locator(".date-words:has-text('2026年10月31日 星期六')").wait_for()
    assert page.evaluate("document.activeElement.className").endswith("date-open")


def test_escape_closes_and_changes_nothing(page: Page) -> None:
    field = page.locator("date-field").first
    field.locator(".date-open").press("Enter")
    focused_day(page)
    page.keyboard.press("Escape")
    assert field.locator(".date-panel").is_hidden()
    assert field.locator(".input-date").input_value() == "2026-11-25"
    assert field.locator(".date-open").get_attribute("aria-expanded") == "false"


def test_leaving_the_month_by_its_links_stays_in_the_field(page: Page) -> None:
    field = page.locator("date-field").first
    field.locator(".date-open").press("Enter")
    field.locator("[data-month='2026-10']").click()
    field.locator(".calendar-title:has-text('2026年10月')").wait_for()
    assert page.url.endswith(PATTERN)
    field.locator("[aria-label='2026年10月10日 星期六 国庆节 调休上班']").click()
    assert field.locator(".input-date").input_value() == "2026-10-10"


def test_shortcut_fills_both_ends_and_typing_makes_it_ones_own(page: Page) -> None:
    span = page.locator("date-range").first
    span.locator("input[value=quarter]").check()
    first, last = span.locator(".input-date").all()
    assert first.input_value().endswith("-01")
    assert last.input_value() > first.input_value()
    first.fill("20261102")
    first.press("Tab")
    assert span.locator("input[type=radio]").first.is_checked()


def test_phone_offers_the_native_picker_second(browser: Browser, demo_server: DemoServer) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True,
                                  is_mobile=True)  # fmt: skip
    page = context.new_page()
    page.goto(f"{demo_server.url}{PATTERN}")
    field = page.locator("date-field").first
    assert field.locator(".date-open").is_hidden()
    field.locator(".date-native").fill("2026-12-01")
    assert field.locator(".input-date").input_value() == "2026-12-01"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_without_a_script_there_is_a_text_box_and_no_dead_button(
    browser: Browser, demo_server: DemoServer
) -> None:
    with walking(browser, demo_server, has_script=False) as person:
        page = person.sign_in("lizhihua").go(PATTERN).page
        assert page.locator(".date-open, .date-native, .date-panel").count() > 0
        for hidden in page.locator(".date-open, .date-native, .date-panel").all():
            assert hidden.is_hidden()
        person.go("/-/calendar?month=2026-10")
        page.click("a[aria-label='下个月']")
        assert "2026年11月" in person.text
