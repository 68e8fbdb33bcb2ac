"""Chromium for journeys: the demo as real processes, and pages to walk in it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

READY_S = 120
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# Playwright's own `wait_for_function` evaluates a text again and again, which our pages forbid.
_HOLDS = """([text, limit]) => new Promise((done, fail) => {{
  const holds = {condition};
  const last = performance.now() + limit;
  const look = () => {{
    if (holds(text)) done();
    else if (performance.now() > last) fail(new Error("it did not come true"));
    else setTimeout(look, 20);
  }};
  look();
}})"""


def wait_until(page: Page, condition: str, text: str = "", limit_s: float = 30) -> None:
    """Waits until the script function `condition` answers true for `text`; Error if never."""
    page.evaluate(_HOLDS.format(condition=condition), [text, limit_s * 1000])


def chromium() -> str | None:
    """Where Debian's or Ubuntu's Chromium is, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass(frozen=True, slots=True)
class DemoServer:
    """A running demo: its address, sample sign-ins by account, and data directory."""

    url: str
    people: dict[str, str]
    data: Path

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `openbureau` on the demo's data."""
        return subprocess.run(
            [sys.executable, "-m", "openbureau", *arguments],
            env={**os.environ, "OPENBUREAU_DATA": str(self.data)},
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def running_demo(data: Path, scale: str = "small", *arguments: str) -> Iterator[DemoServer]:
    """Starts `openbureau demo` and stops it at the end."""
    command = [sys.executable, "-m", "openbureau", "demo", "--json", "--dir", str(data)]
    environment = {**os.environ, "OPENBUREAU_PORT": "8600"}
    with (data.parent / f"{data.name}.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--scale", scale, *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, (data.parent / f"{data.name}.log").read_text("utf-8", "replace")
            found = json.loads(line)
            people = {person["account"]: person["password"] for person in found["people"]}
            yield DemoServer(found["url"].rstrip("/"), people, data)
        finally:
            process.terminate()
            process.wait(timeout=READY_S)
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """The small demo, started once per test process."""
    with running_demo(tmp_path_factory.mktemp("demo") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. It ends with its module: while it runs, its event loop
    keeps other tests of the process from running theirs."""
    with opened_browser() as started:
        yield started


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """Chromium without a window, for a test that must not have it open all the time."""
    path = chromium()
    if path is None:
        pytest.skip("browser: chromium is not installed (Debian package chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


class Walker:
    """A person at a browser: signs in, clicks, looks. Fails on any page fault or script error."""

    def __init__(
        self, page: Page, server: DemoServer, screenshots: Path, *, has_script: bool
    ) -> None:
        self.page = page
        self.server = server
        self.has_script = has_script
        self._screenshots = screenshots
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._note)
        page.on("response", self._judge)

    def _note(self, message: Any) -> None:
        # A refused form is a 422; the console repeats it as an error.
        if message.type == "error" and "422" not in message.text and "404" not in message.text:
            self.faults.append(message.text)

    def _judge(self, response: Any) -> None:
        if response.status >= 500 or not response.url.startswith((self.server.url, "data:")):
            self.faults.append(f"{response.status} {response.url}")

    def go(self, path: str) -> "Walker":
        """Opens an address of the demo."""
        self.page.goto(f"{self.server.url}{path}")
        return self

    def sign_in(self, account: str) -> "Walker":
        """Signs in as one of the samples."""
        self.go("/-/sign-in")
        self.page.fill("input[name=login]", account)
        self.page.fill("input[name=password]", self.server.people[account])
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(f"{self.server.url}/")
        return self

    def sign_out(self) -> "Walker":
        """Forgets the session cookie, as closing a private window does."""
        self.page.context.clear_cookies()
        return self

    def shoot(self, name: str) -> None:
        """Keeps a picture of what is on the screen."""
        self._screenshots.mkdir(parents=True, exist_ok=True)
        # Hiding the caret would put a style into the page, which our pages forbid.
        self.page.screenshot(path=self._screenshots / f"{name}.png", caret="initial")

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return self.page.inner_text("body")


@pytest.fixture(params=["script", "no-script"])
def walker(
    request: pytest.FixtureRequest, browser: Browser, demo_server: DemoServer
) -> Iterator[Walker]:
    """A person in a fresh private window, once with and once without JavaScript."""
    with walking(browser, demo_server, has_script=request.param == "script") as person:
        yield person


@contextmanager
def walking(
    browser: Browser,
    server: DemoServer,
    *,
    has_script: bool = True,
    width: int = 1366,
    height: int = 768,
) -> Iterator[Walker]:
    """A private window of this size; its faults fail the test at the end."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        java_script_enabled=has_script,
    )
    screenshots = Path(os.environ.get("OPENBUREAU_SCREENSHOTS", "var/screenshots"))
    person = Walker(
        context.new_page(),
        server,
        screenshots if has_script else Path("var/no-script"),
        has_script=has_script,
    )
    yield person
    context.close()
    assert person.faults == []
