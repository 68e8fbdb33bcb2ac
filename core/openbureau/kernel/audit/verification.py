"""Proving that the audit trail is whole: every record, every seal, every checkpoint."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.kernel.audit.chain import START, Checkpoint, Keys, is_genuine, record_digest
from openbureau.kernel.audit.trails import (
    Chunk,
    DamagedTrailError,
    OpenTrail,
    Rest,
    Trail,
)

Fault = tuple[str, int]
Progress = Callable[[int], object]

SENTENCES: Mapping[str, tuple[str, str]] = {
    "changed": (
        "第 {id} 号审计记录或它前面的封存记录被改动过。",
        "Audit record {id}, or a seal before it, was changed.",
    ),
    "missing": (
        "第 {id} 号审计记录或它的封存记录已被删除。",
        "Audit record {id}, or its seal, was removed.",
    ),
    "inserted": (
        "第 {id} 号审计记录是事后插入的。",
        "Audit record {id} was inserted afterwards.",
    ),
    "cut": (
        "审计记录的末尾被截去：检查点指向已不存在的第 {id} 号封存记录。",
        "The end of the trail was cut off: a checkpoint names seal {id}, which is gone.",
    ),
    "older": (
        "这是一份较旧的记录，或末尾连同检查点被截去：外部锚点指向已不存在的第 {id} 号封存记录。",
        "This is an older copy, or cut off with its checkpoints: an anchor names seal {id}.",
    ),
    "checkpoint": (
        "第 {id} 号封存记录与检查点不符。",
        "Seal {id} differs from the checkpoint taken of it.",
    ),
    "signature": (
        "第 {id} 号封存记录的检查点签名不对。",
        "The checkpoint of seal {id} has a wrong signature.",
    ),
    "count": (
        "第 {id} 号封存记录的检查点之前有检查点被删除或添加。",
        "Checkpoints before the one of seal {id} were removed or added.",
    ),
    "unsigned": (
        "到第 {id} 号封存记录为止没有任何检查点，无法证明记录完整。",
        "There is no checkpoint up to seal {id}: nothing proves that the trail is whole.",
    ),
    "nothing": (
        "没有一条已封存的审计记录，什么也不能证明。",
        "No audit record is sealed: nothing is proven.",
    ),
    "damaged": (
        "文件已损坏或被改动，第 {id} 号记录以后无法读取或与校验值不符。",
        "The file is damaged or changed: unreadable after record {id}, or the checksum differs.",
    ),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problem` is empty for a whole trail, else a key of `SENTENCES`; `first_bad` the record
    or seal it speaks of. `unsealed` counts the newest records, not yet chained, `unchecked`
    the signatures for which no key was at hand."""

    records: int
    checkpoints: int
    unsealed: int
    problem: str = ""
    first_bad: int | None = None
    unchecked: int = 0

    @property
    def is_intact(self) -> bool:
        return not self.problem

    def sentence(self, language: str) -> str:
        """What is wrong, in `zh` or `en`; empty for a whole trail."""
        if not self.problem:
            return ""
        return SENTENCES[self.problem][language != "zh"].format(id=self.first_bad)


def verify(
    keys: Keys,
    anchors: Sequence[Checkpoint] = (),
    trail: Trail | None = None,
    progress: Progress = lambda _: None,
) -> Verdict:
    """Checks a whole trail against its chain, its checkpoints and the outside `anchors`.

    Reads the open database unless another trail is given. Without keys signatures stay
    unchecked. `progress` is told the number of records walked so far.
    """
    return _Walk(keys, anchors, trail or OpenTrail(), progress).verdict()


class _Walk:
    """One pass over the chain; stops at the first fault."""

    def __init__(
        self, keys: Keys, anchors: Sequence[Checkpoint], trail: Trail, progress: Progress
    ) -> None:
        self._keys = keys
        self._anchors = anchors
        self._trail = trail
        self._progress = progress
        self._digest = START
        self._seal_id = 0
        self._record_id = 0
        self._newest_record = 0
        self._records = 0
        self._checkpoints = 0
        self._unchecked = 0
        self._is_numbered = False

    def verdict(self) -> Verdict:
        rest = Rest()
        fault: Fault | None = None
        try:
            fault = self._chain_fault()
            rest = self._trail.rest()
            fault = fault or self._end_fault(rest)
        except DamagedTrailError as damaged:
            fault = fault or ("damaged", damaged.after_id)
        problem, first_bad = fault or ("", None)
        return Verdict(
            self._records, self._checkpoints, rest.unsealed, problem, first_bad, self._unchecked
        )

    def _chain_fault(self) -> Fault | None:
        for chunk in self._trail.chunks():
            before = self._seal_id
            fault = self._rows_fault(chunk.rows) or self._checkpoints_fault(chunk, before)
            if fault is not None:
                return fault
            self._progress(self._records)
        return None

    def _rows_fault(self, rows: Sequence[Any]) -> Fault | None:
        digest = self._digest
        for place, row in enumerate(rows):
            columns = row[3:]
            if columns[0] is None:
                return "missing", row[1]
            digest = record_digest(digest, columns)
            if digest != row[2]:
                return self._named(rows, place)
        self._digest, (self._seal_id, self._record_id) = digest, rows[-1][:2]
        self._newest_record = max(self._newest_record, *(row[1] for row in rows))
        self._records += len(rows)
        return None

    def _named(self, rows: Sequence[Any], place: int) -> Fault:
        """A break in the chain: where numbers of seals and records leap, something is gone."""
        seal_id, record_id = rows[place - 1][:2] if place else (self._seal_id, self._record_id)
        is_leap = rows[place][0] > seal_id + 1 and rows[place][1] > record_id + 1
        return ("missing", record_id + 1) if is_leap else ("changed", rows[place][1])

    def _checkpoints_fault(self, chunk: Chunk, before: int) -> Fault | None:
        digests = {row[0]: row[2] for row in chunk.rows}
        for checkpoint in chunk.checkpoints:
            self._checkpoints += 1
            fault = self._checkpoint_fault(checkpoint, digests)
            if fault is not None:
                return fault
            if checkpoint.number not in {None, self._checkpoints}:
                return "count", checkpoint.seal_id
            if checkpoint.number is None and self._is_numbered:
                return "signature", checkpoint.seal_id  # nobody signs the former way any more
            self._is_numbered = checkpoint.number is not None
        for anchor in self._anchors:
            if before < anchor.seal_id <= self._seal_id:
                fault = self._checkpoint_fault(anchor, digests)
                if fault is not None:
                    return fault
        return None

    def _checkpoint_fault(self, checkpoint: Checkpoint, digests: Mapping[int, str]) -> Fault | None:
        if digests.get(checkpoint.seal_id) != checkpoint.digest:
            return "checkpoint", checkpoint.seal_id
        is_ours = is_genuine(checkpoint, self._keys)
        if is_ours is None:
            self._unchecked += 1
        return ("signature", checkpoint.seal_id) if is_ours is False else None

    def _end_fault(self, rest: Rest) -> Fault | None:
        if rest.beyond:
            return "cut", min(checkpoint.seal_id for checkpoint in rest.beyond)
        missing = [a.seal_id for a in self._anchors if not 0 < a.seal_id <= self._seal_id]
        if missing:
            return "older", min(missing)
        if self._records and not self._checkpoints:
            return "unsigned", self._seal_id
        oldest = rest.oldest_unsealed
        is_late = oldest is not None and oldest >= self._newest_record - self._trail.late_records
        return None if oldest is None or is_late else ("inserted", oldest)
