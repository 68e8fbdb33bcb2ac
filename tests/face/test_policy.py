"""The content security policy holds, also while fragments are swapped in."""

from typing import Any

import pytest
from playwright.sync_api import Page

from openbureau.testing.browser import wait_until

from .places import HERE, STAFF, Place, Visitors

pytestmark = pytest.mark.browser
_LISTEN = """window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"""
_SWAPS = """window.swaps = 0;
document.addEventListener("htmx:after:swap", () => { window.swaps += 1; });"""


def watched(page: Page) -> None:
    """Notes violations and swaps from the first byte on."""
    page.add_init_script(_LISTEN + _SWAPS)


def violations(page: Page) -> Any:
    """What the browser refused on the present page."""
    return page.evaluate("window.violations")


def test_the_browser_reports_what_the_policy_forbids(visitors: Visitors) -> None:
    with visitors.window(STAFF) as page:
        watched(page)
        page.goto(f"{visitors.server.url}/")
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))"
        )
        page.evaluate("document.body.setAttribute('style', 'color: red')")
        wait_until(page, "() => window.violations.length >= 2")


@pytest.mark.parametrize("place", HERE, ids=lambda place: place.name)
def test_no_page_needs_what_the_policy_forbids(visitors: Visitors, place: Place) -> None:
    with visitors.window(place.account) as page:
        watched(page)
        with page.expect_response(visitors.server.url + place.path) as answer:
            place.open(page, visitors.server)
        policy = answer.value.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "'self'" in policy
        assert violations(page) == []


def test_tree_opens_a_branch_without_breaking_the_policy(visitors: Visitors) -> None:
    with visitors.window(STAFF) as page:
        watched(page)
        page.goto(f"{visitors.server.url}/-/units")
        page.locator("details.tree-fold:not([open]) > summary").first.click()
        wait_until(page, "() => window.swaps >= 1")
        assert violations(page) == []


@pytest.mark.skipif(len(HERE) < 10, reason="no plugin with a list is installed")
def test_list_is_searched_in_place_without_breaking_the_policy(visitors: Visitors) -> None:
    place = next(place for place in HERE if place.name == "list")
    with visitors.window(place.account) as page:
        watched(page)
        place.open(page, visitors.server)
        page.fill("main input[name=q]", "通知")
        page.press("main input[name=q]", "Enter")
        wait_until(page, "() => window.swaps >= 1")
        assert "q=" in page.url
        assert violations(page) == []
