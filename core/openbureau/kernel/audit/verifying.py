"""Verifying the trail in the background, with progress; the result is an audit record itself."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from openbureau.base.context import CHINA
from openbureau.base.database import reading, writing
from openbureau.base.i18n import N_
from openbureau.base.keys import key_path
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.alarms import tell_administrators
from openbureau.kernel.audit.anchors import stored_anchors
from openbureau.kernel.audit.chain import Keys
from openbureau.kernel.audit.models import AuditRecord, AuditSeal
from openbureau.kernel.audit.seal import public_key_path
from openbureau.kernel.audit.verification import Verdict, verify
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.jobs.dispatch import JobContext

KIND = "core.verify_audit"
REALM = "core/audit"
ALARM = N_("审计记录核验不通过：%(reason)s")
_NIGHTLY = (4, 0)


def installation_keys(data: Path) -> Keys:
    """The keys of this installation, as far as they are there; none is made."""
    path, public = key_path(data, "audit"), public_key_path(data)
    if path.exists():
        return Keys.of_secret(bytes.fromhex(path.read_text("ascii").strip()))
    if public.exists():
        return Keys(bytes.fromhex(public.read_text("ascii").strip()))
    return Keys()


def verify_installation(data: Path, progress: Callable[[int], object] = lambda _: None) -> Verdict:
    """Checks the open database against this installation's keys and anchors."""
    anchors = [anchor.checkpoint for anchor in stored_anchors(data)]
    return verify(installation_keys(data), anchors, progress=progress)


def verdict_detail(verdict: Verdict) -> dict[str, Any]:
    """A verdict as audit records and commands show it."""
    return {
        "intact": verdict.is_intact,
        "records": verdict.records,
        "checkpoints": verdict.checkpoints,
        "unsealed": verdict.unsealed,
        "problem": verdict.problem or None,
        "first_bad": verdict.first_bad,
    }


def verification_handler(data: Path) -> Callable[[JobContext], None]:
    """The handler of verification jobs for one data directory."""

    def handle(context: JobContext) -> None:
        with reading():
            total = AuditSeal.select().count()
        verdict = verify_installation(data, lambda done: context.advance(min(done, total), total))
        with writing():
            record_audit(
                action=KIND,
                at=context.now,
                account_id=context.payload.get("account_id"),
                realm=REALM,
                outcome="done" if verdict.is_intact else "failed",
                detail=verdict_detail(verdict),
            )
            if not verdict.is_intact:
                tell_administrators(
                    ("audit", "security"),
                    ALARM,
                    now=context.now,
                    url="/-/notices",
                    params={"reason": verdict.sentence("zh")},
                )
            context.complete()

    return handle


def ask_verification(account_id: int | None, now: dt.datetime) -> int:
    """Asks for a verification in the background; the job's id. The caller holds the
    transaction."""
    return enqueue(KIND, {"account_id": account_id}, now=now, lane=KIND)


def verify_nightly(now: dt.datetime) -> None:
    """Asks for a verification at four in the morning."""
    local = now.astimezone(CHINA)
    if (local.hour, local.minute) == _NIGHTLY:
        with writing():
            enqueue(KIND, {}, now=now, lane=KIND, once=f"{KIND}:{local.date()}")


def last_verification() -> tuple[dt.datetime, dict[str, Any]] | None:
    """When the trail was last verified in the background, and with what result."""
    row = (
        AuditRecord.select(AuditRecord.at, AuditRecord.detail)
        .where(AuditRecord.action == KIND)
        .order_by(AuditRecord.id.desc())
        .first()
    )
    return None if row is None else (row.at, msgspec.json.decode(row.detail))
