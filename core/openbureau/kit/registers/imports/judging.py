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
from openbureau.kit.registers.imports.reading import CellReader, columns_of
from openbureau.kit.registers.imports.standing import Key, Match, Standing, key_of, records_by_key
from openbureau.kit.registers.kinds import Surroundings
from openbureau.kit.registers.masking import HIDDEN, is_masked_form
from openbureau.kit.registers.records import Told, faults_of

_encode = msgspec.json.Encoder(order="sorted").encode
_DIGEST_BYTES = 12
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
        self._around = Surroundings(ctx.today, unit_tree(ctx.tree_version))
        self._readers = [
            CellReader(place, column.name, register.kinds[column.name], self._around)
            for place, column in headings.columns.items()
        ]
        self._unknown = headings.unknown if EXTRA in register.model._meta.fields else {}
        self._unit_id = unit_id
        # Keys of the rows before, as digests: where each was, and what stood in it.
        self._seen: dict[bytes, tuple[int, int]] = {}
        self._standing = Standing(register)

    def judged(self, rows: Iterable[tuple[int, Sequence[Any]]]) -> list[Judged]:
        """The rows that hold anything, judged; a few statements for all of them."""
        held = [
            (number, row) for number, row in rows if any(cell not in {"", None} for cell in row)
        ]
        if not held:
            return []
        lines = self._lines(held)
        keys = [key_of(self._register, line.values) for line in lines]
        fresh = [
            (line, key)
            for line, key in zip(lines, keys, strict=True)
            if not self._is_repeated(line, key)
        ]
        standing = self._standing.of(
            [(line.values, key) for line, key in fresh if key is not None and not line.problems]
        )
        rest = [
            (line, key)
            for line, key in fresh
            if key is None or not self._is_same(line, standing.get(key))
        ]
        current = records_by_key(self._register, {key for _, key in rest if key is not None})
        for line, key in rest:
            row = None if key is None else current.get(key)
            if row is None:
                self._judge_new(line)
            else:
                self._judge_known(line, row)
        return lines

    def _lines(self, rows: Sequence[tuple[int, Sequence[Any]]]) -> list[Judged]:
        """The rows, read. An empty cell leaves things as they are."""
        columns = columns_of([row for _, row in rows], [each.place for each in self._readers])
        names = [each.name for each in self._readers]
        read = [each.read(cells) for each, cells in zip(self._readers, columns, strict=True)]
        lines = [
            Judged(
                number,
                {
                    name: value
                    for name, value in zip(names, values, strict=True)
                    if value is not None and value != ""
                },
            )
            for (number, _), values in zip(
                rows, zip(*(values for values, _ in read), strict=True), strict=True
            )
        ]
        for name, (_, faults) in zip(names, read, strict=True):
            for place, refused in faults.items():
                lines[place].problems[name] = (refused.message, refused.params)
        for line, (_, row) in zip(lines, rows, strict=True):
            self._complete(line, row)
        return lines

    def _complete(self, line: Judged, row: Sequence[Any]) -> None:
        """The unit where it is part of the key, and what stands in columns nobody knows."""
        if "unit" in self._register.key and "unit" not in line.problems:
            line.values.setdefault("unit", self._unit_id)
        beside = {
            name: str(row[place])
            for place, name in self._unknown.items()
            if place < len(row) and row[place] != ""
        }
        if beside:
            line.values[EXTRA] = _encode(beside).decode()

    def _is_same(self, line: Judged, found: Match | None) -> bool:
        """Whether importing a row would change nothing, told without looking closer."""
        register, ctx = self._register, self._ctx
        if found is None or found.columns is None:
            return False
        if register.check is not None and register.check(ctx, found.columns):
            return False
        may_write = ctx.may_in(register.write, found.unit_id)
        if not may_write or (self._personal and not ctx.may_in(register.personal, found.unit_id)):
            return False
        line.record_id, line.version, line.action = found.record_id, found.version, "same"
        return True

    def _is_repeated(self, line: Judged, key: Key | None) -> bool:
        """Whether a row before has the same key: then this one is not written."""
        if key is None:
            return False
        content = hash(tuple(line.values.items()))
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
