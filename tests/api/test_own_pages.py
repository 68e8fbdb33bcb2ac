"""Pages of the API that a plugin declares itself: the same token, permission, switch, limit."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbureau import N_, JsonResult, Page, Permission, Permissions, Request, Unit, document_of
from openbureau.base.database import writing
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.contexts import moment_of
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.tokens.actions import Wanted, create_token
from openbureau.shell.registers.scopes import offered_scopes
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau
from openbureau.testing.synthetic import plugin_of

from .programs import Program, told

READ = "probe.read_total"


def show_total(request: Request) -> JsonResult:
    return JsonResult({"total": 7, "unit": request.person.unit_id}, version="7")


def fail(request: Request) -> JsonResult:
    given: Any = document_of(request.body)
    return JsonResult(1 // given["number"])


def permissions() -> Permissions:
    return Permissions((Permission(READ, N_("查看总数")),))


def pages() -> tuple[Page, ...]:
    return (
        Page("total", show_total, READ, zone="api"),
        Page("total", lambda request: None, READ),
        Page("fail", fail, READ, methods=("POST",), zone="api"),
    )


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    source = plugin_of("probe", permissions=permissions, pages=pages)
    bureau: Bureau = open_bureau(tmp_path / "data", sources=[source])
    bureau.enable("probe")
    bureau.grant_permission("zhang", READ, unit="530102")
    offered = offered_scopes(bureau.application.plugins)
    assert offered == [("probe", [(READ, "查看总数")])]
    with writing():
        actor = Actor(bureau.now)
        unit = Unit.get(Unit.code == "530102")
        account = Account.get(Account.login == "zhang")
        ends_on = actor.today + dt.timedelta(days=1)
        wanted = Wanted("总数", account, unit, "unit", [READ], ends_on)
        text = create_token(actor, wanted, moment_of(bureau.now), [READ])[1]
    yield Program(bureau, text)
    close_bureau()


def test_own_page_is_found_beside_the_page_for_people(program: Program) -> None:
    found = program.get("/api/v1/probe/total")
    assert (found.status, told(found)["total"], found.headers["etag"]) == (200, 7, '"7"')
    assert program.get("/api/v1/probe/total", if_none_match='"7"').status == 304
    program.bureau.enable("probe", "unit:530102", "off")
    assert told(program.get("/api/v1/probe/total"))["code"] == "PLUG-404"


def test_fault_of_a_page_is_a_problem_with_a_number(program: Program) -> None:
    refused = program.ask("POST", "/api/v1/probe/fail", {"number": 0})
    problem = told(refused)
    assert (refused.status, len(problem["incident"])) == (500, 8)
    assert "ZeroDivision" not in refused.text


def test_pages_for_people_also_name_the_methods_they_take(program: Program) -> None:
    refused = program.bureau.client().send("DELETE", "/-/sign-in", b"", {})
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert refused.headers["content-type"].startswith("text/html")
