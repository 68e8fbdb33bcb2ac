"""What happened to a record: its changes and the remarks on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from peewee import JOIN

from openbureau.base.context import Context
from openbureau.base.errors import Forbidden, Invalid, NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.models import Unit
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.models import RecordChange, RecordComment
from openbureau.kit.registers.records import audit_record, record

LONGEST_COMMENT = 2000
CHANGES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One column of a change: what it held before and after, as JSON values."""

    column: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One step in the life of a record, the person and post it was done in."""

    version: int
    action: str
    at: int
    name: str
    title: str
    unit_name: str
    reason: str
    batch_id: int | None
    differences: Sequence[Difference]


def changes_of(
    register: Register, record_id: int, *, before: int | None = None, limit: int = CHANGES_SHOWN
) -> list[Change]:
    """The steps of a record, the latest first; `before` a version, those that led to it."""
    earlier = RecordChange.version < before if before is not None else RecordChange.version > 0
    rows: Any = (
        RecordChange.select(
            RecordChange,
            Account.name.alias("name"),
            Post.title.alias("title"),
            Unit.short_name.alias("unit_name"),
        )
        .join(Account, on=(RecordChange.account == Account.id))
        .join(Post, JOIN.LEFT_OUTER, on=(RecordChange.post == Post.id))
        .join(Unit, JOIN.LEFT_OUTER, on=(RecordChange.unit == Unit.id))
        .where(
            (RecordChange.realm == register.realm) & (RecordChange.record_id == record_id) & earlier
        )
        .order_by(RecordChange.version.desc())
        .limit(limit)
        .namedtuples()
    )
    return [
        Change(
            row.version,
            row.action,
            row.at,
            row.name,
            row.title or "",
            row.unit_name or "",
            row.reason,
            row.batch,
            _differences(row.before, row.after),
        )
        for row in rows
    ]


def _differences(before: str, after: str) -> list[Difference]:
    """What changed; nothing of a new record, where there was nothing before."""
    former, latter = msgspec.json.decode(before), msgspec.json.decode(after)
    if not former:
        return []
    return [Difference(name, former.get(name), latter.get(name)) for name in latter]


def values_at(register: Register, row: Any, version: int) -> Mapping[str, Any]:
    """The columns that changed after a version, as they were in it, as JSON values."""
    rows = (
        RecordChange.select()
        .where(
            (RecordChange.realm == register.realm)
            & (RecordChange.record_id == row.id)
            & (RecordChange.version > version)
        )
        .order_by(RecordChange.version.desc())
    )
    found: dict[str, Any] = {}
    for change in rows:
        found |= msgspec.json.decode(change.before)
    return found


def comments_of(register: Register, record_id: int) -> list[Any]:
    """Remarks on a record, the first first: uid, text, at, name, title, account_id,
    withdrawn_at."""
    rows: Any = (
        RecordComment.select(
            RecordComment.uid,
            RecordComment.text,
            RecordComment.at,
            RecordComment.withdrawn_at,
            RecordComment.account.alias("account_id"),
            Account.name.alias("name"),
            Post.title.alias("title"),
        )
        .join(Account, on=(RecordComment.account == Account.id))
        .join(Post, JOIN.LEFT_OUTER, on=(RecordComment.post == Post.id))
        .where((RecordComment.realm == register.realm) & (RecordComment.record_id == record_id))
        .order_by(RecordComment.id)
        .namedtuples()
    )
    return list(rows)


def add_comment(ctx: Context, register: Register, record_id: int, text: str) -> RecordComment:
    """Adds a remark to a record the person sees. Raises Invalid: it is empty or too long."""
    found = record(ctx, register, record_id)
    words = text.strip()
    if not words or len(words) > LONGEST_COMMENT:
        raise Invalid(N_("请填写 1 到 %(total)s 个字。"), total=LONGEST_COMMENT)
    made = RecordComment.create(
        realm=register.realm,
        record_id=record_id,
        text=words,
        account=ctx.account.id,
        on_behalf_of=ctx.on_behalf_of.id if ctx.on_behalf_of else None,
        post=ctx.post.id if ctx.post else None,
        unit=ctx.post.access_unit_id if ctx.post else None,
        at=ctx.now,
    )
    audit_record(ctx, register, found, "commented")
    return made


def withdraw_comment(ctx: Context, register: Register, record_id: int, uid: str) -> None:
    """Takes back one's own remark; that there was one stays to be seen. Raises NotFound,
    Forbidden."""
    found = record(ctx, register, record_id)
    comment = RecordComment.get_or_none(
        (RecordComment.uid == uid)
        & (RecordComment.realm == register.realm)
        & (RecordComment.record_id == record_id)
    )
    if comment is None:
        raise NotFound
    if comment.account_id != ctx.account.id:
        raise Forbidden
    if comment.withdrawn_at is None:
        RecordComment.update(withdrawn_at=ctx.now).where(RecordComment.id == comment.id).execute()
        audit_record(ctx, register, found, "uncommented")
