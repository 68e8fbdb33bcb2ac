"""The gate: loaded, signed in, plugin state, permission — before any plugin code runs."""

import datetime as dt
import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from peewee import Query

from openbureau.base.answers import NOTICE_COOKIE, cookie_name
from openbureau.base.context import CHINA, Context, Person
from openbureau.base.csrf import ONCE_FIELD
from openbureau.base.database import param, statement, to_instant, writing
from openbureau.base.drafts import Draft
from openbureau.base.errors import Forbidden, NotEnabled, NotFound, Problem, SignInNeeded
from openbureau.base.i18n import N_
from openbureau.base.request import Request
from openbureau.base.routing import CORE
from openbureau.kernel.access.contexts import Moment, context_of, may_open
from openbureau.kernel.accounts.actions import token_digest
from openbureau.kernel.accounts.models import Session
from openbureau.kernel.accounts.queries import session_row
from openbureau.kernel.appearance.queries import looks
from openbureau.kernel.drafts.forms import forget_sent, keep_text, shown_draft
from openbureau.kernel.enablement.actions import hold_rights
from openbureau.kernel.enablement.models import Epoch, Stamp
from openbureau.kernel.files.uploads import store_form_files
from openbureau.kernel.frame import MODE_COOKIES, FrameBuilder
from openbureau.kernel.menus.queries import MenuGroup
from openbureau.kernel.preferences.actions import keep_preference
from openbureau.kernel.preferences.queries import pinned_urls
from openbureau.kernel.preferences.tabs import (
    Tab,
    left_at,
    tabs_from,
    tabs_text,
    with_page,
    without_page,
)
from openbureau.kernel.submissions.actions import earlier_location, remember_submission

log = logging.getLogger("openbureau.requests")

SEEN_EVERY_MS = 60_000
ADMINISTRATOR_IDLE_MIN = 15
Clock = Callable[[], dt.datetime]


class StaffGate:
    """Implements the Gate protocol over sessions, enablement and roles."""

    def __init__(self, frame: FrameBuilder, clock: Clock) -> None:
        self._frame = frame
        self._clock = clock

    def identify(self, request: Request) -> None:
        """Fills `request.session` and `request.ctx` from the session cookie: one statement."""
        self._sign_in(request)
        self._dress(request)

    def _sign_in(self, request: Request) -> None:
        token = request.cookies.get(cookie_name("session", is_secure=request.is_secure), "")
        if not token:
            return
        now = self._clock()
        now_ms = to_instant(now)
        row = session_row().row(token_hash=token_digest(token))
        if row is None or row.state != "active" or now_ms >= row.ends_at:
            return
        idle_min = request.app.settings.session_idle_min
        if row.administrator:
            idle_min = min(idle_min, ADMINISTRATOR_IDLE_MIN)
        if now_ms - row.seen_at > idle_min * 60_000:
            return
        request.session = row
        # With something still to prove nobody is there: only the page that asks for it looks.
        if not row.stage:
            request.ctx = self.context(request, row, now)

    def _dress(self, request: Request) -> None:
        """Sets the theme, name and logo of the unit, or of the site before signing in."""
        ctx = request.ctx
        epoch = request.session.units_epoch if ctx else _units_epoch().value()
        zone = request.app.settings.zone
        unit_id = ctx.post.unit_id if ctx and ctx.post else None
        request.look = looks(epoch).of_unit(unit_id, zone)
        if request.look.theme in request.app.themes:
            request.theme = request.look.theme

    def context(self, request: Request, row: Any, now: dt.datetime) -> Context:
        """The facts about a signed-in person."""
        return context_of(
            Person(row.account_id, row.uid, row.login, row.name, row.administrator),
            Moment(now, row.units_epoch, row.access_epoch, row.plugins_epoch),
            request.app.plugins,
            request.catalogue,
            post_id=row.post_id,
            request_id=request.request_id,
            address=request.address,
        )

    def admit(self, request: Request) -> None:
        """Raises the Problem that keeps this person from the page."""
        route = request.route
        if route is None:
            raise NotFound
        page = route.page
        if page.zone == "public" or page.permission == "public":
            return
        if request.ctx is None:
            raise SignInNeeded if request.is_safe else SignInNeeded.for_form()
        if route.slug != CORE:
            self._admit_to_plugin(request, route.slug)
        if may_open(request.ctx, page.permission):
            return
        if route.slug == CORE:
            raise Forbidden(
                "这个页面只对相应的管理员开放。",
                remedy=N_("系统、安全、审计三类管理员各管各的事，请由对应的管理员办理。"),
            )
        raise Forbidden

    def confirm(self, request: Request) -> None:
        """Looks at the person anew where sessions, rights or units changed since they were
        admitted. Inside the write transaction: a right that ended meanwhile is not used, none
        ends before it is over, and what is done is dated from here on.

        Raises the Problem that keeps them from the page now.
        """
        if request.session is None:
            return
        # Only pages of the core change rights themselves.
        hold_rights(is_alone=request.route is None or request.route.slug == CORE)
        row = session_row().row(token_hash=request.session.token_hash)
        if row == request.session:
            if request.ctx is not None:
                request.ctx = replace(request.ctx, now=self._clock())
            return
        request.session = request.ctx = None
        self.identify(request)
        if request.session is None:
            raise SignInNeeded.for_form()
        self.admit(request)

    def _admit_to_plugin(self, request: Request, slug: str) -> None:
        ctx = request.person
        record = request.app.plugins.records[slug]
        if slug not in ctx.plugins:
            phase = record.manifest.phase if record.manifest else ""
            raise NotEnabled(plugin=record.label(ctx.language), phase=phase)
        if slug not in ctx.writable and not _is_reading(request):
            raise Forbidden(
                "「%(plugin)s」在您当前身份所在的单位只能查阅，不能办理。",
                remedy=N_("如您在其他单位任职，请先切换到那里的身份。"),
                code="PLUG-403",
                plugin=record.label(ctx.language),
            )

    def version(self, request: Request, stamps: tuple[str, ...]) -> str:
        """Changes with anything the page shows: person, numbers, plugins, the named stamps."""
        if request.ctx is None or request.cookies.get(NOTICE_COOKIE):
            return ""
        row = request.session
        facts = (
            [_stamp().value(name=name) for name in stamps],
            sorted(self._frame.counts(request).items()),
            row.token_hash,
            row.post_id,
            (row.plugins_epoch, row.units_epoch, row.access_epoch),
            request.full_path,
            request.headers.get("hx-request-type"),
            [request.cookies.get(name) for name in MODE_COOKIES],
            request.catalogue.language,
            (request.theme, request.look, pinned_urls(row.pins), self._frame.places(request)),
            request.app.release,
            request.person.now.astimezone(CHINA).date().isoformat(),
        )
        return hashlib.blake2b(repr(facts).encode(), digest_size=12).hexdigest()

    def once(self, request: Request) -> str | None:
        """Where this very form led before."""
        key = self._once_key(request)
        return earlier_location(key, self._account_id(request)) if key else None

    def acted(self, request: Request, location: str) -> None:
        """Remembers where the form led."""
        request.led_to = location
        forget_sent(request)
        if key := self._once_key(request):
            remember_submission(key, self._account_id(request), location, self._clock())

    def draft(self, request: Request) -> Draft | None:
        """What the person typed into this page before and did not send."""
        return shown_draft(request)

    def keep_text(self, request: Request) -> str:
        """Keeps the text of a refused form; the address that shows it again, or ""."""
        return keep_text(request, self._clock())

    def store_uploads(self, request: Request) -> None:
        """Puts uploaded files into the store before the write transaction."""
        store_form_files(request, self._clock())

    def frame(self, request: Request) -> Any:
        """The frame around a full page."""
        return self._frame.build(request)

    def counts(self, request: Request) -> dict[str, int]:
        """The person's open todos by kind, and notices."""
        return self._frame.counts(request)

    def menu(self, request: Request) -> list[MenuGroup]:
        """The lines of the person's menu, grouped."""
        return self._frame.groups(request)

    def after(self, request: Request) -> None:
        """Read marks, and at most once a minute that the session was seen. Losing them is
        tolerable, so a fault here never spoils the answer."""
        row = request.session
        if request.ctx is None or request.is_foreseen:
            return
        now = self._clock()
        tabs = _tabs_after(request)
        is_seen_due = to_instant(now) - row.seen_at >= SEEN_EVERY_MS
        if not is_seen_due and not request.afterwards and tabs is None:
            return
        try:
            with writing():
                if is_seen_due:
                    Session.update(seen_at=now).where(Session.id == row.id).execute()
                if tabs is not None:
                    keep_preference(row.account_id, tabs=tabs_text(tabs))
                for mark in request.afterwards:
                    mark()
        except Problem:
            log.warning("marks of request %s were lost", request.request_id)

    @staticmethod
    def _account_id(request: Request) -> int | None:
        return request.ctx.account.id if request.ctx else None

    @staticmethod
    def _once_key(request: Request) -> str:
        return str(request.form.get(ONCE_FIELD, ""))[:64] if request.form is not None else ""


def _tabs_after(request: Request) -> tuple[Tab, ...] | None:
    """The tabs once this page was shown or this form sent; None when they stay as they are."""
    route = request.route
    before = tabs_from(request.session.tabs)
    after = left_at(before, request.headers.get("referer", ""))
    if request.title:
        after = with_page(after, request.full_path, request.title)
    elif request.led_to and route is not None and route.slug != CORE:
        # A form that was sent is done with, unless its page is where it leads.
        form_page = _path(request.form_page)
        after = after if form_page == _path(request.led_to) else without_page(after, form_page)
    elif not request.is_safe:
        return None
    return after if after != before else None


def _is_reading(request: Request) -> bool:
    page = request.route.page if request.route is not None else None
    if page is None:
        return request.is_safe
    return not page.is_writing and (request.is_safe or page.is_reading)


def _path(address: str) -> str:
    return address.partition("?")[0]


@statement
def _units_epoch() -> Query:
    return Epoch.select(Epoch.units)


@statement
def _stamp() -> Query:
    return Stamp.select(Stamp.version).where(Stamp.name == param("name"))
