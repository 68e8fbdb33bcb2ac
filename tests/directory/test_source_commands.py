"""`openbureau source` and `openbureau sync-runs` as operators script against them."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openbureau.base.database import db, reading, writing
from openbureau.base.locks import exclusive
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.audit.origin import COMMAND_LINE, os_user
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.queries import commanded
from openbureau.shell.cli.root import root
from openbureau.testing.directory import NOW, dn_of
from openbureau.testing.slapd import READER_DN, READER_PASSWORD, SUFFIX, Slapd

pytestmark = pytest.mark.slapd


class Commands:
    """Commands with a data directory of their own and one source, `main`."""

    def __init__(self, folder: Path, url: str) -> None:
        self.data = folder / "data"
        self.password_file = folder / "password"
        self.password_file.write_text(f"{READER_PASSWORD}\n")
        self.described = [
            *("--name", "省局目录", "--url", url, "--bind-dn", READER_DN, "--base", SUFFIX),
            *("--password-file", str(self.password_file)),
        ]
        assert self.run("source", "add", "main", *self.described).exit_code == 0

    def run(self, *arguments: str) -> Result:
        result = CliRunner().invoke(root, ["--data", str(self.data), *arguments])
        assert not isinstance(result.exception, AssertionError | TypeError), result.exception
        return result

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)

    def add_administrators(self) -> None:
        with writing():
            for login in ("one", "two"):
                Account.create(login=login, name=login, administrator="system", created_at=NOW)


@pytest.fixture
def commands(tmp_path: Path, slapd: Slapd) -> Any:
    yield Commands(tmp_path, slapd.url)
    db.close()


def test_source_is_listed_without_its_password(commands: Commands) -> None:
    listed = commands.run("source", "list", "--json").stdout
    (row,) = json.loads(listed)
    assert (row["code"], row["is_active"], row["profile"]) == ("main", True, "openldap")
    assert READER_PASSWORD not in listed
    stored = DirectorySource.get().password
    assert stored
    assert READER_PASSWORD not in stored
    assert not any(READER_PASSWORD in record.detail for record in AuditRecord.select())


def test_sample_shows_people_in_their_units(commands: Commands) -> None:
    found = commands.json("source", "sample", "main")
    assert len(found["people"]) == 10
    assert found["unit_names"][found["people"][0]["unit"]] == "省局"
    with reading():
        assert Account.select().count() == 0


def test_sample_of_a_source_not_yet_stored(commands: Commands) -> None:
    found = commands.json("source", "sample", *commands.described[2:])
    assert len(found["people"]) == 10
    tried = commands.json("source", "sample", "main", "--map", "room=telephoneNumber")
    assert tried["people"][0]["room"] == "0871-1234567"
    elsewhere = commands.json("source", "sample", "main", "--url", "ldap://127.0.0.1:1")
    assert "重新填写查询账号的密码" in elsewhere["error"]["message"]
    missing = commands.json("source", "sample", "--url", "ldap://127.0.0.1:1")
    assert "--bind-dn, --base, --password-file" in missing["error"]["message"]
    assert commands.json("source", "sample", "main")["people"][0]["room"] != "0871-1234567"
    with reading():
        assert DirectorySource.select().count() == 1


def test_changed_mapping_is_seen_in_the_sample(commands: Commands) -> None:
    commands.run("source", "change", "main", "--map", "room=telephoneNumber")
    assert commands.json("source", "sample", "main")["people"][0]["room"] == "0871-1234567"


@pytest.mark.parametrize(
    "options",
    [
        ("--url", "http://nowhere"),
        ("--person-filter", "(uid="),
        ("--map", "nonsense=cn"),
        ("--map", "phone=a)(b"),
        ("--full-at", "25:00"),
        ("--ca-file", __file__),
    ],
)
def test_unusable_description_is_refused_in_both_languages(
    commands: Commands, options: tuple[str, str]
) -> None:
    before = commands.json("source", "list")
    result = commands.run("source", "change", "main", *options)
    assert (result.exit_code, "LDAP-006" in result.stderr) == (1, True)
    assert commands.json("source", "list") == before


def test_interval_that_is_no_number_of_minutes_is_refused(commands: Commands) -> None:
    before = commands.json("source", "list")
    for flag in ("--delta-every", "--lock-after", "--lock-window"):
        result = commands.run("source", "change", "main", flag, "-1")
        assert (result.exit_code, "CLI-001" in result.stderr) == (2, True)
    assert commands.json("source", "list") == before


@pytest.mark.parametrize(
    "options",
    [("--url", "ldap://elsewhere.example"), ("--bind-dn", "cn=other"), ("--insecure",)],
)
def test_stored_password_does_not_go_to_another_server(
    commands: Commands, options: tuple[str, ...]
) -> None:
    refused = commands.run("source", "change", "main", *options)
    assert (refused.exit_code, "LDAP-006" in refused.stderr) == (1, True)
    given = ("--password-file", str(commands.password_file))
    assert commands.run("source", "change", "main", *options, *given).exit_code == 0


def test_code_is_given_once_and_an_unknown_one_is_named(commands: Commands) -> None:
    assert "LDAP-006" in commands.run("source", "add", "main", *commands.described).stderr
    assert "LDAP-005" in commands.run("source", "sample", "other").stderr
    assert "LDAP-005" in commands.run("sync", "--source", "other", "--dry-run").stderr


def test_sync_of_a_source_and_its_delta(commands: Commands, slapd: Slapd) -> None:
    preview = commands.json("sync", "--source", "main", "--dry-run")
    assert (preview["create"], preview["units"]["create"]) == (208, 26)
    assert commands.json("sync", "--source", "main", "--apply") == preview
    slapd.modify(f"dn: {dn_of(9)}\nchangetype: delete\n\n")
    found = commands.json("sync", "--source", "main", "--delta", "--apply")
    assert (found["disable"], found["unchanged"]) == (1, 207)
    states = [row["state"] for row in commands.json("sync-runs", "list")]
    assert states == ["applied", "applied"]


def test_excluded_person_stays(commands: Commands, slapd: Slapd) -> None:
    commands.run("sync", "--source", "main", "--apply")
    with reading():
        leaver = str(Account.get(Account.login == "u9").external_id)
    slapd.modify(f"dn: {dn_of(9)}\nchangetype: delete\n\n")
    found = commands.json("sync", "--source", "main", "--apply", "--exclude", leaver)
    assert (found["disable"], found["conflict"]) == (0, 1)


def test_blocked_run_is_confirmed_by_two_and_taken_back(commands: Commands, slapd: Slapd) -> None:
    commands.run("sync", "--source", "main", "--apply")
    commands.add_administrators()
    slapd.modify("".join(f"dn: {dn_of(n)}\nchangetype: delete\n\n" for n in range(8, 16)))
    blocked = commands.run("sync", "--source", "main", "--apply", "--json")
    assert blocked.exit_code == 4
    run = commands.json("sync-runs", "list")[0]
    assert (run["state"], run["plan"]) == ("blocked", json.loads(blocked.stdout)["plan"])
    assert len(commands.json("sync-runs", "show", run["run"])["lines"]) == 8
    confirm = ("sync-runs", "confirm", run["run"], "--plan", run["plan"], "--as")
    assert "LDAP-007" in commands.run("sync-runs", "apply", *confirm[2:], "one").stderr
    assert commands.json(*confirm, "one")["state"] == "blocked"
    assert "LDAP-007" in commands.run(*confirm, "one").stderr
    assert commands.json(*confirm, "two")["state"] == "applied"
    undone = commands.json("sync-runs", "undo", run["run"], "--as", "one")
    assert (undone["restored"]["account"], undone["left"]) == (8, [])
    with reading():
        assert Account.select().where(Account.state == "active").count() == 210
        run = SyncRun.get(SyncRun.uid == run["run"])
        assert set(commanded(run)) >= {"core.support_sync", "core.confirm_sync", "core.undo_sync"}
        assert set(commanded(run).values()) == {os_user()}
        for record in AuditRecord.select():
            said = json.loads(record.detail)
            assert (said["origin"], said["os_user"]) == (COMMAND_LINE, os_user()), record.action


def test_second_run_of_a_source_is_refused_kindly(commands: Commands) -> None:
    with exclusive("core-sync-1", commands.data, 1):
        result = commands.run("sync", "--source", "main", "--apply")
    assert (result.exit_code, "LDAP-003" in result.stderr) == (1, True)


def test_retired_source_is_kept_with_its_reason(commands: Commands) -> None:
    assert commands.run("source", "retire", "main").exit_code == 2
    assert commands.json("source", "retire", "main", "--reason", "并入省局")["is_active"] is False
    assert "LDAP-006" in commands.run("source", "retire", "main", "--reason", "再次").stderr


def test_unknown_run_and_account_are_named(commands: Commands) -> None:
    assert "LDAP-008" in commands.run("sync-runs", "show", "0" * 32).stderr
    assert "LDAP-008" in commands.run("sync-runs", "undo", "0" * 32, "--as", "one").stderr


def test_an_exclusion_that_names_nothing_stops_the_run(commands: Commands, slapd: Slapd) -> None:
    for mode in ("--dry-run", "--apply"):
        found = commands.run("sync", "--source", "main", mode, "--exclude", "zzz", "--json")
        assert found.exit_code == 4
        assert "unknown-exclusion:zzz" in found.stdout
    with reading():
        assert Account.select().where(Account.source == "ldap").count() == 0


def test_dry_run_and_apply_together_are_refused(commands: Commands) -> None:
    found = commands.run("sync", "--source", "main", "--dry-run", "--apply")
    assert found.exit_code == 2
    assert "--dry-run" in found.stderr
