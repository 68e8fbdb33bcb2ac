"""Reads of handovers."""

from collections.abc import Collection
from typing import Any

import msgspec
from peewee import JOIN

from openbureau.base.errors import NotFound
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.handover.models import Handover
from openbureau.kernel.units.models import Unit

LATEST = 100


def handover(uid: str) -> Handover:
    """One handover. Raises NotFound: there is none."""
    found = Handover.get_or_none(Handover.uid == uid)
    if found is None:
        raise NotFound
    return found


def handover_lines(made: Handover) -> list[dict[str, Any]]:
    """The lines of its list: kind, title, detail, outcome, plugin."""
    return list(msgspec.json.decode(made.lines)["lines"])


def handovers(
    unit_ids: Collection[int] | None = None, words: str = "", limit: int = LATEST
) -> list[Any]:
    """The latest handovers, of these units if any are given, and of people named like this.

    Rows: uid, leaver, successor, unit_name, administrator, handed_over_at, digest.
    """
    leaver, successor, by = Account.alias("leaver"), Account.alias("taker"), Account.alias("by")
    query: Any = (
        Handover.select(
            Handover.uid,
            leaver.name.alias("leaver"),
            successor.name.alias("successor"),
            Unit.short_name.alias("unit_name"),
            by.name.alias("administrator"),
            Handover.handed_over_at,
            Handover.digest,
        )
        .join(leaver, on=(Handover.leaver == leaver.id))
        .switch(Handover)
        .join(successor, on=(Handover.successor == successor.id))
        .switch(Handover)
        .join(Unit, JOIN.LEFT_OUTER)
        .switch(Handover)
        .join(by, JOIN.LEFT_OUTER, on=(Handover.account == by.id))
        .order_by(Handover.id.desc())
        .limit(limit)
    )
    if unit_ids is not None:
        query = query.where(Handover.unit.in_(sorted(unit_ids)))
    if wanted := words.strip().lower():
        query = query.where(_is_named(leaver, wanted) | _is_named(successor, wanted))
    return list(query.namedtuples())


def _is_named(account: Any, wanted: str) -> Any:
    return (
        account.name.contains(wanted)
        | account.initials.startswith(wanted)
        | (account.login == wanted)
    )


def people_named(words: str, limit: int = 50) -> list[Any]:
    """Staff by part of the name, initials or login, whatever their state but archived; the
    newest post first. Rows: id, uid, name, login, state, unit_id, title."""
    wanted = words.strip().lower()
    if not wanted:
        return []
    rows = (
        Account.select(
            Account.id,
            Account.uid,
            Account.name,
            Account.login,
            Account.state,
            Post.unit.alias("unit_id"),
            Post.title,
        )
        .join(Post)
        .where(
            _is_named(Account, wanted)
            & Account.administrator.is_null()
            & (Account.state != "archived")
        )
        .order_by(Account.id, Post.is_active.desc(), Post.is_primary.desc(), Post.id.desc())
        .limit(limit * 3)
        .namedtuples()
    )
    found: dict[int, Any] = {}
    for row in rows:
        found.setdefault(row.id, row)
    return list(found.values())[:limit]


def posted_unit_ids(account_id: int) -> list[int]:
    """The units of a person's posts, active ones first; ended ones where none is active."""
    rows = Post.select(Post.unit, Post.is_active).where(Post.account == account_id)
    posts = list(rows.order_by(Post.is_active.desc(), Post.is_primary.desc(), Post.id.desc()))
    active = [post.unit_id for post in posts if post.is_active]
    return active or [post.unit_id for post in posts]
