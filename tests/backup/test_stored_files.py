"""Stored files that are missing or damaged are named: by backup, by restore, by check."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from openbureau.base.database import db, is_postgresql, writing
from openbureau.base.settings import Settings
from openbureau.kernel.files.models import StoredFile
from openbureau.shell.backup import back_up, restore
from openbureau.shell.cli.root import root
from openbureau.shell.kept_content import looked_through
from openbureau.testing.databases import CORE_OWNER

NOW = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)
OWNERS = [CORE_OWNER]
Move = Callable[[Settings], None]


@pytest.fixture
def stored(installation: Settings) -> list[Path]:
    """The installation's stored files, each with its row."""
    paths = sorted(p for p in (installation.data / "files").rglob("*") if p.is_file())
    with writing():
        for path in paths:
            StoredFile.create(
                digest=path.name,
                size_bytes=path.stat().st_size,
                media_type="text/plain",
                stored_at=NOW,
            )
    return paths


@pytest.fixture
def faulty(installation: Settings, stored: list[Path]) -> tuple[str, str]:
    """One file is gone and one has another byte; their names in that order."""
    gone, changed = stored
    gone.unlink()
    content = changed.read_bytes()
    changed.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    data = installation.data
    return str(gone.relative_to(data)), str(changed.relative_to(data))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Runs a command on an installation's database."""

    def run(settings: Settings, *arguments: str) -> Result:
        monkeypatch.setenv("OPENBUREAU_DATA", str(settings.data))
        monkeypatch.setenv("OPENBUREAU_DATABASE", settings.database)
        monkeypatch.setenv("OPENBUREAU_SAFE_MODE", "true")
        _disconnect()
        return CliRunner().invoke(root, list(arguments))

    yield run
    _disconnect()


def _disconnect() -> None:
    db.close()
    if is_postgresql():
        db.close_all()


def test_whole_files_are_verified(
    installation: Settings, elsewhere: Settings, stored: list[Path], tmp_path: Path, move_to: Move
) -> None:
    assert len(stored) == 2
    report = back_up(installation, tmp_path / "whole.obk", OWNERS, NOW)
    assert (report.missing, report.damaged) == ((), ())
    move_to(elsewhere)
    back = restore(elsewhere, tmp_path / "whole.obk", OWNERS, NOW, is_verified=True)
    assert (back.is_verified, back.missing, back.damaged) == (True, (), ())


def test_backup_names_what_is_not_whole_and_is_written(
    installation: Settings, faulty: tuple[str, str], tmp_path: Path, command: Callable[..., Result]
) -> None:
    gone, changed = faulty
    done = command(installation, "backup", str(tmp_path / "faulty.obk"), "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["missing"], report["damaged"]) == (5, [gone], [changed])
    for words in (gone, changed, "上述附件不完好", "not whole"):
        assert words in done.stderr
    assert (tmp_path / "faulty.obk").is_file()


def test_restore_verifies_stored_files_too(
    installation: Settings,
    elsewhere: Settings,
    faulty: tuple[str, str],
    tmp_path: Path,
    command: Callable[..., Result],
    move_to: Move,
) -> None:
    gone, changed = faulty
    back_up(installation, tmp_path / "faulty.obk", OWNERS, NOW)
    move_to(elsewhere)
    done = command(elsewhere, "restore", str(tmp_path / "faulty.obk"), "--verify", "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["verified"]) == (1, False)
    assert (report["missing"], report["damaged"]) == ([gone], [changed])
    for words in (gone, changed, "BKP-015", "数据已恢复", "The data is restored"):
        assert words in done.stderr
    assert (elsewhere.data / changed).is_file()


def test_a_file_of_another_size_than_its_row_is_damaged(
    installation: Settings, stored: list[Path], tmp_path: Path
) -> None:
    with writing():
        StoredFile.update(size_bytes=1).where(StoredFile.digest == stored[0].name).execute()
    report = back_up(installation, tmp_path / "size.obk", OWNERS, NOW)
    assert report.damaged == (str(stored[0].relative_to(installation.data)),)


def test_check_names_both(
    installation: Settings, faulty: tuple[str, str], command: Callable[..., Result]
) -> None:
    gone, changed = faulty
    done = command(installation, "check", "--json")
    errors = [r for r in json.loads(done.stdout) if (r["name"], r["level"]) == ("files", "error")]
    assert done.exit_code == 1
    for row, name in zip(errors, (gone, changed), strict=True):
        assert name in row["zh"]
        assert name in row["en"]


def test_beyond_the_limit_only_presence_and_size_count(
    installation: Settings, stored: list[Path], faulty: tuple[str, str]
) -> None:
    rows = {stored[1].name: stored[1].stat().st_size, stored[0].name: 10}
    unread = looked_through(installation.data, rows, 0)
    assert (unread.missing, unread.damaged, unread.unread) == ((faulty[0],), (), 1)
    whole = looked_through(installation.data, rows, rows[stored[1].name])
    assert (whole.missing, whole.damaged, whole.unread) == ((faulty[0],), (faulty[1],), 0)
    stored[1].write_bytes(b"shorter")
    assert looked_through(installation.data, rows, 0).damaged == (faulty[1],)
