"""What a person typed and has not sent: drafts of forms, as requests and forms see them.

A draft belongs to the page that shows the form. `?draft=1` on that page's address fills
the form with it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from openbureau.base.pages import is_local

RESTORING = "draft=1"
PAGE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """The kept text of one page's form: [name, value] pairs in the order of the form.

    `is_restored` when the page was asked for with it; only then are there `fields`.
    """

    id: int
    saved_at: dt.datetime
    restore_url: str
    is_restored: bool
    fields: Sequence[tuple[str, str]]


def page_of(address: str) -> str:
    """The page a draft belongs to: its address without `draft=1`; empty when it is none of
    ours or too long to be kept."""
    path, _, query = address.partition("?")
    rest = "&".join(part for part in query.split("&") if part and part != RESTORING)
    page = f"{path}?{rest}" if rest else path
    return page if is_local(page) and len(page) <= PAGE_LENGTH else ""


def restoring(page: str) -> str:
    """The address of a page with its form filled from the draft."""
    return f"{page}{'&' if '?' in page else '?'}{RESTORING}"
