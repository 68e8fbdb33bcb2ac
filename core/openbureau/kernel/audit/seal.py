"""Sealing the audit trail: one process chains what others wrote, about once a second."""

import datetime as dt
import logging
from pathlib import Path

import msgspec
from peewee import Query

from openbureau.base.database import (
    from_instant,
    is_postgresql,
    param,
    reading,
    statement,
    to_instant,
    writing,
)
from openbureau.base.keys import installation_key, key_path
from openbureau.base.locks import LockedError, exclusive
from openbureau.base.signing import public_key
from openbureau.kernel.audit.anchors import Anchor, keep_anchor
from openbureau.kernel.audit.chain import COLUMNS, START, Checkpoint, record_digest, sign
from openbureau.kernel.audit.models import AuditCheckpoint, AuditRecord, AuditSeal
from openbureau.kernel.audit.trails import LATE_RECORDS
from openbureau.kernel.units.models import Node

log = logging.getLogger("openbureau.audit")

CHECKPOINT_RECORDS = 1000
CHECKPOINT_S = 60
_BATCH = 1000


@statement
def _last_seal() -> Query:
    return (
        AuditSeal.select(AuditSeal.id, AuditSeal.record_id, AuditSeal.digest)
        .order_by(AuditSeal.id.desc())
        .limit(1)
    )


@statement
def _last_checkpoint() -> Query:
    return (
        AuditCheckpoint.select(
            AuditCheckpoint.seal_id,
            AuditCheckpoint.digest,
            AuditCheckpoint.at,
            AuditCheckpoint.signature,
        )
        .order_by(AuditCheckpoint.id.desc())
        .limit(1)
    )


@statement
def _unsealed() -> Query:
    return (
        AuditRecord.select(*[getattr(AuditRecord, name) for name in COLUMNS])
        .left_outer_join(AuditSeal, on=(AuditSeal.record_id == AuditRecord.id))
        .where(AuditRecord.id > param("after"), AuditSeal.id.is_null())
        .order_by(AuditRecord.id)
        .limit(_BATCH)
    )


@statement
def _insertion() -> Query:
    return AuditSeal.insert(record_id=param("record_id"), digest=param("digest")).returning(
        AuditSeal.id
    )


class Sealer:
    """Chains records and signs checkpoints for one data directory."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._key = signing_key(data)

    def seal(self, now: dt.datetime) -> int:
        """Seals every committed record; how many. Does nothing while another process seals."""
        with reading():
            if not self._has_work(now):
                return 0
            try:
                with exclusive("audit-seal", self._data, timeout_s=0):
                    return self._seal_all(now)
            except LockedError:
                return 0

    def _has_work(self, now: dt.datetime) -> bool:
        seal_id, record_id, _ = _head()
        return _is_checkpoint_due(seal_id, now) or bool(_unsealed().row(after=_after(record_id)))

    def _seal_all(self, now: dt.datetime) -> int:
        total = 0
        while True:
            with writing():
                sealed, checkpoint = self._seal_batch(now)
            if checkpoint is not None:
                self._anchor(checkpoint)
            total += sealed
            if sealed < _BATCH:
                return total

    def _seal_batch(self, now: dt.datetime) -> tuple[int, Checkpoint | None]:
        seal_id, record_id, digest = _head()
        records = _unsealed().rows(after=_after(record_id))
        for record in records:
            digest = record_digest(digest, tuple(record))
            seal_id = _insertion().value(record_id=record[0], digest=digest)
        if self._key is None or not _is_checkpoint_due(seal_id, now):
            return len(records), None
        checkpoint = sign(seal_id, digest, to_instant(now), self._key, _next_number())
        AuditCheckpoint.insert(msgspec.structs.asdict(checkpoint)).execute()
        return len(records), checkpoint

    def _anchor(self, checkpoint: Checkpoint) -> None:
        kept = msgspec.structs.asdict(checkpoint)
        public = "" if self._key is None else public_key(self._key).hex()
        keep_anchor(self._data, Anchor(**kept, installation=_installation(), public_key=public))


def signing_key(data: Path) -> bytes | None:
    """The key that signs checkpoints; None when the one that signed the earlier ones is gone
    or another took its place. A new one would hide the loss: the chain goes on unsigned, and
    `check` names the key. Its public half is kept beside it for everybody to read."""
    with reading():
        is_used = _last_checkpoint().row() is not None
    if is_used and not key_path(data, "audit").exists():
        log.critical(
            "审计密钥 audit.key 不见了，检查点不再签名；请从备份恢复 keys/audit.key。"
            "The audit key is gone, checkpoints are no longer signed; restore keys/audit.key "
            "from a backup."
        )
        return None
    key = installation_key(data, "audit")
    public, path = public_key(key).hex(), public_key_path(data)
    if not path.exists():
        path.write_text(f"{public}\n", "ascii")
    elif path.read_text("ascii").strip() != public:
        log.critical(
            "审计密钥 audit.key 与公钥 audit.pub 不符，检查点不再签名；请从备份恢复 keys 目录。"
            "The audit key does not fit audit.pub, checkpoints are no longer signed; restore the "
            "keys folder from a backup."
        )
        return None
    return key


def public_key_path(data: Path) -> Path:
    """The file that holds the public key as 64 hexadecimal digits."""
    return data / "keys" / "audit.pub"


def _installation() -> str:
    with reading():
        return str(Node.select(Node.uid).where(Node.is_self).scalar() or "")


def _head() -> tuple[int, int, str]:
    row = _last_seal().row()
    return (0, 0, START) if row is None else (row.id, row.record_id, row.digest)


def _next_number() -> int:
    last = _last_checkpoint().row()
    number = None if last is None else Checkpoint(*last).number
    # Those of earlier releases have no number and are counted once.
    return (AuditCheckpoint.select().count() if number is None else number) + 1


def _after(last_record_id: int) -> int:
    return last_record_id - LATE_RECORDS if is_postgresql() else last_record_id


def _is_checkpoint_due(seal_id: int, now: dt.datetime) -> bool:
    last = _last_checkpoint().row()
    if last is None:
        return seal_id > 0
    if seal_id <= last.seal_id:
        return False
    age_s = (now - from_instant(last.at)).total_seconds()
    return bool(seal_id - last.seal_id >= CHECKPOINT_RECORDS or age_s >= CHECKPOINT_S)
