"""大字: what one mainly presses is at least 60 px high, on a desktop and on a phone."""

import pytest

from .looks import set_mode
from .places import HERE, NARROW, WIDE, Place, Visitors

pytestmark = pytest.mark.browser
MAIN_TARGETS = "main .button:not(.button-small, .button-link), .menu-link, main .input"
LEAST_PX = 60
LOW = """([names, least]) => [...document.querySelectorAll(names)]
    .filter((box) => box.getClientRects().length && box.type !== "color")
    .filter((box) => box.getBoundingClientRect().height < least)
    .map((box) => `${box.className} ${box.getBoundingClientRect().height} ${box.textContent}`)"""


@pytest.mark.parametrize("place", HERE, ids=lambda place: place.name)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_main_targets_are_large(visitors: Visitors, place: Place, size: tuple[int, int]) -> None:
    with visitors.window(place.account, size) as page:
        place.open(page, visitors.server)
        set_mode(page, "light", "large")
        low = page.evaluate(LOW, [MAIN_TARGETS, LEAST_PX])
        assert [each for each in low if "menu-filter" not in each] == []
        set_mode(page, "light", "normal")
        assert page.evaluate(LOW, [MAIN_TARGETS, LEAST_PX]) or place.name == "person"
