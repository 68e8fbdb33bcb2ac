"""Ten pages of the bureau that every promise about its face is held against."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from playwright.sync_api import Browser, Page

from openbureau.testing.browser import DemoServer

WIDE, NARROW = (1366, 768), (360, 740)
LATE = "[data-hx-trigger~=load]"


@dataclass(frozen=True, slots=True)
class Place:
    """A page: who opens it, where, and the link that leads on from there, if any."""

    name: str
    account: str
    path: str
    link: str = ""
    owner: str = "openbureau"

    @property
    def is_there(self) -> bool:
        """Whether the distribution that brings the page is installed."""
        return find_spec(self.owner) is not None

    def open(self, page: Page, server: DemoServer) -> None:
        """Goes there."""
        page.goto(server.url + self.path)
        if self.link:
            address = page.locator(self.link).first.get_attribute("href")
            page.goto(f"{server.url}{address}")
        if page.locator(LATE).count():
            page.wait_for_load_state("networkidle")


STAFF, SYSTEM, NOBODY = "lizhihua", "system", ""
BULLETINS = "openbureau_bulletins"
TEN = (
    Place("desk", STAFF, "/"),
    Place("todos", STAFF, "/-/todos"),
    Place("list", STAFF, "/bulletins/", owner=BULLETINS),
    Place("detail", STAFF, "/bulletins/", ".cell-title a", owner=BULLETINS),
    Place("form", STAFF, "/bulletins/bulletin/new", owner=BULLETINS),
    Place("units", STAFF, "/-/units/530100"),
    Place("person", STAFF, "/-/units/530100", "main a[href^='/-/people/']"),
    Place("search", STAFF, "/-/search?q=%E5%BC%A0"),
    Place("sign-in", NOBODY, "/-/sign-in"),
    Place("console", SYSTEM, "/-/console/plugins"),
)
NOT_FOUND = Place("not-found", STAFF, "/nowhere")
HERE = tuple(place for place in TEN if place.is_there)


@dataclass(slots=True)
class Visitors:
    """Private windows of people who signed in once."""

    browser: Browser
    server: DemoServer
    _states: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def window(self, account: str, size: tuple[int, int] = WIDE, **options: Any) -> Iterator[Page]:
        """A fresh private window of a size in pixels; nobody is signed in for an empty account."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN",
            storage_state=self._state(account),
            **options,
        )
        yield context.new_page()
        context.close()

    @contextmanager
    def dressed(self, theme: str) -> Iterator[None]:
        """The whole province looks like this theme until the block ends."""
        self._choose(theme)
        try:
            yield
        finally:
            self._choose("")

    def _choose(self, theme: str) -> None:
        with self.window(SYSTEM, java_script_enabled=False) as page:
            page.goto(f"{self.server.url}/-/console/appearance")
            page.select_option("[name=unit]", "530000")
            page.select_option("[name=theme]", theme)
            page.click("main .form-actions .button-primary")
            page.wait_for_load_state()
            assert page.url.endswith("/-/console/appearance")

    def _state(self, account: str) -> Any:
        if account and account not in self._states:
            context = self.browser.new_context(java_script_enabled=False)
            sign_in(context.new_page(), self.server, account)
            self._states[account] = context.storage_state()
            context.close()
        return self._states.get(account)


def sign_in(page: Page, server: DemoServer, account: str) -> None:
    """Fills in the form and waits for the desk."""
    page.goto(f"{server.url}/-/sign-in")
    page.fill("input[name=login]", account)
    page.fill("input[name=password]", server.people[account])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{server.url}/")
