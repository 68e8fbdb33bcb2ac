"""What rows were before a synchronisation wrote them, so that it can be taken back exactly."""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec
from peewee import ForeignKeyField

from openbureau.base.database import InstantField, to_instant
from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.models import Unit

ROWS_PER_READ = 500
MARK_DIGITS = 16

# The columns a synchronisation writes. What follows from them (paths) is computed again.
TRACKED: Mapping[str, tuple[Any, Sequence[str]]] = {
    "unit": (
        Unit,
        (
            "code",
            "name",
            "short_name",
            "is_name_assumed",
            "pinyin",
            "initials",
            "parent",
            "external_id",
            "directory",
            "is_active",
            "closed_at",
        ),
    ),
    "account": (
        Account,
        (
            "login",
            "name",
            "pinyin",
            "initials",
            "state",
            "directory_dn",
            "directory",
            "photo",
            "phone",
            "mobile",
            "mail",
            "room",
            "disabled_at",
            "disabled_reason",
            "archived_at",
            "administrator",
            "administrator_unit",
        ),
    ),
    "post": (Post, ("title", "rank", "is_primary", "is_active", "ends_on")),
    "role_grant": (RoleGrant, ("ended_at",)),
}


# What changes without anybody meaning the row.
_UNMARKED = frozenset({"directory_dn", "pinyin", "initials", "archived_at"})


class RowImage(msgspec.Struct, frozen=True):
    """The columns of a row that were changed: as they were, and as they were left. `mark` is
    the fingerprint of the whole row as it was left, empty in images of an earlier release."""

    id: int
    before: dict[str, Any]
    after: dict[str, Any]
    mark: str = ""


def mark(row: Mapping[str, Any]) -> str:
    """A short fingerprint of a row's tracked columns, 16 hexadecimal digits. Archiving a leaver
    is the end of the same road, not somebody's other decision."""
    told = {name: value for name, value in row.items() if name not in _UNMARKED}
    if told.get("state") == "archived":
        told["state"] = "disabled"
    text = msgspec.json.encode(told, order="deterministic")
    return hashlib.blake2b(text, digest_size=MARK_DIGITS // 2).hexdigest()


class Before(msgspec.Struct, frozen=True):
    """What a synchronisation changed and made, by table. `marks` are the fingerprints of the
    created rows in their order, as one text: each by itself would be four times the memory. An
    earlier release kept them as a list."""

    changed: dict[str, list[RowImage]]
    created: dict[str, list[int]]
    marks: dict[str, str | list[str]] = {}

    def created_marks(self, table: str) -> dict[int, str]:
        """The fingerprint of each created row of a table that has one."""
        kept = self.marks.get(table, "")
        if isinstance(kept, str):
            kept = [kept[at : at + MARK_DIGITS] for at in range(0, len(kept), MARK_DIGITS)]
        return dict(zip(self.created.get(table, ()), kept, strict=False))

    def encoded(self) -> str:
        """The canonical form that is stored."""
        return msgspec.json.encode(self, order="deterministic").decode()


def decoded_before(text: str) -> Before:
    """The stored form read again."""
    return msgspec.json.decode(text, type=Before)


class Recorder:
    """Looks at rows before they are written and again afterwards."""

    def __init__(self) -> None:
        self._before: dict[str, dict[int, dict[str, Any]]] = {table: {} for table in TRACKED}
        self._created: dict[str, list[int]] = {table: [] for table in TRACKED}

    def look(self, table: str, ids: Iterable[int]) -> None:
        """Remembers these rows as they are now."""
        self._before[table].update(row_values(table, ids))

    def note_created(self, table: str, ids: Collection[int]) -> None:
        """Remembers that these rows are new."""
        self._created[table] += ids

    def created(self, table: str) -> Sequence[int]:
        """The new rows of a table."""
        return self._created[table]

    def finished(self) -> Before:
        """What has changed since the rows were looked at. It is handed over: nothing is kept."""
        changed: dict[str, list[RowImage]] = {}
        for table, before in self._before.items():
            images = [
                RowImage(
                    row_id,
                    {name: before[row_id][name] for name in differing},
                    {name: after[name] for name in differing},
                    mark(after),
                )
                for row_id, after in row_values(table, before)
                if (differing := [n for n, value in after.items() if before[row_id][n] != value])
            ]
            changed[table] = images
        created = {table: sorted(self._created.pop(table)) for table in TRACKED}
        return Before(changed, created, {table: _marks(table, created[table]) for table in TRACKED})


def _marks(table: str, ids: Sequence[int]) -> str:
    return "".join(
        "".join(mark(row) for _, row in row_values(table, group)) for group in grouped(ids)
    )


def row_values(table: str, ids: Iterable[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Id and tracked columns of rows, in a form JSON keeps: instants as milliseconds, days as
    text, references as numbers."""
    model, names = TRACKED[table]
    fields = [getattr(model, name) for name in names]
    for group in grouped(sorted(ids)):
        rows: Any = model.select(model.id, *fields).where(model.id.in_(group)).order_by(model.id)
        for row_id, *values in rows.tuples():
            yield (
                row_id,
                {
                    name: _plain(field, value)
                    for name, field, value in zip(names, fields, values, strict=True)
                },
            )


def _plain(field: Any, value: Any) -> Any:
    if isinstance(field, InstantField) and isinstance(value, dt.datetime):
        return to_instant(value)
    if isinstance(field, ForeignKeyField) or value is None:
        return value
    return value.isoformat() if isinstance(value, dt.date) else value


def grouped(ids: Iterable[int]) -> Iterator[list[int]]:
    """Ids in portions one statement takes."""
    remaining = iter(ids)
    while group := list(islice(remaining, ROWS_PER_READ)):
        yield group
