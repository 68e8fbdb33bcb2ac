"""Values as JSON holds them. What a published schema says is what is accepted: both are made
and judged here (JSON Schema 2020-12)."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import singledispatch
from typing import Any

from openbureau.base.database import from_instant
from openbureau.base.i18n import N_
from openbureau.kernel.units.queries import UnitTree
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.kinds import (
    LARGEST_WHOLE,
    Amount,
    Choice,
    Day,
    Kind,
    Line,
    Moment,
    Passage,
    UnitChoice,
    Whole,
    YesNo,
)
from openbureau.kit.registers.masking import masked
from openbureau.kit.registers.records import Told, may_be_empty

Schema = dict[str, Any]
UNIT_CODE: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": 32}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
}


@singledispatch
def schema_of(kind: Kind) -> Schema:
    """The JSON Schema of a kind's values, without what a column adds. Raises TypeError."""
    raise TypeError(f"{type(kind).__name__} has no JSON form")


@schema_of.register
def _(kind: Line) -> Schema:
    return {"type": "string", **({"maxLength": kind.longest} if kind.longest else {})}


@schema_of.register
def _(kind: Passage) -> Schema:
    return {"type": "string"}


@schema_of.register
def _(kind: Whole) -> Schema:
    return {"type": "integer", "minimum": -LARGEST_WHOLE, "maximum": LARGEST_WHOLE}


@schema_of.register
def _(kind: Amount) -> Schema:
    # A text: a number of JSON would be rounded by those who read it.
    places = kind.field.decimal_places
    digits = kind.field.max_digits - places
    fraction = rf"(\.[0-9]{{1,{places}}})?" if places else ""
    return {"type": "string", "pattern": rf"^-?[0-9]{{1,{digits}}}{fraction}$"}


@schema_of.register
def _(kind: YesNo) -> Schema:
    return {"type": "boolean"}


@schema_of.register
def _(kind: Day) -> Schema:
    return {"type": "string", "format": "date"}


@schema_of.register
def _(kind: Moment) -> Schema:
    return {"type": "string", "format": "date-time"}


@schema_of.register
def _(kind: Choice) -> Schema:
    values = list(kind.labels)
    is_text = all(isinstance(value, str) for value in values)
    return {"type": "string" if is_text else "integer", "enum": values}


@schema_of.register
def _(kind: UnitChoice) -> Schema:
    return dict(UNIT_CODE)


def column_schema(register: Register, column: Column) -> Schema:
    """The schema of what may be given for a column."""
    kind = register.kinds[column.name]
    schema = schema_of(kind)
    is_optional = may_be_empty(column)
    if "enum" in schema and is_optional and kind.empty == "" and "" not in schema["enum"]:
        schema["enum"] = ["", *schema["enum"]]
    if kind.empty is None and is_optional:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    if not is_optional and isinstance(kind, Line):
        schema["minLength"] = 1
    return schema


def shown_schema(register: Register, column: Column) -> Schema:
    """The schema of what a column shows: masked values keep no form."""
    schema = column_schema(register, column)
    schema.pop("minLength", None)
    if column.personal:
        schema.pop("maxLength", None)
        schema.pop("pattern", None)
    if register.kinds[column.name].field.null and "null" not in schema["type"]:
        schema["type"] = [schema["type"], "null"]
    return schema


def fault_of(schema: Mapping[str, Any], given: Any, kind: Kind | None = None) -> Told | None:
    """Why a value does not keep to a schema; None when it does. `kind` is the column's."""
    types = schema["type"]
    wanted = [types] if isinstance(types, str) else types
    if isinstance(given, float) and given.is_integer() and "integer" in wanted:
        given = int(given)
    if not any(_is_of(name, given) for name in wanted):
        return N_("这一项应为 %(type)s。"), {"type": " / ".join(wanted)}
    if given is None:
        return None
    if "enum" in schema and given not in schema["enum"]:
        choices = ", ".join(str(value) for value in schema["enum"] if value)
        return N_("只能是其中之一：%(choices)s。"), {"choices": choices}
    if not isinstance(given, str):
        return _fault_of_size(schema, given)
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), given):
        return _form_of(kind)
    return _fault_of_text(schema, given)


def _form_of(kind: Kind | None) -> Told:
    """The form of a text that has one, in words: numbers and spans of days have."""
    if isinstance(kind, Amount):
        places = kind.field.decimal_places
        digits = kind.field.max_digits - places
        text = N_("应为写作文本的数，整数最多 %(digits)s 位，小数最多 %(places)s 位，例如 12.50。")
        return text, {"digits": digits, "places": places}
    return N_(
        "应为一天，写作 2026-11-23；或一段日子，写作 2026-01-01..2026-03-31，两端可以省去一端。"
    ), {}


def _is_of(name: str, given: Any) -> bool:
    # To Python a truth value is a number.
    return isinstance(given, _TYPES[name]) and (name == "boolean" or not isinstance(given, bool))


def _fault_of_text(schema: Mapping[str, Any], given: str) -> Told | None:
    longest = schema.get("maxLength")
    if longest is not None and len(given) > longest:
        return N_("超过 %(total)s 个字。"), {"total": longest}
    if len(given) < schema.get("minLength", 0):
        return N_("这一项必须填写。"), {}
    if schema.get("format") == "date" and not _is_date(given):
        return N_("应为存在的日期，写作 2026-11-23。"), {}
    return None


def _fault_of_size(schema: Mapping[str, Any], given: Any) -> Told | None:
    low, high = schema.get("minimum"), schema.get("maximum")
    if (low is not None and given < low) or (high is not None and given > high):
        return N_("应在 %(low)s 与 %(high)s 之间。"), {"low": low, "high": high}
    return None


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def natural(kind: Kind, value: Any, tree: UnitTree) -> Any:
    """A kept value in its JSON form, also one that came straight from a driver."""
    if value is None:
        return None
    if isinstance(kind, UnitChoice):
        return tree.by_id[value].code if value in tree.by_id else ""
    if isinstance(kind, YesNo):
        return bool(value)
    if isinstance(kind, Amount):
        places = Decimal(1).scaleb(-kind.field.decimal_places)
        return str(Decimal(str(value)).quantize(places))
    if isinstance(kind, Moment):
        return (from_instant(value) if isinstance(value, int) else value).isoformat()
    return kind.exchanged(value)


def represented(
    register: Register, columns: Sequence[Column], row: Any, tree: UnitTree, *, may_see: bool
) -> dict[str, Any]:
    """A record as the API shows it: what every record has, then these columns by name."""
    found: dict[str, Any] = {
        "id": row.id,
        "uid": row.uid,
        "version": row.version,
        "is_void": row.voided_at is not None,
        "unit": tree.by_id[row.unit_id].code if row.unit_id in tree.by_id else "",
    }
    for column in columns:
        kind = register.kinds[column.name]
        raw = row.unit_id if column.name == "unit" else getattr(row, column.name)
        value = natural(kind, raw, tree)
        is_hidden = column.personal and not may_see and isinstance(value, str)
        found[column.name] = masked(column.personal, value) if is_hidden else value
    return found
