"""Writing records of a register: each in the caller's transaction, with its history, its audit
line and its place in the search index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from peewee import Query

from openbureau.base.context import Context
from openbureau.base.database import param, statement
from openbureau.base.errors import Conflict, Forbidden, Invalid, NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.access.queries import visible
from openbureau.kernel.audit.actions import record_act
from openbureau.kernel.enablement.actions import bump_stamp
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.exchanging import exchanged, kept_values
from openbureau.kit.registers.finding import index_row
from openbureau.kit.registers.keys import hold_key
from openbureau.kit.registers.kinds import Choice, Surroundings, Unreadable, kind_of
from openbureau.kit.registers.masking import masked_columns
from openbureau.kit.registers.models import RecordChange

# Where a step keeps the names of files: no column has such a name.
FILES = "附件"
Told = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Values somebody gave for a record, read by the kinds of the columns.

    `values` are those that can be kept, `problems` say for each other column why not.
    """

    values: Mapping[str, Any]
    problems: Mapping[str, Told]


def record(ctx: Context, register: Register, record_id: int) -> Any:
    """One record the person may see, as a row of its table. Raises NotFound."""
    model = register.model
    shown = visible(ctx, model, register.read, register.realm)
    found = model.select().where((model.id == record_id) & shown).first()
    if found is None:
        raise NotFound(N_("没有找到这条记录，或它不在您的查看范围内。"))
    return found


def is_seen(ctx: Context, register: Register, record_id: int) -> bool:
    """Whether the person may see a record."""
    model = register.model
    shown = visible(ctx, model, register.read, register.realm)
    return bool(model.select(model.id).where((model.id == record_id) & shown).exists())


def unit_of(register: Register, record_id: int) -> int | None:
    """The unit a record belongs to; None where there is none."""
    model = register.model
    found: int | None = model.select(model.unit).where(model.id == record_id).scalar()
    return found


def around(ctx: Context) -> Surroundings:
    """What reading values needs to know of a person's surroundings."""
    return Surroundings(ctx.today, unit_tree(ctx.tree_version))


def read_values(ctx: Context, register: Register, given: Mapping[str, Any]) -> Wanted:
    """Reads what was given for columns of a register; unknown names and read-only columns are
    left out."""
    values: dict[str, Any] = {}
    problems: dict[str, Told] = {}
    surroundings = around(ctx)
    for name in given:
        column = register.by_name.get(name)
        if column is None or column.is_readonly:
            continue
        try:
            values[name] = register.kinds[name].read(given[name], surroundings)
        except Unreadable as refused:
            problems[name] = (refused.message, refused.params)
    return Wanted(values, problems)


def problems_of(
    ctx: Context, register: Register, values: Mapping[str, Any], current: Any = None
) -> dict[str, Told]:
    """Why these values cannot be kept, by column: `faults_of`, and what is there already.
    `current` is the record they change."""
    found = faults_of(ctx, register, values, current)
    merged = merged_values(register, values, current)
    if not found and (twin := same_key(register, merged, current.id if current else None)):
        is_seen_too = ctx.may_in(register.read, twin.unit_id)
        found[register.key[0]] = (
            (N_("已有相同的记录：%(title)s。"), {"title": register.record_title(twin)})
            if is_seen_too
            else (N_("已有相同的记录，不在您的查看范围内。"), {})
        )
    return found


def merged_values(
    register: Register, values: Mapping[str, Any], current: Any = None
) -> dict[str, Any]:
    """Every column as it would be with these values."""
    before = {} if current is None else current.__data__
    return {name: values.get(name, before.get(name)) for name in register.by_name}


def faults_of(
    ctx: Context, register: Register, values: Mapping[str, Any], current: Any = None
) -> dict[str, Told]:
    """Why these values cannot be kept, whatever other records say: what is required, units
    out of reach, and the register's own check."""
    found: dict[str, Told] = {}
    for name, is_needed in _filled(register):
        is_left_out = name not in values
        if (is_left_out and is_needed and current is None) or (
            not is_left_out and values[name] in (None, "")
        ):
            found[name] = (N_("这一项必须填写。"), {})
    unit_id = values.get("unit")
    if unit_id is not None and "unit" not in found and not ctx.may_in(register.write, unit_id):
        found["unit"] = (N_("这个单位不在您的办理范围内。"), {})
    if register.check is not None and not found:
        merged = merged_values(register, values, current)
        found |= {name: (message, {}) for name, message in register.check(ctx, merged).items()}
    return found


@lru_cache(maxsize=256)
def _filled(register: Register) -> Sequence[tuple[str, bool]]:
    """The columns that are never emptied, and whether a new record must be given them."""
    return tuple(
        (column.name, is_required(column))
        for column in register.columns
        if not may_be_empty(column)
    )


def is_required(column: Column) -> bool:
    """Whether a record cannot be without a value in a column."""
    if column.is_required is not None:
        return column.is_required and not column.is_readonly
    field = column.field
    return not field.null and field.default is None and column.name != "unit"


def may_be_empty(column: Column) -> bool:
    """Whether nothing may be given for a column. Left out it may still be filled in by itself,
    by the table or with the acting unit."""
    if is_required(column):
        return False
    field = column.field
    kind = kind_of(field)
    if field.null or not isinstance(kind, Choice):
        return field.null or kind.empty is not None
    return bool(field.default == kind.empty or kind.empty in kind.labels)


def same_key(register: Register, values: Mapping[str, Any], except_id: int | None) -> Any:
    """The record that has these values in the columns of the natural key, or None. A voided
    one does not count."""
    model = register.model
    query = model.select().where(model.voided_at.is_null())
    for name in register.key:
        value = values.get(name)
        if value in (None, ""):
            return None
        query = query.where(getattr(model, name) == value)
    if except_id is not None:
        query = query.where(model.id != except_id)
    return query.first()


@dataclass(frozen=True, slots=True)
class Step:
    """What kind of change is made to a record, why, and in which import."""

    action: str
    reason: str = ""
    batch_id: int | None = None


CREATED, CHANGED = Step("created"), Step("changed")


def create_record(
    ctx: Context, register: Register, values: Mapping[str, Any], step: Step = CREATED
) -> Any:
    """A new record of the chosen or the acting unit. Raises Invalid: `problems_of` has some;
    Forbidden: not in that unit."""
    hold_key(register, values)
    _refuse(problems_of(ctx, register, values))
    unit_id = values.get("unit") or ctx.unit_id
    if not ctx.may_in(register.write, unit_id):
        raise Forbidden
    return add_record(ctx, register, {**values, "unit": unit_id}, step)


def add_record(ctx: Context, register: Register, values: Mapping[str, Any], step: Step) -> Any:
    """A new record of values that were found good, its unit among them."""
    made = register.model(**{**values, "version": 1, "changed_at": ctx.now})
    _insert(made)
    _note(ctx, register, made, step, {}, values)
    return made


def change_record(
    ctx: Context,
    register: Register,
    record_id: int,
    version: int,
    values: Mapping[str, Any],
    step: Step = CHANGED,
) -> Any:
    """Changes a record as it stood at `version`; unchanged when nothing differs.

    Raises NotFound, Forbidden, Invalid (see `problems_of`), and Conflict: somebody changed it
    since, or it is void.
    """
    current = writable(ctx, register, record_id)
    if current.version != version or current.voided_at is not None:
        raise Conflict
    before = {name: current.__data__.get(name) for name in values}
    # A right guess at what is masked is a change like any other, so that it tells nothing.
    guessed = masked_columns(ctx, register, current.unit_id)
    changed = {
        name: value for name, value in values.items() if before[name] != value or name in guessed
    }
    if not changed:
        return current
    if changed.keys() & set(register.key):
        hold_key(register, merged_values(register, changed, current))
    _refuse(problems_of(ctx, register, changed, current))
    write_over(ctx, register, current, changed, step)
    return current


def write_over(
    ctx: Context, register: Register, current: Any, changed: Mapping[str, Any], step: Step
) -> None:
    """Writes values that were found good over the very version of a record that was read.

    Raises Conflict: there is a later one.
    """
    before = {name: current.__data__.get(name) for name in changed}
    _write(register, current, {**changed, "changed_at": ctx.now})
    _note(ctx, register, current, step, before, changed)


def undo_record(ctx: Context, register: Register, current: Any, before: str, step: Step) -> None:
    """Takes one step of an import back: a record it made becomes void, one it changed is as
    `before` (the history's JSON) again. Raises Conflict: there is a later version."""
    former = msgspec.json.decode(before)
    if not former:
        _write(register, current, {"voided_at": ctx.now, "changed_at": ctx.now})
        _note(ctx, register, current, step, {}, {})
        return
    write_over(ctx, register, current, kept_values(register, former), step)


def void_record(ctx: Context, register: Register, record_id: int, version: int, reason: str) -> Any:
    """Declares a wrong entry void (作废): it stays, but lists and counts leave it out.

    Raises NotFound, Forbidden and Conflict like `change_record`.
    """
    current = writable(ctx, register, record_id)
    if current.version != version or current.voided_at is not None:
        raise Conflict
    _write(register, current, {"voided_at": ctx.now, "changed_at": ctx.now})
    _note(ctx, register, current, Step("voided", reason), {}, {})
    return current


def note_files(
    ctx: Context, register: Register, row: Any, action: str, names: Sequence[str]
) -> None:
    """A step for files that were `attached` to a record or `detached` from it. Raises
    Conflict: the record was changed since it was read."""
    told = "、".join(names)
    before, after = (None, told) if action == "attached" else (told, None)
    _write(register, row, {"changed_at": ctx.now})
    _note(ctx, register, row, Step(action), {FILES: before}, {FILES: after}, files=[*names])


def restore_record(
    ctx: Context, register: Register, record_id: int, version: int, reason: str
) -> Any:
    """Makes a void record valid again. Raises Conflict also where another record has taken
    its natural key."""
    current = writable(ctx, register, record_id)
    if current.version != version or current.voided_at is None:
        raise Conflict
    hold_key(register, current.__data__)
    if same_key(register, current.__data__, current.id) is not None:
        raise Conflict(
            N_("已有另一条相同的记录，这一条不能恢复。"),
            unaffected=N_("没有任何内容被改动。"),
            remedy=N_("请先作废那一条，或更正它。"),
        )
    _write(register, current, {"voided_at": None, "changed_at": ctx.now})
    _note(ctx, register, current, Step("restored", reason), {}, {})
    return current


def writable(ctx: Context, register: Register, record_id: int) -> Any:
    """One record the person may change. Raises NotFound; Forbidden: seen, but not theirs to
    change."""
    found = record(ctx, register, record_id)
    if not ctx.may_in(register.write, found.unit_id):
        raise Forbidden
    return found


def _refuse(problems: Mapping[str, Told]) -> None:
    if problems:
        refused = Invalid()
        refused.params = {**refused.params, "columns": dict(problems)}
        raise refused


def _insert(made: Any) -> None:
    """Inserts a row with everything its table fills in; compiled once per table, as an import
    comes by here a hundred thousand times."""
    fields = type(made)._meta.sorted_fields
    given = {field.name: field.db_value(made.__data__.get(field.name)) for field in fields[1:]}
    made.id = _insertion(type(made)).value(**given)


@statement
def _insertion(model: Any) -> Query:
    names = [field.name for field in model._meta.sorted_fields[1:]]
    return model.insert({name: param(name) for name in names}).returning(model.id)


def _write(register: Register, current: Any, values: Mapping[str, Any]) -> None:
    """Writes over the very version that was read. Raises Conflict: there is a later one."""
    model = register.model
    written = (
        model.update(**values, version=current.version + 1)
        .where((model.id == current.id) & (model.version == current.version))
        .execute()
    )
    if not written:
        raise Conflict
    for name, value in {**values, "version": current.version + 1}.items():
        setattr(current, name, value)


def audit_record(ctx: Context, register: Register, row: Any, verb: str, **detail: Any) -> None:
    """The audit row of what is done to a record."""
    record_act(
        ctx,
        f"{register.slug}.{verb}_{register.noun}",
        register.realm,
        row.id,
        {"title": register.record_title(row), **detail},
        row.unit_id,
    )


def _note(
    ctx: Context,
    register: Register,
    row: Any,
    step: Step,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    **detail: Any,
) -> None:
    """History, audit line (an import has one of its own), search entry, stamp of a change."""
    change = RecordChange(
        realm=register.realm,
        record_id=row.id,
        version=row.version,
        action=step.action,
        before=exchanged(register, before),
        after=exchanged(register, after),
        reason=step.reason,
        batch=step.batch_id,
        account=ctx.account.id,
        on_behalf_of=ctx.on_behalf_of and ctx.on_behalf_of.id,
        post=ctx.post and ctx.post.id,
        unit=ctx.post and ctx.post.access_unit_id,
        at=ctx.now,
    )
    _insert(change)
    if step.batch_id is None:
        audit_record(ctx, register, row, step.action, **(detail or {"columns": sorted(after)}))
    index_row(register, row)
    bump_stamp(register.realm)
