"""A browser for tests: speaks to the application as a server would, keeps cookies, fills in
the hidden fields of the form it saw last."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from starlette.types import ASGIApp

Fields = Mapping[str, str | Sequence[str]]
Files = Sequence[tuple[str, str, bytes]]
_HIDDEN = re.compile(r'<input type="hidden" name="(csrf|once|form_page|form_by)" value="([^"]*)">')
_PROOF = re.compile(rf"(?:{_HIDDEN.pattern})+")
_BOUNDARY = "----openbureau-test-boundary"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        """The page as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def location(self) -> str:
        """Where a redirection leads."""
        return self.headers.get("location", "")

    @property
    def words(self) -> str:
        """What a person reads: the text without its markup."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.text)))


class Client:
    """One browser. `get` and `post` follow nothing; `follow` goes where an answer leads."""

    def __init__(self, app: ASGIApp, *, address: str = "127.0.0.1", scheme: str = "http") -> None:
        self._app = app
        self._address = address
        self._scheme = scheme
        self.cookies: dict[str, str] = {}
        self.hidden: dict[str, str] = {}

    def get(
        self, url: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Answer:
        """Asks for a page."""
        answer = self._send(method, url, b"", dict(headers or {}))
        self._remember(answer)
        return answer

    def part(self, url: str) -> Answer:
        """Asks for a fragment, as htmx does."""
        return self.get(url, {"hx-request": "true", "hx-request-type": "partial"})

    def post(
        self,
        url: str,
        fields: Fields | None = None,
        files: Files = (),
        *,
        headers: Mapping[str, str] | None = None,
        is_bare: bool = False,
    ) -> Answer:
        """Sends a form with the hidden fields of the page seen last; bare ones without them."""
        pairs = [] if is_bare else list(self.hidden.items())
        for name, value in (fields or {}).items():
            pairs += [(name, v) for v in ([value] if isinstance(value, str) else value)]
        if files:
            body, kind = _multipart(pairs, files), f"multipart/form-data; boundary={_BOUNDARY}"
        else:
            body, kind = urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        answer = self._send("POST", url, body, {"content-type": kind, **(headers or {})})
        self._remember(answer)
        return answer

    def follow(self, answer: Answer) -> Answer:
        """The page a redirection leads to, through up to five redirections."""
        for _ in range(5):
            if not answer.location:
                break
            answer = self.get(answer.location)
        return answer

    def sign_in(self, login: str, password: str, target: str = "/") -> Answer:
        """Signs in through the sign-in page and returns the page after it."""
        self.get("/-/sign-in")
        fields = {"login": login, "password": password, "next": target}
        return self.follow(self.post("/-/sign-in", fields))

    def _remember(self, answer: Answer) -> None:
        proofs = list(_PROOF.finditer(answer.text)) if answer.body[:1] == b"<" else []
        if proofs:
            found = _HIDDEN.findall(proofs[-1][0])
            self.hidden = {name: unescape(value) for name, value in found}

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Sends any body at all."""
        return self._send(method, url, body, dict(headers))

    def _send(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        headers.setdefault("host", "bureau.test")
        if self.cookies:
            headers["cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if body:
            headers["content-length"] = str(len(body))
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": self._scheme,
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": quote(parts.query, safe="%&=+;/?:@!$'()*,-._~").encode(),
            "root_path": "",
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers.items()],
            "client": (self._address, 50000),
            "server": ("bureau.test", 80),
            "state": {},
        }
        answer = asyncio.run(_exchange(self._app, scope, body, url))
        self._take_cookies(answer)
        return answer

    def _take_cookies(self, answer: Answer) -> None:
        for line in answer.headers.get("set-cookie", "").split("\n"):
            pair, *attributes = line.split("; ")
            name, _, value = pair.partition("=")
            if any(a.lower() == "max-age=0" for a in attributes):
                self.cookies.pop(name, None)
            elif name:
                self.cookies[name] = value.strip('"')


async def _exchange(app: ASGIApp, scope: dict[str, Any], body: bytes, url: str) -> Answer:
    pending = [{"type": "http.request", "body": body, "more_body": False}]
    started: dict[str, Any] = {}
    chunks: list[bytes] = []
    answered = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if pending:
            return pending.pop()
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))
            if not message.get("more_body"):
                answered.set()

    await app(scope, receive, send)
    headers: dict[str, str] = {}
    for name, value in started["headers"]:
        key = name.decode()
        text = value.decode("latin-1")
        headers[key] = f"{headers[key]}\n{text}" if key in headers else text
    return Answer(started["status"], headers, b"".join(chunks), url)


def _multipart(pairs: Sequence[tuple[str, str]], files: Files) -> bytes:
    lines: list[bytes] = []
    for name, value in pairs:
        lines.append(
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        )
        lines.append(value.encode() + b"\r\n")
    for name, filename, content in files:
        lines.append(
            f"--{_BOUNDARY}\r\nContent-Disposition: form-data; "
            f'name="{name}"; filename="{filename}"\r\n'.encode()
        )
        lines.append(b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n")
    lines.append(f"--{_BOUNDARY}--\r\n".encode())
    return b"".join(lines)
