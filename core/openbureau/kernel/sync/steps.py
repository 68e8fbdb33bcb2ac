"""What every step of a synchronisation does: it is written down, and it is audited."""

import datetime as dt
from typing import Any

from openbureau.base.errors import Conflict
from openbureau.base.i18n import N_
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.sync.models import SyncRun

REALM = "core/sync"


def lane_of(source_id: int | None) -> str:
    """The lane of the ledger and the name of the lock of a source: one run at a time."""
    return f"core-sync-{source_id or 'settings'}"


def note(
    action: str,
    run: SyncRun,
    now: dt.datetime,
    account_id: int | None,
    outcome: str = "done",
    **detail: Any,
) -> None:
    """The audit line of one step."""
    record_audit(
        action=action,
        at=now,
        account_id=account_id,
        realm=REALM,
        record_id=run.id,
        outcome=outcome,
        detail={"run": run.uid, "plan": run.plan_hash, **detail},
    )


def keep(run: SyncRun, **fields: Any) -> None:
    """Writes the fields, in the caller's transaction, and into the object."""
    SyncRun.update(**fields).where(SyncRun.id == run.id).execute()
    for name, value in fields.items():
        setattr(run, name, value)


def require_applying(run: SyncRun) -> None:
    """Raises Conflict: another process has carried the run out meanwhile."""
    if SyncRun.get_by_id(run.id).state != "applying":
        raise Conflict(N_("这次同步刚由另一个进程处理完毕。"))
