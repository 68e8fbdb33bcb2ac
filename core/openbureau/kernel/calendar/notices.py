"""Reading the State Council's yearly notice (国务院办公厅关于部分节假日安排的通知).

The weekdays and the numbers of days that the notice names are checked against the dates, so
that a slip in copying is found. A line such as `2027-01-01 休 元旦` is read as well.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from openbureau.base.i18n import N_
from openbureau.kernel.calendar.days import WEEKDAYS, is_weekend

LONGEST_NOTICE = 8000
FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
_DATE = re.compile(
    r"(?:(?P<year>\d{4})\s*年)?\s*(?:(?P<month>\d{1,2})\s*月)?\s*(?P<day>\d{1,2})\s*[日号]"
    r"(?:\s*[（(](?P<note>[^）)]*)[）)])?"
)
_ITEM = re.compile(
    r"(?:[一二三四五六七八九十]+\s*、\s*)?"
    r"(?P<names>[\u4e00-\u9fff]{2,6}(?:、[\u4e00-\u9fff]{2,6})*)\s*[：:](?P<text>[^：:]*?)"
    r"(?=(?:[一二三四五六七八九十]+\s*、\s*)?[\u4e00-\u9fff]{2,6}(?:、[\u4e00-\u9fff]{2,6})*\s*[：:]|\Z)",
    re.DOTALL,
)
_LINE = re.compile(
    r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?[\s,，]*(休|班|rest|work)[\s,，]*(.*)"
)
_TOTAL = re.compile(r"(?:共|放假)\s*(\d{1,2})\s*天")
_WEEKDAY = re.compile(r"(?:周|星期)([一二三四五六日天])")
_TO = re.compile(r"\s*(?:至|到|—|－|-|~)\s*")

Told = tuple[str, Mapping[str, Any]]


class SpecialDay(NamedTuple):
    """A day whose kind the notice says, and the festival it belongs to."""

    date: dt.date
    kind: Literal["rest", "working"]
    holiday: str


class NoticeError(Exception):
    """A notice that contradicts itself or says nothing; the message says where."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.message, self.params = message, params


@dataclass(slots=True)
class Notice:
    """What a notice says of a year, and what is odd about it."""

    days: Sequence[SpecialDay]
    doubts: list[Told] = field(default_factory=list)


def read_notice(text: str, year: int) -> Notice:
    """The days a notice names, in their order.

    Raises NoticeError: nothing can be read, a weekday or a number of days does not fit its
    dates, a day is both, or lies outside the year and the December before it.
    """
    found = list(_lines(text)) or list(_items(text, year))
    if not found:
        raise NoticeError(
            N_("没有读到任何一天。请粘贴放假通知的正文，或每行写一天，例如「2027-01-01 休 元旦」。")
        )
    by_date: dict[dt.date, SpecialDay] = {}
    for day in found:
        _check(day, year, by_date.get(day.date))
        by_date[day.date] = day
    days = sorted(by_date.values())
    return Notice(days, list(_doubts(days)))


def _check(day: SpecialDay, year: int, before: SpecialDay | None) -> None:
    if day.date.year != year and (day.date.year, day.date.month) != (year - 1, 12):
        raise NoticeError(N_("%(date)s 不在 %(year)s 年。"), date=day.date, year=year)
    if before is not None and before.kind != day.kind:
        raise NoticeError(N_("%(date)s 既写作休息又写作上班。"), date=day.date)
    if day.kind == "working" and not is_weekend(day.date):
        raise NoticeError(N_("%(date)s 不是周末，不会是调休上班的日子。"), date=day.date)


def _doubts(days: Sequence[SpecialDay]) -> Iterator[Told]:
    named = "、".join(day.holiday for day in days)
    missing = [name for name in FESTIVALS if name not in named]
    if missing:
        yield N_("没有读到：%(names)s。"), {"names": "、".join(missing)}


def _lines(text: str) -> Iterator[SpecialDay]:
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _LINE.fullmatch(line)
        if found is None:
            return
        date = _date(int(found[1]), int(found[2]), int(found[3]), line)
        yield SpecialDay(date, "rest" if found[4] in {"休", "rest"} else "working", found[5])


def _items(text: str, year: int) -> Iterator[SpecialDay]:
    for item in _ITEM.finditer(text):
        names = item["names"]
        for sentence in re.split(r"[。；;\n]", item["text"]):
            if "放假" in sentence:
                yield from _rest(sentence, names, year)
            elif "上班" in sentence:
                for date, _ in _dates(sentence, year):
                    yield SpecialDay(date, "working", names)


def _rest(sentence: str, names: str, year: int) -> Iterator[SpecialDay]:
    dates = list(_dates(sentence, year))
    if not dates:
        return
    first, end = dates[0]
    last = first
    if len(dates) > 1 and _TO.fullmatch(sentence[end : _start(sentence, 1)]):
        last = dates[1][0]
    length = (last - first).days + 1
    if length < 1:
        raise NoticeError(N_("「%(text)s」的止日早于起日。"), text=sentence.strip()[:60])
    total = _TOTAL.search(sentence)
    if total and int(total[1]) != length:
        raise NoticeError(
            N_("「%(text)s」写作 %(said)s 天，起止日期是 %(length)s 天。"),
            text=sentence.strip()[:60],
            said=total[1],
            length=length,
        )
    for number in range(length):
        yield SpecialDay(first + dt.timedelta(days=number), "rest", names)


def _start(sentence: str, number: int) -> int:
    return [match.start() for match in _DATE.finditer(sentence)][number]


def _dates(sentence: str, year: int) -> Iterator[tuple[dt.date, int]]:
    """Each date of a sentence and where it ends; year and month are those of the one before."""
    month = 0
    for match in _DATE.finditer(sentence):
        year, month = int(match["year"] or year), int(match["month"] or month)
        date = _date(year, month, int(match["day"]), match[0])
        said = _WEEKDAY.search(match["note"] or "")
        if said and "一二三四五六日".index(said[1].replace("天", "日")) != date.weekday():
            raise NoticeError(
                N_("「%(text)s」与日历不符：%(date)s 是星期%(weekday)s。"),
                text=match[0].strip(),
                date=date,
                weekday=WEEKDAYS[date.weekday()],
            )
        yield date, match.end()


def _date(year: int, month: int, day: int, text: str) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError as fault:
        raise NoticeError(N_("「%(text)s」不是存在的日期。"), text=text.strip()[:40]) from fault
