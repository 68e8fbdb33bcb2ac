"""One synchronisation of a source at a time, in all processes of the installation."""

from collections.abc import Iterator
from contextlib import contextmanager

from openbureau.base.database import reading
from openbureau.base.errors import OperatorError
from openbureau.base.locks import LockedError, exclusive
from openbureau.base.settings import Settings
from openbureau.kernel.sync.steps import lane_of

JOB_WAIT_S = 30.0


@contextmanager
def held(source_id: int | None, settings: Settings, wait_s: float = JOB_WAIT_S) -> Iterator[None]:
    """Holds the source for the block. Raises OperatorError: another run holds it."""
    # One connection for the whole block: on PostgreSQL the lock belongs to it.
    with reading():
        try:
            with exclusive(lane_of(source_id), settings.data, wait_s):
                yield
        except LockedError as fault:
            raise OperatorError(
                "LDAP-003",
                "这个目录来源的另一次同步正在进行。本次没有读取也没有写入。请等它结束后重试；"
                "进度见「目录同步」页面或 openbureau sync-runs list。",
                "Another synchronisation of this source is under way. Nothing was read or "
                "written. Try again when it has ended; `openbureau sync-runs list` shows it.",
            ) from fault
