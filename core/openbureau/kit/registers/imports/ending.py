"""The end of what an import keeps of the table it was: the file, the copy with its faults
marked, and what stood in columns with personal data.

Source: Personal Information Protection Law, article 47 (erased when the term is over).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from openbureau.base.context import CHINA
from openbureau.base.database import reading, writing
from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.files.actions import release_content
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.imports.batches import UNDO_HOURS, WORKING, move, refused_as
from openbureau.kit.registers.models import ImportBatch, ImportLine, RecordChange

AT_ONCE = 1000
EMPTIED = N_("这一格的内容已按保存期限清除。")
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.decode


def end_tables(
    register: Register, last_day: dt.date, now: dt.datetime, action: str, basis: str
) -> int:
    """Ends the table of every import that was brought on the last day or before, or that
    brought a record whose time is over since then; how many.

    What can still be undone waits for the next night. A run that was cut off goes on with
    the tables that are left.
    """
    with reading():
        ended = [
            batch
            for batch in _settled(register, now)
            if batch.created_at.astimezone(CHINA).date() <= last_day
            or _brought_over(register, batch, last_day)
        ]
    for batch in ended:
        _end(register, batch, now, action, basis)
    return len(ended)


def _settled(register: Register, now: dt.datetime) -> Sequence[Any]:
    """The imports whose tables are kept and needed no more."""
    if not register.personal_names:
        return []
    since = now - dt.timedelta(hours=UNDO_HOURS)
    query = ImportBatch.select().where(
        (ImportBatch.realm == register.realm)
        & (ImportBatch.digest != "")
        & ImportBatch.state.not_in(WORKING)
        & (ImportBatch.created_at < since)
        & (ImportBatch.applied_at.is_null() | (ImportBatch.applied_at < since))
    )
    return list(query.order_by(ImportBatch.id))


def _brought_over(register: Register, batch: ImportBatch, last_day: dt.date) -> bool:
    if register.retention is None:
        return False
    model, since = register.model, register.by_name[register.retention.since].field
    found = RecordChange.select(RecordChange.id).join(
        model, on=(model.id == RecordChange.record_id)
    )
    return bool(found.where((RecordChange.batch == batch.id) & (since <= last_day)).exists())


def _end(register: Register, batch: ImportBatch, now: dt.datetime, action: str, basis: str) -> None:
    """Lines first, a thousand in a transaction; the files with the last of them."""
    after = 0
    while True:
        with writing():
            lines = _lines_after(batch, after)
            for line in lines:
                _empty(line, register.personal_names)
            if len(lines) < AT_ONCE:
                _let_go(register, batch, now, action, basis)
                return
        after = lines[-1].number


def _lines_after(batch: ImportBatch, after: int) -> list[Any]:
    query = ImportLine.select().where((ImportLine.batch == batch.id) & (ImportLine.number > after))
    return list(query.order_by(ImportLine.number).limit(AT_ONCE))


def _empty(line: Any, names: frozenset[str]) -> None:
    values, problems = _decode(line.values), _decode(line.problems)
    left = {name: value for name, value in values.items() if name not in names}
    # What is wrong with a cell may quote it.
    told = [[name, EMPTIED, {}] if name in names else [name, *rest] for name, *rest in problems]
    if left != values or told != problems:
        ImportLine.update(values=_encode(left).decode(), problems=_encode(told).decode()).where(
            ImportLine.id == line.id
        ).execute()


def _let_go(
    register: Register, batch: ImportBatch, now: dt.datetime, action: str, basis: str
) -> None:
    """The files, and with them the chance to import what was only checked."""
    digests = [batch.digest, *([batch.error_digest] if batch.error_digest else [])]
    ImportBatch.update(digest="", error_digest="").where(ImportBatch.id == batch.id).execute()
    if batch.state == "checked":
        refused = Invalid(N_("表格中的个人信息已到保存期限并清除，这一批不能再导入。"))
        move(batch, ("checked",), "failed", problem=refused_as(refused))
    for digest in digests:
        release_content(digest, is_kept=_is_kept)
    detail = {"register": register.realm, "batch": batch.uid, "file": batch.file_name}
    record_audit(
        action=action,
        at=now,
        realm="core/retention",
        detail={**detail, "digests": digests, "basis": basis},
    )


def _is_kept(digest: str) -> bool:
    """Whether another import holds the same file."""
    holds = (ImportBatch.digest == digest) | (ImportBatch.error_digest == digest)
    return bool(ImportBatch.select(ImportBatch.id).where(holds).exists())
