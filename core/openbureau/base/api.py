"""One request of a program: its token, its body, one answer in JSON.

    Dispatch.handle → answer → run → served_to_program → view → query or action

Never a cookie, never a redirection, never a page: refusals are problem documents (RFC 9457).
"""

import re
from typing import Any

import msgspec
from peewee import IntegrityError
from starlette.responses import Response
from starlette.types import Receive

from openbureau.base.answers import compressed, finished
from openbureau.base.database import writing
from openbureau.base.errors import (
    BadRequest,
    Conflict,
    Invalid,
    NotAcceptable,
    Problem,
    UnknownMedia,
)
from openbureau.base.i18n import N_
from openbureau.base.json_bodies import JsonResult
from openbureau.base.request import Request

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
PROBLEM = "application/problem+json"
_TAKEN = frozenset({"*/*", "application/*", JSON, PROBLEM})
_CHARSETS = frozenset({"", "utf-8", "utf8"})
_KEY = re.compile(r"[\x21-\x7e]{1,100}")
_COMMON = {
    "cache-control": "private, no-cache",
    "vary": "Authorization, Accept-Language, Accept-Encoding",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


async def read_body(request: Request, receive: Receive) -> bytes:
    """The whole body. Raises TooLarge, and BadRequest: its end never came."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def served_to_program(request: Request, problem: Problem | None) -> Response:
    """The answer to a request whose address was found, or was not: `problem`. Whoever shows no
    token learns nothing of addresses. Raises Problem."""
    gate = request.app.token_gate
    gate.identify(request)
    if problem is not None:
        raise problem
    assert request.route is not None  # noqa: S101 - found, or there is a problem
    with gate.acting(request):
        gate.admit(request)
        _check_accepted(request)
        if request.is_safe:
            return json_answer(request, request.route.page.view(request))
        _check_media(request)
        return json_answer(request, _written(request))


def _written(request: Request) -> JsonResult:
    """The view inside one write transaction. A request that was answered under its key before
    gets that answer; of two that come at one moment the later finds the answer of the first."""
    gate = request.app.token_gate
    key = _key(request)
    assert request.route is not None  # noqa: S101 - found before the hop
    try:
        with writing():
            gate.confirm(request)
            before = gate.earlier_answer(request, key) if key else None
            if before is not None:
                return before
            result: JsonResult = request.route.page.view(request)
            if key:
                gate.keep_answer(request, key, result)
            return result
    except (IntegrityError, Problem) as fault:
        # The same request, a moment earlier, is often what this one runs into.
        before = gate.earlier_answer(request, key) if key else None
        if before is not None:
            return before
        if isinstance(fault, Problem):
            raise
        raise Conflict from fault


def _key(request: Request) -> str:
    if request.method != "POST" or "idempotency-key" not in request.headers:
        return ""
    found: str = request.headers["idempotency-key"]
    if not _KEY.fullmatch(found):
        raise BadRequest(
            N_("Idempotency-Key 应为 1 至 100 个可见的 ASCII 字符。"), remedy="", code="API-002"
        )
    return found


def _check_accepted(request: Request) -> None:
    """Raises NotAcceptable: JSON is not among what the program takes."""
    for part in request.headers.get("accept", "*/*").split(","):
        media, *params = (piece.strip().lower() for piece in part.split(";"))
        is_refused = any(re.fullmatch(r"q=0(\.0*)?", param) for param in params)
        if media in _TAKEN and not is_refused:
            return
    raise NotAcceptable


def _check_media(request: Request) -> None:
    """Raises UnknownMedia: the body is not JSON in UTF-8."""
    media, *params = (
        piece.strip().lower() for piece in request.headers.get("content-type", "").split(";")
    )
    wanted = {JSON, MERGE_PATCH} if request.method == "PATCH" else {JSON}
    charset = next((p[8:].strip('"') for p in params if p.startswith("charset=")), "")
    is_packed = request.headers.get("content-encoding", "identity").lower() != "identity"
    if media not in wanted or charset not in _CHARSETS or is_packed:
        raise UnknownMedia


def json_answer(request: Request, result: JsonResult) -> Response:
    """The response to what a view returned; 304 where the program has that version."""
    headers = {**_COMMON, **result.headers}
    if result.version:
        headers["etag"] = f'"{result.version}"'
        if request.is_safe and headers["etag"] in _tags(request.headers.get("if-none-match", "")):
            return finished(request, Response(status_code=304, headers=headers))
    return _response(request, result.document, result.status, JSON, headers)


def _tags(text: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in text.split(",")]


def problem_answer(request: Request, problem: Problem, incident: str = "") -> Response:
    """The problem document of a refusal (RFC 9457), in the language of the program."""
    say = request.catalogue.gettext
    what = say(problem.what, **problem.params)
    # What a refused form says of what was typed means nothing to a program.
    is_form = problem.unaffected == Invalid.unaffected
    unaffected = N_("没有任何内容被改动。") if is_form else problem.unaffected
    rest = [say(text, **problem.params) for text in (unaffected, problem.remedy) if text]
    document: dict[str, Any] = {
        "type": f"urn:openbureau:problem:{problem.code}",
        "title": what,
        "status": problem.status,
        "detail": " ".join(rest) if request.catalogue.language == "en" else "".join(rest),
        "code": problem.code,
        "request_id": request.request_id,
    }
    columns = problem.params.get("columns")
    if columns:
        document["errors"] = [
            {"name": name, "message": say(message, **params)}
            for name, (message, params) in columns.items()
        ]
    if incident:
        document["incident"] = incident
    headers = {**_COMMON, "cache-control": "no-store", **problem.headers}
    return _response(request, document, problem.status, PROBLEM, headers)


def _response(
    request: Request, document: Any, status: int, media_type: str, headers: dict[str, str]
) -> Response:
    content, encoding = compressed(request, msgspec.json.encode(document))
    if encoding:
        headers["content-encoding"] = encoding.decode()
    return finished(request, Response(content, status, headers, media_type))
