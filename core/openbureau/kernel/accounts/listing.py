"""Lists of accounts for administrators: filtered, in official order, within their reach."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, SQL, fn

from openbureau.base.context import Reach
from openbureau.base.database import to_instant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.people import folded_words
from openbureau.kernel.units.models import Unit

STAFF = "staff"
SHORTEST_PINYIN = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to. `unit_ids` are units and sections, `kind` is `staff` or a
    kind of administrator, `unused_since` the moment after which nobody signed in,
    `has_no_password` local accounts that were never given one."""

    words: str = ""
    unit_ids: Collection[int] | None = None
    state: str = ""
    source: str = ""
    kind: str = ""
    unused_since: dt.datetime | None = None
    has_no_password: bool = False


def people_total(reach: Reach, wanted: Wanted) -> int:
    """How many accounts fit."""
    return int(Account.select(Account.id).where(_condition(reach, wanted)).count())


def people_ids(reach: Reach, wanted: Wanted, limit: int) -> Sequence[int]:
    """Ids of the accounts that fit, at most `limit`."""
    rows: Any = (
        Account.select(Account.id)
        .where(_condition(reach, wanted))
        .order_by(Account.id)
        .limit(limit)
        .tuples()
    )
    return [row[0] for row in rows]


def people_page(reach: Reach, wanted: Wanted, limit: int, offset: int = 0) -> list[Any]:
    """Accounts that fit, in official order of their primary post.

    Rows: id, uid, login, name, state, source, administrator, last_sign_in_at, created_at,
    disabled_reason, has_password, title, unit_id.
    """
    return list(
        _with_post()
        .where(_condition(reach, wanted))
        .order_by(
            fn.COALESCE(Unit.path, "~"),
            fn.COALESCE(Post.rank, 9999),
            Account.pinyin,
            Account.id,
        )
        .limit(limit)
        .offset(offset)
        .namedtuples()
    )


def _with_post() -> Any:
    """Accounts with the post that says where they belong: the primary one, else the first."""
    other = Post.alias()
    first = (
        other.select(other.id)
        .where((other.account == Account.id) & other.is_active)
        .order_by(other.is_primary.desc(), other.rank, other.id)
        .limit(1)
    )
    return (
        Account.select(
            Account.id,
            Account.uid,
            Account.login,
            Account.name,
            Account.state,
            Account.source,
            Account.administrator,
            Account.last_sign_in_at,
            Account.created_at,
            Account.disabled_reason,
            Account.password_hash.is_null(False).alias("has_password"),
            Post.title,
            Post.unit.alias("unit_id"),
        )
        .join(Post, JOIN.LEFT_OUTER, on=(Post.id == first))
        .join(Unit, JOIN.LEFT_OUTER)
    )


def _condition(reach: Reach, wanted: Wanted) -> Any:
    parts = [*_facts(wanted)]
    if not reach.is_everywhere:
        parts.append(_has_post_in(reach.units))
    if wanted.unit_ids is not None:
        parts.append(_has_post_in(wanted.unit_ids))
    condition = Account.id.is_null(False)
    for part in parts:
        condition &= part
    return condition


def _facts(wanted: Wanted) -> list[Any]:
    parts = []
    if words := folded_words(wanted.words):
        parts.append(_named(words))
    if wanted.state:
        parts.append(Account.state == wanted.state)
    if wanted.source:
        parts.append(Account.source == wanted.source)
    if wanted.kind == STAFF:
        parts.append(Account.administrator.is_null())
    elif wanted.kind:
        parts.append(Account.administrator == wanted.kind)
    if wanted.has_no_password:
        parts.append((Account.source == "local") & Account.password_hash.is_null())
    if wanted.unused_since is not None:
        parts.append((Account.state == "active") & (_last_used() < to_instant(wanted.unused_since)))
    return parts


def _last_used() -> Any:
    return fn.COALESCE(Account.last_sign_in_at, Account.created_at)


def _named(words: str) -> Any:
    found = Account.name.contains(words) | Account.login.contains(words)
    if words.isascii() and words.isalpha():
        found |= Account.initials.startswith(words)
        if len(words) >= SHORTEST_PINYIN:
            found |= fn.REPLACE(Account.pinyin, " ", "").startswith(words)
    number = words.replace("-", "")
    if number.isdigit() and len(number) >= SHORTEST_PINYIN:
        for column in (Account.phone, Account.mobile):
            found |= fn.REPLACE(column, "-", "").contains(number)
    return found


def _has_post_in(unit_ids: Collection[int]) -> Any:
    # Up to several hundred numbers of our own: as parameters they cost more than the query.
    units = SQL("({})".format(", ".join(map(str, sorted(unit_ids))) or "NULL"))
    return fn.EXISTS(
        Post.select(Post.id).where(
            (Post.account == Account.id) & Post.is_active & Post.unit.in_(units)
        )
    )
