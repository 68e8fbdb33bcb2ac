"""Open pages as tabs (页签): kept per person, the same on every computer.

A tab is a page by its path; its address carries the state (filter, page of a list) in
which it was left. The desk always stands first and is not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

TABS_KEPT = 8
ADDRESS_CHARACTERS = 500
TITLE_CHARACTERS = 60
DESK = "/"


@dataclass(frozen=True, slots=True)
class Tab:
    """One open page: its address and its title when it was last seen."""

    url: str
    title: str

    @property
    def path(self) -> str:
        """What the tab is known by."""
        return self.url.partition("?")[0]


_decode = msgspec.json.Decoder(list[tuple[str, str]]).decode
_encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=4096)
def tabs_from(text: str | None) -> tuple[Tab, ...]:
    """The tabs of a preference column; none for what cannot be read."""
    if not text or text == "[]":
        return ()
    try:
        return tuple(Tab(url, title) for url, title in _decode(text))
    except msgspec.DecodeError:
        return ()


def tabs_text(tabs: Sequence[Tab]) -> str:
    """The tabs as a preference column."""
    return _encode([(tab.url, tab.title) for tab in tabs]).decode()


def with_page(tabs: Sequence[Tab], url: str, title: str) -> tuple[Tab, ...]:
    """The tabs once this page is open; the one opened longest ago makes room.

    An open page keeps the address it had: looking through a list page by page writes
    nothing, and `left_at` keeps the state it is left in.
    """
    if not is_kept(url):
        return tuple(tabs)
    here = Tab(url, title[:TITLE_CHARACTERS])
    if any(tab.path == here.path for tab in tabs):
        return tuple(Tab(t.url, here.title) if t.path == here.path else t for t in tabs)
    return (*tabs, here)[-TABS_KEPT:]


def left_at(tabs: Sequence[Tab], referer: str) -> tuple[Tab, ...]:
    """The tabs with the page one comes from kept in the state it was left in."""
    if not referer:
        return tuple(tabs)
    parts = urlsplit(referer)
    url = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if len(url) > ADDRESS_CHARACTERS:
        return tuple(tabs)
    return tuple(Tab(url, tab.title) if tab.path == parts.path else tab for tab in tabs)


def without_page(tabs: Sequence[Tab], path: str) -> tuple[Tab, ...]:
    """The tabs once a page is closed."""
    return tuple(tab for tab in tabs if tab.path != path)


def beside(tabs: Sequence[Tab], path: str) -> str:
    """Where closing the current page leads: to its neighbour, or to the desk."""
    places = [tab.path for tab in tabs]
    if path not in places:
        return DESK
    place = places.index(path)
    others = without_page(tabs, path)
    return others[min(place, len(others) - 1)].url if others else DESK


def is_kept(url: str) -> bool:
    """Whether a page becomes a tab."""
    path = url.partition("?")[0]
    return path != DESK and len(url) <= ADDRESS_CHARACTERS
