"""What operators type: words, numbers of rows, days."""

import datetime as dt
from collections.abc import Callable

import click

LARGEST_KEY = 2**63 - 1
KEY = click.IntRange(1, LARGEST_KEY)
DAY = click.DateTime(["%Y-%m-%d"])


def words(most: int, *, may_be_empty: bool = True) -> Callable[[str], str]:
    """The type of text of at most so many characters, without the blanks around it."""

    def text(given: str) -> str:
        stripped = given.strip()
        if not stripped and not may_be_empty:
            raise click.BadParameter("不能为空。Must not be empty.")
        if len(stripped) > most:
            raise click.BadParameter(f"最长 {most} 个字。At most {most} characters.")
        return stripped

    return text


NAME = words(100, may_be_empty=False)
REASON = words(300, may_be_empty=False)
BASIS = words(200)


def day_of(given: dt.datetime | None) -> dt.date | None:
    """The day of an option that may be missing."""
    return given.date() if given is not None else None


def is_typable(text: str) -> bool:
    """Whether an argument is text a terminal shows: no control characters, nothing that is
    not UTF-8."""
    return text.isprintable() or not any(
        ord(c) < ord(" ") or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) <= 0xDFFF for c in text
    )
