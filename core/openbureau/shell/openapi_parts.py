"""What every operation of the OpenAPI document shares: headers, problems, the token."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from openbureau.base.api import PROBLEM
from openbureau.base.i18n import N_
from openbureau.shell.registers.api import REASON

Say = Callable[..., str]
REASON_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"reason": dict(REASON)},
    "required": ["reason"],
}
# Headers of every answer of a register.
COLLECTED = ("ETag", "RateLimit", "RateLimit-Policy", "X-Request-Id")
_STATUSES: Mapping[int, str] = {
    400: N_("请求无法识别"),
    401: N_("没有可用的令牌"),
    403: N_("令牌没有这项权限"),
    404: N_("没有这条记录，或不在令牌的范围内"),
    406: N_("只能用 JSON 应答"),
    409: N_("与记录现在的状态冲突，例如已经作废"),
    412: N_("If-Match 不是现在的版本"),
    413: N_("请求超过 1 MiB"),
    415: N_("请求不是 UTF-8 的 JSON"),
    422: N_("有的内容不能用；errors 逐项说明"),
    428: N_("没有 If-Match"),
    429: N_("这一分钟的次数已用完；Retry-After 说明要等几秒"),
    500: N_("系统遇到意外情况"),
    503: N_("系统的一部分暂时没有响应"),
}


def problem_responses(statuses: Iterable[int]) -> dict[str, Any]:
    """References to the answers of refusals, by status."""
    return {
        str(status): {"$ref": f"#/components/responses/problem_{status}"} for status in statuses
    }


def shared_parts(say: Say) -> dict[str, Any]:
    """The components of the document that no register adds to."""
    return {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "schemas": {"problem": _problem_schema()},
        "headers": _headers(say),
        "parameters": _parameters(say),
        "responses": {f"problem_{s}": _problem(s, say(t)) for s, t in _STATUSES.items()},
    }


def _problem(status: int, description: str) -> dict[str, Any]:
    names = {429: ("Retry-After", "RateLimit", "RateLimit-Policy"), 401: ("WWW-Authenticate",)}
    return {
        "description": description,
        "headers": {
            name: {"$ref": f"#/components/headers/{name}"} for name in names.get(status, ())
        },
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/problem"}}},
    }


def _problem_schema() -> dict[str, Any]:
    """RFC 9457 with the members of ours."""
    text = {"type": "string"}
    fault = {
        "type": "object",
        "properties": {"name": text, "message": text},
        "required": ["name", "message"],
    }
    return {
        "type": "object",
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": text,
            "request_id": text,
            "errors": {"type": "array", "items": fault},
            "incident": text,
        },
        "required": ["type", "title", "status", "detail", "code", "request_id"],
    }


def _headers(say: Say) -> dict[str, Any]:
    def header(description: str, example: str) -> dict[str, Any]:
        return {
            "description": description,
            "schema": {"type": "string"},
            "example": example,
        }

    return {
        "ETag": header(say(N_("记录的版本，用于 If-Match")), '"3"'),
        "Location": header(say(N_("新记录的地址")), "/api/v1/…/5"),
        "RateLimit": header(
            say(N_("这一分钟还剩几次（r）、几秒后重新计（t）")), '"minute";r=41;t=17'
        ),
        "RateLimit-Policy": header(say(N_("每分钟的次数")), '"minute";q=60;w=60'),
        "Retry-After": header(say(N_("几秒后再试")), "17"),
        "WWW-Authenticate": header(say(N_("要出示的凭据")), 'Bearer realm="openbureau"'),
        "X-Request-Id": header(say(N_("请求的编号，报告问题时请附上")), "9f2c4a1be07d5583"),
    }


def _parameters(say: Say) -> dict[str, Any]:
    return {
        "id": {
            "name": "id",
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 1},
        },
        "if_match": {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": say(N_("要改的版本：读取这条记录时应答的 ETag。")),
            "schema": {"type": "string", "minLength": 1},
            "example": '"3"',
        },
        "idempotency_key": {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": say(
                N_("自定的编号。没有收到应答时带同一编号重发，两天之内只办理一次。")
            ),
            "schema": {"type": "string", "pattern": "^[!-~]{1,100}$"},
        },
    }


def index_schema() -> dict[str, Any]:
    """What the index answers."""
    text = {"type": "string"}
    flag = {"type": "boolean"}
    register = {
        "type": "object",
        "properties": {"realm": text, "label": text, "url": text, "may_write": flag},
        "required": ["realm", "label", "url", "may_write"],
    }
    return {
        "type": "object",
        "properties": {
            "token": text,
            "account": text,
            "unit": text,
            "reach": text,
            "scopes": {"type": "array", "items": text},
            "ends_on": text,
            "per_minute": {"type": "integer"},
            "registers": {"type": "array", "items": register},
            "openapi": text,
        },
        "required": ["token", "account", "unit", "reach", "scopes", "registers", "openapi"],
    }
