"""What the demo does not hold by itself, so that links lead to every page: a directory with a
synchronisation, a handover, a delegated administrator. All of it by the forms, without scripts."""

from playwright.sync_api import Page

from .places import SYSTEM, Visitors

UNREACHABLE = "ldaps://127.0.0.1:9/"
LEAVER, SUCCESSOR, APPOINTED = "zhangxiaomei", "李文芝", "gujinquan"
CONSOLE = "/-/console"


def prepare(visitors: Visitors) -> None:
    """Leaves one of each behind."""
    with visitors.window(SYSTEM, java_script_enabled=False) as page:
        _add_source(page, visitors.server.url + CONSOLE)
        _hand_over(page, visitors.server.url + CONSOLE)
        _appoint(page, visitors.server.url + CONSOLE)


def _sent(page: Page, button: str) -> None:
    with page.expect_navigation() as sent:
        page.click(button)
    assert sent.value.status == 200, page.url


def _add_source(page: Page, console: str) -> None:
    page.goto(f"{console}/sources/new")
    described = {"name": "信息中心目录", "code": "center", "url": UNREACHABLE, "base": "dc=x"}
    for name, value in {**described, "bind_dn": "cn=reader,dc=x", "password": "secret"}.items():
        page.fill(f"[name={name}]", value)
    _sent(page, ".action-bar .button-primary")
    page.goto(f"{console}/sync")
    _sent(page, "main button[name=scope][value=full]")


def _hand_over(page: Page, console: str) -> None:
    page.goto(f"{console}/handovers?q={LEAVER}")
    _sent(page, "#rows td.cell-main a")
    page.fill("[name=successor-names]", SUCCESSOR)
    page.fill("[name=reason]", "借调")
    for box in page.locator("[name=ended_posts], [name=passed_posts]").all():
        box.uncheck()
    _sent(page, "main form.form .button-primary")
    _sent(page, "button[value=confirm]")


def _appoint(page: Page, console: str) -> None:
    page.goto(f"{console}/administrators")
    page.fill("[name=login]", APPOINTED)
    for _ in ("asked", "confirmed"):
        _sent(page, "main form .button[type=submit]")
