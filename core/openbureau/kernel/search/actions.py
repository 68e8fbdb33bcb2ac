"""Writes of the search index. The caller holds the transaction."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from openbureau.base.database import db, is_postgresql
from openbureau.kernel.search.models import SearchEntry
from openbureau.kernel.search.tokens import beginnings, characters, stream

SUMMARY_LENGTH = 1000
_CHUNK_ROWS = 300


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
    remaining = iter(entries)
    written = 0
    while chunk := list(islice(remaining, _CHUNK_ROWS)):
        _write_entries(chunk)
        _write_tokens(chunk)
        written += len(chunk)
    return written


def _write_entries(entries: Sequence[Entry]) -> None:
    SearchEntry.insert_many([_columns(entry) for entry in entries]).on_conflict(
        conflict_target=[SearchEntry.realm, SearchEntry.record_id],
        preserve=[
            SearchEntry.plugin,
            SearchEntry.unit,
            SearchEntry.title,
            SearchEntry.summary,
            SearchEntry.is_open,
            SearchEntry.at,
        ],
    ).execute()


def _columns(entry: Entry) -> dict[str, Any]:
    return {
        "realm": entry.realm,
        "record_id": entry.record_id,
        "plugin": entry.plugin,
        "unit": entry.unit_id,
        "title": entry.title[:300],
        "summary": entry.summary[:SUMMARY_LENGTH],
        "is_open": entry.is_open,
        "at": entry.at,
    }


def _write_tokens(entries: Sequence[Entry]) -> None:
    ids = _ids(entries)
    for entry in entries:
        entry_id = ids[entry.realm, entry.record_id]
        text = "\n".join((entry.title, entry.summary, entry.body))
        tokens = [*stream(text), *sorted(beginnings(entry.extra_tokens))]
        if is_postgresql():
            # The order stays: phrases are rechecked in it. Lone characters come last.
            tokens += sorted(characters(text))
            db.execute_sql("UPDATE search_entry SET tokens = %s WHERE id = %s", (tokens, entry_id))
        else:
            db.execute_sql("DELETE FROM search_token WHERE rowid = ?", (entry_id,))
            db.execute_sql(
                "INSERT INTO search_token (rowid, tokens) VALUES (?, ?)",
                (entry_id, " ".join(tokens)),
            )


def _ids(entries: Sequence[Entry]) -> dict[tuple[str, int], int]:
    by_realm = defaultdict(list)
    for entry in entries:
        by_realm[entry.realm].append(entry.record_id)
    return {
        (row.realm, row.record_id): row.id
        for realm, record_ids in by_realm.items()
        for row in SearchEntry.select(
            SearchEntry.id, SearchEntry.realm, SearchEntry.record_id
        ).where((SearchEntry.realm == realm) & SearchEntry.record_id.in_(record_ids))
    }


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
