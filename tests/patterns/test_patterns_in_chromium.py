"""Every component in Chromium: nothing overflows, is cut without a way to read it, has too
little contrast or hides the focus, in every scheme and size at three widths."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from openbureau.base.themes import installed_themes
from openbureau.shell.pattern_list import PATTERNS
from openbureau.testing.browser import DemoServer, walking

pytestmark = pytest.mark.browser

NAMES = [pattern.name for pattern in PATTERNS]
WIDTHS = (360, 1024, 1366)
MODES = tuple(itertools.product(("light", "dark", "contrast"), ("normal", "large")))
MODE = """([scheme, size]) => {
  document.documentElement.dataset.scheme = scheme;
  document.documentElement.dataset.size = size;
}"""
LOOKS = (Path(__file__).parents[1] / "face/looks.js").read_text("utf-8")
# Text that is cut with an ellipsis and cannot be read anywhere.
SHORTENED = """() => [...document.querySelectorAll(".pattern-live *")].filter((e) => {
  if (e.clientWidth <= 1 || e.scrollWidth <= e.clientWidth + 1) return false;
  if (/^(INPUT|SELECT|PROGRESS|svg)$/.test(e.tagName)) return false;
  const style = getComputedStyle(e);
  if (!/hidden|clip/.test(style.overflowX) || style.textOverflow !== "ellipsis") return false;
  return !e.closest("[title]") && !e.querySelector("[title]");
}).map((e) => `shortened: ${e.tagName.toLowerCase()}.${e.getAttribute("class") ?? ""}`)"""
# Elements whose look does not change when they take the focus.
FOCUS = """() => {
  const look = (e) => {
    const s = getComputedStyle(e);
    return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow].join();
  };
  const faults = [];
  const wanted = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  for (const e of document.querySelectorAll(`.pattern-live :is(${wanted})`)) {
    if (!e.getClientRects().length || e.disabled || e.tabIndex < 0) continue;
    document.activeElement?.blur();
    const before = look(e);
    e.focus();
    if (document.activeElement === e && look(e) === before)
      faults.push(`${e.tagName} ${e.getAttribute("class") ?? e.getAttribute("name") ?? ""}`);
  }
  return faults;
}"""


CONTRAST = """async () => {
  const { violations } = await axe.run(".pattern-live", {
    runOnly: { type: "rule", values: ["color-contrast"] }, resultTypes: ["violations"],
  });
  return violations.flatMap((v) => v.nodes).map((n) => n.html.slice(0, 120) + n.failureSummary);
}"""


@pytest.fixture(scope="module")
def window(browser: Browser, demo_server: DemoServer) -> Iterator[Page]:
    """One private window for all components: their sheets are fetched once."""
    with walking(browser, demo_server) as vendor:
        vendor.page.emulate_media(reduced_motion="reduce")  # colours under way are no colours
        yield vendor.page


def layout_faults(page: Page) -> list[str]:
    """What reaches past the window or its own box, is cut off, or cannot be read in full."""
    found: list[str] = []
    for question in ("broken", "spilled"):
        found += page.evaluate(LOOKS, question)
    return found + list(page.evaluate(SHORTENED))


def faults_of(page: Page, url: str) -> dict[str, Any]:
    """What is wrong with the examples at an address, by width, scheme and size."""
    faults: dict[str, Any] = {}
    page.goto(url)
    page.evaluate(Axe().axe_script)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 768})
        for scheme, size in MODES:
            page.evaluate(MODE, [scheme, size])
            place = f"{width} {scheme} {size}"
            faults[place] = layout_faults(page)
            if width != 1024:
                faults[f"focus at {place}"] = page.evaluate(FOCUS)
            if width == 1366 or (width == 360 and scheme == "light"):
                faults[f"contrast at {place}"] = page.evaluate(CONTRAST)
    return {place: found for place, found in faults.items() if found}


@pytest.mark.parametrize("name", NAMES)
def test_component_holds_in_every_mode_and_width(
    window: Page, demo_server: DemoServer, name: str
) -> None:
    assert faults_of(window, f"{demo_server.url}/-/patterns/{name}") == {}


@pytest.mark.deep
@pytest.mark.parametrize("theme", sorted(installed_themes()))
@pytest.mark.parametrize("name", NAMES)
def test_component_holds_in_every_theme(
    window: Page, demo_server: DemoServer, name: str, theme: str
) -> None:
    assert faults_of(window, f"{demo_server.url}/-/patterns/{name}?theme={theme}") == {}


def test_the_checks_see_planted_faults(window: Page, demo_server: DemoServer) -> None:
    window.goto(f"{demo_server.url}/-/patterns/button")
    window.evaluate("""() => {
      const live = document.querySelector(".pattern-live");
      const plant = (style, text) => {
        const e = document.createElement("button");
        Object.assign(e.style, style);
        e.textContent = text;
        live.append(e);
      };
      plant({ width: "3000px" }, "wide");
      plant({ width: "40px", overflow: "hidden", whiteSpace: "nowrap" }, "cut text");
      plant({ width: "40px", whiteSpace: "nowrap" }, "spilled text");
      plant({ width: "40px", overflow: "hidden", textOverflow: "ellipsis",
              whiteSpace: "nowrap" }, "shortened text");
      plant({ outline: "0", boxShadow: "none" }, "no focus");
      plant({ color: "#ccc", background: "#fff" }, "faint");
    }""")
    layout = layout_faults(window)
    assert any("scrolls sideways" in fault for fault in layout)
    assert any("cuts its text off" in fault for fault in layout)
    assert any("narrower than its text" in fault for fault in layout)
    assert any(fault.startswith("shortened: button") for fault in layout)
    assert len(window.evaluate(FOCUS)) == 1
    window.evaluate(Axe().axe_script)
    assert any("faint" in fault for fault in window.evaluate(CONTRAST))


def test_paper_shows_all_of_the_source_and_codes_in_one_piece(
    window: Page, demo_server: DemoServer
) -> None:
    window.goto(f"{demo_server.url}/-/patterns/table")
    window.set_viewport_size({"width": 670, "height": 960})  # A4 within its margins
    window.emulate_media(media="print")
    hidden = window.evaluate("""() => [...document.querySelectorAll("pre")].filter((e) =>
        e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1).length""")
    lines = window.evaluate("""() => [...document.querySelectorAll(".cell-code")].map((e) => {
        const range = document.createRange();
        range.selectNodeContents(e);
        return range.getClientRects().length;
    })""")
    window.emulate_media(media="screen")
    assert hidden == 0
    assert lines == [1] * 10
