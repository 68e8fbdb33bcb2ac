"""What a view receives: plain values, read before the view runs."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import quote

from starlette.datastructures import FormData, Headers, QueryParams
from starlette.requests import cookie_parser

from openbureau.base.assets import Assets
from openbureau.base.context import Context
from openbureau.base.csrf import FORM_PAGE_FIELD
from openbureau.base.database import writing
from openbureau.base.drafts import Draft, page_of
from openbureau.base.errors import Problem
from openbureau.base.escaping import PlainEnvironment
from openbureau.base.i18n import Catalogue, preferred_language
from openbureau.base.json_bodies import JsonResult
from openbureau.base.plugins import Plugins
from openbureau.base.routing import Route, Routes
from openbureau.base.settings import Settings
from openbureau.base.themes import Theme, default_theme


class Gate(Protocol):
    """Decides who may pass; implemented by the kernel, asked before any plugin code."""

    def identify(self, request: "Request") -> None:
        """Finds the signed-in person, if any, and fills `request.ctx`."""

    def admit(self, request: "Request") -> None:
        """Lets the request through to its page. Raises a Problem otherwise."""

    def confirm(self, request: "Request") -> None:
        """Admits once more, inside the write transaction, where something changed since."""

    def version(self, request: "Request", stamps: tuple[str, ...]) -> str:
        """A text that changes whenever the page with these stamps could have changed."""

    def once(self, request: "Request") -> str | None:
        """Inside the write transaction: where this very form led before, or None."""

    def acted(self, request: "Request", location: str) -> None:
        """Inside the write transaction: remembers where the form led."""

    def store_uploads(self, request: "Request") -> None:
        """Stores uploaded files before the write transaction."""

    def draft(self, request: "Request") -> Draft | None:
        """What the signed-in person typed into this page's form before and did not send."""

    def keep_text(self, request: "Request") -> str:
        """Keeps the text of a refused form as a draft of whoever it was made for; the address
        that shows it again, or "" when there was nothing to keep or nobody to keep it for."""

    def frame(self, request: "Request") -> Any:
        """What every full page shows around its content."""

    def counts(self, request: "Request") -> Mapping[str, int]:
        """The person's open todos by kind, and notices."""

    def menu(self, request: "Request") -> Any:
        """The lines of the person's menu, grouped."""

    def after(self, request: "Request") -> None:
        """Small writes that may be lost, after the answer was made."""


class TokenGate(Protocol):
    """Decides what a token may do; implemented by the kernel, asked instead of `Gate` where the
    API is asked."""

    def identify(self, request: "Request") -> None:
        """Fills `request.ctx` from the token and counts the request. Raises TokenNeeded; TooMany:
        it has asked too often."""

    def admit(self, request: "Request") -> None:
        """Lets the request through to its page. Raises a Problem otherwise."""

    def confirm(self, request: "Request") -> None:
        """Admits once more, inside the write transaction, where something changed since."""

    def acting(self, request: "Request") -> AbstractContextManager[None]:
        """What is recorded inside names the token."""

    def earlier_answer(self, request: "Request", key: str) -> JsonResult | None:
        """The answer this token got to this very request before. Raises Invalid: to another."""

    def keep_answer(self, request: "Request", key: str, result: JsonResult) -> None:
        """Inside the write transaction: keeps an answer for when the request is sent again."""


@dataclass(frozen=True, slots=True)
class Application:
    """One assembled application: everything that is fixed from start to stop."""

    settings: Settings
    plugins: Plugins
    routes: Routes
    assets: Assets
    catalogues: Mapping[str, Catalogue]
    environments: Mapping[tuple[str, str], PlainEnvironment]
    themes: Mapping[str, Theme]
    key: bytes
    gate: Gate
    token_gate: TokenGate
    release: str
    is_demo: bool
    files: Path


_PROGRAMS = "/api/"


class Address:
    """A path and its query: of a request, or one that was kept and is asked again."""

    __slots__ = ("path", "query")

    def __init__(self, path: str, query: QueryParams) -> None:
        self.path = path
        self.query = query

    def number(self, name: str, default: int, low: int = 0, high: int = 2**31 - 1) -> int:
        """A whole number from the query, held between `low` and `high`."""
        try:
            return min(max(int(self.query.get(name, "")), low), high)
        except ValueError:
            return default


class Request(Address):
    """One request as a view sees it.

    `arrived_at` is of the monotonic clock; `ctx` is the signed-in person (None on anonymous
    pages); `params` the values in the address; `form` the sent form or None; `uploads`
    stored files by field name; `body` what a program sent to the API (`is_api`). What is put
    into `afterwards` runs in one short write transaction once the answer is made, and may be
    lost: read marks, not business. `theme` and `look` say how the unit's pages look, `title`
    what the shown page is called, `led_to` where a form that was acted upon leads,
    `is_refused` that the answer is an error.
    """

    __slots__ = (
        "_cookies",
        "_draft",
        "_full_path",
        "afterwards",
        "app",
        "arrived_at",
        "body",
        "catalogue",
        "counts",
        "ctx",
        "form",
        "headers",
        "is_api",
        "is_refused",
        "kept",
        "led_to",
        "look",
        "method",
        "params",
        "request_id",
        "response_cookies",
        "response_headers",
        "route",
        "scope",
        "session",
        "theme",
        "title",
        "upload_problems",
        "uploads",
    )

    def __init__(self, app: Application, scope: Any, request_id: str) -> None:
        super().__init__(scope["path"], QueryParams(scope["query_string"]))
        self.app = app
        self.scope = scope
        self.arrived_at = time.monotonic()
        self.request_id = request_id
        self.method: str = scope["method"]
        self.headers = Headers(scope=scope)
        self.is_api = app.settings.zone == "staff" and self.path.startswith(_PROGRAMS)
        # Programs are known by their token alone, whatever a browser adds.
        self._cookies: dict[str, str] | None = {} if self.is_api else None
        self._draft: Draft | Literal[False] | None = False
        self.route: Route | None = None
        self.params: Mapping[str, Any] = {}
        self.form: FormData | None = None
        self.body = b""
        self.uploads: dict[str, list[Any]] = {}
        self.kept: dict[str, list[tuple[str, int, str]]] = {}
        self.upload_problems: dict[str, list[Problem]] = {}
        self.session: Any = None
        self.counts: dict[str, int] | None = None
        self.afterwards: list[Callable[[], None]] = []
        self.response_cookies: list[tuple[str, str, int]] = []
        self.response_headers: list[tuple[bytes, bytes]] = []
        language = self.cookies.get("language", "")
        if language not in app.catalogues:
            language = preferred_language(self.headers.get("accept-language", ""))
        self.catalogue = app.catalogues[language]
        self.ctx: Context | None = None
        self.theme = default_theme(app.settings.zone, app.themes)
        self.look: Any = None
        self.title = ""
        self._full_path = ""
        self.led_to = ""
        self.is_refused = False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The write transaction of a page that opens its own: the person is admitted once
        more inside it. Raises the Problem that keeps them from the page now."""
        with writing():
            self.app.gate.confirm(self)
            yield

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies of the request."""
        if self._cookies is None:
            self._cookies = cookie_parser(self.headers.get("cookie", ""))
        return self._cookies

    @property
    def person(self) -> Context:
        """The context of a page that is only reached signed in."""
        assert self.ctx is not None  # noqa: S101 - the gate has admitted this request
        return self.ctx

    @property
    def environment(self) -> PlainEnvironment:
        """The templates in this request's theme and language."""
        return self.app.environments[self.theme, self.catalogue.language]

    @property
    def form_page(self) -> str:
        """The page that shows the forms of this answer: a refused form names its own."""
        sent = str(self.form.get(FORM_PAGE_FIELD) or "") if self.form is not None else ""
        return page_of(sent or self.full_path)

    @property
    def shown_page(self) -> str:
        """The page on the screen: where htmx says that a part of it was asked for."""
        address = self.headers.get("hx-current-url", "").partition("#")[0]
        return page_of("/" + "/".join(address.split("/")[3:])) or "/"

    @property
    def draft(self) -> Draft | None:
        """What the person typed here before and did not send; one statement, once."""
        if self._draft is False:
            is_shown = self.ctx is not None and self.is_safe
            self._draft = self.app.gate.draft(self) if is_shown else None
        return self._draft

    @property
    def filled(self) -> FormData | None:
        """What fills the forms of this page: what was sent, or the draft asked for."""
        if self.form is None and self.draft is not None and self.draft.is_restored:
            return FormData(list(self.draft.fields))
        return self.form

    @property
    def is_safe(self) -> bool:
        """Whether the method reads only."""
        return self.method in {"GET", "HEAD", "OPTIONS"}

    @property
    def is_part(self) -> bool:
        """Whether htmx asks for a fragment; never when it restores a page of the history."""
        return (
            self.headers.get("hx-request-type") == "partial"
            and self.headers.get("hx-history-restore-request") != "true"
        )

    @property
    def is_foreseen(self) -> bool:
        """Whether nobody looks at the answer yet: prefetch, HEAD, a restored page."""
        return (
            self.method == "HEAD"
            or "sec-purpose" in self.headers
            or self.headers.get("hx-history-restore-request") == "true"
        )

    @property
    def is_secure(self) -> bool:
        """Whether the browser came over https."""
        return bool(self.scope.get("scheme") == "https")

    @property
    def address(self) -> str:
        """The browser's network address."""
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def full_path(self) -> str:
        """Path and query as the browser sent them."""
        if not self._full_path:
            query = self.scope["query_string"].decode("latin-1")
            path = quote(self.path, safe="/-._~!$&'()*+,;=:@")
            self._full_path = f"{path}?{query}" if query else path
        return self._full_path

    def cookie(self, name: str, value: str, max_age_s: int) -> None:
        """Sets a cookie with the answer; an age of 0 removes it."""
        self.response_cookies.append((name, value, max_age_s))
