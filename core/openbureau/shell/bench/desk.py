"""What a browser fetches to show the desk: bytes and requests, first and again."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from openbureau.shell.bench.lists import PRODUCT, prepared, product
from openbureau.shell.bench.load import Call, answer, running
from openbureau.shell.bench.report import Bench, Run

ACCEPT = {"Accept-Encoding": "gzip, deflate, br, zstd"}
Fetch = Callable[[str, Mapping[str, str]], tuple[Mapping[str, str], bytes]]
_FETCHED = re.compile(r'<(?:link|script|img|use)\b[^>]*?\b(?:href|src)="([^"#]+)')
_LATER = re.compile(r'data-hx-get="([^"]+)"[^>]*data-hx-trigger="load"')
_IN_SHEET = re.compile(r"url\(\s*[\"']?((?!data:)[^\"')#]+)")


@dataclass(frozen=True, slots=True)
class Weight:
    """Bodies as they travel, compressed. `again_bytes` when everything immutable is kept."""

    first_bytes: int
    requests: int
    again_bytes: int


def weight(fetch: Fetch, plain: Callable[[str], str], url: str = "/") -> Weight:
    """The weight of a page. `fetch` returns headers and body as they travel, `plain` the text."""
    headers, body = fetch(url, ACCEPT)
    page = plain(url)
    wanted = dict.fromkeys([*_FETCHED.findall(page), *_LATER.findall(page)])
    for sheet in [found for found in wanted if found.endswith(".css")]:
        wanted |= dict.fromkeys(urljoin(sheet, part) for part in _IN_SHEET.findall(plain(sheet)))
    first = again = len(body)
    for part in wanted:
        found, content = fetch(part, ACCEPT)
        first += len(content)
        if "immutable" not in found.get("cache-control", ""):
            again += len(content)
    if "etag" in headers:
        again -= len(body) - len(fetch(url, {**ACCEPT, "If-None-Match": headers["etag"]})[1])
    return Weight(first, 1 + len(wanted), again)


def weighed(bench: Bench) -> Iterator[Run]:
    """P12: the desk of a member of staff with fifteen plugins."""
    with prepared(bench, bench.totals[0]) as (ground, _):
        ours = product(ground)
        cookie = ours.calls[0].headers
        with running(ours.arguments, ours.environment, ours.calls[0]) as (port, _):
            found = weight(
                lambda url, headers: answer(port, Call(url, {**cookie, **headers})),
                lambda url: answer(port, Call(url, cookie))[1].decode(),
            )
    numbers = {
        "first_bytes": found.first_bytes,
        "requests": found.requests,
        "again_bytes": found.again_bytes,
    }
    yield Run("P12", PRODUCT, numbers)
