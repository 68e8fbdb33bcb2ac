"""What a program asks of a list: parameters, each judged by the schema that is published."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from starlette.datastructures import QueryParams

from openbureau.base.context import Context
from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_
from openbureau.base.request import Address, Request
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.conditions import JOINERS, MOST_ROWS, OPERATORS
from openbureau.kit.registers.asked import Asked, askable, position, sortable
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.kinds import Choice, Day, Surroundings, Unreadable, unit_fault
from openbureau.kit.registers.listing import asked_by
from openbureau.kit.registers.masking import hidden_columns
from openbureau.kit.registers.natural import UNIT_CODE, Schema, fault_of, schema_of
from openbureau.kit.registers.records import Told

LIMIT, LONGEST_LIMIT = 50, 100
PUBLIC = "public"
ROWS = ("field", "op", "value")
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SPAN = rf"^({_DAY}|{_DAY}\.\.({_DAY})?|\.\.{_DAY})$"
_MAC_BYTES = 9
_LONGEST_CURSOR = 400
_WORDS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Question:
    """A list that a program asks for. `cursor` makes the text that names the place behind a
    row."""

    query: Asked
    columns: Sequence[Column]
    is_counted: bool
    key: bytes
    realm: str

    def cursor(self, register: Register, row: Any) -> str:
        """The text behind which the next page begins."""
        order = self.query.order
        kind = register.kinds.get(order.column)
        return _sealed(self, position(kind, getattr(row, order.column), row.id))


@lru_cache(maxsize=256)
def parameters_of(register: Register) -> Mapping[str, Schema]:
    """The schema of every parameter of a list, by name; those of `ROWS` and `fields` are of
    each of several."""
    found: dict[str, Schema] = {name: _filter_schema(register, name) for name in register.filters}
    names = [column.name for column in register.columns]
    # All that the public may be shown; a column of that name is itself.
    names += [PUBLIC] if register.public and PUBLIC not in names else []
    asking = askable(register)
    orders = [sign + name for name in sortable(register) for sign in ("", "-")]
    boolean: Schema = {"type": "boolean"}
    return found | {
        "q": {"type": "string", "minLength": 1, "maxLength": 100},
        "unit": dict(UNIT_CODE),
        "field": {"type": "string", "enum": asking},
        "op": {"type": "string", "enum": list(OPERATORS)},
        "value": {"type": "string", "maxLength": 200},
        "joiner": {"type": "string", "enum": list(JOINERS)},
        "voided": boolean,
        "sort": {"type": "string", "enum": orders},
        "fields": {"type": "string", "enum": names},
        "count": boolean,
        "limit": {"type": "integer", "minimum": 1, "maximum": LONGEST_LIMIT},
        "after": {"type": "string", "minLength": 1, "maxLength": _LONGEST_CURSOR},
    }


def _filter_schema(register: Register, name: str) -> Schema:
    kind = register.kinds[name]
    if isinstance(kind, Day):
        return {"type": "string", "pattern": _SPAN}
    schema = schema_of(kind)
    if isinstance(kind, Choice):
        return {"type": "string", "enum": [str(value) for value in schema["enum"]]}
    return schema


def question_of(register: Register, request: Request) -> Question:
    """What the address asks for. Raises Invalid: a parameter is unknown, given twice or has an
    impossible value; a place that is not of this list; a column the token may not see."""
    ctx = request.person
    given = _read(register, request.query)
    _refuse_hidden(ctx, register, given)
    key, realm = request.app.key, register.realm
    tree = unit_tree(ctx.tree_version)
    if "unit" in given and (refused := unit_fault(tree, given["unit"])):
        raise _invalid({"unit": (refused.message, refused.params)})
    if problems := _unread(register, given, Surroundings(ctx.today, tree)):
        raise _invalid(problems)
    pairs = _as_asked(register, given)
    sort = str(given.get("sort", register.order))
    if "after" in given:
        pairs.append(("after", _opened(key, realm, sort, str(given["after"]))))
    query = asked_by(ctx, register, Address(request.path, QueryParams(pairs)))
    if problem := next(iter((*query.problems, *query.faults.values())), None):
        raise _invalid({"value": problem})
    columns = _chosen(register, given.get("fields", ()))
    limited = replace(query, size=given.get("limit", LIMIT), page=1)
    return Question(limited, columns, bool(given.get("count")), key, realm)


def _chosen(register: Register, names: Sequence[str]) -> list[Column]:
    """The columns asked for; all of them where none are."""
    wanted = {*names}
    if PUBLIC in wanted and PUBLIC not in register.by_name:
        wanted |= {*register.public}
    return [column for column in register.columns if not names or column.name in wanted]


def _invalid(problems: Mapping[str, Told]) -> Invalid:
    refused = Invalid(
        N_("请求的参数有误。"),
        unaffected=N_("没有任何内容被改动。"),
        remedy=N_("请按 errors 中的提示改正。"),
        code="API-004",
    )
    refused.params = {"columns": dict(problems)}
    return refused


def _read(register: Register, query: QueryParams) -> dict[str, Any]:
    """The parameters by name in their natural form; several where several may be given."""
    schemas = parameters_of(register)
    found: dict[str, Any] = {}
    problems: dict[str, Told] = {}
    for name in query:
        texts = query.getlist(name)
        if name not in schemas:
            problems[name[:60]] = (N_("没有这个参数。"), {})
            continue
        if name == "fields":
            texts = [part for text in texts for part in text.split(",")]
        elif name not in ROWS and len(texts) > 1:
            problems[name] = (N_("这个参数只能给一次。"), {})
            continue
        values = [_value(schemas[name], text) for text in texts]
        kind = register.kinds.get(name)
        faults = [told for value in values if (told := fault_of(schemas[name], value, kind))]
        if faults:
            problems[name] = faults[0]
        found[name] = values if name in (*ROWS, "fields") else values[0]
    problems |= _row_problems(register, found) if not problems else {}
    if problems:
        raise _invalid(problems)
    return found


def _value(schema: Schema, text: str) -> Any:
    if schema["type"] == "boolean":
        return _WORDS.get(text, text)
    if schema["type"] == "integer" and text.removeprefix("-").isascii():
        return int(text) if text.removeprefix("-").isdigit() and len(text) < 12 else text
    return text


def _row_problems(register: Register, found: Mapping[str, Any]) -> dict[str, Told]:
    fields, ops, values = (found.get(name, []) for name in ROWS)
    if not len(fields) == len(ops) == len(values):
        return {"field": (N_("field、op、value 应成组给出，个数相同。"), {})}
    if len(fields) > MOST_ROWS:
        return {"field": (N_("条件最多 %(total)s 个。"), {"total": MOST_ROWS})}
    for name, op, value in zip(fields, ops, values, strict=True):
        if op not in register.kinds[name].operators:
            return {"op": (N_("「%(column)s」不能用 %(op)s 比较。"), {"column": name, "op": op})}
        if op != "empty" and not value.strip():
            return {"value": (N_("这一项必须填写。"), {})}
    return {}


def _refuse_hidden(ctx: Context, register: Register, given: Mapping[str, Any]) -> None:
    """Raises Invalid: an order or a condition would tell what the token may not see."""
    hidden = hidden_columns(ctx, register)
    named = {
        "sort": [str(given.get("sort", "")).removeprefix("-")],
        "field": given.get("field", []),
        **{name: [name] for name in register.filters if name in given},
    }
    for parameter, names in named.items():
        for name in names:
            if name in hidden:
                text = N_("这个令牌看不到「%(column)s」，不能按它查询或排序。")
                raise _invalid({parameter: (text, {"column": name})})


def _as_asked(register: Register, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The parameters as the address of the page would have them."""
    pairs = []
    for name in (*register.filters, "q", "unit", "joiner", "sort"):
        if name in given:
            value = given[name]
            pairs.append((name, str(int(value)) if isinstance(value, bool) else str(value)))
    for row in zip(*(given.get(name, []) for name in ROWS), strict=True):
        pairs += zip(ROWS, row, strict=True)
    if given.get("voided"):
        pairs.append(("voided", "1"))
    return pairs


def _unread(register: Register, given: Mapping[str, Any], around: Surroundings) -> dict[str, Told]:
    """Filters whose values keep to the schema and yet mean nothing: 2026-02-30."""
    problems: dict[str, Told] = {}
    for name in register.filters:
        kind = register.kinds[name]
        text = str(given.get(name, ""))
        for part in text.split("..") if isinstance(kind, Day) else [text]:
            try:
                kind.read(part, around)
            except Unreadable as refused:
                problems[name] = (refused.message, refused.params)
    return problems


def _sealed(question: Question, place: str) -> str:
    sorting = question.query.sorting
    sort = f"{'-' if sorting.is_down else ''}{sorting.key}"
    mac = _mac(question.key, question.realm, sort, place)
    return urlsafe_b64encode(mac + place.encode()).decode().rstrip("=")


def _opened(key: bytes, realm: str, sort: str, text: str) -> str:
    """The place a cursor names. Raises Invalid: it was not given out for this list."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        place = raw[_MAC_BYTES:].decode()
    except ValueError:
        raw, place = b"", ""
    if not hmac.compare_digest(raw[:_MAC_BYTES], _mac(key, realm, sort, place)):
        raise _invalid({"after": (N_("这个位置不属于本次查询，请从第一页重新取。"), {})})
    return place


def _mac(key: bytes, realm: str, sort: str, place: str) -> bytes:
    text = f"{realm}\n{sort}\n{place}".encode()
    return hashlib.blake2b(text, key=key[:64], digest_size=_MAC_BYTES).digest()
