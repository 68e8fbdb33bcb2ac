"""Counting a term, day by day, so that every day of it can be shown and added up again.

The day of the event is never counted. A term of calendar days, months or years that ends on a
day of rest ends on the next working day. Sources: Civil Procedure Law, article 85; Civil Code,
articles 201 to 203; Administrative Licensing Law, article 82 (its days are working days).
"""

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from openbureau.kernel.calendar.days import Working, working

TermKind = Literal["working", "calendar", "month", "year"]
DayReason = Literal["counted", "rest", "paused", "term-end", "made-up-for", "moved"]
TERM_KINDS: tuple[TermKind, ...] = get_args(TermKind)
MOST = {"working": 3660, "calendar": 3660, "month": 1200, "year": 100}


class Pause(NamedTuple):
    """The clock stands still after the day `after`, up to and with `until`."""

    after: dt.date
    until: dt.date

    def covers(self, date: dt.date) -> bool:
        """Whether a day is not counted."""
        return self.after < date <= self.until


class CountedDay(NamedTuple):
    """One day of a count. `number` says which day of the term it is, None for a day that does
    not count; `holiday` names the festival that made it a day of rest or of work. It is
    provisional where its year's calendar is not published."""

    date: dt.date
    number: int | None
    reason: DayReason
    holiday: str
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """A term and when it ends. `days` are those that decide: every day after the start for
    days; the end of the term and what moved it for months and years."""

    start: dt.date
    amount: int
    kind: TermKind
    due: dt.date
    days: Sequence[CountedDay]

    @property
    def is_provisional(self) -> bool:
        """Whether a year is in it whose days of rest are not published yet."""
        return any(day.is_provisional for day in self.days)


def counted(start: dt.date, amount: int, kind: TermKind, pauses: Sequence[Pause] = ()) -> Counted:
    """The term of so many days, months or years after a day.

    Raises ValueError: the amount is not positive or beyond `MOST`, a pause ends before it
    begins, or the term ends after the year 9999.
    """
    if not 1 <= amount <= MOST[kind]:
        raise ValueError(f"a term of {kind} has 1 to {MOST[kind]}, not {amount}")
    for pause in pauses:
        if pause.until < pause.after:
            raise ValueError(f"a pause after {pause.after} cannot end on {pause.until}")
    try:
        days = list(_days(start, amount, kind, pauses))
    except OverflowError as fault:
        raise ValueError("the term ends after the year 9999") from fault
    return Counted(start, amount, kind, days[-1].date, days)


def _days(
    start: dt.date, amount: int, kind: TermKind, pauses: Sequence[Pause]
) -> Iterator[CountedDay]:
    if kind in {"month", "year"}:
        months = amount if kind == "month" else amount * 12
        yield from _until_worked(_after_months(start, months, pauses))
    elif kind == "calendar":
        yield from _until_worked(_after_days(start, amount, pauses))
    else:
        yield from _after_days(start, amount, pauses, is_working=True)


def _after_days(
    start: dt.date, amount: int, pauses: Sequence[Pause], *, is_working: bool = False
) -> Iterator[CountedDay]:
    number, date = 0, start
    while number < amount:
        date += dt.timedelta(days=1)
        found = working(date)
        if any(pause.covers(date) for pause in pauses):
            yield _day(date, None, "paused", found, is_used=False)
        elif is_working and not found.is_worked:
            yield _day(date, None, "rest", found)
        else:
            number += 1
            yield _day(date, number, "counted", found, is_used=is_working)


def _after_months(start: dt.date, months: int, pauses: Sequence[Pause]) -> Iterator[CountedDay]:
    """The day of the same number, or the last of a shorter month; each day on which the clock
    stood still is made up for by one more."""
    date = months_later(start, months)
    yield _day(date, None, "term-end", working(date), is_used=False)
    owed = _paused(start, date, pauses)
    while owed:
        date += dt.timedelta(days=1)
        if any(pause.covers(date) for pause in pauses):
            yield _day(date, None, "paused", working(date), is_used=False)
        else:
            owed -= 1
            yield _day(date, None, "made-up-for", working(date), is_used=False)


def _paused(start: dt.date, end: dt.date, pauses: Sequence[Pause]) -> int:
    """On how many days after the start, up to the end, the clock stood still."""
    stopped: set[int] = set()
    for pause in pauses:
        first = max(pause.after, start).toordinal() + 1
        stopped.update(range(first, min(pause.until, end).toordinal() + 1))
    return len(stopped)


def _until_worked(days: Iterable[CountedDay]) -> Iterator[CountedDay]:
    """The days, and after them those up to the next working day if the last is none."""
    *before, last = days
    found = working(last.date)
    yield from before
    yield last._replace(is_provisional=found.is_provisional)
    date = last.date
    while not found.is_worked:
        date += dt.timedelta(days=1)
        found = working(date)
        yield _day(date, None, "moved", found)


def months_later(start: dt.date, months: int) -> dt.date:
    """The day of the same number so many months later; the last of a shorter month."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > dt.MAXYEAR:
        raise OverflowError(year)
    return dt.date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def _day(
    date: dt.date, number: int | None, reason: DayReason, found: Working, *, is_used: bool = True
) -> CountedDay:
    return CountedDay(date, number, reason, found.holiday, is_used and found.is_provisional)
