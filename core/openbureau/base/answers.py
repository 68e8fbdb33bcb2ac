"""Answers: results of views as responses, with headers, cookies and compression."""

import gzip
import os
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import zstandard
from markupsafe import Markup, escape
from starlette.responses import FileResponse, Response
from starlette.types import Scope

from openbureau.base.assets import IMMUTABLE
from openbureau.base.contributions import filled_slot
from openbureau.base.csrf import (
    AUTHOR_FIELD,
    FORM_PAGE_FIELD,
    ONCE_FIELD,
    TOKEN_FIELD,
    authorship,
    masked_token,
)
from openbureau.base.database import new_uid
from openbureau.base.errors import Problem, SignInNeeded
from openbureau.base.pages import (
    Download,
    PageResult,
    Redirect,
    html_bytes,
    page,
    page_title,
    render,
)
from openbureau.base.request import Application, Request

CONTENT_SECURITY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": CONTENT_SECURITY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "vary": "HX-Request-Type, Cookie, Accept-Language, Accept-Encoding",
}
_PAGE_HEADERS = [(name.encode(), value.encode()) for name, value in PAGE_HEADERS.items()]
_FILE_SECURITY = "default-src 'none'; sandbox"
_SHOWN_SECURITY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; object-src 'self'; "
    "frame-ancestors 'self'"
)
NOTICE_COOKIE = "notice"
COMPRESS_FROM_BYTES = 1024


def view_answer(request: Request, result: Any, version: str = "") -> Response:
    """The response to what a view returned."""
    if isinstance(result, PageResult):
        response = page_answer(request, result)
        if version and response.status_code == 200:
            response.headers["etag"] = f'"{version}"'
        return response
    if isinstance(result, Redirect):
        return _redirection(request, result)
    if isinstance(result, Download):
        return _download(result)
    if isinstance(result, Response):
        return _finished(request, result)
    raise TypeError(
        f"a view returned {type(result).__name__}; use page(), redirect() or download()"
    )


def page_answer(request: Request, result: PageResult) -> Response:
    """A rendered page or fragment."""
    is_part = request.is_part and bool(result.fragment)
    environment = request.environment
    bound_to = _token_owner(request)
    html = render(
        environment,
        result,
        is_part=is_part,
        frame=None if is_part else request.app.gate.frame(request),
        ctx=request.ctx,
        slot=partial(filled_slot, request),
        csrf=partial(_csrf_inputs, request, masked_token(request.app.key, bound_to)),
    )
    if not is_part and result.status == 200 and request.is_safe:
        request.title = page_title(html)
    content, encoding = _compressed(request, html_bytes(html))
    response = Response(content, result.status)
    kept = b"no-cache, private" if request.ctx else b"no-store"
    length = b"%d" % len(content)
    response.raw_headers = [*_PAGE_HEADERS, (b"cache-control", kept), (b"content-length", length)]
    if encoding:
        response.raw_headers.append((b"content-encoding", encoding))
    return _finished(request, response)


def error_answer(
    request: Request, problem: Problem, incident: str = "", *, is_bare: bool = False
) -> Response:
    """The error page of a problem; bare text when even that cannot be rendered."""
    if isinstance(problem, SignInNeeded) and request.headers.get("hx-request") == "true":
        back = problem.restore_url or request.shown_page
        away = Response(status_code=401, headers={"hx-redirect": sign_in_url(back)})
        return _finished(request, away)
    if isinstance(problem, SignInNeeded) and request.is_safe:
        return _redirection(request, Redirect(sign_in_url(request.full_path)))
    request.is_refused = True
    if not is_bare:
        try:
            result = page(
                "core/error.html",
                status=problem.status,
                problem=problem,
                what=request.catalogue.gettext(problem.what, **problem.params),
                unaffected=request.catalogue.gettext(problem.unaffected, **problem.params),
                remedy=request.catalogue.gettext(problem.remedy, **problem.params),
                incident=incident or None,
                help_contact=None,
            )
            return page_answer(request, result)
        except Exception:  # noqa: BLE001 - the database may be what failed
            request.ctx = None
    text = f"{request.catalogue.gettext(problem.what)} [{problem.code}] {incident}"
    return Response(text, problem.status, {"content-type": "text/plain; charset=utf-8"})


def sign_in_url(target: str) -> str:
    """The sign-in page that leads to an address afterwards."""
    return f"/-/sign-in?next={quote(target)}"


def static_answer(app: Application, scope: Scope) -> Response:
    """A static file by its content-hashed address."""
    asset = app.assets.by_url.get(scope["path"])
    if asset is None:
        return Response("not found", 404, {"x-content-type-options": "nosniff"})
    accepted = next((v for k, v in scope["headers"] if k == b"accept-encoding"), b"")
    content, encoding = asset.encoded(accepted.decode("latin-1"))
    headers = {
        "content-type": asset.media_type,
        "cache-control": IMMUTABLE.decode(),
        "x-content-type-options": "nosniff",
    }
    if asset.is_compressible:
        headers["vary"] = "Accept-Encoding"
    if encoding:
        headers["content-encoding"] = encoding
    return Response(content, headers=headers)


def _token_owner(request: Request) -> str:
    """What form tokens are bound to: the session, or a visitor cookie made on first sight."""
    if request.session is not None:
        return str(request.session.token_hash)
    visitor = request.cookies.get("visitor", "")
    if len(visitor) != 32:
        visitor = new_uid()
        request.cookie("visitor", visitor, 86400)
        request.cookies["visitor"] = visitor
    return visitor


def _csrf_inputs(request: Request, token: str, *, is_kept: bool = True) -> Markup:
    """The hidden fields of one form: the response's token, a number of the form's own, the
    page that shows it and whom it is for. `is_kept=false` for a form not worth a draft."""
    sent = request.form.get(ONCE_FIELD) if request.form is not None else None
    once = str(sent) if sent else new_uid()
    author = ""
    if is_kept and request.ctx is not None:
        claim = authorship(request.app.key, request.ctx.account.uid, once)
        author = f'<input type="hidden" name="{AUTHOR_FIELD}" value="{claim}">'
    return Markup(  # noqa: S704 - tokens are base64 and hexadecimal, the rest is escaped
        f'<input type="hidden" name="{TOKEN_FIELD}" value="{token}">'
        f'<input type="hidden" name="{ONCE_FIELD}" value="{escape(once)}">'
        f'<input type="hidden" name="{FORM_PAGE_FIELD}" value="{escape(request.form_page)}">'
        f"{author}"
    )


def _redirection(request: Request, result: Redirect) -> Response:
    location = quote(result.location, safe="/?#&=%:;,+!$'()*@~[]")
    response = Response(status_code=303, headers={"location": location})
    if result.notice:
        request.cookie(NOTICE_COOKIE, quote(result.notice), 60)
    return _finished(request, response)


def _download(result: Download) -> Response:
    """A stored file: never rendered in our context. A sandbox would keep browsers from showing
    a PDF, which their own viewer holds apart from us."""
    is_shown = result.is_shown
    shown = result.disposition.replace("attachment", "inline", 1)
    return FileResponse(
        result.path,
        headers={
            "content-disposition": shown if is_shown else result.disposition,
            "content-type": result.media_type,
            "content-security-policy": _SHOWN_SECURITY if is_shown else _FILE_SECURITY,
            "x-content-type-options": "nosniff",
            "cache-control": "no-store, private",
        },
        stat_result=os.stat(Path(result.path)),  # noqa: PTH116 - Starlette wants the stat result
    )


def _compressed(request: Request, content: bytes) -> tuple[bytes, bytes]:
    """The content in the smallest form the browser takes, and its encoding; a reverse proxy
    may compress instead."""
    accepted = request.headers.get("accept-encoding", "")
    if len(content) >= COMPRESS_FROM_BYTES and accepted:
        if "zstd" in accepted:
            return zstandard.ZstdCompressor(level=3).compress(content), b"zstd"
        if "gzip" in accepted:
            return gzip.compress(content, 5, mtime=0), b"gzip"
    return content, b""


def _finished(request: Request, response: Response) -> Response:
    for name, value, max_age_s in request.response_cookies:
        set_cookie(request, response, name, value, max_age_s)
    response.raw_headers.extend(request.response_headers)
    response.headers.setdefault("x-content-type-options", "nosniff")
    response.raw_headers.append((b"x-request-id", request.request_id.encode()))
    return response


def cookie_name(name: str, *, is_secure: bool) -> str:
    """`__Host-name` over https, the plain name otherwise."""
    return f"__Host-{name}" if is_secure and name == "session" else name


def set_cookie(request: Request, response: Response, name: str, value: str, max_age_s: int) -> None:
    """Adds a cookie: HttpOnly, Lax, Secure over https."""
    response.set_cookie(
        cookie_name(name, is_secure=request.is_secure),
        value,
        max_age=max_age_s,
        path="/",
        secure=request.is_secure,
        httponly=True,
        samesite="lax",
    )
