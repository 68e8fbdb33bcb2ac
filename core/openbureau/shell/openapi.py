"""The OpenAPI 3.1 document of everything programs can ask: made from what registers declare."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from openbureau.base.api import JSON, MERGE_PATCH
from openbureau.base.i18n import N_, Catalogue
from openbureau.base.routing import API
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.kinds import Choice
from openbureau.kit.registers.natural import column_schema, shown_schema
from openbureau.kit.registers.records import is_required
from openbureau.shell.openapi_parts import (
    COLLECTED,
    REASON_SCHEMA,
    index_schema,
    problem_responses,
    shared_parts,
)
from openbureau.shell.registers.api_query import ROWS, parameters_of

Say = Callable[..., str]
Document = dict[str, Any]
_CHANGES = (409, 413, 415, 422)
_PARAMETERS: Mapping[str, str] = {
    "q": N_("同列表页的搜索框。"),
    "unit": N_("只要这个单位及其全部下属的记录；填单位代码。"),
    "field": N_("条件的列；与 op、value 成组，可以重复。"),
    "op": N_("条件的比较：has 包含，is 等于，not 不等于，from 从，to 到，empty 为空。"),
    "value": N_("条件的值；比较为 empty 时留空。"),
    "joiner": N_("各条件之间：and 全部满足，or 满足其一。"),
    "voided": N_("true 只列已作废的记录。"),
    "sort": N_("排序；前面加 - 为从大到小。"),
    "fields": N_("只要这些列，逗号分隔；public 为可以公开的列；不给为全部。"),
    "count": N_("true 时应答带总数 total。"),
    "limit": N_("一页的条数。"),
    "after": N_("上一页应答中的 next，原样带回。"),
}


@lru_cache(maxsize=8)
def openapi_document(registers: tuple[Register, ...], catalogue: Catalogue, title: str) -> Document:
    """The document about these registers, in the language of the catalogue."""
    say = catalogue.gettext
    paths: Document = _own_paths(say)
    schemas: Document = {}
    for register in registers:
        paths |= _paths(register, say)
        schemas |= _schemas(register, say)
    parts = shared_parts(say)
    parts["schemas"] |= schemas
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": say(N_("%(bureau)s 数据接口"), bureau=title),
            "version": "1",
            "description": say(
                N_("每个台账都有列表、读取、登记、更改、作废。令牌由管理员发放，权限不多于其账号。")
            ),
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [
            {"name": register.realm, "description": say(register.label)} for register in registers
        ],
        "paths": paths,
        "components": parts,
    }


def _own_paths(say: Say) -> Document:
    def reading(identifier: str, summary: str, schema: Document) -> Document:
        answer = {"description": say(N_("成功")), "content": {JSON: {"schema": schema}}}
        responses = {
            "200": answer,
            "304": {"description": say(N_("内容没有变"))},
            **problem_responses((400, 401, 406, 429, 500, 503)),
        }
        return {"get": {"operationId": identifier, "summary": summary, "responses": responses}}

    return {
        API: reading("index", say(N_("这个令牌可以用什么")), index_schema()),
        f"{API}openapi.json": reading("openapi", say(N_("本文档")), {"type": "object"}),
    }


def _paths(register: Register, say: Say) -> Document:
    url = f"{API}{register.realm}"
    identified = {"parameters": [{"$ref": "#/components/parameters/id"}]}
    return {
        url: {"get": _listing(register, say), "post": _addition(register, say)},
        f"{url}/{{id}}": {
            **identified,
            "get": {
                **_operation(register, "read", say(N_("读取"))),
                "responses": {
                    **_responses(say, "200", _schema(register), ()),
                    "304": {"description": say(N_("内容没有变"))},
                },
            },
            "patch": {
                **_operation(register, "change", say(N_("更改（只写要改的列）"))),
                "parameters": [{"$ref": "#/components/parameters/if_match"}],
                "requestBody": _body([MERGE_PATCH, JSON], _schema(register, "_change")),
                "responses": _responses(say, "200", _schema(register), (*_CHANGES, 412, 428)),
            },
        },
        f"{url}/{{id}}/void": {**identified, "post": _voiding(register, say)},
    }


def _listing(register: Register, say: Say) -> Document:
    return {
        **_operation(register, "list", say(N_("列表"))),
        "parameters": [_parameter(register, each, say) for each in parameters_of(register)],
        "responses": _responses(say, "200", _schema(register, "_page"), (422,)),
    }


def _addition(register: Register, say: Say) -> Document:
    return {
        **_operation(register, "create", say(N_("登记"))),
        "parameters": [{"$ref": "#/components/parameters/idempotency_key"}],
        "requestBody": _body([JSON], _schema(register, "_new")),
        "responses": _responses(say, "201", _schema(register), _CHANGES),
    }


def _voiding(register: Register, say: Say) -> Document:
    names = ("if_match", "idempotency_key")
    return {
        **_operation(register, "void", say(N_("作废"))),
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in names],
        "requestBody": _body([JSON], REASON_SCHEMA),
        "responses": _responses(say, "200", _schema(register), (*_CHANGES, 412, 428)),
    }


def _schema(register: Register, which: str = "") -> Document:
    return {"$ref": f"#/components/schemas/{_name(register)}{which}"}


def _name(register: Register) -> str:
    return register.realm.replace("/", "_")


def _operation(register: Register, verb: str, summary: str) -> Document:
    return {
        "operationId": f"{verb}_{_name(register)}",
        "tags": [register.realm],
        "summary": summary,
    }


def _body(media: Sequence[str], schema: Mapping[str, Any]) -> Document:
    return {"required": True, "content": {each: {"schema": schema} for each in media}}


def _responses(say: Say, status: str, schema: Document, more: Sequence[int]) -> Document:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in COLLECTED}
    if status == "201":
        headers["Location"] = {"$ref": "#/components/headers/Location"}
    return {
        status: {
            "description": say(N_("成功")),
            "headers": headers,
            "content": {JSON: {"schema": schema}},
        },
        **problem_responses((400, 401, 403, 404, 406, 429, 500, 503, *more)),
    }


def _parameter(register: Register, name: str, say: Say) -> Document:
    schema: Document = dict(parameters_of(register)[name])
    found: Document = {"name": name, "in": "query", "required": False}
    if name in register.filters:
        found["description"] = _meaning(register, register.by_name[name], say)
    else:
        found["description"] = say(_PARAMETERS[name])
    if name in ROWS:
        found |= {"schema": {"type": "array", "items": schema, "maxItems": 12}, "explode": True}
    elif name == "fields":
        found |= {"schema": {"type": "array", "items": schema, "minItems": 1}, "explode": False}
    else:
        found["schema"] = schema
    return found


def _meaning(register: Register, column: Column, say: Say) -> str:
    """What a column is called, what its values mean, and its help."""
    kind = register.kinds[column.name]
    parts = [say(column.label)]
    if isinstance(kind, Choice):
        parts.append(", ".join(f"{value} = {say(label)}" for value, label in kind.labels.items()))
    if column.help:
        parts.append(say(column.help))
    return "; ".join(parts)


def _schemas(register: Register, say: Say) -> Document:
    name = _name(register)
    given = {
        column.name: _described(register, column, column_schema(register, column), say)
        for column in register.columns
        if not column.is_readonly
    }
    shown = {
        column.name: _described(register, column, shown_schema(register, column), say)
        for column in register.columns
    }
    kept: Document = {
        "id": {"type": "integer"},
        "uid": {"type": "string"},
        "version": {"type": "integer", "minimum": 1},
        "is_void": {"type": "boolean"},
        "unit": {"type": "string"},
    }
    required = [column.name for column in register.columns if is_required(column)]
    strict: Document = {"type": "object", "additionalProperties": False}
    return {
        name: {**strict, "properties": {**kept, **shown}, "required": list(kept)},
        f"{name}_new": {**strict, "properties": given, "required": required},
        f"{name}_change": {**strict, "properties": given},
        f"{name}_page": {
            **strict,
            "properties": {
                "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
                "next": {"type": ["string", "null"]},
                "total": {"type": "integer", "minimum": 0},
            },
            "required": ["items", "next"],
        },
    }


def _described(register: Register, column: Column, schema: Document, say: Say) -> Document:
    schema["description"] = _meaning(register, column, say)
    if column.name in register.public:
        schema["x-public"] = True
    if column.sample:
        schema["examples"] = [column.sample]
    return schema
