"""Who administers, when and from where; and what they did, for the audit trail."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from openbureau.base.context import Context
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.search.core_records import index_people

REALM = "core/account"


@dataclass(frozen=True, slots=True)
class By:
    """Who acts. Without an account it is the command line."""

    now: dt.datetime
    account_id: int | None = None
    post_id: int | None = None
    unit_id: int | None = None
    request_id: str = ""
    address: str = ""

    def record(self, action: str, account: Account, **detail: Any) -> None:
        """Writes the audit line of an act on an account."""
        record_audit(
            action=action,
            at=self.now,
            account_id=self.account_id,
            post_id=self.post_id,
            unit_id=self.unit_id,
            realm=REALM,
            record_id=account.id,
            detail={"login": account.login, **detail},
            request_id=self.request_id,
            address=self.address,
        )


def by(ctx: Context) -> By:
    """The person of a request."""
    post = ctx.post
    return By(
        ctx.now,
        ctx.account.id,
        post.id if post else None,
        post.access_unit_id if post else None,
        ctx.request_id,
        ctx.address,
    )


def refresh(account: Account) -> None:
    """Makes a changed account findable as it is now, and its rights known at once."""
    index_people([account.id])
    bump_epoch("access")
