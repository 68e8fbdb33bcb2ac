"""Every page of the route table that a GET reaches, each found once by following links."""

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from playwright.sync_api import APIRequestContext, FilePayload

from openbureau.base.errors import Problem
from openbureau.base.request import Application

from .places import HERE, NOBODY, STAFF, Place, Visitors
from .prepared import prepare

PEOPLE = (STAFF, "wangwensong", "zhangxiaomei", "system", "security", "audit", NOBODY)
PATTERN = "/-/patterns/{name}"
# How many addresses of one route each person opens: one bulletin shows what another does not.
EACH = 4
_LINK = re.compile(r'(?:href|action|data-hx-get)="(/[^"#]*)')


STARTS = (
    "/",
    "/-/why",
    "/-/console/jobs?state=done",
    "/-/sign-in",
    "/-/health",
    "/-/desk/tiles",
    "/-/patterns",
    "/-/drafts",
)
# Only what a directory has changed can be undone, and there is none here.
UNDO = "/-/console/sync/{uid}/undo"
# Answers to scripts and pictures: no page, and no link of the demo leads to them.
PARTS = {
    UNDO,
    "/-/people/{uid}/photo",
    "/-/uploads/{uid}",
    "/-/logo/{digest}",
    "/-/pick",
    "/-/calendar",
    "/-/calendar/read",
}
FORM = next((place for place in HERE if place.name == "form"), None)


@dataclass(frozen=True, slots=True)
class Found:
    """One place for each route that answers with a page, further pages of the reference of
    components, and the routes no link leads to."""

    pages: list[Place]
    patterns: list[Place]
    unreached: set[str]


def every_page(visitors: Visitors, application: Application) -> Found:
    """What links lead to."""
    found: dict[str, Place] = {}
    patterns: dict[str, Place] = {}
    answered: set[str] = set()
    question = _confirmation(visitors)
    prepare(visitors)
    _keep_draft(visitors)  # after it: a form that was sent is no draft any more
    for account in PEOPLE:
        with visitors.window(account) as page:
            starts = [*STARTS, question] if account == STAFF else STARTS
            line = page.context.request
            for route, path, is_page in _walk(line, visitors, application, starts):
                answered.add(route)
                place = Place(path, account, path)
                if is_page and found.setdefault(route, place) is not place and route == PATTERN:
                    patterns.setdefault(path.partition("?")[0], place)
    routes = {route.url for route in application.routes.all if "GET" in route.page.methods}
    del patterns[found[PATTERN].path]
    return Found(list(found.values()), list(patterns.values()), routes - answered - PARTS)


def _keep_draft(visitors: Visitors) -> None:
    """Leaves a form half filled in."""
    if FORM is not None:
        with visitors.window(STAFF) as page:
            FORM.open(page, visitors.server)
            page.fill("[name=title]", "关于报送年度工作总结的通知")
            with page.expect_response("**/-/drafts"):
                page.keyboard.press("Control+s")


def _confirmation(visitors: Visitors) -> str:
    """The question before something is published, about a draft with a file."""
    if FORM is None:
        return "/"
    file = FilePayload(name="报送格式.txt", mimeType="text/plain", buffer="格式".encode())
    with visitors.window(STAFF, java_script_enabled=False) as page:
        FORM.open(page, visitors.server)
        page.fill("[name=title]", "关于报送年度工作总结的通知")
        page.fill("[name=body]", "各州（市）局：请于本月底前报送。")
        page.fill("[name=receivers-names]", "昆明市局及全部下属")
        page.set_input_files("[name=files]", file)
        page.click("button[name=intent][value=publish]")
        page.wait_for_url("**/publish")
        return page.url.removeprefix(visitors.server.url)


def _walk(
    line: APIRequestContext, visitors: Visitors, application: Application, starts: Sequence[str]
) -> Iterator[tuple[str, str, bool]]:
    """(route, address, whether a whole page came) of everything one person can follow."""
    ahead = deque(starts)
    seen: set[str] = set(ahead)
    opened: Counter[str] = Counter()
    while ahead:
        path = ahead.popleft()
        try:
            route = application.routes.find("GET", path.partition("?")[0])[0].url
        except Problem:
            continue
        if opened[route] >= EACH and route != PATTERN:
            continue
        opened[route] += 1
        answer = line.get(visitors.server.url + path, max_redirects=0)
        assert answer.status < 500, path
        if answer.status >= 400:
            continue
        is_html = answer.headers.get("content-type", "").startswith("text/html")
        text = answer.text() if is_html else ""
        yield route, path, "<html" in text
        fresh = dict.fromkeys(unescape(link) for link in _LINK.findall(text))
        ahead.extend(link for link in fresh if link not in seen)
        seen.update(fresh)
