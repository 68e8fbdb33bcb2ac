"""A month with its days of rest: a page of its own, and the fragment date fields open."""

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.base.context import CHINA
from openbureau.base.declarations import Page
from openbureau.base.i18n import N_, Catalogue
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.calendar.days import WEEKDAYS, day_kind, is_weekend
from openbureau.kernel.calendar.fields import day_words
from openbureau.kernel.calendar.typed import EARLIEST, LATEST, Nearest, NotADate, typed_date

_PAGE_MONTHS = 3
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the grid. `mark` is 休 or 班 where the day differs from its weekday."""

    date: dt.date
    label: str
    mark: str
    is_rest: bool
    is_today: bool
    is_chosen: bool
    is_outside: bool


@dataclass(frozen=True, slots=True)
class Month:
    """A month in weeks from Monday. `previous` and `next` are months as `2026-10`;
    `is_published` says whether its days of rest are known."""

    first: dt.date
    weeks: Sequence[Sequence[Day]]
    weekdays: Sequence[str]
    previous: str
    next: str
    is_published: bool


def show_calendar(request: Request) -> Any:
    """The month asked for, or this one; the full page goes on with the two after it."""
    today = request.person.now.astimezone(CHINA).date()
    chosen = request.query.get("chosen", "")
    months = [
        month_of(request.catalogue, _first(request.query.get("month", ""), today), today, chosen)
    ]
    for _ in () if request.is_part else range(_PAGE_MONTHS - 1):
        after = _first(months[-1].next, today)
        if after > months[-1].first:
            months.append(month_of(request.catalogue, after, today, chosen))
    return page("core/calendar.html", fragment="month", month=months[0], months=months)


def month_of(catalogue: Catalogue, first: dt.date, today: dt.date, chosen: str = "") -> Month:
    """The month that begins on `first`, with `chosen` (a date as text) marked."""
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return Month(
        first=first,
        weeks=[[_day(catalogue, d, first, today, chosen) for d in week] for week in weeks],
        weekdays=[catalogue.gettext(name) for name in WEEKDAYS],
        previous=_shifted(first, -1),
        next=_shifted(first, 1),
        is_published=day_kind(first).kind != "unknown",
    )


def _first(text: str, today: dt.date) -> dt.date:
    found = _MONTH.fullmatch(text)
    if found and EARLIEST <= int(found[1]) <= LATEST and 1 <= int(found[2]) <= 12:
        return dt.date(int(found[1]), int(found[2]), 1)
    return today.replace(day=1)


def _shifted(first: dt.date, months: int) -> str:
    number = first.year * 12 + first.month - 1 + months
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _day(catalogue: Catalogue, date: dt.date, first: dt.date, today: dt.date, chosen: str) -> Day:
    say = catalogue.gettext
    kind, holiday = day_kind(date)
    is_rest = kind == "rest" or (kind == "unknown" and is_weekend(date))
    is_made_up = kind == "working" and is_weekend(date)
    words = [day_words(catalogue, date), say(holiday)]
    if is_made_up:
        words.append(say("调休上班"))
    elif is_rest:
        words.append(say("休息日"))
    mark = N_("班") if is_made_up else N_("休") if is_rest and holiday else ""
    return Day(
        date=date,
        label=" ".join(word for word in words if word),
        mark=say(mark),
        is_rest=is_rest,
        is_today=date == today,
        is_chosen=date.isoformat() == chosen,
        is_outside=date.month != first.month,
    )


def read_day(request: Request) -> Any:
    """What a typed text means, in words; or why it means nothing."""
    if not request.is_part:
        return redirect("/-/calendar")
    text = request.query.get("text", "").strip()
    today = request.person.now.astimezone(CHINA).date()
    nearest: Nearest = "future" if request.query.get("nearest") == "future" else "year"
    found, words, refusal = "", "", ""
    try:
        if text:
            date = typed_date(text, today, nearest)
            found, words = date.isoformat(), day_words(request.catalogue, date)
    except NotADate as refused:
        refusal = request.catalogue.gettext(refused.message, **refused.params)
    return page("core/calendar.html", fragment="words", found=found, words=words, refusal=refusal)


PAGES = (
    Page("calendar", show_calendar, "signed-in"),
    Page("calendar/read", read_day, "signed-in"),
)
