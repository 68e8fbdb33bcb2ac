"""Personal data in registers: which, why, how long; and emptying it when its time is over.

The record stays with everything that names nobody. What it said of a person goes from the
record itself, from its history and from the rows of imports that brought it; the tables that
were imported, and their copies with the faults marked, go as a whole.

Source: Personal Information Protection Law, article 19 (kept no longer than the purpose
needs) and article 47 (erased when the purpose is reached or the term is over).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from peewee import fn

from openbureau.base.context import CHINA, Context
from openbureau.base.database import reading, writing
from openbureau.base.plugins import Plugins
from openbureau.kernel.audit.actions import record_act, record_audit
from openbureau.kernel.enablement.actions import bump_stamp
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.jobs.dispatch import Handler, JobContext
from openbureau.kit.registers.acting import register_of, write_lane
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.finding import index_row
from openbureau.kit.registers.imports.ending import end_tables
from openbureau.kit.registers.models import ImportLine, RecordChange, RetentionChoice

KIND = "core.end_retention"
REALM = "core/retention"
AT_ONCE = 200
NIGHTLY = (3, 20)
MOST_YEARS = 100
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Term:
    """How long personal data of a register is kept, by which rule, and whether it is emptied
    afterwards. `choice` is the administrator's decision; None for what its plugin proposes."""

    years: int
    basis: str
    is_carried_out: bool
    choice: RetentionChoice | None = None


def personal_columns(register: Register) -> list[Column]:
    """The columns that hold personal data."""
    return [column for column in register.columns if column.personal]


def with_personal_data(plugins: Plugins) -> list[Register]:
    """The registers of loaded plugins that hold personal data."""
    found = [register for record in plugins.loaded for register in record.declared.registers]
    return [register for register in found if personal_columns(register)]


def term_of(register: Register) -> Term | None:
    """The term that holds now; None where nobody has said one."""
    chosen = (
        RetentionChoice.select()
        .where(RetentionChoice.realm == register.realm)
        .order_by(RetentionChoice.id.desc())
        .first()
    )
    if chosen is not None:
        return Term(chosen.years, chosen.basis, chosen.is_carried_out, chosen)
    proposed = register.retention
    if proposed is None:
        return None
    return Term(proposed.years, proposed.basis, is_carried_out=False)


def choices_of(register: Register) -> Sequence[Any]:
    """Every decision about a register, the latest first."""
    rows = RetentionChoice.select().where(RetentionChoice.realm == register.realm)
    return list(rows.order_by(RetentionChoice.id.desc()))


def choose_term(
    ctx: Context, register: Register, years: int, basis: str, *, is_carried_out: bool
) -> None:
    """Decides how long personal data is kept from now on. The caller holds the transaction."""
    RetentionChoice.create(
        realm=register.realm,
        years=years,
        basis=basis,
        is_carried_out=is_carried_out,
        account=ctx.account.id,
        at=ctx.now,
    )
    detail = {"years": years, "basis": basis, "is_carried_out": is_carried_out}
    record_act(ctx, "core.choose_retention", REALM, None, {"register": register.realm, **detail})


def ended_on(years: int, today: dt.date) -> dt.date:
    """The last day whose records are over: as many years ago as they are kept."""
    year = max(1, today.year - years)
    is_leap_day = (today.month, today.day) == (2, 29)
    return today.replace(year=year, day=28) if is_leap_day else today.replace(year=year)


def over_total(register: Register, years: int, today: dt.date) -> int:
    """How many records hold personal data whose time is over; 0 where no day says so."""
    condition = _over(register, years, today)
    if condition is None:
        return 0
    return int(register.model.select(fn.COUNT(register.model.id)).where(condition).scalar())


def _over(register: Register, years: int, today: dt.date) -> Any:
    if register.retention is None:
        return None
    held = None
    for column in personal_columns(register):
        empty = register.kinds[column.name].empty
        is_held = column.field.is_null(is_null=False)
        is_held = is_held & (column.field != empty) if empty is not None else is_held
        held = is_held if held is None else held | is_held
    since = register.by_name[register.retention.since].field
    return (since <= ended_on(years, today)) & held


def ask_ends(now: dt.datetime) -> None:
    """At twenty past three, after the leavers: a job for each register whose term is carried
    out."""
    local = now.astimezone(CHINA)
    if (local.hour, local.minute) != NIGHTLY:
        return
    with writing():
        latest: Any = RetentionChoice.select(fn.MAX(RetentionChoice.id)).group_by(
            RetentionChoice.realm
        )
        for choice in RetentionChoice.select().where(RetentionChoice.id.in_(latest)):
            if choice.is_carried_out:
                once = f"{KIND} {choice.realm} {local.date()}"
                enqueue(
                    KIND, {"realm": choice.realm}, now=now, lane=write_lane(choice.realm), once=once
                )


def retention_handlers(plugins: Plugins) -> Mapping[str, Handler]:
    """The handler of the nightly jobs."""

    def handle(context: JobContext) -> None:
        register = register_of(plugins, str(context.payload["realm"]))
        today = context.now.astimezone(CHINA).date()
        end_terms(register, today, context.now, context.advance)

    return {KIND: handle}


def end_terms(
    register: Register,
    today: dt.date,
    now: dt.datetime,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Empties the personal data of a register whose time is over; of how many records. A batch
    is one transaction, so that a run that was cut off goes on where it stopped."""
    with reading():
        term = term_of(register)
        if term is None or not term.is_carried_out:
            return 0
        expected = over_total(register, term.years, today)
    done = 0
    while done < expected:
        with writing():
            rows = _batch(register, term, today)
            if rows:
                _empty(register, rows, now)
                detail = {"register": register.realm, "records": len(rows), "basis": term.basis}
                record_audit(action=KIND, at=now, realm=REALM, detail=detail)
                bump_stamp(register.realm)
        if not rows:
            break
        done += len(rows)
        advance(done, expected)
    end_tables(register, ended_on(term.years, today), now, KIND, term.basis)
    return done


def _batch(register: Register, term: Term, today: dt.date) -> list[Any]:
    model = register.model
    query = model.select().where(_over(register, term.years, today))
    return list(query.order_by(model.id).limit(AT_ONCE))


def _empty(register: Register, rows: Sequence[Any], now: dt.datetime) -> None:
    names = [column.name for column in personal_columns(register)]
    emptied = {name: register.kinds[name].empty for name in names}
    model, ids = register.model, [row.id for row in rows]
    model.update(**emptied, changed_at=now, version=model.version + 1).where(
        model.id.in_(ids)
    ).execute()
    for row in model.select().where(model.id.in_(ids)):
        index_row(register, row)
    changes = (RecordChange.realm == register.realm) & RecordChange.record_id.in_(ids)
    _forget(RecordChange, changes, ("before", "after"), names)
    # All of a batch at once: an import's lines are found by their import only.
    batches = RecordChange.select(RecordChange.batch).where(changes)
    lines = ImportLine.batch.in_(batches) & ImportLine.record_id.in_(ids)
    _forget(ImportLine, lines, ("values",), names)


def _forget(model: Any, condition: Any, texts: Sequence[str], names: Sequence[str]) -> None:
    """Takes these columns out of JSON texts."""
    for kept in model.select().where(condition):
        changed = {}
        for text in texts:
            values = msgspec.json.decode(getattr(kept, text))
            left = {name: value for name, value in values.items() if name not in names}
            if left != values:
                changed[text] = _encode(left).decode()
        if changed:
            model.update(**changed).where(model.id == kept.id).execute()
