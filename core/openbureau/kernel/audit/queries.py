"""Reads of the audit trail: a page at any depth, by person, unit, act, record, time, address."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
from peewee import JOIN, fn

from openbureau.base.context import Reach
from openbureau.base.database import InstantField, to_instant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.audit.models import AuditCheckpoint, AuditRecord, AuditSeal
from openbureau.kernel.units.models import UnitEvent

NEWEST = 2**62
MOST_EXPORTED = 20_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the trail is narrowed to; empty values narrow nothing.

    `accounts` and `units` are ids, None where not asked for; `first` and `end` bound the
    instant, the end excluded.
    """

    accounts: frozenset[int] | None = None
    units: frozenset[int] | None = None
    action: str = ""
    realm: str = ""
    record_id: int | None = None
    outcome: str = ""
    address: str = ""
    first: dt.datetime | None = None
    end: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the trail; the page begins behind it, or before it backwards. `at` in ms."""

    at: int = NEWEST
    id: int = NEWEST
    is_backwards: bool = False


def audit_page(wanted: Wanted, reach: Reach, position: Position, limit: int) -> list[Any]:
    """Records newest first from a position on; backwards the oldest of them first.

    Rows: id, at, account_id, post_id, unit_id, action, realm, record_id, outcome, detail,
    request_id, address, account_name, login, holder_id and holder_name (of the post).
    """
    record, post = AuditRecord, Post.alias("acted")
    account, holder = Account.alias("actor"), Account.alias("holder")
    at, key = record.at, record.id
    is_backwards = position.is_backwards
    reached = at >= position.at if is_backwards else at <= position.at
    passed = at > position.at if is_backwards else at < position.at
    tied = (at == position.at) & (key > position.id if is_backwards else key < position.id)
    order = (at.asc(), key.asc()) if is_backwards else (at.desc(), key.desc())
    query: Any = (
        record.select(
            *_COLUMNS,
            account.name.alias("account_name"),
            account.login,
            holder.id.alias("holder_id"),
            holder.name.alias("holder_name"),
        )
        .join(account, JOIN.LEFT_OUTER, on=(account.id == record.account_id))
        .switch(record)
        .join(post, JOIN.LEFT_OUTER, on=(post.id == record.post_id))
        .join(holder, JOIN.LEFT_OUTER, on=(holder.id == post.account))
        .where(_matching(wanted, reach) & reached & (passed | tied))
        .order_by(*order)
        .limit(limit)
    )
    return list(query.namedtuples())


def audit_total(wanted: Wanted, reach: Reach) -> int:
    """How many records `audit_page` walks in all."""
    return int(
        AuditRecord.select(fn.COUNT(AuditRecord.id)).where(_matching(wanted, reach)).scalar()
    )


def audit_record(record_id: int, reach: Reach) -> Any:
    """One record as a row of `audit_page`, or None: there is none within reach."""
    own = AuditRecord.select(AuditRecord.at).where(AuditRecord.id == record_id).scalar()
    if own is None:
        return None
    rows = audit_page(Wanted(), reach, Position(_ms(own), record_id + 1), 1)
    return rows[0] if rows and rows[0].id == record_id else None


def _ms(at: Any) -> int:
    return to_instant(at) if isinstance(at, dt.datetime) else int(at)


_COLUMNS = (
    AuditRecord.id,
    AuditRecord.at,
    AuditRecord.account_id,
    AuditRecord.post_id,
    AuditRecord.unit_id,
    AuditRecord.action,
    AuditRecord.realm,
    AuditRecord.record_id,
    AuditRecord.outcome,
    AuditRecord.detail,
    AuditRecord.request_id,
    AuditRecord.address,
)


def _matching(wanted: Wanted, reach: Reach) -> Any:
    record = AuditRecord
    condition = record.id.is_null(is_null=False)
    if not reach.is_everywhere:
        staff = Post.select(Post.account).where(Post.unit.in_(sorted(reach.units)))
        condition &= _among(record.unit_id, reach.units) | record.account_id.in_(staff)
    for column, ids in ((record.account_id, wanted.accounts), (record.unit_id, wanted.units)):
        if ids is not None:
            condition &= _among(column, ids)
    texts: tuple[tuple[Any, str], ...] = (
        (record.action, wanted.action),
        (record.realm, wanted.realm),
        (record.outcome, wanted.outcome),
        (record.address, wanted.address),
    )
    for text, value in texts:
        if value:
            condition &= text == value
    if wanted.record_id is not None:
        condition &= record.record_id == wanted.record_id
    if wanted.first is not None:
        condition &= record.at >= wanted.first
    if wanted.end is not None:
        condition &= record.at < wanted.end
    return condition


def _among(column: Any, ids: Collection[int]) -> Any:
    """One id is looked up; of several the index would have to be sorted whole, so the trail is
    walked in its own order instead."""
    if len(ids) == 1:
        return column == next(iter(ids))
    return fn.COALESCE(column, 0).in_(sorted(ids))


def accounts_named(words: str, limit: int = 50) -> frozenset[int]:
    """Accounts of this login or name; where none is exactly so, those containing it."""
    wanted = words.strip()
    exact = Account.select(Account.id).where(
        (Account.login == wanted.lower()) | (Account.name == wanted)
    )
    ids = frozenset(row.id for row in exact)
    if ids:
        return ids
    near = Account.select(Account.id).where(
        Account.name.contains(wanted) | Account.login.contains(wanted.lower())
    )
    return frozenset(row.id for row in near.limit(limit))


def known_actions() -> list[str]:
    """Every action of the trail, in order; found by leaping through the index."""
    found: list[str] = []
    last = ""
    while True:
        smallest: Any = AuditRecord.select(fn.MIN(AuditRecord.action)).where(
            AuditRecord.action > last
        )
        following = smallest.scalar()
        if following is None:
            return found
        found.append(following)
        last = following


def former_unit_names(unit_ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """By unit (until when in ms, name) of the names it had before, the oldest first."""
    found: dict[int, list[tuple[int, str]]] = {}
    rows = (
        UnitEvent.select(UnitEvent.unit, UnitEvent.at, UnitEvent.before)
        .where(UnitEvent.unit.in_(list(unit_ids)) & (UnitEvent.kind == "renamed"))
        .order_by(UnitEvent.at)
    )
    for row in rows:
        before = msgspec.json.decode(row.before)
        name = before.get("short_name") or before.get("name")
        if name:
            found.setdefault(row.unit_id, []).append((_ms(row.at), name))
    return found


def seal_of(record_id: int) -> Any:
    """The seal of a record: id and digest; None while it is not sealed."""
    return AuditSeal.get_or_none(AuditSeal.record_id == record_id)


def chain_facts() -> dict[str, Any]:
    """Where the chain stands: records, sealed, checkpoints, the last checkpoint's instant and
    the oldest record not yet sealed (both ms, or None)."""
    last = AuditCheckpoint.select().order_by(AuditCheckpoint.id.desc()).first()
    newest_seal = AuditSeal.select().order_by(AuditSeal.id.desc()).first()
    after = newest_seal.record_id if newest_seal else 0
    oldest = AuditRecord.select(fn.MIN(AuditRecord.at)).where(AuditRecord.id > after).scalar()
    return {
        "sealed": newest_seal.id if newest_seal else 0,
        "checkpoint_at": last.at if last else None,
        "checkpoint": last,
        "oldest_unsealed_at": None if oldest is None else _instant(oldest),
    }


def _instant(value: Any) -> Any:
    return InstantField().python_value(_ms(value))


def last_reading(account_id: int, since: dt.datetime, action: str) -> str | None:
    """The detail of a person's newest record of this action since a moment, or None."""
    row = (
        AuditRecord.select(AuditRecord.detail)
        .where(
            (AuditRecord.account_id == account_id)
            & (AuditRecord.at >= since)
            & (AuditRecord.action == action)
        )
        .order_by(AuditRecord.at.desc(), AuditRecord.id.desc())
        .limit(1)
        .scalar()
    )
    return None if row is None else str(row)
