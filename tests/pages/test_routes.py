"""Every page of the application, walked: policies, sign-in, no faults, no writes, headers."""

import re

import pytest

from openbureau.base.routing import Route
from openbureau.kernel.access.administration import POWERS
from openbureau.kernel.accounts.models import ADMINISTRATORS
from openbureau.testing.bureau import Bureau, Client
from openbureau.testing.statements import is_write, statements

VALUES = {
    "id:int": ("1", "999999"),
    "uid": ("x", "0" * 32),
    "code": ("530102", "nowhere"),
    "slug": ("bulletins", "nothing"),
    "noun": ("bulletin", "nothing"),
    "name": ("table", "nothing"),
    "digest": ("x", "0" * 64),
    "deed": ("rename", "nothing"),
}
# Pages whose opening leaves a mark, and the table of the mark.
MARKS = {"/bulletins/bulletin/1": "todo", "/-/console/audit": "audit_record"}
TABS = '"preference"'  # the open page becomes a tab
PUBLIC = {
    "/-/health",
    "/-/keys",
    "/-/logo/{digest}",
    "/-/password",
    "/-/patterns",
    "/-/patterns/{name}",
    "/-/preferences",
    "/-/second-factor",
    "/-/second-factor/setup",
    "/-/sign-in",
    "/-/sign-in/other",
    "/-/sign-out",
}
# Before signing in these lead to the sign-in page: they are for a session not yet complete.
INCOMPLETE = {"/-/password", "/-/second-factor", "/-/second-factor/setup"}
CSP = (
    "default-src 'self'",
    "script-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)


def routes(bureau: Bureau, method: str) -> list[Route]:
    """Pages for people; those for programs are walked in tests/api."""
    found = bureau.application.routes.all
    return [r for r in found if method in r.page.methods and r.page.zone != "api"]


def urls(bureau: Bureau, method: str) -> list[str]:
    """Addresses of every page with this method, with fitting and unknown values."""
    found = []
    for route in routes(bureau, method):
        names = re.findall(r"\{([^}]+)\}", route.url)
        for place in range(2 if names else 1):
            url = route.url
            for name in names:
                url = url.replace(f"{{{name}}}", VALUES[name][place])
            found.append(url)
    return found


def is_public(bureau: Bureau, method: str, url: str) -> bool:
    return bureau.application.routes.find(method, url)[0].page.permission == "public"


@pytest.fixture
def walked(bureau: Bureau) -> tuple[Bureau, Client]:
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    client = bureau.sign_in("li")
    client.get("/bulletins/bulletin/new")
    fields = {"title": "甲", "body": "乙", "receivers": "subtree:530100"}
    assert client.post("/bulletins/bulletin/new", fields).status == 303
    assert client.get("/").status == 200
    return bureau, client


def test_every_page_declares_who_may_open_it(bureau: Bureau) -> None:
    for route in bureau.application.routes.all:
        declared = {p.code for r in bureau.application.plugins.loaded
                    for p in r.declared.permissions.permissions}  # fmt: skip
        permission = route.page.permission
        assert permission in {
            "public",
            "signed-in",
            "administrator",
            *(p.code for p in POWERS),
            *declared,
        }, route.url


def test_public_pages_are_the_known_ones(bureau: Bureau) -> None:
    found = {r.url for r in bureau.application.routes.all if r.page.permission == "public"}
    assert found == PUBLIC


def test_anonymous_is_led_to_sign_in_from_every_page(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    client = bureau.client()
    for url in urls(bureau, "GET"):
        if not is_public(bureau, "GET", url):
            answer = client.get(url)
            assert answer.status == 303, url
            assert answer.location.startswith("/-/sign-in?next="), url


def test_pages_of_an_incomplete_session_show_nothing_without_one(bureau: Bureau) -> None:
    for url in INCOMPLETE:
        client = bureau.client()
        assert client.get("/-/sign-in").status == 200
        assert client.post(url, {"code": "123456"}).status == 401, url


def test_anonymous_acts_nowhere(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    client = bureau.client()
    client.get("/-/sign-in")
    for url in urls(bureau, "POST"):
        if not is_public(bureau, "POST", url):
            assert client.post(url, {"title": "甲"}).status == 401, url


@pytest.mark.parametrize("login", ["li", "zhang", "system", "security", "audit"])
def test_no_page_fails_for_anybody(walked: tuple[Bureau, Client], login: str) -> None:
    bureau, _ = walked
    client = bureau.sign_in(login)
    for url in urls(bureau, "GET"):
        for answer in (client.get(url), client.part(url), client.get(url, method="HEAD")):
            assert answer.status < 500, (url, answer.words)


@pytest.mark.parametrize("login", ["li", "system"])
def test_person_with_two_posts_opens_every_page(walked: tuple[Bureau, Client], login: str) -> None:
    bureau, _ = walked
    bureau.give_post(login, "530103")
    client = bureau.sign_in(login)
    for url in urls(bureau, "GET"):
        assert client.get(url).status < 500, url


@pytest.mark.parametrize("login", ["li", *ADMINISTRATORS])
def test_no_form_without_its_fields_fails(walked: tuple[Bureau, Client], login: str) -> None:
    bureau, _ = walked
    client = bureau.sign_in(login)
    for url in urls(bureau, "POST"):
        if "sign-out" not in url:
            client.get("/-/units")
            assert client.post(url).status < 500, url


def test_looking_writes_nothing(walked: tuple[Bureau, Client]) -> None:
    bureau, client = walked
    staff = (client, bureau.sign_in("zhang"), bureau.client())
    for actor in (*staff, *map(bureau.sign_in, ADMINISTRATORS)):
        for url in urls(bureau, "GET"):
            with statements() as seen:
                actor.get(url)
            writes = [sql for sql in seen if is_write(sql)]
            allowed = (f'"{MARKS.get(url)}"', TABS)
            assert all(any(table in sql for table in allowed) for sql in writes), (url, writes)


def test_every_form_on_every_page_leads_to_a_page_that_takes_it(
    walked: tuple[Bureau, Client],
) -> None:
    bureau, client = walked
    forms = set()
    for actor in (client, bureau.client(), *map(bureau.sign_in, ADMINISTRATORS)):
        for url in urls(bureau, "GET"):
            text = actor.get(url).text
            forms |= set(re.findall(r'<form[^>]*action="([^"?]+)"[^>]*method="(\w+)"', text))
    assert len(forms) >= 8
    for action, method in forms:
        bureau.application.routes.find(method.upper(), action)


def test_every_link_on_every_page_leads_somewhere(walked: tuple[Bureau, Client]) -> None:
    bureau, staff = walked
    for client in (staff, *map(bureau.sign_in, ADMINISTRATORS)):
        links = set()
        for url in urls(bureau, "GET"):
            if url.startswith("/-/patterns/"):
                continue  # examples lead to invented records
            links |= set(re.findall(r'href="(/[^"#]*)', client.get(url).text))
        for link in links:
            plain = link.replace("&amp;", "&")
            answer = client.get(plain)
            assert answer.status in {200, 303}, link


def test_every_page_carries_the_security_headers(walked: tuple[Bureau, Client]) -> None:
    bureau, client = walked
    for actor in (client, bureau.client(), *map(bureau.sign_in, ADMINISTRATORS)):
        for url in [*urls(bureau, "GET"), "/nowhere", "/-/nowhere", "/bulletins/nowhere"]:
            answer = actor.get(url)
            assert answer.headers.get("x-content-type-options") == "nosniff" or answer.location, url
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            policy = answer.headers["content-security-policy"]
            assert all(part in policy for part in CSP), url
            assert "unsafe" not in policy
            assert answer.headers["referrer-policy"] == "same-origin"
            assert re.search("no-store|no-cache, private", answer.headers["cache-control"]), url


def test_no_page_holds_inline_script_or_style(walked: tuple[Bureau, Client]) -> None:
    bureau, staff = walked
    pages = (
        (url, client.get(url).text)
        for client in (staff, *map(bureau.sign_in, ADMINISTRATORS))
        for url in urls(bureau, "GET")
    )
    for url, text in pages:
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|javascript:", text), (
            url
        )
