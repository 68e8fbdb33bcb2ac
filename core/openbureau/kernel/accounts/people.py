"""Finding people to choose: by name, sound, telephone or login; active staff only."""

import unicodedata
from collections.abc import Collection
from typing import Any

from peewee import fn

from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.models import Unit

SHORTEST_NUMBER = 3
SHORTEST_PINYIN = 3


def people_found(words: str, *, near: int | None = None, limit: int = 30) -> list[Any]:
    """People whose name, initials, pinyin, login or telephone fits; exact names first, then
    those of the access unit `near`, then official order.

    Rows: uid, name, login, phone, mobile, title, unit_id; each person once.
    """
    wanted = folded_words(words)
    if not wanted:
        return []
    condition = Account.name.contains(wanted) | (Account.login == wanted)
    if wanted.isascii() and wanted.isalpha():
        condition |= Account.initials.startswith(wanted)
        if len(wanted) >= SHORTEST_PINYIN:
            condition |= fn.REPLACE(Account.pinyin, " ", "").startswith(wanted)
    number = wanted.replace("-", "")
    if number.isdigit() and len(number) >= SHORTEST_NUMBER:
        for column in (Account.phone, Account.mobile):
            condition |= fn.REPLACE(column, "-", "").contains(number)
    order = [(Account.name == wanted).desc(), (Account.initials == wanted).desc()]
    if near is not None:
        order.append((Unit.access_unit == near).desc())
    return _once(_people(condition).order_by(*order, *_OFFICIAL).limit(limit * 2))[:limit]


def people_by_uid(uids: Collection[str]) -> dict[str, Any]:
    """Active staff of these uids, as rows of `people_found`."""
    if not uids:
        return {}
    rows = _once(_people(Account.uid.in_(list(uids))).order_by(*_OFFICIAL))
    return {row.uid: row for row in rows}


def people_in(unit_id: int) -> list[Any]:
    """Active staff with a post in this very unit or section, in official order."""
    return _once(_people(Post.unit == unit_id).order_by(Post.rank, Account.pinyin, Post.id))


def titles_found(
    unit_ids: Collection[int] | None = None, words: str = "", limit: int = 200
) -> list[Any]:
    """Titles of active posts, with how many people hold each: in these units, if any are
    given, and containing the words. Rows: unit_id, title, total."""
    condition = _IS_STAFF & (Post.title != "")
    if unit_ids is not None:
        condition &= Post.unit.in_(list(unit_ids))
    if words:
        condition &= Post.title.contains(words)
    query: Any = (
        Post.select(
            Post.unit.alias("unit_id"),
            Post.title,
            fn.COUNT(Post.account.distinct()).alias("total"),
        )
        .join(Account)
        .where(condition)
        .group_by(Post.unit, Post.title)
        .order_by(Post.unit, fn.MIN(Post.rank), Post.title)
        .limit(limit)
    )
    return list(query.namedtuples())


def folded_words(words: str) -> str:
    """Words without blanks, half-width and in lower case."""
    return "".join(unicodedata.normalize("NFKC", words).casefold().split())


_IS_STAFF = (Account.state == "active") & Account.administrator.is_null() & Post.is_active
_OFFICIAL = (Unit.depth, Unit.position, Unit.code, Post.is_primary.desc(), Post.rank, Post.id)


def _people(condition: Any) -> Any:
    return (
        Account.select(
            Account.uid,
            Account.name,
            Account.login,
            Account.phone,
            Account.mobile,
            Post.title,
            Post.unit.alias("unit_id"),
        )
        .join(Post)
        .join(Unit)
        .where(_IS_STAFF & condition)
    )


def _once(query: Any) -> list[Any]:
    found: dict[str, Any] = {}
    for row in query.namedtuples():
        found.setdefault(row.uid, row)
    return list(found.values())
