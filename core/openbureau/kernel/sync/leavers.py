"""Leavers: disabled by the directory, given a time of grace, then archived. Never deleted:
signatures, second factors and history stay with the account."""

import datetime as dt
from typing import Any

from openbureau.base.database import reading, writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.oversight import is_last
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.directory.images import grouped
from openbureau.kernel.directory.plan import DISABLED_BY_DIRECTORY, SYNCED
from openbureau.kernel.settings.queries import core_setting


def leavers_due(now: dt.datetime) -> list[int]:
    """Accounts the directory disabled so long ago that their grace has ended. The last
    administrator of a kind is not put away: somebody has to be appointed first."""
    with reading():
        limit = now - dt.timedelta(days=core_setting("core.leaver_grace_days"))
        rows: Any = (
            Account.select()
            .where(
                (Account.source == SYNCED)
                & (Account.state == "disabled")
                & (Account.disabled_reason == DISABLED_BY_DIRECTORY)
                & (Account.disabled_at <= limit)
            )
            .order_by(Account.id)
        )
        return [account.id for account in rows if not is_last(account)]


def archive_leavers(now: dt.datetime) -> int:
    """Archives everybody whose grace has ended, with one audit line; how many."""
    if not leavers_due(now):
        return 0
    with writing():
        due = leavers_due(now)
        for group in grouped(due):
            Account.update(state="archived", archived_at=now).where(
                Account.id.in_(group) & (Account.state == "disabled")
            ).execute()
        record_audit(
            action="core.archive_leavers", at=now, realm="core/account", detail={"accounts": due}
        )
    return len(due)
