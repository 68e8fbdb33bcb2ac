"""Where a trail can be read from: the open database, a copied file, an exported trail.

Every source gives the same: chunks of sealed records in the order of their seals with the
checkpoints taken among them, then what is left over.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from openbureau.base.database import db, is_postgresql, reading
from openbureau.kernel.audit.chain import Checkpoint

# On PostgreSQL a transaction may commit after others that began later: its records
# have lower ids than some already sealed. SQLite writes one transaction at a time.
LATE_RECORDS = 1000

_SEALED = (
    "SELECT s.id, s.record_id, s.digest, r.id, r.at, r.account_id, r.post_id, r.unit_id, "
    "r.action, r.realm, r.record_id, r.outcome, r.detail, r.request_id, r.address "
    "FROM audit_seal s LEFT JOIN audit_record r ON r.id = s.record_id "
    "WHERE s.id > {param} ORDER BY s.id LIMIT 10000"
)
_CHECKPOINTS = (
    "SELECT seal_id, digest, at, signature FROM audit_checkpoint "
    "WHERE seal_id > {param} AND seal_id <= {param} ORDER BY seal_id, id"
)
_BEYOND = (
    "SELECT seal_id, digest, at, signature FROM audit_checkpoint "
    "WHERE (seal_id > {param} OR seal_id <= 0) AND id <= {param} ORDER BY seal_id, id"
)
_NEWEST = "SELECT COALESCE(MAX(id), 0) FROM audit_checkpoint"
_UNSEALED = (
    "SELECT COUNT(r.id), MIN(r.id) FROM audit_record r "
    "LEFT JOIN audit_seal s ON s.record_id = r.id WHERE s.id IS NULL"
)


_INTEGRITY = "PRAGMA integrity_check({table})"
_TABLES = ("audit_record", "audit_seal", "audit_checkpoint")
_BY_HEAP = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")


class DamagedTrailError(Exception):
    """The file cannot be read to its end, or was changed after it was written.

    `after_id` is the last record that could be read.
    """

    def __init__(self, after_id: int = 0) -> None:
        super().__init__("damaged trail")
        self.after_id = after_id


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some sealed records: (seal id, record id, digest, the record's columns or None …), and
    the checkpoints of seals among them."""

    rows: Sequence[tuple[Any, ...]]
    checkpoints: Sequence[Checkpoint]


@dataclass(frozen=True, slots=True)
class Rest:
    """What comes after the last chunk: checkpoints of seals that are not there, records not
    yet sealed, and the lowest id among these."""

    beyond: Sequence[Checkpoint] = ()
    unsealed: int = 0
    oldest_unsealed: int | None = None


class Trail(Protocol):
    """A trail that can be walked once. `late_records`: how far below the newest sealed record
    an unsealed one may honestly lie."""

    late_records: int

    def chunks(self) -> Iterator[Chunk]:
        """The sealed records. Raises DamagedTrailError."""

    def rest(self) -> Rest:
        """To be asked after the chunks. Raises DamagedTrailError."""


@dataclass(slots=True)
class _Tables(ABC):
    """The three tables, through a function that runs a statement."""

    late_records: int = 0
    _last_seal: int = field(default=0, init=False)
    _newest_checkpoint: int = field(default=0, init=False)

    @abstractmethod
    def _all(self, sql: str, *values: int) -> list[tuple[Any, ...]]:
        """All rows of a statement. Raises DamagedTrailError."""

    def chunks(self) -> Iterator[Chunk]:
        """The sealed records."""
        # The sealer goes on meanwhile: later checkpoints speak of seals not yet walked.
        ((self._newest_checkpoint,),) = self._all(_NEWEST)
        while rows := self._all(_SEALED, self._last_seal):
            before, self._last_seal = self._last_seal, rows[-1][0]
            found = self._all(_CHECKPOINTS, before, self._last_seal)
            yield Chunk(rows, self._checkpoints(found))

    def rest(self) -> Rest:
        """What is left over."""
        found = self._all(_BEYOND, self._last_seal, self._newest_checkpoint)
        beyond = self._checkpoints(found)
        ((unsealed, oldest),) = self._all(_UNSEALED)
        return Rest(beyond, unsealed, oldest)

    def _refuse_hidden(self) -> None:
        """Raises DamagedTrailError: on SQLite an index of a table does not say what it holds."""
        for table in _TABLES:
            if self._all(_INTEGRITY.format(table=table)) != [("ok",)]:
                raise DamagedTrailError(self._last_seal)

    def _checkpoints(self, rows: list[tuple[Any, ...]]) -> list[Checkpoint]:
        names = Checkpoint.__struct_fields__
        try:
            return [msgspec.convert(dict(zip(names, row, strict=True)), Checkpoint) for row in rows]
        except msgspec.ValidationError as fault:
            raise DamagedTrailError(self._last_seal) from fault


class OpenTrail(_Tables):
    """The trail of the open database."""

    def __init__(self) -> None:
        super().__init__(LATE_RECORDS if is_postgresql() else 0)

    def rest(self) -> Rest:
        """What is left over, whatever an index says. Raises DamagedTrailError: one hides a row
        (PostgreSQL is asked by its tables alone, so that it shows there as a record left over).
        """
        if not is_postgresql():
            self._refuse_hidden()
            return super().rest()
        with reading(), db.atomic():
            for way in _BY_HEAP:
                db.execute_sql(f"SET LOCAL {way} = off")
            return super().rest()

    def _all(self, sql: str, *values: int) -> list[tuple[Any, ...]]:
        with reading():
            cursor = db.execute_sql(sql.format(param=db.param), values)
            return list(cursor.fetchall())


class CopiedTrail(_Tables):
    """The trail in a copied SQLite file; the file is not written to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        has_log = path.with_name(f"{path.name}-wal").exists()
        self._uri = f"{path.resolve().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"

    def rest(self) -> Rest:
        """What is left over. Raises DamagedTrailError also where an index hides a row."""
        self._refuse_hidden()
        return super().rest()

    def _all(self, sql: str, *values: int) -> list[tuple[Any, ...]]:
        try:
            with closing(sqlite3.connect(self._uri, uri=True)) as connection:
                return connection.execute(sql.format(param="?"), values).fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError, OverflowError) as fault:
            raise DamagedTrailError(self._last_seal) from fault
