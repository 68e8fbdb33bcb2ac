"""Asking the search index. Visibility is part of the query, so totals are exact."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, SQL, Expression, fn

from openbureau.base.database import is_postgresql
from openbureau.kernel.access.models import Participant
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.search.core_records import ACCOUNT, UNIT
from openbureau.kernel.search.models import SearchEntry
from openbureau.kernel.search.tokens import Phrase, folded, marked, phrases
from openbureau.kernel.units.models import Unit

SNIPPET_LENGTH = 120
_BEFORE_HIT = 30


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found.

    The parts are pieces of title and summary, each with whether it was asked for. `key` is
    a unit's code or a person's uid for the core's own records, else empty.
    """

    realm: str
    record_id: int
    key: str
    plugin: str
    title: str
    title_parts: Sequence[tuple[str, bool]]
    summary: str
    summary_parts: Sequence[tuple[str, bool]]
    unit_id: int | None
    unit_name: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The first hits and the exact number of all."""

    hits: tuple[Hit, ...]
    total: int


NOTHING = Found((), 0)


def search(
    words: str,
    *,
    holders: Sequence[str],
    plugins: Collection[str],
    unit_ids: Collection[int] = (),
    is_everywhere: bool = False,
    realms: Collection[str] = (),
    limit: int = 50,
) -> Found:
    """Records holding all the words that this person may see: titles first, then the newest.

    `holders` are the names under which the person takes part in records; `unit_ids` the
    access units whose records the person reads, `is_everywhere` all of them. Only records
    of the given plugins (and realms, if any) are looked at.
    """
    wanted = phrases(words)
    if not wanted or not plugins:
        return NOTHING
    condition = (
        _holds(wanted)
        & SearchEntry.plugin.in_(sorted(plugins))
        & _visible(holders, unit_ids, is_everywhere=is_everywhere)
    )
    if realms:
        condition &= SearchEntry.realm.in_(sorted(realms))
    rows = list(_page(condition, words, limit))
    if not rows:
        return NOTHING
    return Found(tuple(_hit(row, words) for row in rows), rows[0].total)


def records_with(realm: str, words: str) -> Any:
    """A query of the ids of a realm's records that hold all the words; of none where the
    words hold nothing that can be searched."""
    wanted = phrases(words)
    ids = SearchEntry.select(SearchEntry.record_id).where(SearchEntry.realm == realm)
    return ids.where(_holds(wanted) if wanted else SearchEntry.id.is_null())


def _holds(wanted: Sequence[Phrase]) -> Any:
    if not is_postgresql():
        match = " AND ".join(
            f'"{phrase.tokens[0]}"*' if phrase.is_single else f'"{" ".join(phrase.tokens)}"'
            for phrase in wanted
        )
        found = SQL("(SELECT rowid FROM search_token WHERE search_token MATCH ?)", [match])
        return SearchEntry.id.in_(found)
    tokens = sorted({token for phrase in wanted for token in phrase.tokens})
    condition = Expression(SQL("tokens"), "@>", SQL("%s::text[]", [tokens]))
    for phrase in wanted:
        if len(phrase.tokens) > 1:
            # The index knows which tokens are there, not that they are neighbours.
            spaced = f"% {' '.join(phrase.tokens)} %"
            condition &= SQL("' ' || array_to_string(tokens, ' ') || ' ' LIKE %s", [spaced])
    return condition


def _visible(holders: Sequence[str], unit_ids: Collection[int], *, is_everywhere: bool) -> Any:
    if is_everywhere:
        return SearchEntry.id.is_null(is_null=False)
    takes_part = fn.EXISTS(
        Participant.select(SQL("1")).where(
            (Participant.realm == SearchEntry.realm)
            & (Participant.record_id == SearchEntry.record_id)
            & Participant.holder.in_(list(holders))
        )
    )
    in_reach = SearchEntry.unit.in_(
        Unit.select(Unit.id).where(Unit.access_unit.in_(sorted(unit_ids)))
    )
    return SearchEntry.is_open | takes_part | in_reach


def _page(condition: Any, words: str, limit: int) -> Any:
    # Only ids are counted and sorted; titles and names are read for the few rows shown.
    is_in_title = SearchEntry.title.contains(folded(words).strip())
    first = (
        SearchEntry.select(
            SearchEntry.id,
            fn.COUNT(SearchEntry.id).over().alias("total"),
            is_in_title.alias("rank"),
        )
        .where(condition)
        .order_by(SQL("rank").desc(), SearchEntry.at.desc(), SearchEntry.id)
        .limit(limit)
        .alias("first")
    )
    return (
        SearchEntry.select(
            SearchEntry.realm,
            SearchEntry.record_id,
            SearchEntry.plugin,
            SearchEntry.title,
            SearchEntry.summary,
            SearchEntry.unit.alias("unit_id"),
            SearchEntry.at,
            Unit.short_name.alias("unit_name"),
            Unit.code.alias("unit_code"),
            Account.uid.alias("account_uid"),
            first.c.total,
        )
        .join(first, on=(first.c.id == SearchEntry.id))
        .switch(SearchEntry)
        .join(Unit, JOIN.LEFT_OUTER)
        .switch(SearchEntry)
        .join(
            Account,
            JOIN.LEFT_OUTER,
            on=((SearchEntry.realm == ACCOUNT) & (Account.id == SearchEntry.record_id)),
        )
        .order_by(first.c.rank.desc(), SearchEntry.at.desc(), SearchEntry.id)
        .namedtuples()
    )


def _hit(row: Any, words: str) -> Hit:
    return Hit(
        realm=row.realm,
        record_id=row.record_id,
        key={UNIT: row.unit_code, ACCOUNT: row.account_uid}.get(row.realm) or "",
        plugin=row.plugin,
        title=row.title,
        title_parts=marked(row.title, words),
        summary=row.summary,
        summary_parts=_snippet(marked(row.summary, words)),
        unit_id=row.unit_id,
        unit_name=row.unit_name or "",
        at=row.at,
    )


def _snippet(pieces: Sequence[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """The pieces around the first hit, about as long as one or two lines."""
    lead = ""
    if pieces and not pieces[0][1] and len(pieces) > 1 and len(pieces[0][0]) > _BEFORE_HIT:
        lead = "…" + pieces[0][0][-_BEFORE_HIT:]
        pieces = pieces[1:]
    shown: list[tuple[str, bool]] = [(lead, False)] if lead else []
    left = SNIPPET_LENGTH - len(lead)
    for text, is_hit in pieces:
        if left <= 0:
            break
        shown.append((text if len(text) <= left else text[:left] + "…", is_hit))
        left -= len(text)
    return shown
