"""Writing the audit trail: one row per act, in the transaction of the act itself."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec
from peewee import PeeweeException, Query

from openbureau.base.context import Context
from openbureau.base.database import Statement, explained, param, statement, to_instant
from openbureau.base.errors import Unavailable
from openbureau.base.i18n import N_
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.audit.origin import origin

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_encode = msgspec.json.Encoder(order="sorted").encode

_COLUMNS = (
    "at",
    "account_id",
    "post_id",
    "unit_id",
    "action",
    "realm",
    "record_id",
    "outcome",
    "detail",
    "request_id",
    "address",
)


@statement
def _insertion() -> Query:
    return AuditRecord.insert({name: param(name) for name in _COLUMNS}).returning(AuditRecord.id)


def record_audit(
    *,
    action: str,
    at: datetime,
    account_id: int | None = None,
    post_id: int | None = None,
    unit_id: int | None = None,
    realm: str = "",
    record_id: int | None = None,
    outcome: str = "done",
    detail: Mapping[str, Any] = _NOTHING,
    request_id: str = "",
    address: str = "",
) -> int:
    """Writes one audit row inside the caller's transaction; returns its id.

    `outcome` is `done`, `denied` or `failed`. `detail` is stored as JSON with sorted
    keys and must hold no secret: the row can never be changed or removed. On the command line
    it also holds `origin` and `os_user`.
    Raises Unavailable: it cannot be written; the caller's transaction must not be kept.
    """
    insertion: Statement = _insertion()
    try:
        written = insertion.value(
            at=to_instant(at),
            account_id=account_id,
            post_id=post_id,
            unit_id=unit_id,
            action=action,
            realm=realm,
            record_id=record_id,
            outcome=outcome,
            detail=_encode({**detail, **origin()}).decode(),
            request_id=request_id,
            address=address,
        )
    except PeeweeException as fault:
        raise _unwritten(fault) from fault
    return int(written)


def record_act(
    ctx: Context,
    action: str,
    realm: str,
    record_id: int | None = None,
    detail: Mapping[str, Any] = _NOTHING,
    unit_id: int | None = None,
) -> int:
    """The audit row of what the person of a request does, in the post they act in; its id.
    `unit_id` is the unit the record belongs to.

    Raises Unavailable as `record_audit`.
    """
    return record_audit(
        action=action,
        at=ctx.now,
        account_id=ctx.account.id,
        post_id=ctx.post.id if ctx.post else None,
        unit_id=unit_id,
        realm=realm,
        record_id=record_id,
        detail=detail,
        request_id=ctx.request_id,
        address=ctx.address,
    )


def _unwritten(fault: PeeweeException) -> Unavailable:
    known = explained(fault)
    if isinstance(known, Unavailable):
        return known
    return Unavailable(
        N_("审计记录没有写成，这一步因此没有办理。"),
        remedy=N_("请稍后重试；若仍不行，请把错误号告诉系统管理员检查数据库和磁盘。"),
        code="AUD-503",
    )
