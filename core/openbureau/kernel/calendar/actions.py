"""Entering the working days of a year."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from openbureau.base.i18n import N_
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.calendar.days import Working, day_kind, is_weekend, working
from openbureau.kernel.calendar.models import CalendarYear
from openbureau.kernel.calendar.notices import NoticeError, SpecialDay
from openbureau.kernel.enablement.actions import bump_epoch


class Difference(NamedTuple):
    """A day that would be another one: what it is now, and what it would be."""

    date: dt.date
    now: Working
    then: Working


def require_open(year: int, *, is_provisional: bool) -> None:
    """Raises NoticeError: the year is published, so that a guess would change nothing."""
    if is_provisional and day_kind(dt.date(year, 12, 31)).kind != "unknown":
        raise NoticeError(
            N_("%(year)s 年的安排已经公布，不能再录为暂定。请去掉「暂定」，按通知录入。"), year=year
        )


def differences(
    year: int, days: Sequence[SpecialDay], *, is_provisional: bool
) -> Iterator[Difference]:
    """The days that entering these for a year would make working days, days of rest or those
    of another festival."""
    special = {day.date: day for day in days}
    first, last = dt.date(year - 1, 12, 1), dt.date(year, 12, 31)
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        date = dt.date.fromordinal(ordinal)
        now = working(date)
        if is_provisional and not now.is_provisional:
            continue
        found = special.get(date)
        if found is not None:
            then = Working(found.kind == "working", found.holiday, is_provisional)
        elif date.year == year:
            then = Working(not is_weekend(date), "", is_provisional)
        else:
            continue
        if (now.is_worked, now.holiday) != (then.is_worked, then.holiday):
            yield Difference(date, now, then)


def enter_year(
    year: int,
    notice: str,
    days: Sequence[SpecialDay],
    whose: By,
    *,
    is_provisional: bool = False,
) -> CalendarYear:
    """Puts these days in the place of what holds for a year; every process follows within a
    second."""
    before = CalendarYear.get_or_none(CalendarYear.year == year)
    text = msgspec.json.encode([(day.date, day.kind, day.holiday) for day in days]).decode()
    written: dict[str, Any] = {
        "notice": notice,
        "days": text,
        "is_provisional": is_provisional,
        "decided_by": whose.account_id,
        "decided_at": whose.now,
    }
    CalendarYear.insert(year=year, **written).on_conflict(
        conflict_target=[CalendarYear.year], update=written
    ).execute()
    entered: CalendarYear = CalendarYear.get(CalendarYear.year == year)
    _note(entered, whose, before)
    bump_epoch("units")
    return entered


def _note(entered: CalendarYear, whose: By, before: CalendarYear | None) -> None:
    record_audit(
        action="core.enter_calendar_year",
        at=whose.now,
        account_id=whose.account_id,
        post_id=whose.post_id,
        unit_id=whose.unit_id,
        realm="core/calendar_year",
        record_id=entered.id,
        detail={
            "year": entered.year,
            "notice": entered.notice,
            "provisional": entered.is_provisional,
            "days": entered.days,
            "before": before and {"notice": before.notice, "days": before.days},
        },
        request_id=whose.request_id,
        address=whose.address,
    )
