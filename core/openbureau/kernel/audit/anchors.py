"""The chain's head kept outside the database, so that a cut-off end or an older copy shows.

`anchors/audit.json` is the newest checkpoint, `anchors/audit-YYYY-MM-DD.json` the first of
each day. The day's anchor also goes to the folder administrators chose.
"""

import datetime as dt
import os
from pathlib import Path

import msgspec

from openbureau.base.context import CHINA
from openbureau.base.database import from_instant
from openbureau.kernel.audit.chain import Checkpoint

_NEWEST = "audit.json"
_DAYS = "audit-*.json"


class Anchor(msgspec.Struct, frozen=True):
    """A checkpoint with what somebody needs who finds it alone; `at` in ms since 1970."""

    seal_id: int
    digest: str
    at: int
    signature: str
    installation: str = ""
    public_key: str = ""

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint itself."""
        return Checkpoint(self.seal_id, self.digest, self.at, self.signature)

    @property
    def day(self) -> dt.date:
        """The day it was taken, in China."""
        return from_instant(self.at).astimezone(CHINA).date()


def anchor_folder(data: Path) -> Path:
    """Where an installation keeps its anchors."""
    return data / "anchors"


def day_name(day: dt.date) -> str:
    """The file name of a day's anchor."""
    return f"audit-{day.isoformat()}.json"


def keep_anchor(data: Path, anchor: Anchor) -> None:
    """Writes the newest checkpoint, and the day's where the day has none yet."""
    folder = anchor_folder(data)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / _NEWEST, anchor)
    day = folder / day_name(anchor.day)
    if not day.exists():
        _write(day, anchor)


def copy_anchor(anchor: Anchor, folder: Path) -> bool:
    """Puts a day's anchor into another folder; False where it is already there.

    Raises OSError: the folder is missing, full or read-only.
    """
    path = folder / day_name(anchor.day)
    if path.exists():
        return False
    _write(path, anchor)
    return True


def stored_anchors(data: Path) -> list[Anchor]:
    """Every anchor kept beside the database, the oldest first."""
    folder = anchor_folder(data)
    return anchors_in(folder) if folder.is_dir() else []


def anchors_in(path: Path) -> list[Anchor]:
    """The anchors of a file or a folder, the oldest first.

    Raises OSError, msgspec.MsgspecError: they cannot be read.
    """
    paths = [*sorted(path.glob(_DAYS)), path / _NEWEST] if path.is_dir() else [path]
    found = [msgspec.json.decode(each.read_bytes(), type=Anchor) for each in paths if each.exists()]
    return sorted(set(found), key=lambda anchor: (anchor.seal_id, anchor.at))


def day_anchor(data: Path, day: dt.date) -> Anchor | None:
    """The anchor of one day, or None."""
    path = anchor_folder(data) / day_name(day)
    return msgspec.json.decode(path.read_bytes(), type=Anchor) if path.exists() else None


def _write(path: Path, anchor: Anchor) -> None:
    partial = path.with_name(f"{path.name}.part")
    with partial.open("wb") as file:
        file.write(msgspec.json.encode(anchor))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
