"""Pictures of ten pages in every mode and in the public theme, for people to look at."""

import os
from io import BytesIO
from pathlib import Path
from typing import cast

import pytest
from PIL import Image
from playwright.sync_api import Page

from openbureau.base.themes import installed_themes

from .places import HERE, NOT_FOUND, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.deep]
FOLDER = Path(os.environ.get("OPENBUREAU_SCREENSHOTS", "var/screenshots/face"))
COLOURS, RARE, MOST_BYTES = 256, 56, 120 * 1024
Colour = tuple[int, int, int]
# A person's card says less than a page that was not found.
SHOWN = [*(place for place in HERE if place.name != "person"), NOT_FOUND]
MODES = {
    "light": ("default", "light", "normal"),
    "dark": ("default", "dark", "normal"),
    "contrast": ("default", "contrast", "normal"),
    "large": ("default", "light", "large"),
    "public": ("public", "light", "normal"),
}


@pytest.mark.parametrize("mode", MODES)
def test_pages_are_pictured(visitors: Visitors, mode: str) -> None:
    theme, scheme, size = MODES[mode]
    if theme not in installed_themes():
        pytest.skip(f"the theme {theme} is not installed")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with visitors.dressed(theme):
        for place in SHOWN:
            with visitors.window(place.account) as page:
                url = visitors.server.url
                page.context.add_cookies([{"name": "scheme", "value": scheme, "url": url}])
                page.context.add_cookies([{"name": "size", "value": size, "url": url}])
                place.open(page, visitors.server)
                content = picture(page)
            assert len(content) <= MOST_BYTES, place.name
            (FOLDER / f"{place.name}-{mode}.png").write_bytes(content)


def picture(page: Page) -> bytes:
    """What the window shows, as a PNG of 256 colours."""
    shown = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    kept = BytesIO()
    shown.quantize(palette=_palette(shown), dither=Image.Dither.NONE).save(
        kept, "PNG", optimize=True
    )
    return kept.getvalue()


def _palette(shown: Image.Image) -> Image.Image:
    """The commonest colours as they are, so that no surface changes; the others, of small
    marks, nearly so."""
    counted = shown.getcolors(shown.width * shown.height) or []
    common = [colour for _, colour in sorted(counted, reverse=True)[: COLOURS - RARE]]
    rare = shown.quantize(RARE, Image.Quantize.MAXCOVERAGE).getpalette() or []
    made = Image.new("P", (1, 1))
    parts = [part for colour in common for part in cast("Colour", colour)]
    made.putpalette(parts + rare[: 3 * RARE])
    return made
