"""Accounts and sessions from the command line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openbureau.base.database import db
from openbureau.shell.cli.root import root
from openbureau.shell.workbooks import Sheet, written
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

HEADS = ["账号", "姓名", "单位代码", "职务"]


class Console:
    """A bureau and an operator at its machine."""

    def __init__(self, bureau: Bureau, data: Path) -> None:
        self.bureau = bureau
        self._data = data

    def run(self, *arguments: str) -> Result:
        """Runs a command on the bureau's data."""
        return CliRunner().invoke(root, ["--data", str(self._data), *arguments])

    def read(self, *arguments: str) -> Any:
        """What a command answers as JSON."""
        done = self.run(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """A bureau on SQLite."""
    yield Console(open_bureau(tmp_path / "data"), tmp_path / "data")
    close_bureau()


def test_life_of_an_account(console: Console, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("Langes-Wort-2026\n")
    added = console.read(
        "account", "add", "neu", "新来", "--unit", "530102", "--password-file", str(password)
    )
    assert added == {"account": "neu", "unit": "530102", "administrator": None}
    assert console.bureau.client().sign_in("neu", "Langes-Wort-2026").status == 200
    shown = console.read("account", "show", "neu")
    assert (shown["state"], shown["source"], shown["sessions"]) == ("active", "local", 1)
    assert shown["posts"][0]["unit"] == "530102"
    dry = console.read("account", "disable", "neu", "--reason", "离职", "--dry-run")
    assert dry["state"] == "active"
    assert console.read("account", "disable", "neu", "--reason", "离职")["state"] == "disabled"
    assert console.read("account", "archive", "neu", "--reason", "离职")["state"] == "archived"
    assert console.read("account", "enable", "neu", "--reason", "返聘")["state"] == "active"
    issued = console.read("account", "reset-password", "neu")["password"]
    assert re.fullmatch(r"([a-z0-9]{4}-){2}[a-z0-9]{4}", issued)
    done = console.run("account", "reset-second-factor", "neu", "--reason", "丢失")
    assert (done.exit_code, "ACC-004" in done.stderr) == (1, True)
    assert "没有任何改动" in done.stderr
    assert "Nothing changed" in done.stderr


def test_accounts_keep_their_contract(console: Console) -> None:
    rows = console.read("accounts")
    assert set(rows[0]) == {"account", "name", "unit", "state", "source", "stable_id"}
    assert {row["account"] for row in rows} >= {"li", "zhang", "system"}


def test_list_is_narrowed(console: Console) -> None:
    found = console.read("account", "list", "--unit", "530100")
    assert {row["account"] for row in found} == {"wang", "zhang", "zhou", "sun"}
    db.execute_sql("UPDATE account SET created_at = created_at - 40 * 86400000")
    assert len(console.read("account", "list", "--unused-days", "30")) == 9
    assert console.read("account", "list", "--unused-days", "60") == []
    assert console.read("account", "list", "--no-password") == []


def test_administrators_are_appointed_and_one_of_a_kind_stays(console: Console) -> None:
    console.read("account", "appoint", "zhang", "security", "--unit", "530102")
    shown = console.read("account", "show", "zhang")
    assert (shown["administrator"], shown["administrator_unit"]) == ("security", "530102")
    assert console.run("account", "appoint", "zhang", "system").exit_code == 1
    console.read("account", "appoint", "zhang", "none")
    last = console.run("account", "appoint", "security", "none")
    assert (last.exit_code, "最后一名" in last.stderr) == (1, True)
    console.read("account", "appoint", "li", "security")
    console.read("account", "appoint", "security", "none")


def test_import_checks_first(console: Console, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
    good.write_bytes(written([Sheet("a", HEADS, [["neu1", "新", "530102", "科员"]])]))
    bad.write_bytes(
        written([Sheet("a", HEADS, [["neu2", "新", "530102"], ["neu3", "新", "nirgends"]])])
    )
    dry = console.read("account", "import", str(good), "--dry-run")
    assert (dry["new"], dry["written"]) == (1, False)
    assert console.read("account", "import", str(good))["written"] is True
    refused = console.run("account", "import", str(bad), "--json")
    found = json.loads(refused.stdout)
    assert (refused.exit_code, found["written"], found["errors"][0]["line"]) == (1, False, 3)
    assert {row["account"] for row in console.read("accounts")} & {"neu1", "neu2"} == {"neu1"}
    assert [r["account"] for r in console.read("account", "list", "--no-password")] == ["neu1"]


def test_sessions_are_listed_and_ended(console: Console) -> None:
    li, zhang = console.bureau.sign_in("li"), console.bureau.sign_in("zhang")
    rows = console.read("session", "list")
    assert {row["account"] for row in rows} == {"li", "zhang"}
    assert console.read("session", "end", "--account", "li", "--dry-run")["ended"] == 1
    assert console.read("session", "end", "--account", "li")["ended"] == 1
    number = next(str(row["session"]) for row in rows if row["account"] == "zhang")
    assert console.read("session", "end", number, "--dry-run")["ended"] == 1
    assert (li.get("/").status, zhang.get("/").status) == (303, 200)
    assert console.read("session", "list", "li") == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["account", "show", "nobody"], "ACC-001"),
        (["account", "disable", "nobody", "--reason", "x"], "ACC-001"),
        (["account", "disable", "li", "--reason", " "], "ACC-004"),
        (["account", "archive", "li", "--reason", "x"], "ACC-004"),
        (["account", "make-local", "li", "--reason", "x"], "ACC-004"),
        (["account", "appoint", "li", "audit", "--unit", "nirgends"], "UNIT-001"),
        (["session", "end", "999999"], "SES-001"),
        (["session", "end"], "SES-002"),
        (["session", "list", "nobody"], "ACC-001"),
    ],
)
def test_refusals_speak_both_languages(console: Console, arguments: list[str], code: str) -> None:
    done = console.run(*arguments)
    assert done.exit_code in {1, 2}
    assert done.stdout == ""
    assert code in done.stderr
    assert re.search("[\u4e00-\u9fff]", done.stderr)
    assert "Traceback" not in done.stderr


def test_refusal_is_one_json_document_where_json_was_asked_for(console: Console) -> None:
    asked = ("account", "show", "nobody")
    plain, done = console.run(*asked), console.run(*asked, "--json")
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "ACC-001"
    assert (error["message"] in done.stderr, error["message_en"] in done.stderr) == (True, True)
    assert (done.exit_code, done.stderr) == (plain.exit_code, plain.stderr)


@pytest.mark.parametrize("kind", ["system", "security", "audit"])
@pytest.mark.parametrize("rehearsed", [(), ("--dry-run",)])
def test_last_administrator_of_a_kind_stays(
    console: Console, kind: str, rehearsed: tuple[str, ...]
) -> None:
    for command in (("disable", kind, "--reason", "x"), ("appoint", kind, "none")):
        refused = console.run("account", *command, *rehearsed)
        assert (refused.exit_code != 0, "ACC-004" in refused.stderr) == (True, True), command
    shown = console.read("account", "show", kind)
    assert (shown["state"], shown["administrator"]) == ("active", kind)


def test_one_of_two_administrators_goes_and_the_other_stays(console: Console) -> None:
    console.read("account", "appoint", "li", "system")
    assert console.read("account", "disable", "system", "--reason", "x")["state"] == "disabled"
    assert "ACC-004" in console.run("account", "disable", "li", "--reason", "x").stderr
    assert console.read("account", "archive", "system", "--reason", "x")["state"] == "archived"


def test_rehearsal_refuses_what_the_act_refuses_and_writes_nothing(console: Console) -> None:
    before = console.bureau.rows("SELECT count(*) FROM audit_record")
    for command in (
        ("appoint", "zhang", "none", "--dry-run"),
        ("appoint", "system", "audit", "--dry-run"),
        ("enable", "zhang", "--reason", "x", "--dry-run"),
        ("archive", "zhang", "--reason", "x", "--dry-run"),
    ):
        assert "ACC-004" in console.run("account", *command).stderr, command
    console.bureau.grant("zhang", "bulletins.publisher", "530102")
    dry = console.read("account", "appoint", "zhang", "audit", "--dry-run")
    assert (dry["ended_grants"], dry["dry_run"]) == (1, True)
    assert console.read("account", "show", "zhang")["administrator"] is None
    assert console.bureau.rows("SELECT count(*) FROM audit_record") == before
    assert console.read("account", "appoint", "zhang", "audit")["ended_grants"] == 1


@pytest.mark.parametrize(
    "command",
    [("session", "end"), ("job", "show"), ("job", "replay"), ("role", "revoke")],
)
@pytest.mark.parametrize("key", ["9" * 20, "9" * 400, "x", "1.5", "٣"])
def test_number_that_is_no_key_is_refused_with_a_sentence(
    console: Console, command: tuple[str, str], key: str
) -> None:
    done = console.run(*command, key, "--json")
    assert done.exit_code == 2
    assert "不是编号" in done.stderr
    assert "Traceback" not in done.output


def test_account_needs_a_name_that_can_be_seen(console: Console, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("Langes-Wort-2026\n")
    for name, refusal in (("", "CLI-001"), ("  ", "CLI-001"), ("张\u202e三", "ACC-008")):
        done = console.run(
            "account", "add", "neu", name, "--unit", "530102", "--password-file", str(password)
        )
        assert done.exit_code == {"CLI-001": 2, "ACC-008": 1}[refusal]
        assert refusal in done.stderr, done.output


def test_attempts_are_forgotten_by_command(console: Console) -> None:
    client = console.bureau.client()
    for _ in range(4):
        client.get("/-/sign-in")
        client.post("/-/sign-in", {"login": "li", "password": "wrong"})
    given = ("account", "reset-attempts", "li", "--reason", "电话核实")
    assert console.run(*given, "--dry-run").exit_code == 0
    assert console.bureau.rows(
        "SELECT count(*) FROM sign_in_failure WHERE bucket LIKE 'unknown%'"
    ) == [(4,)]
    assert console.run(*given).exit_code == 0
    assert console.bureau.rows(
        "SELECT count(*) FROM sign_in_failure WHERE bucket LIKE 'unknown%'"
    ) == [(0,)]
