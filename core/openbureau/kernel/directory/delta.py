"""Reading only what has changed since the last time.

Every identity is still looked at, with the time of its last change: whoever is gone is
missed at once, and a renamed unit moves its people although their entries do not change.
Units are read whole each time. What is not read again is taken to be as the database has
it; the nightly full reading is the truth.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from openbureau.base.database import to_instant
from openbureau.kernel.directory.client import (
    explained,
    identity_filter,
    pages,
    searcher,
)
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.deadline import Deadline, Fault
from openbureau.kernel.directory.decoding import identity, parent_dn, unit_above
from openbureau.kernel.directory.entrance import Entrance, KeepPhoto, later, modified_at
from openbureau.kernel.directory.groups import read_groups
from openbureau.kernel.directory.plan import AccountRow, Current
from openbureau.kernel.directory.snapshot import Incomplete, PersonEntry, PostEntry, Snapshot

# Beyond this, asking one by one is slower than reading everything.
MOST_FETCHED = 1000
IDS_PER_SEARCH = 100
OVERLAP_S = 2
OVERLAP_NUMBERS = 100
# After this time no entry can still get a mark as old as the newest one seen.
SETTLES_AFTER_MS = 4000

_TIME = "%Y%m%d%H%M%SZ"


class Mark(msgspec.Struct, frozen=True):
    """How far the reading of one server got, in the server's own counting. Times have whole
    seconds, so that until it `is_settled` the last two are looked at once more."""

    at: str
    is_settled: bool
    read_at: int


def marks(text: str) -> dict[str, Mark]:
    """The stored marks by server address."""
    return msgspec.json.decode(text, type=dict[str, Mark])


def advanced(text: str, url: str, at: str, now: dt.datetime) -> str:
    """The marks to store after a reading that got as far as `at`; the same text when there is
    nothing new to say."""
    known = marks(text)
    old = known.get(url)
    read_at = to_instant(now)
    is_settled = (
        old is not None
        and old.at == at
        and (old.is_settled or read_at - old.read_at >= SETTLES_AFTER_MS)
    )
    if old is not None and (old.at, old.is_settled) == (at, is_settled):
        return text
    known[url] = Mark(at, is_settled, read_at)
    return msgspec.json.encode(known, order="deterministic").decode()


def read_since(
    config: DirectoryConfig,
    high_water: str,
    current: Current,
    keep_photo: KeepPhoto | None = None,
) -> Snapshot | Incomplete | None:
    """All units and people, those that did not change as the database has them.

    None when only a full reading will do: the server was never read, its counting has gone
    back (another server, or one restored from a backup), or nearly everything has changed.
    """
    mark = marks(high_water).get(config.url)
    if mark is None or not mark.at:
        return None
    deadline = Deadline(config.deadline_s)
    try:
        return _Delta(config, mark, current, keep_photo, deadline).read()
    except Exception as fault:  # noqa: BLE001 - whatever a server or the library does, nothing may be written
        found = explained(fault, deadline)
        return Incomplete(found.reason, found.detail)


class _Delta:
    """One look at what has changed."""

    def __init__(
        self,
        config: DirectoryConfig,
        mark: Mark,
        current: Current,
        keep_photo: KeepPhoto | None,
        deadline: Deadline,
    ) -> None:
        self._config = config
        self._layout = config.layout
        self._mark = mark
        self._accounts: Mapping[str, AccountRow] = {
            row.external_id: row
            for row in current.accounts
            if row.external_id and current.is_own(row)
        }
        self._unit_entries = {row.id: row.external_id for row in current.units}
        self._entrance = Entrance(self._layout, keep_photo)
        self._photos = self._layout.photo if keep_photo is not None else ()
        self._deadline = deadline

    def read(self) -> Snapshot | None:
        """Raises Fault: the answer is not whole."""
        with self._deadline, searcher(self._config, self._deadline) as connection:
            swept, high_water = self._sweep(connection)
            if later(high_water, self._mark.at) != high_water:
                return None
            for dn, values in self._found(connection, self._layout.unit_filter):
                self._entrance.take(dn, values)
            units = set(self._entrance.names.values())
            wanted = [key for key, (dn, at) in swept.items() if self._is_wanted(key, at, units)]
            if len(wanted) > MOST_FETCHED:
                return None
            self._fetch(connection, wanted)
            snapshot = self._completed(swept, high_water)
            if self._config.reads_groups:
                snapshot = read_groups(connection, self._config, snapshot, self._deadline)
            _ = self._deadline.remaining_s
        return snapshot

    def _sweep(self, connection: Any) -> tuple[dict[str, tuple[str, str]], str]:
        """Name and last change of every entry by stable id, and the latest change of all."""
        swept: dict[str, tuple[str, str]] = {}
        high_water = ""
        asked = (self._layout.identity, self._layout.modified)
        for dn, values in self._found(connection, self._layout.search_filter, asked):
            external_id = identity(values, self._layout)
            if not external_id or external_id in swept:
                raise Fault("duplicate-identity" if external_id else "no-identity", dn)
            at = modified_at(values, self._layout)
            swept[external_id] = (dn, at)
            high_water = later(high_water, at)
        return swept, high_water

    def _found(self, connection: Any, wanted: str, asked: Sequence[str] = ()) -> Any:
        attributes = asked or (*self._layout.attributes, *self._photos)
        harmless = self._layout.harmless_referrals
        return pages(connection, self._config.base, wanted, attributes, self._deadline, harmless)

    def _is_wanted(self, external_id: str, at: str, units: Collection[str]) -> bool:
        """Whether a person's entry has to be read: it is new, has changed, or what is known
        of it does not say what the directory said last."""
        if external_id in units:
            return False
        row = self._accounts.get(external_id)
        if row is None or row.state != "active" or row.unit_id is None or self._is_fresh(at):
            return True
        return any(not self._unit_entries.get(post.unit_id) for post in row.more_posts)

    def _is_fresh(self, at: str) -> bool:
        if not at:
            return True
        limit = self._mark.at if self._mark.is_settled else _earlier(self._mark.at)
        is_later = later(at, limit) == at
        return is_later and (at != limit or not self._mark.is_settled)

    def _fetch(self, connection: Any, wanted: Sequence[str]) -> None:
        for start in range(0, len(wanted), IDS_PER_SEARCH):
            some = wanted[start : start + IDS_PER_SEARCH]
            for dn, values in self._found(connection, identity_filter(some, self._layout)):
                self._entrance.take(dn, values)

    def _completed(self, swept: Mapping[str, tuple[str, str]], high_water: str) -> Snapshot:
        read = self._entrance.snapshot()
        taken = {external_id: dn for dn, external_id in self._entrance.names.items()}
        for external_id, dn in taken.items():
            if swept.get(external_id, ("",))[0] != dn:
                raise Fault("changed-meanwhile", dn)
        kept = []
        for external_id, (dn, _) in swept.items():
            if external_id not in taken:
                row = self._accounts.get(external_id)
                if row is None:
                    raise Fault("changed-meanwhile", dn)
                kept.append(self._as_known(row, dn))
        return Snapshot(read.units, (*read.people, *kept), high_water=high_water)

    def _as_known(self, row: AccountRow, dn: str) -> PersonEntry:
        posts = tuple(
            PostEntry(
                None if post.unit_id == row.unit_id else self._unit_entries[post.unit_id],
                post.title,
            )
            for post in row.more_posts
        )
        return PersonEntry(
            external_id=row.external_id or "",
            dn=dn,
            unit=unit_above(parent_dn(dn), self._entrance.places),
            login=row.login,
            name=row.name,
            title=row.title,
            phone=row.phone,
            mobile=row.mobile,
            mail=row.mail,
            room=row.room,
            posts=posts,
        )


def _earlier(mark: str) -> str:
    """A mark a little before; empty, which is before everything, when it is no mark at all."""
    if mark.isdigit():
        return str(max(int(mark) - OVERLAP_NUMBERS, 0))
    try:
        at = dt.datetime.strptime(mark, _TIME).replace(tzinfo=dt.UTC)
    except ValueError:
        return ""
    return (at - dt.timedelta(seconds=OVERLAP_S)).strftime(_TIME)
