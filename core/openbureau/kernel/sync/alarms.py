"""Telling every system administrator that a synchronisation needs them: once for each
trouble, not once for each attempt."""

import datetime as dt
from typing import Any

from openbureau.base.i18n import N_
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.sync.models import UNDO, SyncRun
from openbureau.kernel.sync.queries import latest_run
from openbureau.kernel.todos.actions import notify

INCOMPLETE = N_("目录「%(source)s」的应答不完整（%(reason)s），没有写入任何内容。")
BLOCKED = N_("目录「%(source)s」的同步改动过大，等待另一名系统管理员确认。")
BLOCKED_UNDO = N_("撤销目录「%(source)s」的一次同步会停用多人，等待另一名系统管理员确认。")
WAITING = N_("目录「%(source)s」有改动等待核对和写入。")
CONFLICTS = N_("目录「%(source)s」的同步有 %(count)s 条冲突等待处理，其余照常。")
SETTINGS_SOURCE = "openbureau.toml"

_TEXTS = {
    "incomplete": INCOMPLETE,
    "blocked": BLOCKED,
    "planned": WAITING,
    "applied": CONFLICTS,
    "empty": CONFLICTS,
}


def run_url(run: SyncRun) -> str:
    """Where the run is looked at."""
    return f"/-/console/sync/{run.uid}"


def source_name(run: SyncRun) -> str:
    """What the source of a run is called."""
    return SETTINGS_SOURCE if run.source is None else str(run.source.name)


def raise_alarm(run: SyncRun, now: dt.datetime, *, conflicts: int = 0) -> bool:
    """One notice to every undelegated system administrator, and an audit line, in the
    caller's transaction; False when the run before was in the same trouble."""
    before = latest_run(run.source_id, run.id)
    is_known = before is not None and _trouble(before) == _trouble(run)
    if is_known and run.scope != UNDO:
        return False
    params: dict[str, Any] = {
        "source": source_name(run),
        "reason": run.reason,
        "count": conflicts,
    }
    text = BLOCKED_UNDO if run.scope == UNDO else _TEXTS[run.state]
    for account_id in system_administrators():
        notify(account_id, text, now=now, url=run_url(run), params=params)
    record_audit(
        action="core.alarm_sync",
        at=now,
        realm="core/sync",
        record_id=run.id,
        outcome="failed" if run.state == "incomplete" else "done",
        detail={"state": run.state, "reason": run.reason, "blocked": run.blocked},
    )
    return True


def _trouble(run: SyncRun) -> tuple[str, str, str]:
    plan = run.plan_hash if run.state in {"planned", "applied", "empty"} else ""
    return run.state, run.reason, run.blocked if run.state == "blocked" else plan


def system_administrators() -> list[int]:
    """The active administrators who look after the whole installation."""
    rows: Any = (
        Account.select(Account.id)
        .where(
            (Account.administrator == "system")
            & Account.administrator_unit.is_null()
            & (Account.state == "active")
        )
        .order_by(Account.id)
        .tuples()
    )
    return [account_id for (account_id,) in rows]
