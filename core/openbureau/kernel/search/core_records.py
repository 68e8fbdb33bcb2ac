"""Units and people in the search index: open to all staff, found by name and by sound."""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.search.actions import Findable, index_records, unindex_record
from openbureau.kernel.units.models import Unit

PLUGIN = "core"
UNIT = "core/unit"
ACCOUNT = "core/account"


def index_units(now: dt.datetime, ids: Collection[int] | None = None) -> int:
    """Makes these units, or all, findable; closed ones no longer. The number findable."""
    # What is written last is found first: the higher units.
    query = Unit.select().order_by(Unit.code.desc())
    units = list(query if ids is None else query.where(Unit.id.in_(list(ids))))
    for unit in units:
        if not unit.is_active:
            unindex_record(UNIT, unit.id)
    return index_records(_unit_entry(unit, now) for unit in units if unit.is_active)


def _unit_entry(unit: Any, now: dt.datetime) -> Findable:
    return Findable(
        realm=UNIT,
        record_id=unit.id,
        plugin=PLUGIN,
        title=unit.name,
        at=now,
        summary=unit.short_name if unit.short_name != unit.name else "",
        body=unit.code,
        unit_id=unit.id,
        is_open=True,
        extra_tokens=(unit.pinyin, unit.initials, unit.code),
    )


def index_people(ids: Collection[int] | None = None) -> int:
    """Makes these accounts, or all, findable; those not active no longer. The number findable."""
    query = Account.select()
    accounts = list(query if ids is None else query.where(Account.id.in_(list(ids))))
    for account in accounts:
        if account.state != "active":
            unindex_record(ACCOUNT, account.id)
    active = [account for account in accounts if account.state == "active"]
    return index_records(_person_entries(active, None if ids is None else [a.id for a in active]))


def _person_entries(accounts: Collection[Any], ids: Collection[int] | None) -> Iterator[Findable]:
    posts = _posts(ids)
    for account in accounts:
        held = posts.get(account.id, [])
        yield Findable(
            realm=ACCOUNT,
            record_id=account.id,
            plugin=PLUGIN,
            title=account.name,
            at=account.created_at,
            summary="；".join(f"{unit} {title}".strip() for _, unit, title in held),
            body=" ".join((account.login, account.phone, account.mobile, account.room)),
            unit_id=held[0][0] if held else None,
            is_open=True,
            extra_tokens=(account.pinyin, account.initials, account.login),
        )


def _posts(ids: Collection[int] | None) -> dict[int, list[tuple[int, str, str]]]:
    """Unit id, unit name and title of each account's active posts, the primary one first."""
    query: Any = (
        Post.select(Post.account, Post.unit, Unit.short_name, Post.title)
        .join(Unit)
        .where(Post.is_active)
        .order_by(Post.is_primary.desc(), Post.rank, Post.id)
    )
    if ids is not None:
        query = query.where(Post.account.in_(list(ids)))
    held: dict[int, list[tuple[int, str, str]]] = {}
    for row in query.tuples():
        held.setdefault(row[0], []).append(row[1:])
    return held
