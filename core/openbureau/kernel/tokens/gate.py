"""The gate of the API: which token, whether it still holds, what it may do, how often."""

import datetime as dt
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import msgspec

from openbureau.base.context import NOWHERE, Context, Person
from openbureau.base.database import writing
from openbureau.base.errors import Forbidden, Invalid, NotEnabled, Problem, TokenNeeded, TooMany
from openbureau.base.i18n import N_
from openbureau.base.json_bodies import JsonResult
from openbureau.base.request import Request
from openbureau.base.routing import CORE
from openbureau.kernel.access.contexts import Moment, context_of
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.origin import through_token
from openbureau.kernel.enablement.actions import hold_rights
from openbureau.kernel.enablement.queries import enablement
from openbureau.kernel.tokens.allowance import Allowances
from openbureau.kernel.tokens.models import ApiAddress, ApiAnswer
from openbureau.kernel.tokens.queries import (
    REALM,
    common_reach,
    digest_of,
    refusal_of,
    scopes_of,
    token_row,
    units_of,
)
from openbureau.kernel.units.queries import unit_tree

log = logging.getLogger("openbureau.requests")

LONGEST_HEADER = 200
QUIET_S = 60.0
_REMEMBERED = 4096
Clock = Callable[[], dt.datetime]


class _Memory:
    """What was seen a short while ago; it forgets the oldest."""

    def __init__(self, quiet_s: float) -> None:
        self._quiet_s = quiet_s
        self._seen: OrderedDict[Any, float] = OrderedDict()
        self._lock = threading.Lock()

    def is_new(self, key: Any) -> bool:
        """Whether this was not seen within the time; it is from now on."""
        now = time.monotonic()
        with self._lock:
            before = self._seen.get(key)
            if before is not None and now - before < self._quiet_s:
                return False
            self._seen[key] = now
            self._seen.move_to_end(key)
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return True


class ApiGate:
    """Implements the TokenGate protocol."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._allowances = Allowances()
        self._refusals = _Memory(QUIET_S)
        self._addresses = _Memory(float("inf"))

    def identify(self, request: Request) -> None:
        """Finds whom the token speaks for, and counts the request."""
        self._recognise(request)
        row = request.session
        left = self._allowances.take(row.id, row.per_minute, self._clock())
        request.response_headers += [
            (b"ratelimit-policy", b'"minute";q=%d;w=60' % row.per_minute),
            (b"ratelimit", b'"minute";r=%d;t=%d' % (left.remaining, left.seconds)),
        ]
        if not left.is_allowed:
            refused = TooMany(
                N_("这个令牌在一分钟内的请求已满 %(total)s 次。"), total=row.per_minute
            )
            refused.headers["retry-after"] = str(left.seconds)
            raise refused
        if self._addresses.is_new((row.id, request.address)):
            self._note_address(request)

    def _recognise(self, request: Request) -> None:
        now = self._clock()
        text = _shown_token(request)
        row = token_row().row(digest=digest_of(text))
        moment = Moment(now, row.units_epoch, row.access_epoch, row.plugins_epoch) if row else None
        code, message = refusal_of(row, moment.today.isoformat() if moment else "")
        if code or moment is None:
            self._note_refusal(request, code, row)
            raise TokenNeeded(message, code=code)
        request.session = row
        request.ctx = _context(request, row, moment)

    def admit(self, request: Request) -> None:
        """Raises the Problem that keeps the token from the page."""
        route = request.route
        assert route is not None  # noqa: S101 - found before
        ctx = request.person
        if route.slug != CORE:
            _admit_to_plugin(request, route.slug)
        permission = route.page.permission
        if permission != "signed-in" and not ctx.may(permission):
            self._note_refusal(request, permission, request.session)
            raise Forbidden(
                N_("这个令牌没有这项权限（%(permission)s）。"),
                remedy=N_("令牌只能做发放时选定、并且其账号现在仍有的事；请联系发放令牌的管理员。"),
                code="TOK-403",
                permission=permission,
            )

    def confirm(self, request: Request) -> None:
        """Looks at the token anew, inside the write transaction. Raises the Problem that keeps
        it out now."""
        hold_rights()
        row = request.session
        if token_row().row(digest=row.digest) == row:
            request.ctx = replace(request.person, now=self._clock())
            return
        self._recognise(request)
        self.admit(request)

    def acting(self, request: Request) -> AbstractContextManager[None]:
        """What is recorded inside names the token."""
        return through_token(request.session.token_name)

    def earlier_answer(self, request: Request, key: str) -> JsonResult | None:
        """The answer this token got to this very request; to another: Invalid."""
        found = ApiAnswer.get_or_none(
            (ApiAnswer.token == request.session.id) & (ApiAnswer.key == key)
        )
        if found is None:
            return None
        if found.digest != _request_digest(request):
            raise Invalid(
                N_("这个 Idempotency-Key 已经用于另一个请求。"),
                unaffected=N_("没有任何内容被改动。"),
                remedy=N_("每个新的请求请用新的 Idempotency-Key。"),
                code="API-003",
            )
        kept = msgspec.json.decode(found.body)
        headers = {**kept["headers"], "idempotency-replayed": "true"}
        return JsonResult(kept["document"], found.status, headers, kept["version"])

    def keep_answer(self, request: Request, key: str, result: JsonResult) -> None:
        """Keeps an answer in the transaction of what it tells of."""
        body = {
            "document": result.document,
            "headers": result.headers,
            "version": result.version,
        }
        ApiAnswer.create(
            token=request.session.id,
            key=key,
            digest=_request_digest(request),
            status=result.status,
            body=msgspec.json.encode(body).decode(),
            at=request.person.now,
        )

    def _note_address(self, request: Request) -> None:
        row = request.session
        now = self._clock()
        with writing():
            added = (
                ApiAddress.insert(token=row.id, address=request.address[:64], at=now)
                .on_conflict_ignore()
                .execute()
            )
            if added:
                _record(request, now, row, "core.use_token", "done", {"token": row.token_name})

    def _note_refusal(self, request: Request, reason: str, row: Any) -> None:
        """An audit row of a refused attempt: one a minute for each token and reason, or for
        each address that shows no token we know."""
        if not self._refusals.is_new((reason, row.id if row else request.address)):
            return
        detail = {"reason": reason, **({"token": row.token_name} if row else {})}
        try:
            with writing():
                _record(request, self._clock(), row, "core.use_token", "denied", detail)
        except Problem as fault:
            log.warning("refusal of request %s was not recorded: %s", request.request_id, fault)


def _record(
    request: Request, now: dt.datetime, row: Any, action: str, outcome: str, detail: dict[str, Any]
) -> None:
    record_audit(
        action=action,
        at=now,
        account_id=row.account_id if row else None,
        unit_id=row.unit_id if row else None,
        realm=REALM,
        record_id=row.id if row else None,
        outcome=outcome,
        detail=detail,
        request_id=request.request_id,
        address=request.address,
    )


def _shown_token(request: Request) -> str:
    """The text of the token. Raises TokenNeeded: there is none."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise TokenNeeded
    return text.strip()[:LONGEST_HEADER]


def _context(request: Request, row: Any, at: Moment) -> Context:
    """What the account may do now, as far as the token reaches."""
    person = Person(row.account_id, row.uid, row.login, row.name, row.administrator)
    tree = unit_tree(at.units)
    plugins = request.app.plugins
    own = context_of(
        person,
        at,
        plugins,
        request.catalogue,
        request_id=request.request_id,
        address=request.address,
    )
    post = next((post for post in own.posts if post.access_unit_id == row.unit_id), own.post)
    states = enablement(at.plugins, at.units, plugins.slugs)
    readable, writable = states.for_person(row.account_id, (row.unit_id,))
    within = units_of(row.reach, row.unit_id, tree)
    reach = {
        scope: common_reach(own.reach.get(scope, NOWHERE), within)
        for scope in scopes_of(row.scopes)
    }
    return replace(
        own,
        post=post,
        reach={scope: found for scope, found in reach.items() if found != NOWHERE},
        holders=(),
        identities=(),
        plugins=readable,
        writable=writable,
    )


def _admit_to_plugin(request: Request, slug: str) -> None:
    ctx = request.person
    record = request.app.plugins.records[slug]
    if slug not in ctx.plugins:
        phase = record.manifest.phase if record.manifest else ""
        raise NotEnabled(plugin=record.label(ctx.language), phase=phase)
    if not request.is_safe and slug not in ctx.writable:
        raise Forbidden(
            N_("「%(plugin)s」在令牌所在的单位只能查阅，不能办理。"),
            remedy="",
            code="PLUG-403",
            plugin=record.label(ctx.language),
        )


def _request_digest(request: Request) -> str:
    text = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(text + request.body).hexdigest()
