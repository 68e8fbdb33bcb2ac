"""Building the index of one kind of record anew, as a job: what is found never disappears
meanwhile, and a job that was cut off simply begins again."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import fn

from openbureau.base.database import reading, writing
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.jobs.dispatch import Handler, JobContext
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.search.actions import Findable, index_records, unindex_record
from openbureau.kernel.search.core_records import ACCOUNT, UNIT, index_people, index_units
from openbureau.kernel.search.models import SearchEntry

KIND = "core.build_index"
AT_ONCE = 500
# The next entries by the ids of their records, and at most how many.
Reader = Callable[[int, int], Sequence[Findable]]


@dataclass(frozen=True, slots=True)
class Built:
    """What was done to one kind of record."""

    written: int
    removed: int


def build_index(
    realm: str, read: Reader, advance: Callable[[int, int], None] = lambda done, total: None
) -> Built:
    """Writes every entry of a realm anew and removes those whose record is gone."""
    after, written, removed = 0, 0, 0
    with reading():
        expected = _total(realm)
    while True:
        with writing():
            entries = read(after, AT_ONCE)
            last = entries[-1].record_id if entries else None
            removed += _remove_between(realm, after, last, {e.record_id for e in entries})
            written += index_records(entries)
        if last is None:
            return Built(written, removed)
        after = last
        advance(written, max(written, expected))


def _remove_between(realm: str, after: int, last: int | None, kept: Collection[int]) -> int:
    query: Any = SearchEntry.select(SearchEntry.record_id).where(
        (SearchEntry.realm == realm) & (SearchEntry.record_id > after)
    )
    if last is not None:
        query = query.where(SearchEntry.record_id <= last)
    gone = [record_id for (record_id,) in query.tuples() if record_id not in kept]
    for record_id in gone:
        unindex_record(realm, record_id)
    return len(gone)


def build_core_index(realm: str, now: dt.datetime) -> Built:
    """The same for units or people."""
    with writing():
        return Built(index_units(now) if realm == UNIT else index_people(), 0)


def ask_building(realm: str, account_id: int | None, now: dt.datetime) -> int:
    """Asks for the index of a realm to be built; the job's id. Asked again before it began,
    it is the same job. The caller holds the transaction."""
    record_audit(action=KIND, at=now, account_id=account_id, realm=realm)
    waiting = Job.get_or_none(
        (Job.kind == KIND) & (Job.lane == _lane(realm)) & (Job.state == "ready")
    )
    if waiting is not None:
        return int(waiting.id)
    return enqueue(KIND, {"realm": realm}, now=now, lane=_lane(realm))


def building_handler(readers: Mapping[str, Reader]) -> Handler:
    """The handler of building jobs, with what reads the records of each realm."""

    def handle(context: JobContext) -> None:
        realm = str(context.payload["realm"])
        if realm in (UNIT, ACCOUNT):
            build_core_index(realm, context.now)
        else:
            build_index(realm, readers[realm], context.advance)
        with writing():
            context.complete()

    return handle


def last_building(realm: str) -> Any:
    """The latest job that builds the index of a realm, or None."""
    jobs = Job.select().where((Job.kind == KIND) & (Job.lane == _lane(realm)))
    return jobs.order_by(Job.id.desc()).first()


def entry_totals() -> dict[str, int]:
    """How many entries each realm has."""
    counted: Any = SearchEntry.select(SearchEntry.realm, fn.COUNT(SearchEntry.id))
    return dict(counted.group_by(SearchEntry.realm).tuples())


def _total(realm: str) -> int:
    return int(SearchEntry.select().where(SearchEntry.realm == realm).count())


def _lane(realm: str) -> str:
    return f"index {realm}"
