"""Spans of days people ask for: this month, past, within thirty days. Kept in addresses as
words, so that a kept query means another month's days a month later."""

import datetime as dt
import re
from collections.abc import Callable, Mapping

from openbureau.base.i18n import N_

Span = tuple[dt.date | None, dt.date | None]
LABELS: Mapping[str, str] = {
    "today": N_("今天"),
    "week": N_("本周"),
    "month": N_("本月"),
    "quarter": N_("本季"),
    "year": N_("本年"),
    "past": N_("已过"),
}
_TYPED = {
    **{word: word for word in LABELS},
    **{label: word for word, label in LABELS.items()},
    **{f"this {word}": word for word in ("week", "month", "quarter", "year")},
}
_DAYS = re.compile(r"(\d{1,3}) ?(?:d|days|天内)")
_DAY = dt.timedelta(days=1)


def span_word(text: str) -> str:
    """The word that stands for a span in addresses (`month`, `30d`), of what somebody typed;
    "" when it is none."""
    plain = " ".join(text.split()).casefold().removeprefix("within ")
    if found := _DAYS.fullmatch(plain):
        return f"{int(found[1])}d"
    return _TYPED.get(plain, "")


def span_of(word: str, today: dt.date) -> Span:
    """First and last day of a span, both included; None on an open side."""
    if word.endswith("d"):
        return today, today + int(word.removesuffix("d")) * _DAY
    return _SPANS[word](today)


def span_label(word: str, say: Callable[..., str]) -> str:
    """A span as people read it."""
    if word.endswith("d"):
        return say("%(days)s 天内", days=int(word.removesuffix("d")))
    return say(LABELS[word])


def _week(today: dt.date) -> Span:
    first = today - today.weekday() * _DAY
    return first, first + 6 * _DAY


def _months(today: dt.date, first_month: int, months: int) -> Span:
    first = today.replace(month=first_month, day=1)
    later = first_month + months
    last = first.replace(year=first.year + (later > 12), month=(later - 1) % 12 + 1) - _DAY
    return first, last


_SPANS: Mapping[str, Callable[[dt.date], Span]] = {
    "today": lambda today: (today, today),
    "week": _week,
    "month": lambda today: _months(today, today.month, 1),
    "quarter": lambda today: _months(today, (today.month - 1) // 3 * 3 + 1, 3),
    "year": lambda today: _months(today, 1, 12),
    "past": lambda today: (None, today - _DAY),
}
