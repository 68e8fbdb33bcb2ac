"""Asking the search index. Visibility is part of the query, so totals are exact."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, SQL

from openbureau.base.context import NOWHERE, Context
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.search.core_records import ACCOUNT, UNIT
from openbureau.kernel.search.matching import Question, among, newest, taken_part, total
from openbureau.kernel.search.models import SearchEntry
from openbureau.kernel.search.places import NOBODY, everywhere, months, seen_from, units
from openbureau.kernel.search.tokens import marked, phrases
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


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a search is restricted to: access units, and months (by any day in them)."""

    unit_ids: frozenset[int] | None = None
    days: tuple[dt.date, ...] = ()

    @property
    def tokens(self) -> list[list[str]]:
        """Of each list a record must have one."""
        found = [] if self.unit_ids is None else [units(self.unit_ids) or [NOBODY]]
        return [*found, months(self.days)] if self.days else found


ANYWHERE = Narrowing()


def search(
    ctx: Context,
    words: str,
    realm: str,
    permission: str = "",
    *,
    narrowed: Narrowing = ANYWHERE,
    limit: int = 50,
) -> Found:
    """Records of a realm holding all the words that this person may see: those with the words
    in their title first, then the latest touched.

    Seen is what is open to all staff, what lies within the reach of `permission`, and what
    the person takes part in. The number of all is exact.
    """
    wanted = phrases(words)
    if not wanted:
        return NOTHING
    reach = ctx.reach.get(permission, NOWHERE)
    question = Question(wanted, seen_from(realm, reach), narrowed.tokens)
    count = total(question)
    titled = newest(question, limit, is_in_title=True) if count else []
    found = [(entry_id, True) for entry_id in titled]
    if len(titled) < min(count, limit):
        rest = newest(question, limit - len(titled), is_in_title=False)
        found += [(entry_id, False) for entry_id in rest]
    if ctx.holders and not reach.is_everywhere:
        others = taken_part(question, realm, ctx.holders)
        count += len(others)
        found = sorted((*found, *others), key=lambda hit: (not hit[1], -hit[0]))[:limit]
    return Found(tuple(_hits([entry_id for entry_id, _ in found], words)), count)


def records_with(realm: str, words: str) -> Any:
    """A query of the ids of a realm's records that hold all the words; of none where the
    words hold nothing that can be searched."""
    entry = SearchEntry.alias("e")
    ids = entry.select(entry.record_id).where(entry.realm == realm)
    wanted = phrases(words)
    if not wanted:
        return ids.where(entry.id.is_null())
    return ids.where(SQL(*among(Question(wanted, [everywhere(realm)]))))


def _hits(ids: Sequence[int], words: str) -> Iterator[Hit]:
    rows = {row.id: row for row in _entries(ids)} if ids else {}
    return (_hit(rows[entry_id], words) for entry_id in ids)


def _entries(ids: Sequence[int]) -> Any:
    return (
        SearchEntry.select(
            SearchEntry.id,
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
        )
        .join(Unit, JOIN.LEFT_OUTER)
        .switch(SearchEntry)
        .join(
            Account,
            JOIN.LEFT_OUTER,
            on=((SearchEntry.realm == ACCOUNT) & (Account.id == SearchEntry.record_id)),
        )
        .where(SearchEntry.id.in_(ids))
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
