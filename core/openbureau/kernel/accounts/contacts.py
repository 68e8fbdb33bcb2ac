"""The address list (通讯录): staff by post, in official order. Asks no directory server."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from peewee import fn

from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.people import SHORTEST_NUMBER, SHORTEST_PINYIN, folded_words


def totals_by_unit(unit_ids: Collection[int], today: dt.date) -> dict[int, int]:
    """How many posts are listed in each of these units; units without any are absent."""
    rows: Any = (
        Post.select(Post.unit.alias("unit_id"), fn.COUNT(Post.id).alias("total"))
        .join(Account)
        .where(_listed(today) & Post.unit.in_(list(unit_ids)))
        .group_by(Post.unit)
        .tuples()
    )
    return dict(rows)


def contacts_in(unit_ids: Sequence[int], today: dt.date) -> list[Any]:
    """Everybody listed in these units, unit by unit in the given order, inside a unit by rank.

    Rows: uid, name, phone, mobile, mail, room, photo, title, nature, unit_id.
    """
    places = {unit_id: place for place, unit_id in enumerate(unit_ids)}
    rows = list(_contacts(_listed(today) & Post.unit.in_(list(unit_ids))))
    return sorted(rows, key=lambda row: places[row.unit_id])


def contacts_found(words: str, today: dt.date, places: Sequence[int]) -> list[Any]:
    """Everybody whose name, sound, login, telephone, room or title fits, as rows of
    `contacts_in`; exact names first, then units in the order of `places`."""
    wanted = folded_words(words)
    if not wanted:
        return []
    order = {unit_id: place for place, unit_id in enumerate(places)}
    rows = list(_contacts(_listed(today) & _fits(wanted)))
    last = len(order)
    return sorted(rows, key=lambda row: (row.name != wanted, order.get(row.unit_id, last)))


def contact_of(account_id: int, today: dt.date) -> Any:
    """One person by their first listed post, as a row of `contacts_in`; None: not listed."""
    query = _contacts(_listed(today) & (Account.id == account_id), Post.is_primary.desc())
    return query.first()


def _listed(today: dt.date) -> Any:
    return (
        (Account.state == "active")
        & Account.administrator.is_null()
        & Post.is_active
        & (Post.starts_on.is_null() | (Post.starts_on <= today))
        & (Post.ends_on.is_null() | (Post.ends_on >= today))
    )


def _contacts(condition: Any, *first: Any) -> Any:
    return (
        Post.select(
            Account.uid,
            Account.name,
            Account.phone,
            Account.mobile,
            Account.mail,
            Account.room,
            Account.photo,
            Post.title,
            Post.nature,
            Post.unit.alias("unit_id"),
        )
        .join(Account)
        .where(condition)
        .order_by(*first, Post.rank, Account.pinyin, Post.id)
        .namedtuples()
    )


def _fits(wanted: str) -> Any:
    """What the words may mean: letters a sound, digits a telephone number or a room."""
    condition = Account.name.contains(wanted) | (Account.login == wanted)
    condition |= Post.title.contains(wanted) | (fn.LOWER(Account.room) == wanted)
    if wanted.isascii() and wanted.isalpha():
        condition |= Account.initials.startswith(wanted)
        if len(wanted) >= SHORTEST_PINYIN:
            condition |= fn.REPLACE(Account.pinyin, " ", "").startswith(wanted)
    number = wanted.replace("-", "")
    if number.isascii() and number.isdigit() and len(number) >= SHORTEST_NUMBER:
        for column in (Account.phone, Account.mobile):
            digits = fn.REPLACE(fn.REPLACE(column, "-", ""), " ", "")
            condition |= digits.contains(number)
        condition |= Account.room.contains(number)
    return condition
