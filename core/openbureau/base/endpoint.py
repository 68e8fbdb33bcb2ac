"""One request from the server to its answer: read, run once in a thread, send.

    Dispatch.handle → answer → run → view → query or action

Reading a form and streaming a file are the only asynchronous parts. Everything else
happens in one hop to a small pool of threads: more threads make SQLite's slowest
writes nine times slower.
"""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from peewee import IntegrityError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect
from starlette.requests import Request as FormReader
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from openbureau.base.answers import cookie_name, error_answer, static_answer, view_answer
from openbureau.base.api import problem_answer, read_body, served_to_program
from openbureau.base.csrf import TOKEN_FIELD, is_same_origin, is_valid_token
from openbureau.base.database import reading, writing
from openbureau.base.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Problem,
    SignInNeeded,
    TooLarge,
    Unavailable,
)
from openbureau.base.i18n import N_
from openbureau.base.json_bodies import LIMIT_BYTES
from openbureau.base.pages import Redirect
from openbureau.base.request import Application, Request

log = logging.getLogger("openbureau.requests")

DEADLINE_S = 10.0
# They only wait, and hold no connection meanwhile; a local password is not behind them.
WAITING_THREADS = 64
FORM_LIMIT_BYTES = 2 * 1024 * 1024
FILES_PER_FORM = 20
FIELDS_PER_FORM = 2000
# The form itself may be all right: signed out, somebody else was first, our own fault.
_TEXT_IS_KEPT = frozenset({401, 409, 500})
STALE_FORM = "CORE-419"
FEWER = N_("请分几次办理；列表中符合条件的很多时，请用「选择全部」。")
_IMPOSSIBLE = re.compile(r"[\0\ud800-\udfff]")


class Dispatch(BaseRoute):
    """The one Starlette route: all pages of the application behind one look-up."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.pool = ThreadPoolExecutor(app.settings.threads, "page")
        # Hashing, files and foreign code take their time; they never keep a page waiting,
        # and a directory that hangs keeps not even those waiting.
        self.slow = ThreadPoolExecutor(app.settings.threads, "slow")
        self.directory = ThreadPoolExecutor(WAITING_THREADS, "asks-directory")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith("/static/"):
            response = static_answer(self.app, scope)
        else:
            response = await self._answer(scope, receive)
        try:
            await response(scope, receive, send)
        except ClientDisconnect:
            log.info("the browser left before the answer was sent")

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        started = time.perf_counter()
        request = Request(self.app, scope, secrets.token_hex(8))
        problem: Problem | None = None
        try:
            await self._read(request, receive)
        except Problem as found:
            problem = found
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await loop.run_in_executor(
                    self._pool_for(request), run, request, problem, started
                )
        except TimeoutError:
            log.error("request %s took longer than %s s", request.request_id, DEADLINE_S)
            if request.is_api:
                return problem_answer(request, _late())
            return error_answer(request, _late(), is_bare=True)
        finally:
            if request.form is not None:
                await request.form.close()

    def _pool_for(self, request: Request) -> ThreadPoolExecutor:
        if request.route is None:
            return self.pool
        page = request.route.page
        if page.asks_directory:
            return self.directory
        return self.slow if page.is_self_managed else self.pool

    async def _read(self, request: Request, receive: Receive) -> None:
        """Finds the page and reads the form sent to it."""
        request.route, request.params = self.app.routes.find(request.method, request.path)
        _check_text((request.path, *request.query.values()))
        if request.is_safe:
            return
        if request.is_api:
            request.body = await read_body(request, _limited(receive, LIMIT_BYTES))
            return
        limit = FORM_LIMIT_BYTES
        if request.route.page.uploads and _has_session(request):
            limit += self.app.settings.upload_max_mb * 1024 * 1024
        reader = FormReader(request.scope, _limited(receive, limit))
        try:
            request.form = await reader.form(max_files=FILES_PER_FORM, max_fields=FIELDS_PER_FORM)
        except TooLarge:
            if request.route.page.uploads and not _has_session(request):
                raise SignInNeeded.for_form() from None
            if not request.route.page.uploads:
                what = N_("提交的内容超过了大小上限，一次最多 %(total)s MB。")
                total = FORM_LIMIT_BYTES // (1024 * 1024)
                raise TooLarge(what, remedy=FEWER, total=total) from None
            raise
        except (MultiPartException, ValueError, UnicodeDecodeError) as fault:
            raise _unreadable(str(fault)) from fault
        except HTTPException as fault:
            raise _unreadable(fault.detail) from fault
        _check_text(v for v in request.form.values() if isinstance(v, str))


def _unreadable(why: str) -> Problem:
    """What the library says of a form that it does not read, in our words."""
    if why.startswith("Too many fields"):
        return TooLarge(
            N_("一次送来的项目太多，最多 %(total)s 项。"),
            remedy=FEWER,
            total=f"{FIELDS_PER_FORM:,}",
        )
    if why.startswith("Too many files"):
        return TooLarge(
            N_("一次送来的文件太多，最多 %(total)s 个。"),
            remedy=N_("请分几次上传。"),
            total=FILES_PER_FORM,
        )
    return TooLarge() if "exceeded maximum size" in why else BadRequest()


def _has_session(request: Request) -> bool:
    """Whether the browser claims one: of anybody else only the text of a form is read."""
    return cookie_name("session", is_secure=request.is_secure) in request.cookies


def _check_text(values: Iterable[str]) -> None:
    """Raises BadRequest: a text holds what no database and no file name can."""
    if any(_IMPOSSIBLE.search(value) for value in values):
        raise BadRequest


def _late() -> Unavailable:
    return Unavailable(
        N_("系统没有在 10 秒内应答，这一步是否完成还不确定。"),
        unaffected=N_("重新提交同一张表单不会重复办理。"),
    )


def _limited(receive: Receive, limit_bytes: int) -> Receive:
    """Counts the body as it arrives; TooLarge one byte past the limit."""
    received = 0

    async def counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit_bytes:
            raise TooLarge
        return message

    return counting


def run(request: Request, problem: Problem | None, started: float) -> Response:
    """The whole of one request in one thread: who, may they, the view, the answer."""
    try:
        with reading():
            if request.is_api:
                response = served_to_program(request, problem)
            else:
                response = _served_to_person(request, problem)
    except Problem as refused:
        response = _refusal(request, refused)
    except Exception:
        incident = secrets.token_hex(4).upper()
        log.exception("incident %s in request %s", incident, request.request_id)
        response = _refusal(request, Problem(), incident)
    log.info(
        "%s %s %d %.1f ms %s",
        request.method,
        request.path,
        response.status_code,
        (time.perf_counter() - started) * 1000,
        request.request_id,
    )
    return response


def _served_to_person(request: Request, problem: Problem | None) -> Response:
    if problem is not None:
        request.app.gate.identify(request)
        raise problem
    response = _served(request)
    request.app.gate.after(request)
    return response


def _refusal(request: Request, problem: Problem, incident: str = "") -> Response:
    if request.is_api:
        return problem_answer(request, problem, incident)
    return error_answer(request, _with_text_kept(request, problem), incident)


def _with_text_kept(request: Request, problem: Problem) -> Problem:
    """The problem, knowing where to find again what was typed into the form it refuses."""
    is_kept = problem.status in _TEXT_IS_KEPT or problem.code == STALE_FORM
    if request.form is not None and is_kept:
        try:
            problem.restore_url = request.app.gate.keep_text(request)
        except Problem as fault:
            log.warning("text of request %s was not kept: %s", request.request_id, fault.code)
    return problem


def _served(request: Request) -> Response:
    gate = request.app.gate
    gate.identify(request)
    gate.admit(request)
    assert request.route is not None  # noqa: S101 - found before the hop
    page = request.route.page
    if request.is_safe:
        version = gate.version(request, page.stamps) if page.stamps else ""
        if version and request.headers.get("if-none-match") == f'"{version}"':
            return Response(status_code=304, headers={"etag": f'"{version}"'})
        return view_answer(request, page.view(request), version)
    _check_origin(request)
    if page.is_self_managed:
        return view_answer(request, page.view(request))
    if page.uploads:
        gate.store_uploads(request)
    return view_answer(request, _written(request))


def _written(request: Request) -> Any:
    """The view inside one write transaction; a form that was acted upon acts no more."""
    assert request.route is not None  # noqa: S101 - found before the hop
    gate = request.app.gate
    try:
        with writing():
            gate.confirm(request)
            before = gate.once(request)
            if before is not None:
                return Redirect(before)
            result = request.route.page.view(request)
            if isinstance(result, Redirect):
                gate.acted(request, result.location)
    except (IntegrityError, Conflict):
        before = gate.once(request)  # the same form arrived twice at one moment
        if before is None:
            raise
        return Redirect(before)
    return result


def _check_origin(request: Request) -> None:
    form = request.form if request.form is not None else FormData()
    token = str(form.get(TOKEN_FIELD) or request.headers.get("x-csrf-token") or "")
    bound_to = request.session.token_hash if request.session else request.cookies.get("visitor", "")
    if not is_same_origin(request.headers) or not (
        bound_to and is_valid_token(request.app.key, bound_to, token)
    ):
        raise Forbidden(
            "这张表单已经失效，或不是从本系统的页面提交的。",
            remedy=N_("请刷新页面后重新提交。"),
            code=STALE_FORM,
        )
