"""Every row of a table judged: new, changed, the same, a duplicate or faulty."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from openbureau.base.context import Context
from openbureau.base.i18n import N_
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.imports.headings import EXTRA, Headings
from openbureau.kit.registers.kinds import Surroundings, Unreadable
from openbureau.kit.registers.masking import HIDDEN, is_masked_form
from openbureau.kit.registers.records import Told, exchanged, faults_of

Key = tuple[Any, ...]
_encode = msgspec.json.Encoder(order="sorted").encode
_DIGEST_BYTES = 12
_REMEMBERED = 4096
MASKED: Told = (N_("这是遮盖后的内容，不能导入。请填写完整内容，或留空表示不改。"), {})


@dataclass(slots=True)
class Judged:
    """One row: its number as spreadsheets count, the values to write, what is wrong with
    columns, and what importing it would do."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, Told] = field(default_factory=dict)
    action: str = "error"
    record_id: int | None = None
    version: int | None = None


class Judge:
    """Judges the rows of one table, a chunk at a time, against the register as it stands."""

    def __init__(self, ctx: Context, register: Register, headings: Headings, unit_id: int) -> None:
        self._ctx = ctx
        self._register = register
        self._personal = [column.name for column in register.columns if column.personal]
        self._columns = [
            (place, column.name, register.kinds[column.name])
            for place, column in headings.columns.items()
        ]
        self._unknown = headings.unknown if EXTRA in register.model._meta.fields else {}
        self._unit_id = unit_id
        self._around = Surroundings(ctx.today, unit_tree(ctx.tree_version))
        # Keys of the rows before, as digests: where each was, and what stood in it.
        self._seen: dict[bytes, tuple[int, bytes]] = {}
        self._read: dict[tuple[str, Any], Any] = {}

    def judged(self, rows: Iterable[tuple[int, Sequence[Any]]]) -> list[Judged]:
        """The rows that hold anything, judged; one statement for all of them."""
        lines = [
            self._line(number, row)
            for number, row in rows
            if any(cell not in {"", None} for cell in row)
        ]
        keys = [key_of(self._register, line.values) for line in lines]
        current = records_by_key(self._register, {key for key in keys if key is not None})
        for line, key in zip(lines, keys, strict=True):
            self._judge(line, key, None if key is None else current.get(key))
        return lines

    def _line(self, number: int, row: Sequence[Any]) -> Judged:
        line = Judged(number)
        for place, name, kind in self._columns:
            cell = row[place] if place < len(row) else ""
            try:
                value = self._value(name, kind, cell)
            except Unreadable as refused:
                line.problems[name] = (refused.message, refused.params)
            else:
                # An empty cell leaves things as they are.
                if value is not None and value != "":
                    line.values[name] = value
        if "unit" in self._register.key and "unit" not in line.problems:
            line.values.setdefault("unit", self._unit_id)
        if self._unknown:
            beside = {
                name: str(row[place])
                for place, name in self._unknown.items()
                if place < len(row) and row[place] != ""
            }
            if beside:
                line.values[EXTRA] = _encode(beside).decode()
        return line

    def _value(self, name: str, kind: Any, cell: Any) -> Any:
        if cell == "" or cell is None:
            return None
        # Most columns hold few different values. Equal is not the same: 1 and True.
        remembered = (name, cell if type(cell) is str else (type(cell), cell))
        if remembered in self._read:
            return self._read[remembered]
        value = kind.read(cell, self._around)
        if len(self._read) >= _REMEMBERED:
            self._read.clear()
        self._read[remembered] = value
        return value

    def _judge(self, line: Judged, key: Key | None, row: Any) -> None:
        if self._is_repeated(line, key):
            return
        if row is None:
            self._judge_new(line)
        else:
            self._judge_known(line, row)

    def _is_repeated(self, line: Judged, key: Key | None) -> bool:
        """Whether a row before has the same key: then this one is not written."""
        if key is None:
            return False
        content = _digest(exchanged(self._register, line.values))
        number, before = self._seen.setdefault(_digest(repr(key)), (line.number, content))
        if number == line.number:
            return False
        name = self._register.key[0]
        if before == content and not line.problems:
            line.action = "duplicate"
            line.problems[name] = (N_("与第 %(row)s 行完全相同。"), {"row": number})
        else:
            line.problems[name] = (
                N_("与第 %(row)s 行是同一条记录，内容却不同，请只留一行。"),
                {"row": number},
            )
        return True

    def _judge_new(self, line: Judged) -> None:
        register = self._register
        self._refuse_masked(line, line.values)
        line.values.setdefault("unit", self._unit_id)
        faults = faults_of(self._ctx, register, line.values)
        line.problems = {**faults, **line.problems}
        if not line.problems:
            line.action = "new"

    def _judge_known(self, line: Judged, row: Any) -> None:
        register, ctx = self._register, self._ctx
        if not ctx.may_in(register.write, row.unit_id):
            node = self._around.tree.by_id.get(row.unit_id)
            line.problems[register.key[0]] = (
                N_("已有这条记录，属于「%(unit)s」，不在您的办理范围内。"),
                {"unit": node.short_name if node else ""},
            )
            return
        if not ctx.may_in(register.personal, row.unit_id):
            self._leave_personal(line)
        changed = {n: v for n, v in line.values.items() if self._differs(n, v, row)}
        self._refuse_masked(line, changed)
        line.problems = {**faults_of(ctx, register, changed, row), **line.problems}
        line.record_id, line.version = row.id, row.version
        if not line.problems:
            line.values = changed
            line.action = "change" if changed else "same"

    def _leave_personal(self, line: Judged) -> None:
        """Leaves out what this person sees masked: whether it is the same would tell it."""
        for name in self._personal:
            line.values.pop(name, None)
            line.problems.pop(name, None)

    def _refuse_masked(self, line: Judged, values: Mapping[str, Any]) -> None:
        for name in self._personal:
            value = values.get(name)
            if isinstance(value, str) and HIDDEN in value:
                line.problems[name] = MASKED

    def _differs(self, name: str, value: Any, row: Any) -> bool:
        before = row.__data__.get(name)
        if before == value:
            return False
        column = self._register.by_name.get(name)
        # What was exported masked comes back masked.
        return not (
            column is not None
            and column.personal
            and isinstance(value, str)
            and is_masked_form(column.personal, before, value)
        )


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()


def key_of(register: Register, values: Mapping[str, Any]) -> Key | None:
    """What tells a record apart, as JSON values; None where a part of it is missing."""
    found = tuple(
        None if (value := values.get(name)) in (None, "") else register.kinds[name].exchanged(value)
        for name in register.key
    )
    return None if None in found else found


def records_by_key(register: Register, keys: Iterable[Key]) -> dict[Key, Any]:
    """The valid records that have one of these keys, in one statement."""
    wanted = sorted(keys, key=repr)
    if not wanted:
        return {}
    model = register.model
    kinds = [register.kinds[name] for name in register.key]
    if len(kinds) == 1:
        field = getattr(model, register.key[0])
        condition: Any = field.in_([kinds[0].kept(key[0]) for key in wanted])
    else:
        condition = _any_of([_is_key(register, key) for key in wanted])
    rows = model.select().where(model.voided_at.is_null() & condition).order_by(model.id.desc())
    return {key: row for row in rows if (key := key_of(register, row.__data__)) is not None}


def _is_key(register: Register, key: Key) -> Any:
    parts = [
        getattr(register.model, name) == register.kinds[name].kept(value)
        for name, value in zip(register.key, key, strict=True)
    ]
    return _joined(parts, lambda one, other: one & other)


def _any_of(conditions: Sequence[Any]) -> Any:
    return _joined(conditions, lambda one, other: one | other)


def _joined(conditions: Sequence[Any], join: Any) -> Any:
    """Conditions joined as a flat tree: databases refuse to read very deep ones."""
    if len(conditions) == 1:
        return conditions[0]
    half = len(conditions) // 2
    return join(_joined(conditions[:half], join), _joined(conditions[half:], join))
