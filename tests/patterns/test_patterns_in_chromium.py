"""Every component in Chromium: nothing overflows, is cut without a way to read it, has too
little contrast or hides the focus, in every scheme and size at three widths."""

from collections.abc import Iterator
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
SCHEMES = ("light", "dark", "contrast")
SIZES = ("normal", "large")
MODE = """([scheme, size]) => {
  document.documentElement.dataset.scheme = scheme;
  document.documentElement.dataset.size = size;
}"""
# Faults of the layout as words: the page wider than the window, text cut without a way to read it.
LAYOUT = """() => {
  const faults = [], root = document.documentElement;
  const name = (e) => `${e.tagName.toLowerCase()}.${e.getAttribute("class") ?? ""}`;
  if (root.scrollWidth > root.clientWidth + 1) {
    const wide = [...document.body.querySelectorAll("*")].filter(
      (e) => e.getBoundingClientRect().right > root.clientWidth + 1);
    faults.push(`page is ${root.scrollWidth} wide: ${wide.slice(-3).map(name)}`);
  }
  for (const e of document.querySelectorAll(".pattern-live *")) {
    const style = getComputedStyle(e);
    if (!/hidden|clip/.test(style.overflowX) || e.scrollWidth <= e.clientWidth + 1) continue;
    if (e.clientWidth <= 1 || /^(INPUT|SELECT|PROGRESS|svg)$/.test(e.tagName)) continue;
    const title = e.closest("[title]") ?? e.querySelector("[title]");
    if (style.textOverflow !== "ellipsis" || !title) faults.push(`cut: ${name(e)}`);
  }
  return faults;
}"""
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


def faults_of(page: Page, url: str) -> dict[str, Any]:
    """What is wrong with the examples at an address, by width, scheme and size."""
    faults: dict[str, Any] = {}
    page.goto(url)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 768})
        for scheme in SCHEMES:
            for size in SIZES:
                page.evaluate(MODE, [scheme, size])
                faults[f"{width} {scheme} {size}"] = page.evaluate(LAYOUT)
    page.evaluate(Axe().axe_script)
    for scheme in SCHEMES:
        page.evaluate(MODE, [scheme, "normal"])
        faults[f"contrast in {scheme}"] = page.evaluate(CONTRAST)
        faults[f"focus in {scheme}"] = page.evaluate(FOCUS)
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
      plant({ outline: "0", boxShadow: "none" }, "no focus");
      plant({ color: "#ccc", background: "#fff" }, "faint");
    }""")
    layout = window.evaluate(LAYOUT)
    assert any("wide" in fault for fault in layout)
    assert any(fault.startswith("cut: button") for fault in layout)
    assert len(window.evaluate(FOCUS)) == 1
    window.evaluate(Axe().axe_script)
    assert any("faint" in fault for fault in window.evaluate(CONTRAST))
