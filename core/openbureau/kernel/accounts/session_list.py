"""Sessions as security administrators see and end them, within their reach."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, SQL

from openbureau.base.context import Context, Reach
from openbureau.base.errors import NotFound
from openbureau.kernel.accounts.actions import end_session, end_sessions_of
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.accounts.oversight import reach_of
from openbureau.kernel.accounts.people import folded_words
from openbureau.kernel.units.models import Unit

SESSIONS = "core.manage_sessions"


@dataclass(frozen=True, slots=True)
class WantedSessions:
    """What the list is narrowed to: words of the person, start of the address, units."""

    words: str = ""
    address: str = ""
    unit_ids: Collection[int] | None = None


def sessions_total(reach: Reach, wanted: WantedSessions, now: dt.datetime) -> int:
    """How many sessions fit."""
    return int(_fitting(reach, wanted, now).count())


def sessions_page(
    reach: Reach, wanted: WantedSessions, now: dt.datetime, limit: int, offset: int = 0
) -> list[Any]:
    """Sessions that fit, the latest used first.

    Rows: id, account_id, login, name, unit_id, address, browser, created_at, seen_at, stage.
    """
    return list(
        _fitting(reach, wanted, now)
        .order_by(Session.seen_at.desc(), Session.id.desc())
        .limit(limit)
        .offset(offset)
        .namedtuples()
    )


def _fitting(reach: Reach, wanted: WantedSessions, now: dt.datetime) -> Any:
    condition = Session.ended_at.is_null() & (Session.ends_at > now)
    if not reach.is_everywhere:
        condition &= _in_units(reach.units)
    if wanted.unit_ids is not None:
        condition &= _in_units(wanted.unit_ids)
    if wanted.address:
        condition &= Session.address.startswith(wanted.address)
    if words := folded_words(wanted.words):
        named = Account.name.contains(words) | Account.login.contains(words)
        condition &= named | Account.initials.startswith(words)
    return (
        Session.select(
            Session.id,
            Account.id.alias("account_id"),
            Account.login,
            Account.name,
            Post.unit.alias("unit_id"),
            Session.address,
            Session.browser,
            Session.created_at,
            Session.seen_at,
            Session.stage,
        )
        .join(Account)
        .switch(Session)
        .join(Post, JOIN.LEFT_OUTER)
        .join(Unit, JOIN.LEFT_OUTER)
        .where(condition)
    )


def _in_units(unit_ids: Collection[int]) -> Any:
    return Post.unit.in_(SQL("({})".format(", ".join(map(str, sorted(unit_ids))) or "NULL")))


def session_account(ctx: Context, session_id: int) -> Account:
    """Whose session this is. Raises NotFound: it is over, or not in reach."""
    account: Account = _session(ctx, session_id).account
    return account


def _session(ctx: Context, session_id: int) -> Session:
    found = Session.get_or_none((Session.id == session_id) & Session.ended_at.is_null())
    reach = reach_of(ctx, SESSIONS)
    unit_id = found.post.unit_id if found is not None and found.post is not None else None
    if found is None or not (
        reach.is_everywhere or (unit_id is not None and reach.covers(unit_id))
    ):
        raise NotFound
    return found


def end_one_session(ctx: Context, session_id: int, by: By) -> None:
    """Ends a session in reach; the person is told. Raises NotFound."""
    session = _session(ctx, session_id)
    end_session(session, by.now, "ended")
    by.record("core.end_session", session.account, session=session.id, address=session.address)


def end_all_sessions(account: Account, by: By) -> int:
    """Ends every session of a person; how many."""
    total = end_sessions_of(account.id, by.now, "ended")
    by.record("core.end_sessions", account, sessions=total)
    return total


def live_session_rows(now: dt.datetime, login: str = "") -> Sequence[dict[str, Any]]:
    """Sessions that are not over, for `openbureau session list --json`; all, or of an account."""
    rows = sessions_page(Reach(is_everywhere=True), WantedSessions(), now, limit=100_000)
    return [
        {
            "session": row.id,
            "account": row.login,
            "name": row.name,
            "address": row.address,
            "browser": row.browser,
            "since": row.created_at.isoformat(),
            "last_used": row.seen_at.isoformat(),
            "stage": row.stage,
        }
        for row in rows
        if not login or row.login == login
    ]
