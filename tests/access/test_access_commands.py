"""`openbureau account add` and `openbureau role grant` on an installation of one's own."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from openbureau.base.database import writing
from openbureau.kernel.access.models import Delegation
from openbureau.kernel.accounts.models import Account
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import PASSWORD, Bureau


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text(PASSWORD, "utf-8")
    return str(path)


def run(bureau: Bureau, *arguments: str) -> Result:
    data = str(bureau.installation.settings.data)
    return CliRunner().invoke(root, ["--data", data, *arguments])


def test_new_account_signs_in_with_its_unit_and_title(bureau: Bureau, password_file: str) -> None:
    added = run(
        bureau, "account", "add", "Qian", "钱敏", "--unit", "530103", "--title", "副局长",
        "--password-file", password_file, "--json",
    )  # fmt: skip
    assert json.loads(added.stdout) == {"account": "qian", "unit": "530103", "administrator": None}
    desk = bureau.client().sign_in("qian", PASSWORD)
    assert "盘龙区局" in desk.words
    assert "副局长" in desk.words


def test_second_account_of_a_name_is_refused(bureau: Bureau, password_file: str) -> None:
    refused = run(
        bureau, "account", "add", "LI", "李四", "--unit", "530100", "--password-file", password_file
    )
    assert refused.exit_code == 1
    assert "ACC-002" in refused.output


def test_granted_role_is_held_at_the_next_request(bureau: Bureau) -> None:
    bureau.grant_permission("wang", "notes.write_note", unit="530100")
    code = "test.wang.notes.write_note"
    client = bureau.sign_in("zhang")
    granted = run(bureau, "role", "grant", code, "zhang", "--unit", "530102")
    assert granted.exit_code == 0, granted.output
    assert client.get("/").status == 200
    assert bureau.context("zhang").may("notes.write_note")
    assert not bureau.context("sun").may("notes.write_note")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nothing.here", "zhang", "--unit", "530102"), "ROLE-001"),
        (("test.wang.x.list_y", "nobody", "--unit", "530102"), "ACC-001"),
        (("test.wang.x.list_y", "system", "--unit", "530102"), "ROLE-002"),
        (("test.wang.x.list_y", "zhang", "--unit", "999999"), "UNIT-001"),
    ],
)
def test_grant_that_makes_no_sense_is_refused(
    bureau: Bureau, arguments: tuple[str, ...], code: str
) -> None:
    bureau.grant_permission("wang", "x.list_y", unit="530100")
    before = bureau.rows("SELECT count(*) FROM role_grant")
    refused = run(bureau, "role", "grant", *arguments)
    assert refused.exit_code == 1
    assert code in refused.output
    assert bureau.rows("SELECT count(*) FROM role_grant") == before


def test_dry_run_tells_the_effect_and_grants_nothing(bureau: Bureau) -> None:
    arguments = ("bulletins.publisher", "zhang", "--unit", "530102", "--json")
    tried = json.loads(run(bureau, "role", "grant", *arguments, "--dry-run").stdout)
    assert (tried["applied"], tried["gaining"], tried["losing"]) == (False, 1, 0)
    assert bureau.rows("SELECT id FROM role_grant") == []
    done = json.loads(run(bureau, "role", "grant", *arguments, "--to", "2099-12-31").stdout)
    assert done["applied"] is True
    [held] = json.loads(run(bureau, "role", "grants", "--state", "current", "--json").stdout)
    assert (held["account"], held["unit"], held["to"]) == ("zhang", "530102", "2099-12-31")
    shown = json.loads(run(bureau, "role", "show", "bulletins.publisher", "--json").stdout)
    assert shown["holders"] == ["zhang"]


def test_revoked_grant_stays_on_record(bureau: Bureau) -> None:
    bureau.grant("zhang", "bulletins.publisher", "530102")
    revoke = ("role", "revoke", "1", "--reason", "调离", "--json")
    tried = json.loads(run(bureau, *revoke, "--dry-run").stdout)
    assert (tried["applied"], tried["losing"]) == (False, 1)
    assert json.loads(run(bureau, *revoke).stdout)["applied"] is True
    [held] = json.loads(run(bureau, "role", "grants", "--json").stdout)
    assert held["state"] == "ended"
    assert "ROLE-010" in run(bureau, *revoke).output
    assert "ROLE-003" in run(bureau, "role", "revoke", "99", "--reason", "x").output


def test_delegations_are_listed(bureau: Bureau) -> None:
    people = {row.login: row for row in Account.select()}
    day = bureau.context("wang").today
    with writing():
        Delegation.create(delegator=people["wang"], delegate=people["zhang"], starts_on=day,
                          ends_on=day, created_at=bureau.now)  # fmt: skip
    [row] = json.loads(run(bureau, "delegations", "--json").stdout)
    assert (row["delegator"], row["delegate"], row["is_open"]) == ("王文松", "张晓梅", True)
