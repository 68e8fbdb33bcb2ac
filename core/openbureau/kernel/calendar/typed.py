"""Dates as people type them: 20041015, 2004.10.15, 2004年10月15日, 10-15, 明天."""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

from openbureau.base.i18n import N_

EARLIEST, LATEST = 1900, 2199
Nearest = Literal["year", "future"]
_WORDS: Mapping[str, int] = {"昨天": -1, "今天": 0, "明天": 1, "后天": 2}
_FULL = re.compile(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?")
_RUN = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY = re.compile(r"(\d{1,2})[-./月](\d{1,2})日?")
# What input methods put where a point or hyphen is meant.
_MARKS = str.maketrans({"。": ".", "．": ".", "—": "-", "–": "-", "－": "-", "、": "."})


class NotADate(ValueError):
    """Why a text is no date: a message id and its values."""

    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message % params)
        self.message = message
        self.params = params


def typed_date(text: str, today: dt.date, nearest: Nearest = "year") -> dt.date:
    """The date meant by a typed text.

    Without a year it lies in this one, or with `nearest="future"` is the next such day.
    Raises NotADate: nothing can be read, or there is no such day.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).translate(_MARKS).split())
    if plain in _WORDS:
        return today + dt.timedelta(days=_WORDS[plain])
    if found := _FULL.fullmatch(plain) or _RUN.fullmatch(plain):
        year, month, day = (int(part) for part in found.groups())
        return _day(year, month, day)
    if found := _DAY.fullmatch(plain):
        month, day = (int(part) for part in found.groups())
        return _nearest(month, day, today, nearest)
    raise NotADate(
        N_("没有从「%(text)s」读出日期。请填写如 20041015、2004-10-15 或 10-15。"), text=text[:30]
    )


def _nearest(month: int, day: int, today: dt.date, nearest: Nearest) -> dt.date:
    if nearest == "year":
        return _day(today.year, month, day)
    for year in range(today.year, today.year + 8):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return _day(today.year, month, day)


def _day(year: int, month: int, day: int) -> dt.date:
    read: dict[str, object] = {"year": year, "month": month, "day": day}
    if not EARLIEST <= year <= LATEST:
        raise NotADate(
            N_("读作 %(year)s 年 %(month)s 月 %(day)s 日，年份应在 1900 到 2199 之间。"), **read
        )
    try:
        return dt.date(year, month, day)
    except ValueError as fault:
        raise NotADate(
            N_("读作 %(year)s 年 %(month)s 月 %(day)s 日，没有这一天。"), **read
        ) from fault
