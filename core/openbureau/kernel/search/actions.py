"""Writes of the search index. The caller holds the transaction."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from peewee import Query

from openbureau.base.database import Statement, db, is_postgresql, param, statement, to_instant
from openbureau.kernel.search.models import SearchEntry
from openbureau.kernel.search.tokens import beginnings, characters, stream

SUMMARY_LENGTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
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


def index_record(
    realm: str,
    record_id: int,
    *,
    plugin: str,
    title: str,
    at: dt.datetime,
    summary: str = "",
    body: str = "",
    unit_id: int | None = None,
    is_open: bool = False,
    extra_tokens: Sequence[str] = (),
) -> None:
    """Makes one record findable, replacing what was known of it. See `Entry`."""
    index_records(
        [
            Entry(
                realm=realm,
                record_id=record_id,
                plugin=plugin,
                title=title,
                at=at,
                summary=summary,
                body=body,
                unit_id=unit_id,
                is_open=is_open,
                extra_tokens=extra_tokens,
            )
        ]
    )


def index_records(entries: Iterable[Entry]) -> int:
    """Like `index_record` for many; the number of entries written."""
    written = 0
    for entry in entries:
        _write_tokens(entry, _write_entry(entry))
        written += 1
    return written


_KEPT = ("plugin", "unit", "title", "summary", "is_open", "at")


@statement
def _writing() -> Query:
    columns = ("realm", "record_id", *_KEPT)
    return (
        SearchEntry.insert({name: param(name) for name in columns})
        .on_conflict(
            conflict_target=[SearchEntry.realm, SearchEntry.record_id],
            preserve=[getattr(SearchEntry, name) for name in _KEPT],
        )
        .returning(SearchEntry.id)
    )


def _write_entry(entry: Entry) -> int:
    """Writes what the index shows of a record; the entry's id."""
    written: Statement = _writing()
    return int(
        written.value(
            realm=entry.realm,
            record_id=entry.record_id,
            plugin=entry.plugin,
            unit=entry.unit_id,
            title=entry.title[:300],
            summary=entry.summary[:SUMMARY_LENGTH],
            is_open=entry.is_open,
            at=to_instant(entry.at),
        )
    )


def _write_tokens(entry: Entry, entry_id: int) -> None:
    text = "\n".join((entry.title, entry.summary, entry.body))
    tokens = [*stream(text), *sorted(beginnings(entry.extra_tokens))]
    if is_postgresql():
        # The order stays: phrases are rechecked in it. Lone characters come last.
        tokens += sorted(characters(text))
        db.execute_sql("UPDATE search_entry SET tokens = %s WHERE id = %s", (tokens, entry_id))
    else:
        db.execute_sql("DELETE FROM search_token WHERE rowid = ?", (entry_id,))
        db.execute_sql(
            "INSERT INTO search_token (rowid, tokens) VALUES (?, ?)", (entry_id, " ".join(tokens))
        )


def unindex_record(realm: str, record_id: int) -> None:
    """Makes a record unfindable; nothing happens when it was not findable."""
    entry = SearchEntry.get_or_none(
        (SearchEntry.realm == realm) & (SearchEntry.record_id == record_id)
    )
    if entry is None:
        return
    if not is_postgresql():
        db.execute_sql("DELETE FROM search_token WHERE rowid = ?", (entry.id,))
    entry.delete_instance()
