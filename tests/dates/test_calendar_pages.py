"""The working calendar, its fragments, and date fields in a form."""

import datetime as dt

import pytest
from starlette.datastructures import FormData
from wtforms.validators import DataRequired

from openbureau import DateField, DateRange, DateRangeField, Form
from openbureau.base.request import Request
from openbureau.testing.bureau import Bureau, Client

TODAY = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()


class Meeting(Form):
    day = DateField("会期", [DataRequired()], nearest="future")
    span = DateRangeField("期间")


def filled(bureau: Bureau, *sent: tuple[str, str]) -> Meeting:
    """The form as a request without a person sent it."""
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    request = Request(bureau.application, scope, "x")
    request.form = FormData(list(sent))
    return Meeting(request)


@pytest.fixture
def client(bureau: Bureau) -> Client:
    return bureau.sign_in("li")


def test_month_names_rest_days_and_made_up_ones(client: Client) -> None:
    page = client.get("/-/calendar?month=2026-10&chosen=2026-10-15")
    assert "<title>工作日历" in page.text
    part = client.part("/-/calendar?month=2026-10&chosen=2026-10-15").text
    assert "<title>" not in part
    assert 'aria-label="2026年10月1日 星期四 国庆节 休息日"' in part
    assert 'aria-label="2026年10月10日 星期六 国庆节 调休上班"' in part
    assert part.count('aria-selected="true"') == 1
    assert part.count("data-date=") == 35


@pytest.mark.parametrize("month", ["", "x", "2026-13", "2026-00", "0001-01", "9999-12", "2026-1"])
def test_senseless_month_shows_this_one(client: Client, month: str) -> None:
    assert f"{TODAY.year}年{TODAY.month}月" in client.part(f"/-/calendar?month={month}").text


def test_ends_of_the_calendar_lead_no_further_than_this_month(client: Client) -> None:
    assert client.get("/-/calendar?month=1900-01").status == 200
    assert client.get("/-/calendar?month=2199-12").status == 200


def test_year_without_a_notice_says_so(client: Client) -> None:
    assert "2198年的放假安排尚未公布" in client.part("/-/calendar?month=2198-05").text


def test_typed_text_is_read_aloud(client: Client) -> None:
    part = client.part("/-/calendar/read?text=2004.10.15").text
    assert '<span data-date="2004-10-15">2004年10月15日 星期五</span>' in part
    refused = client.part("/-/calendar/read?text=2004.13.1").words
    assert "读作 2004 年 13 月 1 日，没有这一天。" in refused
    assert client.part("/-/calendar/read?text=%3Cb%3E").words.count("「<b>」") == 1
    assert client.get("/-/calendar/read?text=10-15").location == "/-/calendar"


def test_field_gives_a_date_and_says_it(bureau: Bureau) -> None:
    form = filled(bureau, ("day", "２００４年１０月１５日"))
    assert form.validate()
    assert form.day.data == dt.date(2004, 10, 15)
    assert form.day.confirmation == "2004年10月15日 星期五"
    assert 'value="2004-10-15"' in form.day()


def test_refused_text_stays_and_hides_behind_no_other_error(bureau: Bureau) -> None:
    form = filled(bureau, ("day", "2004-13-45"))
    assert not form.validate()
    assert form.day.errors == ["读作 2004 年 13 月 45 日，没有这一天。"]
    assert 'value="2004-13-45"' in form.day()
    missing = filled(bureau, ("day", " "))
    assert not missing.validate()
    assert missing.day.errors == ["这一项必须填写。"]


@pytest.mark.parametrize(
    ("sent", "data"),
    [
        ((("span-first", "20261101"), ("span-last", "2026.11.30"), ("span-span", "")),
         (dt.date(2026, 11, 1), dt.date(2026, 11, 30))),
        ((("span-first", ""), ("span-last", "2026-11-30")), (None, dt.date(2026, 11, 30))),
        ((("span-first", ""), ("span-last", "")), (None, None)),
        ((), (None, None)),
    ],
)  # fmt: skip
def test_range_may_be_open(
    bureau: Bureau, sent: tuple[tuple[str, str], ...], data: tuple[dt.date | None, ...]
) -> None:
    form = filled(bureau, ("day", "今天"), *sent)
    assert form.validate(), form.errors
    assert form.span.data == DateRange(*data)


def test_shortcut_wins_without_a_script(bureau: Bureau) -> None:
    form = filled(bureau, ("day", "今天"), ("span-first", "x"), ("span-span", "month"))
    assert form.validate()
    assert form.span.data.first == TODAY.replace(day=1)


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [("2026-11-30", "2026-11-01", "开始日期在结束日期之后"), ("x", "", "没有从「x」读出日期")],
)
def test_senseless_range_is_refused(bureau: Bureau, first: str, last: str, sentence: str) -> None:
    form = filled(bureau, ("day", "今天"), ("span-first", first), ("span-last", last))
    assert not form.validate()
    assert sentence in form.span.errors[0]
    assert form.span.texts == (first, last)
