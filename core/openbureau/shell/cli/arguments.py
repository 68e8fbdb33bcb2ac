"""What operators type: words, numbers of rows, days."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import click

LONGEST_KEY = 19
DAY = click.DateTime(["%Y-%m-%d"])


class _Key(click.ParamType[int]):
    """The number of a row: a whole number that a database can hold as a key."""

    name = "number"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        digits = str(value).strip()
        if digits.isascii() and digits.isdecimal() and len(digits) < LONGEST_KEY:
            return int(digits)
        return self.fail(
            f"{digits[:40]!r} 不是编号，应为列表中的整数。"
            f"{digits[:40]!r} is not a number from the list.",
            param,
            ctx,
        )


KEY = _Key()


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
