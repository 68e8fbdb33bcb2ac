"""Alarms: what administrators must hear of at once, as notices."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from openbureau.kernel.accounts.models import Account
from openbureau.kernel.todos.actions import notify


def tell_administrators(
    kinds: Collection[str],
    text: str,
    *,
    now: dt.datetime,
    url: str = "",
    params: Mapping[str, Any] | None = None,
) -> int:
    """Gives every active administrator of these kinds a notice; how many were told.
    The caller holds the transaction."""
    told = Account.select(Account.id).where(
        Account.administrator.in_(list(kinds)) & (Account.state == "active")
    )
    ids = [row.id for row in told]
    for account_id in ids:
        notify(account_id, text, now=now, url=url, params=params)
    return len(ids)
