"""A synchronisation killed at any point: the next one gives the same result, nothing doubled."""

import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.directory.running import Synced

from openbureau.base.database import db, open_database
from openbureau.testing.slapd import Slapd

pytestmark = pytest.mark.slapd
SCRIPT = Path(__file__).with_name("killed_process.py")
# What does not depend on the moment or on chance: neither uid nor serial number.
STORED = {
    "account": "login, name, state, source, external_id, directory_dn, phone, mail, room",
    "post": "account_id, unit_id, title, source, is_active",
    "unit": "code, name, path, depth, source, external_id, is_active",
    "unit_event": "unit_id, kind",
    "sync_run": "state, plan_hash, counts",
    "audit_record": "action, outcome",
}


def run(folder: Path, url: str, last: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(folder), url, str(last)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def stored(folder: Path) -> dict[str, list[Any]]:
    db.initialize(open_database(f"sqlite:///{folder / 'openbureau.sqlite3'}"))
    assert db.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute_sql("PRAGMA foreign_key_check").fetchall() == []
    found = {
        table: db.execute_sql(f"SELECT {columns} FROM {table} ORDER BY id").fetchall()
        for table, columns in STORED.items()
    }
    db.close()
    return found


def killed_and_repeated(tmp_path: Path, server: Slapd, points: int, seed: int) -> None:
    whole = run(fresh(tmp_path / "whole"), server.url, 0)
    total, status = map(int, whole.stdout.split())
    assert status == 0
    expected = stored(tmp_path / "whole")
    assert len(expected["account"]) == 210
    rng = random.Random(seed)
    folder = fresh(tmp_path / "killed-0")
    before = stored(folder)
    for number in range(1, points + 1):
        ended = run(folder, server.url, rng.randrange(1, total))
        assert ended.returncode == -signal.SIGKILL
        if stored(folder) != before:
            # Killed after the end of the transaction: everything is there, and stays as it is.
            assert stored(folder) == expected
            assert run(folder, server.url, 0).returncode == 0
            assert stored(folder) == expected
            folder = fresh(tmp_path / f"killed-{number}")
    assert run(folder, server.url, 0).returncode == 0
    assert stored(folder) == expected


def fresh(folder: Path) -> Path:
    """A data directory with an empty database."""
    Synced(folder)
    db.close()
    return folder


def test_killed_at_five_points(tmp_path: Path, shared_slapd: Slapd) -> None:
    killed_and_repeated(tmp_path, shared_slapd, 5, 1)


@pytest.mark.deep
def test_killed_at_fifty_points(tmp_path: Path, shared_slapd: Slapd) -> None:
    killed_and_repeated(tmp_path, shared_slapd, 50, 2)
