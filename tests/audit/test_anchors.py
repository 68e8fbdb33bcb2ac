"""Checkpoints leave the database every day; a share that fails stops nothing."""

import datetime as dt
import json
from pathlib import Path

import pytest

from openbureau.base.database import writing
from openbureau.base.keys import installation_key
from openbureau.base.signing import public_key
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.anchors import anchors_in, day_anchor
from openbureau.kernel.audit.chain import Checkpoint, Keys, is_genuine
from openbureau.kernel.audit.models import AuditCheckpoint
from openbureau.kernel.audit.outside import OutsideAnchors
from openbureau.kernel.audit.seal import Sealer, public_key_path
from openbureau.kernel.settings.actions import choose_setting
from openbureau.kernel.settings.declared import CORE_SETTINGS
from openbureau.kernel.todos.models import Notice
from openbureau.testing.bureau import Bureau

DAY = dt.datetime(2026, 3, 3, 15, 59, tzinfo=dt.UTC)  # one minute before midnight in China


def sealed(data: Path, at: dt.datetime) -> None:
    with writing():
        record_audit(action="core.sign_in", at=at)
    Sealer(data).seal(at)


def test_each_day_in_china_has_its_own_anchor(bureau: Bureau) -> None:
    data = bureau.installation.settings.data
    for minutes in (0, 2, 4):
        sealed(data, DAY + dt.timedelta(minutes=minutes))
    names = sorted(path.name for path in (data / "anchors").iterdir())
    assert names == ["audit-2026-03-03.json", "audit-2026-03-04.json", "audit.json"]
    first = day_anchor(data, dt.date(2026, 3, 4))
    newest = json.loads((data / "anchors" / "audit.json").read_bytes())
    assert first is not None
    assert first.seal_id < newest["seal_id"]
    assert first.public_key == public_key_path(data).read_text("ascii").strip()
    assert is_genuine(first.checkpoint, Keys(bytes.fromhex(first.public_key)))


def test_the_public_half_of_the_key_lies_beside_it(bureau: Bureau) -> None:
    data = bureau.installation.settings.data
    sealed(data, DAY)
    expected = public_key(installation_key(data, "audit")).hex()
    assert public_key_path(data).read_text("ascii").strip() == expected


def test_another_key_in_its_place_signs_nothing(bureau: Bureau) -> None:
    data = bureau.installation.settings.data
    sealed(data, DAY)
    (data / "keys" / "audit.key").write_text("ab" * 32)
    sealed(data, DAY + dt.timedelta(minutes=5))
    assert AuditCheckpoint.select().count() == 1


def choose_folder(folder: Path) -> None:
    with writing():
        choose_setting(CORE_SETTINGS["core.audit_anchor_folder"], str(folder), now=DAY)


def test_the_day_s_anchor_goes_to_the_chosen_folder_once(bureau: Bureau, tmp_path: Path) -> None:
    data, folder = bureau.installation.settings.data, tmp_path / "share"
    folder.mkdir()
    sealed(data, DAY)
    outside = OutsideAnchors(data)
    assert [outside.copy(folder, DAY), outside.copy(folder, DAY)] == [True, False]
    assert anchors_in(folder) == [day_anchor(data, dt.date(2026, 3, 3))]


def test_a_folder_that_is_gone_is_told_once_and_sealing_goes_on(
    bureau: Bureau, tmp_path: Path
) -> None:
    data = bureau.installation.settings.data
    choose_folder(tmp_path / "gone")
    sealed(data, DAY)
    outside = OutsideAnchors(data)
    for minutes in range(3):
        assert not outside.copy(tmp_path / "gone", DAY + dt.timedelta(seconds=minutes))
    told = {notice.account.login for notice in Notice.select()}
    assert told == {"system", "audit"}
    assert Notice.select().count() == 2
    sealed(data, DAY + dt.timedelta(minutes=2))
    assert AuditCheckpoint.select().count() == 2


def test_the_consumer_s_tick_copies_in_a_thread_of_its_own(bureau: Bureau, tmp_path: Path) -> None:
    data, folder = bureau.installation.settings.data, tmp_path / "share"
    folder.mkdir()
    choose_folder(folder)
    sealed(data, DAY)
    outside = OutsideAnchors(data)
    outside.tick(DAY)
    assert outside.thread is not None
    outside.thread.join(10)
    assert [path.name for path in folder.iterdir()] == ["audit-2026-03-03.json"]


def test_checkpoints_of_earlier_releases_are_checked_with_the_secret_key() -> None:
    secret = b"k" * 32
    earlier = Checkpoint(
        7, "d" * 64, 5, "449d746d89eaec73115d23315be991ca1dfdb9ed0ba72748d608dbd72b8aa4f4"
    )
    assert is_genuine(earlier, Keys()) is None
    assert is_genuine(earlier, Keys.of_secret(secret)) is True
    assert is_genuine(earlier, Keys.of_secret(b"x" * 32)) is False


@pytest.mark.parametrize("signature", ["", "f", "ed25519:1", "ed25519:x:00", "ed25519:1:zz"])
def test_a_misshapen_signature_is_never_genuine(signature: str) -> None:
    keys = Keys.of_secret(b"k" * 32)
    assert is_genuine(Checkpoint(1, "d", 1, signature), keys) is False
