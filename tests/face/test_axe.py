"""axe-core finds nothing on ten pages, wide and narrow, in every mode."""

import pytest

from openbureau.base.themes import installed_themes

from .looks import accessibility_faults, broken_layout, set_mode
from .places import HERE, NARROW, NOT_FOUND, STAFF, WIDE, Place, Visitors

pytestmark = pytest.mark.browser
PLACES = pytest.mark.parametrize("place", [*HERE, NOT_FOUND], ids=lambda place: place.name)


def test_the_checker_sees_a_fault(visitors: Visitors) -> None:
    with visitors.window(STAFF) as page:
        page.goto(f"{visitors.server.url}/")
        page.evaluate("document.querySelector('main').innerHTML += '<input type=text>'")
        page.evaluate(
            "document.querySelector('main h1').insertAdjacentHTML('afterend', '<pre>甲</pre>')"
        )
        page.evaluate("document.querySelector('pre').textContent = '长'.repeat(3000)")
        assert any(fault.startswith("label:") for fault in accessibility_faults(page))
        assert broken_layout(page)


@PLACES
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_page_has_no_accessibility_fault(
    visitors: Visitors, place: Place, size: tuple[int, int]
) -> None:
    with visitors.window(place.account, size) as page:
        place.open(page, visitors.server)
        assert accessibility_faults(page) == []
        assert broken_layout(page) == []


@PLACES
def test_no_mode_breaks_the_layout(visitors: Visitors, place: Place) -> None:
    with visitors.window(place.account) as page:
        place.open(page, visitors.server)
        for width in (360, 1024, 1366):
            page.set_viewport_size({"width": width, "height": 768})
            for scheme, size in (("light", "large"), ("dark", "normal"), ("contrast", "large")):
                set_mode(page, scheme, size)
                assert broken_layout(page) == [], (width, scheme, size)


@pytest.mark.parametrize("theme", sorted(installed_themes().keys() - {"default"}))
def test_theme_breaks_no_page(visitors: Visitors, theme: str) -> None:
    faults: list[tuple[str, ...]] = []
    with visitors.dressed(theme):
        for place in HERE:
            with visitors.window(place.account) as page:
                place.open(page, visitors.server)
                assert f"/themes/{theme}.css" in page.content()
                faults += [(place.name, fault) for fault in accessibility_faults(page)]
                for width in (360, 1024, 1366):
                    page.set_viewport_size({"width": width, "height": 768})
                    for scheme, size in (("light", "normal"), ("contrast", "large")):
                        set_mode(page, scheme, size)
                        seen = broken_layout(page)
                        faults += [(place.name, str(width), size, fault) for fault in seen]
    assert faults == []
