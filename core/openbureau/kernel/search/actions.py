"""Writes of the search index. The caller holds the transaction."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from peewee import Query

from openbureau.base.database import db, is_postgresql, param, statement, to_instant
from openbureau.kernel.search.models import SearchEntry
from openbureau.kernel.search.places import places
from openbureau.kernel.search.tokens import TITLE, beginnings, characters, stream
from openbureau.kernel.units.models import Unit

SUMMARY_LENGTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Findable:
    """What is findable about one record.

    `body` is searched but not kept; `extra_tokens` are pinyin, initials and codes that are
    found by their beginnings. An `is_open` entry is seen by all staff; any other by the
    reach of its unit and by participants of the record.
    """

    realm: str
    record_id: int
    plugin: str
    title: str
    at: dt.datetime
    summary: str = ""
    body: str = ""
    unit_id: int | None = None
    is_open: bool = False
    extra_tokens: Sequence[str] = ()


def index_record(entry: Findable) -> None:
    """Makes one record findable, replacing what was known of it."""
    unindex_record(entry.realm, entry.record_id)
    made = _insertion().row(
        realm=entry.realm,
        record_id=entry.record_id,
        plugin=entry.plugin,
        unit=entry.unit_id,
        title=entry.title[:300],
        summary=entry.summary[:SUMMARY_LENGTH],
        is_open=entry.is_open,
        at=to_instant(entry.at),
    )
    _write_tokens(entry, made[0], places(entry.realm, made[1], entry.at, is_open=entry.is_open))


def index_records(entries: Iterable[Findable]) -> int:
    """Like `index_record` for many; the number of entries written."""
    written = 0
    for entry in entries:
        index_record(entry)
        written += 1
    return written


@statement
def _removal() -> Query:
    return (
        SearchEntry.delete()
        .where((SearchEntry.realm == param("realm")) & (SearchEntry.record_id == param("record")))
        .returning(SearchEntry.id)
    )


@statement
def _insertion() -> Query:
    # The later written, the higher the id: the newest are read off the index in order.
    columns = ("realm", "record_id", "plugin", "unit", "title", "summary", "is_open", "at")
    access_unit = Unit.select(Unit.access_unit).where(Unit.id == SearchEntry.unit)
    return SearchEntry.insert({name: param(name) for name in columns}).returning(
        SearchEntry.id, access_unit
    )


def _write_tokens(entry: Findable, entry_id: int, seen_from: Sequence[str]) -> None:
    title, text = stream(entry.title), f"{entry.summary}\n{entry.body}"
    tokens = [*stream(text), *sorted(beginnings(entry.extra_tokens))]
    if is_postgresql():
        # The order stays: phrases are rechecked in it. Lone characters come last.
        alone = sorted(characters(entry.title))
        titled = [TITLE + token for token in (*title, *alone)]
        every = [*title, *tokens, *sorted({*alone, *characters(text)}), *titled, *seen_from]
        db.execute_sql("UPDATE search_entry SET tokens = %s WHERE id = %s", (every, entry_id))
    else:
        db.execute_sql(
            "INSERT INTO search_token (rowid, title, tokens, places) VALUES (?, ?, ?, ?)",
            (entry_id, " ".join(title), " ".join(tokens), " ".join(seen_from)),
        )


def unindex_record(realm: str, record_id: int) -> None:
    """Makes a record unfindable; nothing happens when it was not findable."""
    entry_id = _removal().value(realm=realm, record=record_id)
    if entry_id is not None and not is_postgresql():
        db.execute_sql("DELETE FROM search_token WHERE rowid = ?", (entry_id,))
