"""Who changes roles and grants, for the audit trail."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openbureau.base.context import CHINA, Context
from openbureau.base.errors import Invalid
from openbureau.kernel.audit.actions import record_audit


@dataclass(frozen=True, slots=True)
class Actor:
    """An administrator, or the command line (no account), at an instant."""

    now: dt.datetime
    account_id: int | None = None
    request_id: str = ""
    address: str = ""

    @classmethod
    def of(cls, ctx: Context) -> "Actor":
        """The signed-in person of a request."""
        return cls(ctx.now, ctx.account.id, ctx.request_id, ctx.address)

    @property
    def today(self) -> dt.date:
        """The day in China."""
        return self.now.astimezone(CHINA).date()

    def audit(
        self,
        action: str,
        realm: str,
        record_id: int,
        detail: Mapping[str, Any],
        unit_id: int | None = None,
    ) -> None:
        """One audit row of this actor."""
        record_audit(
            action=action,
            at=self.now,
            account_id=self.account_id,
            unit_id=unit_id,
            realm=realm,
            record_id=record_id,
            detail=detail,
            request_id=self.request_id,
            address=self.address,
        )


class AccessRefused(Invalid):
    """A change of roles or grants that cannot be; `field` is where the form says so."""

    code = "ROLE-010"

    def __init__(self, field: str, what: str, /, **params: Any) -> None:
        super().__init__(what, **params)
        self.field = field
