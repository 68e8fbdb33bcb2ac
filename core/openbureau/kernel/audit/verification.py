"""Proving that the audit trail is whole: every record, every seal, every checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from peewee import JOIN, Query, fn

from openbureau.base.database import param, reading, statement
from openbureau.kernel.audit.chain import COLUMNS, START, Checkpoint, is_genuine, record_digest
from openbureau.kernel.audit.models import AuditCheckpoint, AuditRecord, AuditSeal
from openbureau.kernel.audit.seal import LATE_RECORDS, anchor_path

_CHUNK = 10_000

SENTENCES: Mapping[str, tuple[str, str]] = {
    "changed": (
        "第 {id} 号审计记录或它前面的封存记录被改动过。",
        "Audit record {id}, or a seal before it, was changed.",
    ),
    "missing": ("第 {id} 号审计记录已被删除。", "Audit record {id} was removed."),
    "inserted": (
        "第 {id} 号审计记录是事后插入的。",
        "Audit record {id} was inserted afterwards.",
    ),
    "cut": (
        "审计记录的末尾被截去：检查点指向已不存在的第 {id} 号封存记录。",
        "The end of the trail was cut off: a checkpoint names seal {id}, which is gone.",
    ),
    "checkpoint": (
        "第 {id} 号封存记录与检查点不符。",
        "Seal {id} differs from the checkpoint taken of it.",
    ),
    "signature": (
        "第 {id} 号封存记录的检查点签名不对。",
        "The checkpoint of seal {id} has a wrong signature.",
    ),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problem` is empty for a whole trail, else a key of `SENTENCES`; `first_bad` the record
    or seal it speaks of. `unsealed` counts the newest records, not yet chained."""

    records: int
    checkpoints: int
    unsealed: int
    problem: str = ""
    first_bad: int | None = None

    @property
    def is_intact(self) -> bool:
        return not self.problem

    def sentence(self, language: str) -> str:
        """What is wrong, in `zh` or `en`; empty for a whole trail."""
        if not self.problem:
            return ""
        return SENTENCES[self.problem][language != "zh"].format(id=self.first_bad)


@statement
def _sealed() -> Query:
    return (
        AuditSeal.select(
            AuditSeal.id,
            AuditSeal.record_id,
            AuditSeal.digest,
            *[getattr(AuditRecord, name) for name in COLUMNS],
        )
        .join(AuditRecord, JOIN.LEFT_OUTER, on=(AuditSeal.record_id == AuditRecord.id))
        .where(AuditSeal.id > param("after"))
        .order_by(AuditSeal.id)
        .limit(_CHUNK)
    )


@statement
def _checkpoints() -> Query:
    return (
        AuditCheckpoint.select(
            AuditCheckpoint.seal_id,
            AuditCheckpoint.digest,
            AuditCheckpoint.at,
            AuditCheckpoint.signature,
        )
        .where(AuditCheckpoint.seal_id > param("after"), AuditCheckpoint.seal_id <= param("until"))
        .order_by(AuditCheckpoint.seal_id)
    )


@statement
def _unsealed() -> Query:
    return (
        AuditRecord.select(fn.COUNT(AuditRecord.id), fn.MIN(AuditRecord.id))
        .join(AuditSeal, JOIN.LEFT_OUTER, on=(AuditSeal.record_id == AuditRecord.id))
        .where(AuditSeal.id.is_null())
    )


def stored_anchor(data: Path) -> Checkpoint | None:
    """The newest checkpoint kept beside the database, or None before the first."""
    path = anchor_path(data)
    return msgspec.json.decode(path.read_bytes(), type=Checkpoint) if path.exists() else None


def verify(key: bytes | None, anchor: Checkpoint | None = None) -> Verdict:
    """Checks the whole trail against its chain, its checkpoints and the outside `anchor`.

    Without `key` signatures stay unchecked (a copy looked at elsewhere). Needs only the
    database, so it also works on a restored copy.
    """
    with reading():
        return _Walk(key, anchor).verdict()


class _Walk:
    """One pass over the chain; stops at the first fault."""

    def __init__(self, key: bytes | None, anchor: Checkpoint | None) -> None:
        self._key = key
        self._anchor = anchor
        self._digest = START
        self._seal_id = 0
        self._newest_record = 0
        self._records = 0
        self._checkpoints = 0

    def verdict(self) -> Verdict:
        fault = self._chain_fault() or self._end_fault()
        unsealed, oldest = _unsealed().row()
        if fault is None and oldest is not None and oldest < self._newest_record - LATE_RECORDS:
            fault = ("inserted", oldest)
        problem, first_bad = fault or ("", None)
        return Verdict(self._records, self._checkpoints, unsealed, problem, first_bad)

    def _chain_fault(self) -> tuple[str, int] | None:
        while rows := _sealed().rows(after=self._seal_id):
            before = self._seal_id
            fault = self._rows_fault(rows)
            if fault is not None:
                return fault
            digests = {row[0]: row[2] for row in rows}
            for row in _checkpoints().rows(after=before, until=self._seal_id):
                self._checkpoints += 1
                fault = self._checkpoint_fault(Checkpoint(*row), digests)
                if fault is not None:
                    return fault
            if self._anchor is not None and before < self._anchor.seal_id <= self._seal_id:
                fault = self._checkpoint_fault(self._anchor, digests)
                if fault is not None:
                    return fault
        return None

    def _rows_fault(self, rows: list[Any]) -> tuple[str, int] | None:
        digest = self._digest
        for row in rows:
            columns = row[3:]
            if columns[0] is None:
                return "missing", row[1]
            digest = record_digest(digest, columns)
            if digest != row[2]:
                return "changed", row[1]
        self._digest, self._seal_id = digest, rows[-1][0]
        self._newest_record = max(self._newest_record, *(row[1] for row in rows))
        self._records += len(rows)
        return None

    def _checkpoint_fault(
        self, checkpoint: Checkpoint, digests: Mapping[int, str]
    ) -> tuple[str, int] | None:
        if digests.get(checkpoint.seal_id) != checkpoint.digest:
            return "checkpoint", checkpoint.seal_id
        if self._key is not None and not is_genuine(checkpoint, self._key):
            return "signature", checkpoint.seal_id
        return None

    def _end_fault(self) -> tuple[str, int] | None:
        beyond = [row.seal_id for row in _checkpoints().rows(after=self._seal_id, until=2**62)]
        if self._anchor is not None and self._anchor.seal_id > self._seal_id:
            beyond.append(self._anchor.seal_id)
        return ("cut", min(beyond)) if beyond else None
