"""What stands in a register under the keys of a table's rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.base.database import db
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.kinds import Kind

Key = tuple[Any, ...]
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Match:
    """The record that has the key of a row. `columns` is what it holds where that is all the
    row says, otherwise None; not told where no check of the register asks for it."""

    record_id: int
    version: int
    unit_id: int
    columns: Mapping[str, Any] | None


class Standing:
    """Compares rows with the records that have their keys, as the driver gives them: making a
    record of each would cost more than everything else."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._columns = register.columns
        self._places = {column.name: place for place, column in enumerate(register.columns, 3)}
        self._kept: dict[tuple[str, Any], Any] = {}

    def of(self, rows: Iterable[tuple[Mapping[str, Any], Key]]) -> dict[Key, Match]:
        """The match of each key that a record has, in one statement."""
        values = {key: found for found, key in rows}
        if not values:
            return {}
        register, places = self._register, self._places
        matches: dict[Key, Match] = {}
        for raw in self._raw(sorted(values, key=repr)):
            key = tuple(
                register.kinds[name].exchanged(self._value(name, raw[places[name]]))
                for name in register.key
            )
            wanted = values.get(key)
            # Of several with one key the first entered counts.
            if wanted is not None:
                columns = self._columns_of(raw) if self._holds(raw, wanted) else None
                matches[key] = Match(raw[0], raw[1], raw[2], columns)
        return matches

    def _raw(self, keys: Sequence[Key]) -> list[Sequence[Any]]:
        model = self._register.model
        fields = [model.id, model.version, model.unit]
        fields += [column.field for column in self._columns]
        query = model.select(*fields).where(_with_keys(self._register, keys))
        sql, params = query.order_by(model.id.desc()).sql()
        rows: list[Sequence[Any]] = db.execute_sql(sql, params).fetchall()
        return rows

    def _holds(self, raw: Sequence[Any], wanted: Mapping[str, Any]) -> bool:
        places = self._places
        for name, value in wanted.items():
            place = places.get(name)
            if place is None:
                return False
            found = raw[place]
            if found != value and self._value(name, found) != value:
                return False
        return True

    def _columns_of(self, raw: Sequence[Any]) -> Mapping[str, Any]:
        if self._register.check is None:
            return {}
        return {name: self._value(name, raw[place]) for name, place in self._places.items()}

    def _value(self, name: str, raw: Any) -> Any:
        """A column's value, of what the driver gave."""
        if type(raw) is str and self._is_text(name):
            return raw
        known = self._kept
        if (name, raw) not in known:
            if len(known) > _REMEMBERED:
                known.clear()
            known[name, raw] = self._register.by_name[name].field.python_value(raw)
        return known[name, raw]

    def _is_text(self, name: str) -> bool:
        return type(self._register.kinds[name]).exchanged is Kind.exchanged


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
    rows = model.select().where(_with_keys(register, wanted)).order_by(model.id.desc())
    return {key: row for row in rows if (key := key_of(register, row.__data__)) is not None}


def _with_keys(register: Register, keys: Sequence[Key]) -> Any:
    """The condition of valid records with one of these keys."""
    model = register.model
    kinds = [register.kinds[name] for name in register.key]
    if len(kinds) == 1:
        field = getattr(model, register.key[0])
        condition: Any = field.in_([kinds[0].kept(key[0]) for key in keys])
    else:
        condition = _any_of([_is_key(register, key) for key in keys])
    return model.voided_at.is_null() & condition


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
