"""Nothing is served while the audit trail cannot be written.

Source: GB/T 22239-2019, 8.1.4.3 d (the audit process is protected from interruption).
"""

import datetime as dt

from peewee import PeeweeException

from openbureau.base.database import db, writing
from openbureau.base.errors import OperatorError, Problem
from openbureau.kernel.audit.actions import record_audit


def require_writable_trail(now: dt.datetime) -> None:
    """Writes an audit record and takes it back again before it is kept.

    Raises OperatorError: it cannot be written.
    """
    try:
        with writing(), db.atomic() as attempt:
            record_audit(action="core.try_audit", at=now)
            attempt.rollback()
    except (PeeweeException, Problem) as fault:
        cause = fault.__cause__ or fault
        raise OperatorError(
            "AUD-001",
            f"审计记录写不进数据库（{cause}），系统没有启动：没有审计就不办理业务。已有的数据不受"
            "影响。请检查磁盘空间、数据库文件的权限和 audit_record 表，再启动。",
            f"Audit records cannot be written ({cause}); nothing was started, because no business "
            "is done without an audit. Data is unaffected. Check the disk, the permissions of the "
            "database and the table audit_record, then start again.",
        ) from fault
