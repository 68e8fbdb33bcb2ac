"""What `openbureau check` finds and leaves alone, and what a synchronisation reminds of."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from openbureau.testing.directory import suffix_entries, unit_entry
from openbureau.testing.ldif import ldif
from openbureau.testing.slapd import READER_DN, READER_PASSWORD, SUFFIX, missing, running_slapd

from .running import Installation


def _errors(installation: Installation) -> list[dict[str, Any]]:
    done = installation.run("check", "--json")
    found = [row for row in json.loads(done.stdout) if row["level"] == "error"]
    assert (done.returncode, done.stderr) == (1 if found else 0, "")
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    own = Installation(tmp_path_factory.mktemp("findings") / "data")
    own.init_small()
    assert _errors(own) == []
    return own


def test_live_lines_are_listed_and_fail_nothing_before_the_first_start(
    small: Installation,
) -> None:
    found = {row["name"]: row["level"] for row in small.report("check")}
    live = {name: found[name] for name in ("worker", "queue", "backup")}
    assert live == {"worker": "warning", "queue": "ok", "backup": "warning"}
    assert found["seals"] != "error"


def test_worker_that_is_gone_is_an_error(tmp_path: Path) -> None:
    own = Installation(tmp_path / "data")
    own.init_small()
    seen = own.data / "worker.seen"
    seen.touch()
    assert _errors(own) == []
    os.utime(seen, (0, 0))
    assert [row["name"] for row in _errors(own)] == ["worker"]


@pytest.mark.parametrize("is_there", [False, True])
def test_nothing_is_made_where_no_installation_is(tmp_path: Path, is_there: bool) -> None:
    own = Installation(tmp_path / "data")
    if is_there:
        own.data.mkdir()
    names = [row["name"] for row in _errors(own)]
    assert names == (["database"] if is_there else ["data", "database"])
    assert list(tmp_path.rglob("*")) == ([own.data] if is_there else [])


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("colour = 1", "colour"),
        ('port = "many"', "port"),
        ("port = ", "openbureau.toml"),
    ],
    ids=["unknown", "type", "syntax"],
)
def test_unusable_configuration_is_a_finding(tmp_path: Path, line: str, named: str) -> None:
    own = Installation(tmp_path)
    (tmp_path / "openbureau.toml").write_text(line)
    (row,) = _errors(own)
    assert row["name"] == "config"
    assert named in row["zh"]
    assert named in row["en"]
    assert named in own.run("check").stdout


@pytest.mark.parametrize(
    ("key", "used"),
    [
        ("jobs", ""),
        (
            "forms",
            (
                "INSERT INTO session (token_hash, account_id, created_at, seen_at, ends_at,"
                " end_reason, address, browser) SELECT 'x', id, 0, 0, 0, '', '', '' FROM account"
            ),
        ),
        (
            "audit",
            "INSERT INTO audit_checkpoint (seal_id, digest, at, signature) VALUES (1, 'x', 0, 'x')",
        ),
    ],
)
def test_missing_key_of_an_installation_in_use(small: Installation, key: str, used: str) -> None:
    file = small.data / "keys" / f"{key}.key"
    file.unlink(missing_ok=True)
    if used:
        small.write(used)
    (row,) = _errors(small)
    assert row["name"] == "keys"
    for said in (row["zh"], row["en"]):
        assert str(file) in said
        assert "tar xf" in said
    assert not file.exists()
    file.write_text("00" * 32)
    file.chmod(0o600)
    assert _errors(small) == []


def test_accounts_of_a_directory_nobody_set(small: Installation) -> None:
    small.write("UPDATE account SET source = 'ldap'")
    (row,) = _errors(small)
    small.write("UPDATE account SET source = 'local'")
    assert row["name"] == "ldap"
    for name in ("ldap_url", "ldap_bind_dn", "ldap_password_file", "ldap_base"):
        assert name in row["zh"]
        assert name in row["en"]


@pytest.mark.slapd
def test_sync_reminds_of_the_settings_sign_in_needs(tmp_path: Path, small: Installation) -> None:
    if reason := missing():
        pytest.skip(f"slapd: {reason}")
    password_file = tmp_path / "directory.password"
    password_file.write_text(READER_PASSWORD)
    unit_dn, unit = unit_entry("五华区局", "530102")
    person = {"objectClass": "inetOrgPerson", "uid": "li", "cn": "李", "sn": "李"}
    entries = [*suffix_entries(), (unit_dn, unit), (f"uid=li,{unit_dn}", person)]
    given = ("--bind-dn", READER_DN, "--base", SUFFIX, "--password-file", str(password_file))
    with running_slapd(tmp_path / "slapd", ldif(entries)) as server:
        options = ("--url", server.url, *given)
        preview = small.run("sync", *options, "--dry-run")
        applied = small.run("sync", *options, "--apply")
        as_json = small.run("sync", *options, "--apply", "--json")
        small.settings["OPENBUREAU_LDAP_URL"] = server.url
        is_set = small.run("sync", *options, "--apply")
        del small.settings["OPENBUREAU_LDAP_URL"]
    assert (applied.returncode, applied.stderr) == (0, "")
    for words in ("提示", "Hint", "ldap_url, ldap_bind_dn, ldap_password_file, ldap_base"):
        assert words in applied.stdout
        assert words not in preview.stdout + is_set.stdout
    assert json.loads(as_json.stdout)["conflict"] == 0
