"""Separation rules (岗位分离): nobody does both of two things on one record, not even for
somebody else.

Source: GB/T 22239-2019, 8.1.5 and 8.1.7.2; the rules themselves are declared by plugins.
"""

from typing import Any

from openbureau.base.context import Context
from openbureau.base.database import db, is_postgresql
from openbureau.base.errors import Forbidden
from openbureau.base.i18n import N_
from openbureau.kernel.access.evidence import acts_on
from openbureau.kernel.access.models import RecordAct
from openbureau.kernel.access.wording import day_of


def exercise(ctx: Context, permission: str, realm: str, record_id: int) -> None:
    """Notes in the caller's transaction that a permission is used on a record, where a rule
    asks for it.

    Call it in every action whose permission stands in a Separation. It binds the person
    and whom they stand in for.
    Raises Forbidden: one of the two did what the rule sets against it; says who and when.
    """
    against = ctx.separations.get(permission, ())
    if not against:
        return
    _one_at_a_time(realm, record_id)
    bound = {ctx.account.id, ctx.principal_id}
    for row in acts_on(realm, record_id):
        if row.permission in against and bound & {row.account_id, row.on_behalf_of_id}:
            raise _refusal(row)
    RecordAct.create(
        realm=realm,
        record_id=record_id,
        permission=permission,
        account=ctx.account.id,
        on_behalf_of=ctx.on_behalf_of.id if ctx.on_behalf_of else None,
        at=ctx.now,
    )


def _one_at_a_time(realm: str, record_id: int) -> None:
    """On SQLite there is one writer; on PostgreSQL two might each miss the other's act."""
    if is_postgresql():
        name = f"record_act:{realm}:{record_id}"
        db.execute_sql("SELECT pg_advisory_xact_lock(hashtext(%s))", (name,))


def _refusal(row: Any) -> Forbidden:
    name, absent = row.name, row.on_behalf_of_name
    return Forbidden(
        N_(
            "%(name)s已于 %(on)s 对这条记录办理过另一环节，按岗位分离规则不能由同一人办理这一环节。"
        ),
        remedy=N_("请由另一位有权限的同事办理。"),
        code="SEP-403",
        name=f"{name} 代 {absent}" if absent else name,
        on=str(day_of(row.at)),
    )
