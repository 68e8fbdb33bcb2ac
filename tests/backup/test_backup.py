"""What was backed up comes back whole, and nothing damaged is ever restored."""

import datetime as dt
import random
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from openbureau.base.database import db, is_postgresql, reading, writing
from openbureau.base.errors import OperatorError
from openbureau.base.settings import Settings
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.units.models import Node
from openbureau.shell.archive import MANIFEST, ArchiveWriter, Header, checked_header
from openbureau.shell.backup import back_up, restore
from openbureau.testing.databases import CORE_OWNER

NOW = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)
OWNERS = [CORE_OWNER]
Move = Callable[[Settings], None]


@pytest.fixture
def file(installation: Settings, tmp_path: Path) -> Path:
    """A backup of the installation."""
    target = tmp_path / "bureau.tar"
    back_up(installation, target, OWNERS, NOW)
    return target


def refusal(settings: Settings, file: Path) -> OperatorError:
    with pytest.raises(OperatorError) as refused:
        restore(settings, file, OWNERS, NOW)
    return refused.value


def test_everything_comes_back(
    installation: Settings, elsewhere: Settings, file: Path, move_to: Move
) -> None:
    move_to(elsewhere)
    report = restore(elsewhere, file, OWNERS, NOW, is_verified=True)
    assert report.is_verified
    with reading():
        assert Node.get().name == "示例局"
        assert AuditRecord.select().count() == 200
    kept = [p.relative_to(elsewhere.data) for p in elsewhere.data.rglob("*") if p.is_file()]
    for folder in ("files", "keys"):
        originals = [p for p in (installation.data / folder).rglob("*") if p.is_file()]
        assert originals
        for path in originals:
            assert (elsewhere.data / path.relative_to(installation.data)).read_bytes() == (
                path.read_bytes()
            )
    assert Path("openbureau.toml.restored") in kept


def test_a_backup_under_writes_is_one_moment(
    installation: Settings, elsewhere: Settings, tmp_path: Path, move_to: Move
) -> None:
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            with writing():
                record_audit(action="pair.first", at=NOW)
                record_audit(action="pair.second", at=NOW)
        db.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        back_up(installation, tmp_path / "busy.tar", OWNERS, NOW)
    finally:
        is_over.set()
        writer.join()
    move_to(elsewhere)
    restore(elsewhere, tmp_path / "busy.tar", OWNERS, NOW, is_verified=True)
    with reading():
        counts = [
            AuditRecord.select().where(AuditRecord.action == f"pair.{part}").count()
            for part in ("first", "second")
        ]
    assert counts[0] == counts[1]


def test_a_hundred_flipped_bits_are_a_hundred_refusals(
    elsewhere: Settings, file: Path, tmp_path: Path
) -> None:
    original, choose = file.read_bytes(), random.Random(7)
    flipped = tmp_path / "flipped.tar"
    for _ in range(100):
        content = bytearray(original)
        content[choose.randrange(len(content))] ^= 1 << choose.randrange(8)
        flipped.write_bytes(content)
        assert refusal(elsewhere, flipped).code in {"BKP-001", "BKP-002", "BKP-003", "BKP-005"}
    assert not [p for p in elsewhere.data.rglob("*") if p.is_file()]


def test_a_damaged_member_is_named(elsewhere: Settings, file: Path) -> None:
    content = file.read_bytes()
    position = content.index("一份公文".encode())
    file.write_bytes(content[:position] + b"X" + content[position + 1 :])
    refused = refusal(elsewhere, file)
    assert refused.code == "BKP-001"
    assert "files/" in refused.zh
    assert "files/" in refused.en


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_shortened_file_is_refused(elsewhere: Settings, file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    assert refusal(elsewhere, file).code in {"BKP-002", "BKP-003"}


def test_a_foreign_file_is_refused(elsewhere: Settings, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.tar"
    with tarfile.open(foreign, "w") as tar:
        tar.add(__file__, "letter.txt")
    assert refusal(elsewhere, foreign).code == "BKP-003"


def test_a_missing_file_is_named(elsewhere: Settings, tmp_path: Path) -> None:
    assert "absent.tar" in refusal(elsewhere, tmp_path / "absent.tar").zh


@pytest.mark.parametrize(
    "change", [{"format": 2}, {"migrations": {"core": ["0001_initial", "0999_future"]}}]
)
def test_a_newer_backup_is_refused(
    elsewhere: Settings, file: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    header = msgspec.structs.replace(checked_header(file), release="9.9", **change)
    newer = tmp_path / "newer.tar"
    with newer.open("wb") as out:
        ArchiveWriter(out, header).finish({})
    refused = refusal(elsewhere, newer)
    assert refused.code == "BKP-005"
    assert "9.9" in refused.zh


def test_a_backup_of_the_other_database_is_refused(
    elsewhere: Settings, file: Path, tmp_path: Path
) -> None:
    header = checked_header(file)
    other = "sqlite" if header.database == "postgresql" else "postgresql"
    foreign = tmp_path / "other.tar"
    with foreign.open("wb") as out:
        ArchiveWriter(out, msgspec.structs.replace(header, database=other)).finish({})
    assert refusal(elsewhere, foreign).code == "BKP-006"


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "files/../../outside", "other"])
def test_a_member_outside_the_data_directory_is_refused(
    elsewhere: Settings, file: Path, tmp_path: Path, name: str
) -> None:
    hostile = tmp_path / "hostile.tar"
    header: Header = checked_header(file)
    with hostile.open("wb") as out:
        archive = ArchiveWriter(out, header)
        archive.add_bytes(name, b"x")
        archive.finish({})
    assert refusal(elsewhere, hostile).code == "BKP-001"
    assert not (tmp_path / "outside").exists()


def test_data_in_the_way_is_never_overwritten(installation: Settings, file: Path) -> None:
    assert refusal(installation, file).code == "BKP-004"


def test_force_moves_what_is_in_the_way_aside(
    installation: Settings, file: Path, move_to: Move
) -> None:
    if is_postgresql():
        pytest.skip("a PostgreSQL database must be emptied by its administrator")
    db.close()
    report = restore(installation, file, OWNERS, NOW, is_verified=True, is_forced=True)
    assert report.is_verified
    (aside,) = installation.data.glob("replaced-*")
    assert (aside / "keys" / "audit.key").read_bytes() == (
        installation.data / "keys" / "audit.key"
    ).read_bytes()


def test_an_existing_backup_is_not_overwritten(installation: Settings, file: Path) -> None:
    with pytest.raises(OperatorError, match="BKP-010"):
        back_up(installation, file, OWNERS, NOW)


def test_a_full_disk_leaves_no_half_backup(installation: Settings) -> None:
    with pytest.raises(OperatorError, match="BKP-011"):
        back_up(installation, Path("/proc/bureau.tar"), OWNERS, NOW)


def test_common_tools_can_list_it(file: Path) -> None:
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert names[0] == "openbureau-backup.json"
    assert names[-1] == MANIFEST
    assert file.stat().st_mode & 0o077 == 0
