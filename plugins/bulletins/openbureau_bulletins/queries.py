"""Reads of bulletins. Everything goes through what the person may see."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import Expression, Query

from openbureau import (
    Account,
    Context,
    Findable,
    NotFound,
    is_unread,
    param,
    participant_page,
    participation_total,
    search,
    statement,
    visible,
)

from .models import DRAFT, PUBLISHED, REALM, WITHDRAWN, Bulletin

PER_PAGE = 50
NEWEST = 2**62


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list ordered by (instant, id); the page begins behind it."""

    at: int = NEWEST
    id: int = 0
    is_backwards: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of bulletins, newest first, and whether there is more on either side."""

    rows: Sequence[Any]
    total: int
    has_newer: bool
    has_older: bool


def readable(ctx: Context) -> Expression:
    """Published and withdrawn bulletins by reach or participation; drafts by their author."""
    mine = (Bulletin.account == ctx.account.id) & (Bulletin.state == DRAFT)
    return mine | (
        (Bulletin.state != DRAFT) & visible(ctx, Bulletin, "bulletins.list_bulletin", REALM)
    )


def bulletin(ctx: Context, bulletin_id: int) -> Bulletin:
    """One bulletin the person may see. Raises NotFound: there is none, or not for them."""
    found = Bulletin.select().where((Bulletin.id == bulletin_id) & readable(ctx)).first()
    if found is None:
        raise NotFound("没有找到这条通知公告，或它不在您的查看范围内。")
    return found


def is_readable(ctx: Context, bulletin_id: int) -> bool:
    """Whether the person may see a bulletin and its attachments; receivers lose both when it
    is withdrawn."""
    found = Bulletin.select().where((Bulletin.id == bulletin_id) & readable(ctx)).first()
    return found is not None and (
        found.state != WITHDRAWN or ctx.may_in("bulletins.publish_bulletin", found.unit_id)
    )


def owner_of(bulletin_id: int) -> int | None:
    """The unit that wrote a bulletin; None where there is none."""
    found: int | None = Bulletin.select(Bulletin.unit).where(Bulletin.id == bulletin_id).scalar()
    return found


def bulletin_title(ctx: Context, bulletin_id: int) -> str:
    """The title, for parts that refer to a bulletin."""
    return str(bulletin(ctx, bulletin_id).title)


_COLUMNS = (
    Bulletin.id,
    Bulletin.title,
    Bulletin.is_urgent,
    Bulletin.state,
    Bulletin.unit.alias("unit_id"),
    Bulletin.published_at,
    Bulletin.updated_at,
)


@statement
def _by_ids(total: int) -> Query:
    unread = is_unread(param("account_id"), REALM, Bulletin.id)
    return (
        Bulletin.select(*_COLUMNS, unread.alias("is_unread"))
        .where(Bulletin.id.in_([param(f"id_{n}") for n in range(total)]))
        .order_by(Bulletin.published_at.desc(), Bulletin.id.desc())
    )


@statement
def _received(holders: int, limit: int, *, is_backwards: bool) -> Query:
    page: Any = participant_page(holders, limit, is_backwards=is_backwards)
    taken = page.alias("taken")
    order = (taken.c.at, taken.c.record_id)
    unread = is_unread(param("account_id"), REALM, Bulletin.id)
    return (
        Bulletin.select(*_COLUMNS, unread.alias("is_unread"))
        .join(taken, on=(Bulletin.id == taken.c.record_id))
        .order_by(*(column.asc() if is_backwards else column.desc() for column in order))
    )


@statement
def _of_unit(limit: int, *, is_backwards: bool) -> Query:
    at, key = Bulletin.published_at, Bulletin.id
    reached = at >= param("at") if is_backwards else at <= param("at")
    passed = at > param("at") if is_backwards else at < param("at")
    tied = (at == param("at")) & (key > param("id") if is_backwards else key < param("id"))
    order = (at.asc(), key.asc()) if is_backwards else (at.desc(), key.desc())
    return (
        Bulletin.select(*_COLUMNS)
        .where(
            (Bulletin.unit == param("unit"))
            & (Bulletin.state == param("state"))
            & reached
            & (passed | tied)
        )
        .order_by(*order)
        .limit(limit)
    )


def received(ctx: Context, position: Position, limit: int = PER_PAGE) -> Listing:
    """What was sent to the person's units, newest first, with an exact count."""
    holders = {f"holder_{n}": name for n, name in enumerate(ctx.holders)}
    build = _received(len(ctx.holders), limit + 1, is_backwards=position.is_backwards)
    found = build.rows(
        account_id=ctx.principal_id,
        realm=REALM,
        kind="reader",
        at=position.at,
        id=position.id,
        **holders,
    )
    rows = found[:limit]
    if position.is_backwards:
        rows.reverse()
    total = participation_total(ctx, REALM, "reader")
    return _listing(rows, total, len(found) > limit, position)


def sent(ctx: Context, position: Position) -> Listing:
    """What the acting unit has published, newest first."""
    build = _of_unit(PER_PAGE + 1, is_backwards=position.is_backwards)
    found = build.rows(unit=ctx.unit_id, state=PUBLISHED, at=position.at, id=position.id)
    rows = found[:PER_PAGE]
    if position.is_backwards:
        rows.reverse()
    total = (
        Bulletin.select()
        .where((Bulletin.unit == ctx.unit_id) & (Bulletin.state == PUBLISHED))
        .count()
    )
    return _listing(rows, total, len(found) > PER_PAGE, position)


def _listing(rows: Sequence[Any], total: int, has_more: bool, position: Position) -> Listing:  # noqa: FBT001
    if position.is_backwards:
        return Listing(rows, total, has_more, has_older=True)
    return Listing(rows, total, position.at != NEWEST, has_more)


def drafts(ctx: Context) -> Listing:
    """The person's own drafts, the latest touched first."""
    rows = list(
        Bulletin.select(*_COLUMNS)
        .where((Bulletin.account == ctx.account.id) & (Bulletin.state == DRAFT))
        .order_by(Bulletin.updated_at.desc())
        .limit(PER_PAGE)
        .namedtuples()
    )
    return Listing(rows, len(rows), has_newer=False, has_older=False)


def found(ctx: Context, words: str) -> Listing:
    """Bulletins whose title or text contains the words."""
    hits = search(ctx, words, REALM, "bulletins.list_bulletin", limit=PER_PAGE)
    ids = [hit.record_id for hit in hits.hits]
    padded = ids + [0] * (PER_PAGE - len(ids))
    keys = {f"id_{n}": key for n, key in enumerate(padded)}
    rows = _by_ids(PER_PAGE).rows(account_id=ctx.principal_id, **keys)
    return Listing(rows, hits.total, has_newer=False, has_older=False)


def findable(bulletin: Bulletin, at: dt.datetime) -> Findable:
    """A bulletin published at an instant, as the search shows it."""
    return Findable(
        realm=REALM,
        record_id=bulletin.id,
        plugin="bulletins",
        title=bulletin.title,
        at=at,
        summary=bulletin.body,
        unit_id=bulletin.unit_id,
    )


def findable_after(after_id: int, limit: int) -> list[Findable]:
    """The next published bulletins by their ids, as the search shows them."""
    rows = (
        Bulletin.select()
        .where((Bulletin.id > after_id) & (Bulletin.state == PUBLISHED))
        .order_by(Bulletin.id)
        .limit(limit)
    )
    return [findable(row, row.published_at) for row in rows]


def person_name(account_id: int | None) -> str:
    """The name of an author or withdrawer; empty when there is none."""
    return Account.select(Account.name).where(Account.id == account_id).scalar() or ""


def chosen_receivers(found: Bulletin) -> list[str]:
    """The picker values of a draft."""
    return list(json.loads(found.receivers))
