"""`openbureau audit`: on the installation, on copies, on exports; anywhere."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from openbureau.kernel.audit.models import AuditRecord
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau

from .conftest import Evidence

KEYS = {
    "intact",
    "records",
    "checkpoints",
    "unsealed",
    "signatures_checked",
    "end_checked",
    "problem",
    "first_bad",
}


def run(*arguments: str, status: int = 0) -> Any:
    result = CliRunner().invoke(root, list(arguments))
    assert result.exit_code == status, result.output
    return json.loads(result.output) if "--json" in arguments else result.output


def test_a_copied_file_is_verified_without_a_data_directory(
    evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBUREAU_DATA", str(tmp_path / "none"))
    found = run("audit", "verify", str(evidence.copy), "--json")
    assert set(found) == KEYS
    assert (found["intact"], found["records"], found["signatures_checked"]) == (True, 600, False)
    public = str(evidence.data / "keys" / "audit.pub")
    found = run("audit", "verify", str(evidence.copy), "--public-key", public, "--json")
    assert found["signatures_checked"]
    assert not (tmp_path / "none").exists()


def test_an_older_copy_is_named_by_the_anchors(evidence: Evidence) -> None:
    anchors = str(evidence.data / "anchors")
    older = str(evidence.older)
    assert run("audit", "verify", older, "--json")["intact"]
    found = run("audit", "verify", older, "--anchor", anchors, "--json", status=1)
    assert found["problem"] == "older"
    words = run("audit", "verify", older, "--anchor", f"{anchors}/audit.json", status=1)
    assert "较旧" in words
    assert "older copy" in words


def test_an_export_proves_itself(bureau: Bureau, tmp_path: Path) -> None:
    data = str(bureau.installation.settings.data)
    bureau.sign_in("li")
    file = str(tmp_path / "trail.jsonl")
    written = run("--data", data, "audit", "export", file, "--json")
    assert written["signed"]
    assert written["records"] == AuditRecord.select().count()
    last = AuditRecord.select().order_by(AuditRecord.id.desc()).first()
    assert last.action == "core.export_audit"
    found = run("audit", "verify", file, "--json")
    assert (found["intact"], found["records"]) == (True, written["records"])
    key = run("--data", data, "audit", "key", "--json")["public_key"]
    assert run("audit", "verify", file, "--public-key", key, "--json")["signatures_checked"]
    run("audit", "verify", file, "--public-key", "0" * 64, "--json", status=1)


def test_an_export_overwrites_nothing(bureau: Bureau, tmp_path: Path) -> None:
    file = tmp_path / "there"
    file.write_text("x")
    data = str(bureau.installation.settings.data)
    assert "AUD-004" in run("--data", data, "audit", "export", str(file), status=1)
    assert file.read_text() == "x"


@pytest.mark.parametrize("key", ["x", "0" * 63, "/nowhere/audit.pub"])
def test_what_is_no_key_is_refused(evidence: Evidence, key: str) -> None:
    words = run("audit", "verify", str(evidence.copy), "--public-key", key, status=1)
    assert "AUD-002" in words


def test_what_is_no_anchor_is_refused(evidence: Evidence, tmp_path: Path) -> None:
    copy = str(evidence.copy)
    assert "AUD-003" in run("audit", "verify", copy, "--anchor", str(tmp_path), status=1)
    assert "AUD-003" in run("audit", "verify", copy, "--anchor", str(evidence.export), status=1)


def test_the_installation_itself_is_verified(bureau: Bureau) -> None:
    data = str(bureau.installation.settings.data)
    bureau.sign_in("li")
    found = run("--data", data, "audit", "verify", "--json")
    assert set(found) == KEYS
    assert found["intact"]
    assert found["unsealed"] > 0


def test_copy_without_any_seal_is_never_called_whole(evidence: Evidence, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    shutil.copy(evidence.copy, copy)
    with closing(sqlite3.connect(copy)) as found, found:
        for table in ("audit_checkpoint", "audit_seal"):
            found.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
            found.execute(f"DELETE FROM {table}")
    answer = run("audit", "verify", str(copy), "--json", status=1)
    assert (answer["intact"], answer["problem"], answer["end_checked"]) == (False, "nothing", False)
