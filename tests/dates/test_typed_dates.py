"""Dates as people type them, and what is refused."""

import datetime as dt

import pytest

from openbureau.base.i18n import load_catalogues
from openbureau.kernel.calendar.days import day_kind, is_weekend
from openbureau.kernel.calendar.fields import day_words, span
from openbureau.kernel.calendar.typed import NotADate, typed_date
from openbureau.shell.loading import PACKAGE

TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    ["20041015", "2004-10-15", "2004.10.15", "2004/10/15", "2004年10月15日", " 2004 - 10 - 15 ",
     "２００４．１０．１５", "2004。10。15", "２００４年１０月１５日", "2004—10—15"],
)  # fmt: skip
def test_every_usual_way_is_understood(text: str) -> None:
    assert typed_date(text, TODAY) == dt.date(2004, 10, 15)


@pytest.mark.parametrize("text", ["10-15", "10月15日", "10.15", "10/15", "１０－１５"])
def test_day_without_a_year_lies_in_this_one(text: str) -> None:
    assert typed_date(text, TODAY) == dt.date(2026, 10, 15)
    assert typed_date(text, TODAY, "future") == dt.date(2027, 10, 15)


def test_nearest_future_day_may_be_today_or_in_a_leap_year() -> None:
    assert typed_date("11-23", TODAY, "future") == TODAY
    assert typed_date("2-29", TODAY, "future") == dt.date(2028, 2, 29)


@pytest.mark.parametrize(("text", "days"), [("昨天", -1), ("今天", 0), ("明天", 1), ("后天", 2)])
def test_words_count_from_today(text: str, days: int) -> None:
    assert typed_date(text, TODAY) == TODAY + dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-13-45", "读作 2026 年 13 月 45 日，没有这一天"),
        ("20260230", "读作 2026 年 2 月 30 日，没有这一天"),
        ("2-29", "读作 2026 年 2 月 29 日，没有这一天"),
        ("00041015", "年份应在 1900 到 2199 之间"),
        ("十月十五", "没有从「十月十五」读出日期"),
        ("1015", "没有从「1015」读出日期"),
        ("2004-1015", "没有从"),
        ("x" * 500, "没有从「" + "x" * 30 + "」"),
    ],
)
def test_refusal_says_what_was_read(text: str, read: str) -> None:
    with pytest.raises(NotADate, match=read):
        typed_date(text, TODAY)


@pytest.mark.parametrize(
    ("date", "kind"),
    [
        (dt.date(2026, 10, 1), ("rest", "国庆节")),
        (dt.date(2026, 10, 10), ("working", "国庆节")),
        (dt.date(2026, 11, 23), ("working", "")),
        (dt.date(2026, 11, 22), ("rest", "")),
        (dt.date(2199, 1, 1), ("unknown", "")),
        (dt.date(1999, 1, 1), ("unknown", "")),
    ],
)
def test_calendar_knows_rest_and_making_up(date: dt.date, kind: tuple[str, str]) -> None:
    assert day_kind(date) == kind


def test_weekend_is_one_whatever_the_calendar_says() -> None:
    assert is_weekend(dt.date(2026, 10, 10))
    assert not is_weekend(dt.date(2026, 10, 1))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("week", dt.date(2026, 11, 23), dt.date(2026, 11, 29)),
        ("month", dt.date(2026, 11, 1), dt.date(2026, 11, 30)),
        ("quarter", dt.date(2026, 10, 1), dt.date(2026, 12, 31)),
    ],
)
def test_shortcut_means_whole_weeks_months_and_quarters(
    name: str, first: dt.date, last: dt.date
) -> None:
    assert span(name, TODAY) == (first, last)


def test_words_of_a_day_have_one_form() -> None:
    catalogues = load_catalogues([PACKAGE])
    day = dt.date(2004, 10, 5)
    assert day_words(catalogues["zh"], day) == "2004年10月5日 星期二"
    assert day_words(catalogues["en"], day) == "2004-10-05 (Tue)"
