"""Which days are worked: the State Council's yearly notices (放假调休), as far as published."""

import datetime as dt
from functools import cache
from typing import Literal, NamedTuple

import chinese_calendar

from openbureau.base.i18n import N_

WEEKDAYS = (N_("一"), N_("二"), N_("三"), N_("四"), N_("五"), N_("六"), N_("日"))
_SATURDAY = 5
_HOLIDAYS = {
    "New Year's Day": N_("元旦"),
    "Spring Festival": N_("春节"),
    "Tomb-sweeping Day": N_("清明节"),
    "Labour Day": N_("劳动节"),
    "Dragon Boat Festival": N_("端午节"),
    "National Day": N_("国庆节"),
    "Mid-autumn Festival": N_("中秋节"),
    "Anti-Fascist 70th Day": N_("抗战胜利纪念日"),
}

# Regulation on Public Holidays (全国年节及纪念日放假办法) as in force since 2025, article 2.
_FIXED = {
    (1, 1): _HOLIDAYS["New Year's Day"],
    **{(5, day): _HOLIDAYS["Labour Day"] for day in (1, 2)},
    **{(10, day): _HOLIDAYS["National Day"] for day in (1, 2, 3)},
}


class DayKind(NamedTuple):
    """Whether a day is worked. `holiday` names the festival it belongs to, also for a weekend
    that is worked to make up for it; empty for ordinary days."""

    kind: Literal["working", "rest", "unknown"]
    holiday: str


@cache
def day_kind(date: dt.date) -> DayKind:
    """What the published calendar says of a day; `unknown` for a year without a notice."""
    try:
        is_rest, name = chinese_calendar.get_holiday_detail(date)
    except NotImplementedError:
        return DayKind("unknown", "")
    return DayKind("rest" if is_rest else "working", _HOLIDAYS.get(name or "", ""))


class Working(NamedTuple):
    """Whether a day is worked, as far as is known. It is provisional for a year without a
    notice: then weekends and the festivals of fixed date are days of rest."""

    is_worked: bool
    holiday: str
    is_provisional: bool


def working(date: dt.date) -> Working:
    """Whether a day is worked, also in a year without a notice."""
    kind, holiday = day_kind(date)
    if kind != "unknown":
        return Working(kind == "working", holiday, is_provisional=False)
    holiday = _FIXED.get((date.month, date.day), "")
    return Working(not holiday and not is_weekend(date), holiday, is_provisional=True)


def is_weekend(date: dt.date) -> bool:
    """Saturday or Sunday, whatever the calendar says."""
    return date.weekday() >= _SATURDAY
