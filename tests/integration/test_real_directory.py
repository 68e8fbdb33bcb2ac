"""A real installation from a real directory: 163 units and 3,200 people come in and sign in."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from subprocess import CompletedProcess
from typing import Any

import pytest

from openbureau.shell.demo.bureau import PASSWORD as EVERYBODYS
from openbureau.shell.demo.bureau import bureau
from openbureau.testing.client import Client
from openbureau.testing.fault_proxy import Fault, FaultProxy
from openbureau.testing.ldif import ldif
from openbureau.testing.slapd import SUFFIX, Slapd

from .bureau_directory import bureau_directory, installation_for, logins_of, person_dn, unit_dn
from .publishing import NEW, publish
from .running import (
    ADMINISTRATOR,
    PASSWORD,
    Installation,
    Served,
    eventually,
    needs_bulletins,
    needs_proc,
    served,
)

pytestmark = pytest.mark.slapd

PEOPLE = len(bureau("full").people)
UNITS, SECTIONS = 163, 12
LIVE_S = 1.0
COUNTED = ("create", "update", "move", "disable", "conflict", "unchanged")


@dataclass(frozen=True, slots=True)
class FirstDay:
    """The installation and what its first commands answered."""

    installation: Installation
    slapd: Slapd
    init: Any
    preview: CompletedProcess[str]
    people_after_preview: int
    applied: CompletedProcess[str]
    audit_after: int
    repeated: CompletedProcess[str]
    audit_after_repeat: int


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstDay]:
    folder = tmp_path_factory.mktemp("real")
    with bureau_directory(folder / "slapd", "full") as slapd:
        own = installation_for(slapd.url, folder)
        with as_file(files("openbureau.shell.demo") / "units.csv") as unit_list:
            init = own.init(unit_list)
        preview = own.run("sync", "--dry-run", "--json")
        people = own.rows("SELECT count(*) FROM account")[0][0]
        applied = own.run("sync", "--apply", "--json")
        audit = _audit_rows(own)
        repeated = own.run("sync", "--apply", "--json")
        yield FirstDay(
            own, slapd, init, preview, people, applied, audit, repeated, _audit_rows(own)
        )


@pytest.fixture(scope="module")
def running(first_day: FirstDay) -> Iterator[Served]:
    with served(first_day.installation, "--workers", "2") as server:
        yield server


def _audit_rows(installation: Installation) -> int:
    """Acts on record, without the alarm that an answer or a plan was not taken."""
    acts = "SELECT count(*) FROM audit_record WHERE action != 'core.alarm_sync'"
    return int(installation.rows(acts)[0][0])


def _contents(installation: Installation) -> list[list[tuple[Any, ...]]]:
    """Everything a synchronisation may write."""
    tables = ("account", "post", "unit", "session", "search_entry", "stamp", "epoch")
    found = [installation.rows(f"SELECT * FROM {name} ORDER BY 1") for name in tables]
    return [*found, [(_audit_rows(installation),)]]


def _counts(answer: dict[str, Any]) -> dict[str, int]:
    return {name: answer[name] for name in COUNTED if answer[name]}


def test_units_come_from_the_list(first_day: FirstDay) -> None:
    assert first_day.init["units"] == UNITS + SECTIONS


def test_preview_counts_everybody_and_writes_nothing(first_day: FirstDay) -> None:
    answer = json.loads(first_day.preview.stdout)
    assert (first_day.preview.returncode, _counts(answer)) == (0, {"create": PEOPLE})
    assert (answer["incomplete"], answer["blocked"]) == (None, None)
    assert _counts(answer["units"]) == {"update": UNITS + SECTIONS}
    assert first_day.people_after_preview == 1


def test_applying_does_what_the_preview_said(first_day: FirstDay) -> None:
    assert first_day.applied.returncode == 0
    assert json.loads(first_day.applied.stdout) == json.loads(first_day.preview.stdout)


def test_repeating_is_silent(first_day: FirstDay) -> None:
    answer = json.loads(first_day.repeated.stdout)
    assert (first_day.repeated.returncode, _counts(answer)) == (0, {"unchanged": PEOPLE})
    assert _counts(answer["units"]) == {"unchanged": UNITS + SECTIONS}
    assert first_day.audit_after_repeat == first_day.audit_after


def test_accounts_are_listed_with_unit_and_stable_identity(first_day: FirstDay) -> None:
    rows = first_day.installation.report("accounts")
    synced = [row for row in rows if row["source"] == "ldap"]
    assert (len(rows), len(synced)) == (PEOPLE + 1, PEOPLE)
    assert len({row["stable_id"] for row in synced}) == PEOPLE
    assert all(row["unit"] for row in synced)


def test_every_unit_names_the_unit_that_switches_plugins_for_it(first_day: FirstDay) -> None:
    found = first_day.installation.report("units")
    codes = {unit["code"] for unit in found["units"] if unit["access_unit"] == unit["code"]}
    assert (found["access_units"], found["sections"], len(codes)) == (UNITS, SECTIONS, UNITS)
    assert all(unit["access_unit"] in codes for unit in found["units"])


def test_check_finds_nothing_wrong(first_day: FirstDay) -> None:
    findings = first_day.installation.report("check")
    assert [row for row in findings if row["level"] == "error"] == []


def test_person_of_the_directory_lands_on_the_desk(running: Served) -> None:
    desk = running.visitor().sign_in("zhangxiaomei", EVERYBODYS)
    assert desk.status == 200
    for words in ("张晓梅", "五华区局 · 科员", "昆明市五华区", "工作台", "组织机构"):
        assert words in desk.words


@pytest.mark.parametrize("password", ["wrong", EVERYBODYS + " ", " ", "", "x" * 4000])
def test_wrong_or_empty_password_is_refused(running: Served, password: str) -> None:
    visitor = running.visitor()
    answer = visitor.sign_in(logins_of("530400")[len(password) % 5], password)
    assert answer.status == 422
    assert "session" not in visitor.cookies
    assert visitor.get("/").status == 303


def test_local_administrator_signs_in_beside_the_directory(running: Served) -> None:
    desk = running.visitor().sign_in(ADMINISTRATOR, PASSWORD)
    assert (desk.status, "系统管理" in desk.words) == (200, True)


@needs_bulletins
@needs_proc
def test_menu_appears_within_a_second_in_every_process_and_for_nobody_else(
    running: Served, first_day: FirstDay
) -> None:
    inside, outside = running.visitor(), running.visitor()
    inside.sign_in(logins_of("530103")[0], EVERYBODYS)
    outside.sign_in(logins_of("530402")[0], EVERYBODYS)
    assert _sees(running, inside) == [False, False]
    done = first_day.installation.run(
        "plugin", "set", "bulletins", "on", "--scope", "subtree:530100"
    )
    switched_at = time.monotonic()
    assert done.returncode == 0, done.stderr
    assert _sees(running, inside) == [True, True]
    assert time.monotonic() - switched_at < LIVE_S
    assert _sees(running, outside) == [False, False]
    assert inside.get("/bulletins/").status == 200
    refused = outside.get("/bulletins/")
    assert (refused.status, "第 1 期" in refused.words) == (404, True)


@needs_bulletins
def test_person_who_is_given_the_role_publishes_and_colleagues_below_read(
    running: Served, first_day: FirstDay
) -> None:
    own, title = first_day.installation, "关于核对人员信息的通知"
    publisher = logins_of("530100")[0]
    own.report("plugin", "set", "bulletins", "on", "--scope", "subtree:530100")
    author = _signed_in(running, publisher)
    assert author.get(NEW).status == 403
    grant = ("role", "grant", "bulletins.publisher", publisher)
    own.report(*grant, "--unit", "530100", "--reach", "subtree")
    address = publish(author, title)
    reader = _signed_in(running, logins_of("530102")[1])
    eventually(lambda: title in reader.get("/-/todos?tab=read").text)
    assert title in reader.get(address).words
    assert _signed_in(running, logins_of("530402")[1]).get(address).status == 404


def _sees(running: Served, visitor: Client) -> list[bool]:
    """Whether each web process alone shows the visitor the plugin's menu entry."""
    found = []
    for process in running.children("openbureau.shell.web"):
        with running.only(process):
            desk = visitor.get("/")
            assert desk.status == 200
            found.append('href="/bulletins/"' in desk.text)
    return found


def test_renamed_person_keeps_account_and_session(running: Served, first_day: FirstDay) -> None:
    login = logins_of("530600")[0]
    visitor = _signed_in(running, login)
    before = _account(first_day, login)
    dn = person_dn(login, "530600")
    _replace(first_day.slapd, dn, cn="改名之人", sn="改")
    first_day.slapd.modify(_moved(dn, f"uid={login}2", unit_dn("530600")))
    assert _sync(first_day) == {"update": 1, "unchanged": PEOPLE - 1}
    assert _account(first_day, f"{login}2") == before
    assert "改名之人" in visitor.get("/").words
    assert running.visitor().sign_in(f"{login}2", EVERYBODYS).status == 200


def test_moved_person_keeps_the_account_and_changes_the_unit_at_once(
    running: Served, first_day: FirstDay
) -> None:
    login = logins_of("530700")[0]
    visitor = _signed_in(running, login)
    before = _account(first_day, login)
    first_day.slapd.modify(_moved(person_dn(login, "530700"), f"uid={login}", unit_dn("530500")))
    assert _sync(first_day) == {"move": 1, "unchanged": PEOPLE - 1}
    assert _account(first_day, login) == before
    desk = visitor.get("/")
    assert (desk.status, "保山市" in desk.words) == (200, True)
    posts = first_day.installation.rows(
        "SELECT is_active FROM post WHERE account_id = ? ORDER BY id", before[0]
    )
    assert posts == [(0,), (1,)]


def test_disabled_person_is_out_with_the_next_request_and_never_deleted(
    running: Served, first_day: FirstDay
) -> None:
    login = logins_of("530800")[0]
    visitor = _signed_in(running, login)
    before = _account(first_day, login)
    dn = person_dn(login, "530800")
    with _given_back(first_day, dn):
        assert _sync(first_day) == {"disable": 1, "unchanged": PEOPLE - 1}
        gone = visitor.get("/")
        assert (gone.status, gone.location.startswith("/-/sign-in")) == (303, True)
        assert running.visitor().sign_in(login, EVERYBODYS).status == 422
        assert _account(first_day, login) == before
    assert _sync(first_day) == {"update": 1, "unchanged": PEOPLE - 1}
    assert _account(first_day, login) == before
    assert visitor.get("/").status == 303
    assert running.visitor().sign_in(login, EVERYBODYS).status == 200


@pytest.mark.parametrize("after_bytes", [0, 200_000, 1_000_000])
def test_half_an_answer(first_day: FirstDay, after_bytes: int) -> None:
    with FaultProxy(first_day.slapd.port, Fault("cut", after_bytes)) as between:
        _changes_nothing(first_day, 3, "cut-off", "--url", between.url)


def test_base_that_is_not_there(first_day: FirstDay) -> None:
    _changes_nothing(first_day, 3, "wrong-base", "--base", f"ou=nowhere,{SUFFIX}")


def test_base_without_anybody(first_day: FirstDay) -> None:
    dn = f"ou=空,{SUFFIX}"
    empty = {"objectClass": "organizationalUnit", "ou": "空"}
    first_day.slapd.modify(_added(dn, empty))
    _changes_nothing(first_day, 3, "empty", "--base", dn)
    first_day.slapd.modify(_removed(dn))


def test_server_that_is_not_there(first_day: FirstDay) -> None:
    _changes_nothing(first_day, 3, "unreachable", "--url", "ldap://127.0.0.1:1")


# Last: it takes people away for good.
def test_removal_of_many(first_day: FirstDay, running: Served) -> None:
    login = logins_of("530900")[0]
    visitor = _signed_in(running, login)
    gone = [(login, "530900") for login in logins_of("530900")]
    gone += [(login, "532300") for login in logins_of("532300")]
    assert len(gone) > 30
    for each in gone:
        first_day.slapd.modify(_removed(person_dn(*each)))
    _changes_nothing(first_day, 4, "more-than-30-people", "--apply")
    assert visitor.get("/").status == 200


def _changes_nothing(first_day: FirstDay, status: int, reason: str, *options: str) -> None:
    before = _contents(first_day.installation)
    done = first_day.installation.run("sync", "--apply", *options, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == status, done.stdout
    assert reason in str(answer["incomplete" if status == 3 else "blocked"])
    assert _contents(first_day.installation) == before


def _signed_in(running: Served, login: str) -> Client:
    visitor = running.visitor()
    assert visitor.sign_in(login, EVERYBODYS).status == 200
    return visitor


def _sync(first_day: FirstDay) -> dict[str, int]:
    return _counts(first_day.installation.report("sync", "--apply"))


def _account(first_day: FirstDay, login: str) -> tuple[Any, ...]:
    found = first_day.installation.rows(
        "SELECT id, uid, external_id FROM account WHERE login = ?", login
    )
    assert len(found) == 1
    return found[0]


@contextmanager
def _given_back(first_day: FirstDay, dn: str) -> Iterator[None]:
    """A person disabled in the directory until the end of the block."""
    _replace(first_day.slapd, dn, employeeType="disabled")
    yield
    _replace(first_day.slapd, dn, employeeType="")


def _change(dn: str, kind: str, **values: str) -> str:
    return ldif([(dn, {"changetype": kind, **values})])


def _replace(server: Slapd, dn: str, **values: str) -> None:
    lines = []
    for name, value in values.items():
        given = ldif([("", {name: value})]).split("\n", 1)[1].strip() if value else ""
        lines += [f"replace: {name}", *([given] if given else []), "-"]
    server.modify(_change(dn, "modify").rstrip("\n") + "\n" + "\n".join(lines) + "\n\n")


def _moved(dn: str, name: str, above: str) -> str:
    return _change(dn, "modrdn", newrdn=name, deleteoldrdn="1", newsuperior=above)


def _added(dn: str, values: dict[str, str]) -> str:
    return _change(dn, "add", **values)


def _removed(dn: str) -> str:
    return _change(dn, "delete")
