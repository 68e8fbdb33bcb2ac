"""What a page looks like to a checker: accessibility faults, and layout that breaks."""

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_axe = Axe()

_SCRIPT = Path(__file__).with_name("looks.js").read_text("utf-8")


def accessibility_faults(page: Page) -> list[str]:
    """axe-core's violations, all rules and best practices: one line each."""
    # No waiting for a transition: what is checked is where it ends.
    page.emulate_media(reduced_motion="reduce")
    answer = _axe.run(page)
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:240]}"
        for violation in answer.response["violations"]
        for node in violation["nodes"]
    ]


def broken_layout(page: Page) -> list[str]:
    """What reaches past the window or is cut off: one line each."""
    found: list[str] = page.evaluate(_SCRIPT, "broken")
    return found


def targets(page: Page) -> list[str]:
    """Every visible control of the page's content, in order."""
    found: list[str] = page.evaluate(_SCRIPT, "targets")
    return found


def covered_targets(page: Page) -> list[str]:
    """Controls that something else lies upon while they have the focus."""
    found: list[str] = page.evaluate(_SCRIPT, "covered")
    return found


def set_mode(page: Page, scheme: str, size: str) -> None:
    """Shows the page in another mode without loading it again."""
    modes: dict[str, Any] = {"scheme": scheme, "size": size}
    page.evaluate("(modes) => Object.assign(document.documentElement.dataset, modes)", modes)
