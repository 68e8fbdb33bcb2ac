"""English is complete: every message is translated, and no page shows Chinese but its data."""

import ast
import gettext
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.mofile import write_mo

from openbureau.kernel.jobs.models import JOB_STATES
from openbureau.shell.console.unit_deeds import DEEDS
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%")
CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\uffef]+")
MESSAGE_NAMES = {"what", "unaffected", "remedy", "notice", "description"}
# What a reader of English is meant to see: the name of the other language.
MEANT = {"中文"}


def catalogue_tool() -> ModuleType:
    """The script that extracts and compiles, as a module."""
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / "deploy/catalogues.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL: Any = catalogue_tool()
PACKAGES = TOOL.packages()


def catalogue(package: Path) -> Any:
    return TOOL.read(package / "locale/en/LC_MESSAGES/messages.po")


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def unmarked(source: str) -> Iterator[str]:
    """Chinese texts that stand where a message is expected without being one."""
    for node in ast.walk(ast.parse(source)):
        named: list[tuple[str, ast.expr | None]] = []
        if isinstance(node, ast.keyword):
            named = [(node.arg or "", node.value)]
        elif isinstance(node, ast.Assign):
            named = [(t.id, node.value) for t in node.targets if isinstance(t, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            named = [(node.target.id, node.value)]
        for name, value in named:
            if (
                name in MESSAGE_NAMES
                and isinstance(value, ast.Constant)
                and isinstance(value.value, str)
                and CHINESE.search(value.value)
            ):
                yield value.value


def test_the_rule_sees_an_unmarked_message() -> None:
    assert list(unmarked('raise Forbidden("x", remedy="请重试。")')) == ["请重试。"]
    assert list(unmarked('class A(Problem):\n    what: str = "没有。"')) == ["没有。"]
    assert list(unmarked('raise Forbidden(N_("否"), remedy=N_("请重试。"))')) == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_messages_stand_where_they_are_extracted(package: Path) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in sorted(package.rglob("*.py"))
        for text in unmarked(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_every_message_is_translated_and_none_is_left_over(package: Path) -> None:
    found = catalogue(package)
    translated = {message.id for message in found if message.id and message.string}
    current = {message.id for message in TOOL.extracted(package) if message.id}
    assert len(current) > 20
    assert sorted(current - translated) == []
    assert sorted(translated - current) == []
    assert not found.obsolete


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_translations_keep_placeholders_and_carry_no_markup(package: Path) -> None:
    """A sentence goes into the page as it is, so it may not hold markup characters."""
    for message in catalogue(package):
        if message.id:
            assert placeholders(message.string) == placeholders(message.id), message.id
            assert not re.search(r'[<>&"]', message.string), message.id
            assert not CHINESE.search(message.string), message.id


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_the_compiled_catalogue_loads(package: Path, tmp_path: Path) -> None:
    path = tmp_path / "messages.mo"
    with path.open("wb") as stream:
        write_mo(stream, catalogue(package))
    with path.open("rb") as stream:
        loaded = gettext.GNUTranslations(stream)
    one = next(message for message in catalogue(package) if message.id)
    assert loaded.gettext(one.id) == one.string


@pytest.fixture
def english(bureau: Bureau) -> Bureau:
    """Bulletins on, one published with an attachment, one withdrawn, one draft."""
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    return bureau


def in_english(client: Client) -> Client:
    client.cookies["language"] = "en"
    return client


def bulletin(client: Client, title: str, *, is_published: bool) -> str:
    """A bulletin made through the pages; its address."""
    client.get("/bulletins/bulletin/new")
    intent = "publish" if is_published else "draft"
    fields = {
        "title": title,
        "body": "one\ntwo",
        "receivers": ("subtree:530100",),
        "intent": intent,
    }
    saved = client.post("/bulletins/bulletin/new", fields, [("files", "a.txt", b"text\n")])
    assert saved.status == 303, saved.words
    address = saved.location.rpartition("/")[0]
    client.follow(saved)
    if is_published:
        assert client.post(f"{address}/publish").status == 303
    return address


def data_of(bureau: Bureau) -> list[str]:
    """Every text that is data, longest first: names of units, people, posts and roles."""
    found = {
        str(value) for row in bureau.rows("SELECT name, short_name FROM unit") for value in row
    }
    found |= {str(row[0]) for row in bureau.rows("SELECT name FROM account")}
    found |= {str(row[0]) for row in bureau.rows("SELECT title FROM post")}
    found |= {str(row[0]) for row in bureau.rows("SELECT name FROM node")}
    found |= {str(row[0]) for row in bureau.rows("SELECT name FROM role")}
    first_characters = {name[:1] for name in found}
    return sorted(found | first_characters | MEANT, key=len, reverse=True)


def chinese_of(text: str, data: list[str]) -> list[str]:
    """Chinese left in a page when its data is taken out."""
    for value in data:
        text = text.replace(value, "")
    return CHINESE.findall(text)


def test_the_rule_sees_chinese_between_data() -> None:
    assert chinese_of("<p>办公室（示例）</p>", ["办公室"]) == ["（示例）"]
    assert chinese_of("<p>办公室 · Office</p>", ["办公室"]) == []


def addresses(app: Any, given: dict[str, list[str]]) -> list[str]:
    """One address or more of every page that is read; `given` fills in what a path names."""
    found = []
    for route in app.routes.all:
        # Programs name their language in a header, not in a cookie.
        is_for_people = "GET" in route.page.methods and route.page.zone != "api"
        if is_for_people and not re.search(r"static|files|health|ready", route.url):
            found += given.get(route.url, [route.url])
    return found


TODO_TABS = ("do", "read", "done", "started", "followed", "supervise")


def people_addresses(bureau: Bureau, uid: str) -> dict[str, list[str]]:
    """Addresses of administrators' pages about people and sessions."""
    post = int(
        bureau.rows(
            "SELECT p.id FROM post p JOIN account a ON a.id = p.account_id WHERE a.uid = ?", (uid,)
        )[0][0]
    )
    person = f"/-/console/people/{uid}"
    paths = ("", "/edit", "/slip", "/posts", "/directory")
    deeds = ("disable", "enable", "archive", "second-factor", "attempts", "local")
    lists = ("", "?q=zzzz", "?only=unused", "?only=new", "?state=disabled")
    keyed = "/-/console/people/{uid}"
    return {
        "/-/console/people": [f"/-/console/people{query}" for query in lists],
        "/-/console/people/import/template": [],  # a workbook
        **{f"{keyed}{path}": [f"{person}{path}"] for path in paths},
        f"{keyed}/do/{{name}}": [f"{person}/do/{deed}" for deed in deeds],
        f"{keyed}/posts/{{id:int}}": [f"{person}/posts/{post}"],
        f"{keyed}/posts/{{id:int}}/end": [f"{person}/posts/{post}/end"],
        "/-/console/sessions/{id:int}/end-all": ["/-/console/sessions/1/end-all"],
        "/-/console/administrators/{uid}/dismiss": [f"/-/console/administrators/{uid}/dismiss"],
        "/-/console/administrators/{uid}/reset/{name}": [
            f"/-/console/administrators/{uid}/reset/{name}" for name in ("password", "none")
        ],
    }


def named_addresses(bureau: Bureau, li: Client) -> dict[str, list[str]]:
    """Addresses of pages whose path names a record, and of lists with and without content."""
    published = bulletin(li, "Published", is_published=True)
    withdrawn = bulletin(li, "Withdrawn", is_published=True)
    draft = bulletin(li, "Draft", is_published=False)
    bureau.run_jobs()
    li.get(f"{withdrawn}/withdraw")
    assert li.post(f"{withdrawn}/withdraw", {"reason": "wrong"}).status == 303
    person = str(bureau.rows("SELECT uid FROM account WHERE login = ?", ("li",))[0][0])
    li.get("/bulletins/bulletin/new")
    unsent = {"page": "/bulletins/bulletin/new", "title": "Draft", "fields": '[["title", "x"]]'}
    assert li.post("/-/drafts", unsent).status == 204
    record = "/bulletins/bulletin/{id:int}"
    lists = ("?tab=received", "?tab=sent", "?tab=drafts", "?q=zzzz")
    return {
        "/": ["/"],
        # Examples are Chinese in every language; what is said about them is tested apart.
        "/-/patterns/{name}": [],
        "/-/drafts/{id:int}": ["/-/drafts/1"],
        "/-/drafts/{id:int}/delete": ["/-/drafts/1/delete"],
        "/-/people/{uid}": [f"/-/people/{person}"],
        **people_addresses(bureau, person),
        "/-/uploads/{uid}": ["/-/uploads/none"],
        **contact_addresses(person),
        "/-/logo/{digest}": ["/-/logo/none"],
        "/-/units/{code}": ["/-/units/530100", "/-/units/none"],
        "/-/units/{code}/branch": ["/-/units/530100/branch", "/-/units/none/branch"],
        "/-/units": ["/-/units", "/-/units?q=kms", "/-/units?q=zzzz"],
        "/-/search": ["/-/search", "/-/search?q=Published", "/-/search?q=zzzz"],
        "/-/todos": [f"/-/todos?tab={tab}" for tab in TODO_TABS],
        **console_addresses(),
        "/bulletins/": [f"/bulletins/{query}" for query in lists],
        "/bulletins/bulletin/new": [f"/bulletins/bulletin/new{q}" for q in ("", "?draft=1")],
        record: [published, withdrawn, draft],
        f"{record}/edit": [f"{draft}/edit", f"{published}/edit"],
        f"{record}/publish": [f"{draft}/publish"],
        f"{record}/withdraw": [f"{published}/withdraw"],
        f"{record}/delete": [f"{draft}/delete"],
        f"{record}/progress": [f"{published}/progress?unit=530102"],
    }


def contact_addresses(person: str) -> dict[str, list[str]]:
    """Addresses of the address list and of handovers."""
    return {
        "/-/people/{uid}/photo": [f"/-/people/{person}/photo"],
        "/-/people/{uid}/card": [],  # a vCard: data only
        "/-/contacts": ["/-/contacts", "/-/contacts?q=li", "/-/contacts?q=zzzz"],
        "/-/contacts/{code}": ["/-/contacts/530100?all=1", "/-/contacts/none"],
        "/-/contacts/{code}/branch": ["/-/contacts/530100/branch"],
        "/-/contacts/{code}/print": ["/-/contacts/530100/print", "/-/contacts/530103/print"],
        "/-/console/handovers/{uid}": [f"/-/console/handovers/{person}"],
        "/-/handovers/{uid}": ["/-/handovers/none"],
        "/-/handovers/of/{id:int}": ["/-/handovers/of/1"],
    }


def console_addresses() -> dict[str, list[str]]:
    """Addresses of the console's pages whose path names something, and of answers to why."""
    return {
        "/-/console/plugins/{slug}": ["/-/console/plugins/bulletins"],
        "/-/console/sync/{uid}": ["/-/console/sync/none"],
        "/-/console/sync/{uid}/undo": ["/-/console/sync/none/undo"],
        "/-/console/sources/{code}": ["/-/console/sources/none"],
        "/-/console/group-roles/groups/{code}": ["/-/console/group-roles/groups/none"],
        "/-/console/units/{code}": ["/-/console/units/530102", "/-/console/units/none"],
        "/-/console/units/{code}/directory": ["/-/console/units/530102/directory"],
        "/-/console/units/{code}/branch": ["/-/console/units/530100/branch"],
        "/-/console/units/{code}/{deed}": [f"/-/console/units/530102/{deed}" for deed in DEEDS],
        "/-/console/roles/{code}": ["/-/console/roles/bulletins.publisher"],
        "/-/console/roles/{code}/edit": ["/-/console/roles/bulletins.publisher/edit"],
        "/-/console/grants/{id:int}/end": ["/-/console/grants/1/end"],
        "/-/console/personal/{slug}/{noun}": ["/-/console/personal/none/none"],
        "/-/console/tokens": ["/-/console/tokens", "/-/console/tokens?q=zzzz"],
        "/-/console/tokens/{uid}/revoke": ["/-/console/tokens/none/revoke"],
        "/-/console/handovers": ["/-/console/handovers", "/-/console/handovers?q=li"],
        "/-/console/audit/{id:int}": ["/-/console/audit/1"],
        "/-/console/audit/proof/{name}": ["/-/console/audit/proof/2020-01-01"],
        "/-/console/jobs": [f"/-/console/jobs?state={state}" for state in JOB_STATES],
        "/-/console/jobs/{id:int}": ["/-/console/jobs/1"],
        "/-/console/settings/{name}": ["/-/console/settings/core.quota_mb"],
        "/-/console/policies/{name}": ["/-/console/policies/core.password_profile"],
        "/-/console/access": ["/-/console/access", *whys("/-/console/access?account=zhang&")],
        "/-/why": ["/-/why", "/-/why?page=/-/console/units", *whys("/-/why?")],
    }


def whys(address: str) -> list[str]:
    """Questions about access, answered in every way."""
    questions = ("bulletins.list_bulletin", "bulletins.publish_bulletin", "core.manage_units", "x")
    return [f"{address}permission={permission}" for permission in questions]


def test_no_page_shows_chinese_to_a_reader_of_english(english: Bureau) -> None:
    li, zhang = in_english(english.sign_in("li")), in_english(english.sign_in("zhang"))
    given = named_addresses(english, li)
    walked = [*addresses(english.application, given), "/nowhere"]
    assert not [address for address in walked if "{" in address]
    data = data_of(english)
    clients = {
        "li": li,
        "zhang": zhang,
        "system": in_english(english.sign_in("system")),
        "security": in_english(english.sign_in("security")),
        "audit": in_english(english.sign_in("audit")),
        "nobody": in_english(english.client()),
    }
    found = {
        f"{name} {address}": left
        for name, client in clients.items()
        for address in walked
        if (left := chinese_of(client.get(address).text, data))
    }
    assert found == {}


def test_refused_forms_answer_in_english(english: Bureau) -> None:
    li, system = in_english(english.sign_in("li")), in_english(english.sign_in("system"))
    data = data_of(english)
    li.get("/bulletins/bulletin/new")
    refused = li.post(
        "/bulletins/bulletin/new", {"title": "", "body": "x"}, [("files", "a.exe", b"MZ")]
    )
    system.get("/-/console/plugins")
    unknown = system.post(
        "/-/console/plugins",
        {"plugin": "bulletins", "state": "pilot", "scope": "unit:1", "people": "nobody"},
    )
    stale = li.post("/-/sign-out", is_bare=True)
    assert (refused.status, unknown.status, stale.status) == (422, 422, 403)
    assert [chinese_of(a.text, data) for a in (refused, unknown, stale)] == [[], [], []]
