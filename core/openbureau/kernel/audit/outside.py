"""The day's anchor in a folder outside the data directory, such as a mounted share.

A share may hang or be gone: it is written to by a thread of its own, sealing never waits
for it, and administrators are told once a day.
"""

import datetime as dt
import logging
import threading
from pathlib import Path

import msgspec

from openbureau.base.context import CHINA
from openbureau.base.database import db, reading, writing
from openbureau.base.errors import Problem
from openbureau.base.i18n import N_
from openbureau.kernel.audit.alarms import tell_administrators
from openbureau.kernel.audit.anchors import copy_anchor, day_anchor
from openbureau.kernel.settings.queries import core_setting

log = logging.getLogger("openbureau.audit")

EVERY_S = 60
FAULT = N_("今天的审计锚点没有写到目录 %(folder)s：%(reason)s")


class OutsideAnchors:
    """Called every second by the job consumer; looks once a minute."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._looked_at: dt.datetime | None = None
        self.thread: threading.Thread | None = None
        self._told_on: dt.date | None = None

    def tick(self, now: dt.datetime) -> None:
        """Starts a copy when a minute has passed and the one before has ended."""
        if self._looked_at and (now - self._looked_at).total_seconds() < EVERY_S:
            return
        self._looked_at = now
        if self.thread is not None and self.thread.is_alive():
            self._tell(now, "", N_("目录没有应答"))
            return
        with reading():
            folder = str(core_setting("core.audit_anchor_folder"))
        if folder:
            self.thread = threading.Thread(
                target=self._in_thread, args=(Path(folder), now), name="anchor", daemon=True
            )
            self.thread.start()

    def _in_thread(self, folder: Path, now: dt.datetime) -> None:
        try:
            self.copy(folder, now)
        finally:
            if not db.is_closed():
                db.close()

    def copy(self, folder: Path, now: dt.datetime) -> bool:
        """Copies today's anchor into the folder; whether something was written. A fault is
        told to administrators and never raised."""
        try:
            anchor = day_anchor(self._data, now.astimezone(CHINA).date())
            return anchor is not None and copy_anchor(anchor, folder)
        except (OSError, msgspec.MsgspecError) as fault:
            self._tell(now, str(folder), getattr(fault, "strerror", None) or str(fault))
            return False

    def _tell(self, now: dt.datetime, folder: str, reason: str) -> None:
        log.critical("审计锚点没有写到 %s：%s / the audit anchor was not written", folder, reason)
        today = now.astimezone(CHINA).date()
        if self._told_on == today:
            return
        self._told_on = today
        try:
            with writing():
                tell_administrators(
                    ("audit", "system"),
                    FAULT,
                    now=now,
                    url="/-/notices",
                    params={"folder": folder, "reason": reason},
                )
        except Problem:
            log.exception("通知没有写成 / the notice was not written")
