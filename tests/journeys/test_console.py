"""Every screen of the console, walked by the administrator it is for."""

import pytest

from openbureau.kernel.accounts.models import ADMINISTRATORS
from openbureau.testing.browser import Walker

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("account", ADMINISTRATORS)
def test_every_screen_opens_from_the_menu(walker: Walker, account: str) -> None:
    page = walker.sign_in(account).page
    addresses = {
        str(link.get_attribute("href")) for link in page.locator("nav a[href^='/-/console/']").all()
    }
    assert addresses
    for address in sorted(addresses):
        walker.go(address)
        assert page.locator("h1").count() == 1, address
        page.set_viewport_size({"width": 360, "height": 740})
        width = page.evaluate("document.documentElement.scrollWidth") if walker.has_script else 360
        assert width <= 360, address
        page.set_viewport_size({"width": 1366, "height": 768})
