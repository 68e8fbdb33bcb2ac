"""数据接口: what a token may use, the published document, and a page that people can read."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from openbureau.base.declarations import Page
from openbureau.base.i18n import N_
from openbureau.base.json_bodies import JsonResult
from openbureau.base.pages import page
from openbureau.base.plugins import Plugins
from openbureau.base.request import Request
from openbureau.base.routing import API
from openbureau.kernel.tokens.queries import scopes_of
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.natural import schema_of
from openbureau.kit.registers.records import is_required
from openbureau.shell.openapi import openapi_document

TITLE = "OpenBureau"
URL = "/-/api"


def registers_of(plugins: Plugins) -> tuple[Register, ...]:
    """The registers of every loaded plugin."""
    return tuple(one for record in plugins.loaded for one in record.declared.registers)


def show_index(request: Request) -> JsonResult:
    """What this token may use."""
    ctx, row = request.person, request.session
    node = unit_tree(ctx.tree_version).by_id[row.unit_id]
    shown = [
        {
            "realm": register.realm,
            "label": ctx.gettext(register.label),
            "url": f"{API}{register.realm}",
            "may_write": ctx.may(register.write) and register.slug in ctx.writable,
        }
        for register in _open_to(request)
    ]
    return JsonResult(
        {
            "token": row.token_name,
            "account": row.login,
            "unit": node.code,
            "reach": row.reach,
            "scopes": scopes_of(row.scopes),
            "ends_on": str(row.ends_on),
            "per_minute": row.per_minute,
            "registers": shown,
            "openapi": f"{API}openapi.json",
        }
    )


def _open_to(request: Request) -> Sequence[Register]:
    ctx = request.person
    return [
        register
        for register in registers_of(request.app.plugins)
        if register.slug in ctx.plugins and ctx.may(register.read)
    ]


def _document(request: Request) -> dict[str, Any]:
    registers = registers_of(request.app.plugins)
    return openapi_document(registers, request.catalogue, TITLE)


def show_document(request: Request) -> JsonResult:
    """The OpenAPI document, for programs."""
    found = _document(request)
    digest = hashlib.blake2b(msgspec.json.encode(found), digest_size=12).hexdigest()
    return JsonResult(found, version=digest)


def download_document(request: Request) -> Response:
    """The same document, for people who are signed in."""
    content = msgspec.json.format(msgspec.json.encode(_document(request)), indent=2)
    headers = {"cache-control": "no-cache, private"}
    return Response(content, headers=headers, media_type="application/json")


def show_interfaces(request: Request) -> Any:
    """The registers this person may read, as programs see them."""
    scheme = "https" if request.is_secure else "http"
    return page(
        "core/api.html",
        base=f"{scheme}://{request.headers.get('host', 'localhost')}",
        registers=[_described(request, register) for register in _open_to(request)],
    )


def _described(request: Request, register: Register) -> dict[str, Any]:
    say = request.catalogue.gettext
    url = f"{API}{register.realm}"
    return {
        "realm": register.realm,
        "label": say(register.label),
        "endpoints": [
            ("GET", url, say(N_("列表"))),
            ("POST", url, say(N_("登记"))),
            ("GET", f"{url}/{{id}}", say(N_("读取"))),
            ("PATCH", f"{url}/{{id}}", say(N_("更改（只写要改的列）"))),
            ("POST", f"{url}/{{id}}/void", say(N_("作废"))),
        ],
        "fields": [
            {
                "name": column.name,
                "label": say(column.label),
                "form": _form(register, column.name),
                "is_required": is_required(column),
                "is_personal": bool(column.personal),
                "is_public": column.name in register.public,
            }
            for column in register.columns
        ],
    }


def _form(register: Register, name: str) -> str:
    """The JSON form of a column in short: `string ≤ 20`, `date`, `boiler | lift`, and of a
    number with decimals the text it is."""
    schema = schema_of(register.kinds[name])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "maxLength" in schema:
        return f"{schema['type']} ≤ {schema['maxLength']}"
    if "pattern" in schema:
        return f"{schema['type']} 12.50"
    return str(schema.get("format") or schema["type"])


PAGES: tuple[Page, ...] = (
    Page("", show_index, "signed-in", zone="api"),
    Page("openapi.json", show_document, "signed-in", zone="api"),
    Page("api", show_interfaces, "signed-in"),
    Page("api/openapi.json", download_document, "signed-in"),
)
