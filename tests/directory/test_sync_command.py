"""`openbureau sync` as operators script against it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openbureau.base.database import db
from openbureau.shell.cli.root import root
from openbureau.testing.slapd import READER_DN, READER_PASSWORD, SUFFIX, Slapd

pytestmark = pytest.mark.slapd

KEYS = ["create", "update", "move", "disable", "conflict", "unchanged"]


class Command:
    """The command with a data directory of its own."""

    def __init__(self, folder: Path, server: Slapd) -> None:
        self.folder = folder
        self.password_file = folder / "password"
        self.password_file.write_text(f"{READER_PASSWORD}\n")
        self.given = {
            "--url": server.url,
            "--bind-dn": READER_DN,
            "--password-file": str(self.password_file),
            "--base": SUFFIX,
        }

    def run(self, *more: str, **changes: Any) -> Result:
        given = {**self.given, **{f"--{k.replace('_', '-')}": v for k, v in changes.items()}}
        options = [part for pair in given.items() for part in pair]
        runner = CliRunner()
        result = runner.invoke(root, ["--data", str(self.folder / "data"), "sync", *options, *more])
        if db.obj is not None:
            db.close()
        return result


@pytest.fixture
def command(tmp_path: Path, shared_slapd: Slapd) -> Command:
    return Command(tmp_path, shared_slapd)


def test_json_contract_of_preview_apply_and_repeat(command: Command) -> None:
    preview = command.run("--dry-run", "--json")
    found = json.loads(preview.stdout)
    assert list(found) == [*KEYS, "incomplete", "blocked", "plan", "units"]
    assert list(found["units"]) == KEYS
    assert (found["create"], found["units"]["create"], preview.exit_code) == (208, 26, 0)
    applied = command.run("--apply", "--json", "--plan", found["plan"])
    assert json.loads(applied.stdout) == found
    again = json.loads(command.run("--apply", "--json").stdout)
    assert (again["unchanged"], again["create"]) == (208, 0)


def test_incomplete_answer_exits_3(command: Command) -> None:
    result = command.run("--apply", "--json", base=f"ou=nowhere,{SUFFIX}")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["incomplete"] == "wrong-base"


def test_other_plan_exits_4(command: Command) -> None:
    result = command.run("--apply", "--json", "--plan", "0" * 64)
    assert result.exit_code == 4
    assert json.loads(result.stdout)["blocked"] == "plan-changed"


def test_people_read_both_languages(command: Command) -> None:
    result = command.run("--dry-run")
    assert "新增 new: u207 张三207 → 第43县局" in result.stdout
    assert "People: 208 new" in result.stdout


@pytest.mark.parametrize(
    ("options", "code"),
    [({"url": ""}, "LDAP-001"), ({"password_file": "/nonexistent"}, "LDAP-002")],
)
def test_missing_settings_are_named(command: Command, options: dict[str, str], code: str) -> None:
    result = command.run("--apply", **options)
    assert result.exit_code == 1
    assert code in result.stderr


def test_neither_preview_nor_apply_is_refused(command: Command) -> None:
    assert command.run().exit_code == 2
