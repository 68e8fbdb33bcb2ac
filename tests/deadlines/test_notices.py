"""The yearly notice is read as it is printed, and slips in copying are found."""

import datetime as dt

import chinese_calendar
import pytest

from openbureau.kernel.calendar.notices import FESTIVALS, NoticeError, SpecialDay, read_notice

NOTICES = {
    2026: """一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。""",
    2025: """一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。""",
    2012: """一、元旦：2012年1月1日至3日放假调休，共3天。2011年12月31日（星期六）上班。
二、春节：1月22日至28日放假调休，共7天。1月21日（星期六）、1月29日（星期日）上班。
三、清明节：4月2日至4日放假调休，共3天。3月31日（星期六）、4月1日（星期日）上班。
四、劳动节：4月29日至5月1日放假调休，共3天。4月28日（星期六）上班。
五、端午节：6月22日至24日放假公休，共3天。
六、中秋节、国庆节：9月30日至10月7日放假调休，共8天。9月29日（星期六）上班。""",
}


@pytest.mark.parametrize("year", sorted(NOTICES))
def test_a_notice_says_what_the_published_calendar_says(year: int) -> None:
    notice = read_notice(NOTICES[year], year)
    kinds = {day.date: day.kind for day in notice.days}
    first = dt.date(year, 1, 1).toordinal()
    for date in map(dt.date.fromordinal, range(first, dt.date(year, 12, 31).toordinal() + 1)):
        ordinary = "rest" if date.weekday() >= 5 else "working"
        is_rest = kinds.get(date, ordinary) == "rest"
        assert is_rest == chinese_calendar.is_holiday(date), date
    assert notice.doubts == []


def test_a_day_of_the_year_before_can_be_worked() -> None:
    days = read_notice(NOTICES[2012], 2012).days
    assert days[0] == SpecialDay(dt.date(2011, 12, 31), "working", "元旦")


def test_days_can_be_written_one_to_a_line() -> None:
    notice = read_notice("2027-01-01 休 元旦\n\n2027年1月3日，班，元旦\n2027/2/6 rest 春节", 2027)
    assert [(day.date.isoformat(), day.kind, day.holiday) for day in notice.days] == [
        ("2027-01-01", "rest", "元旦"),
        ("2027-01-03", "working", "元旦"),
        ("2027-02-06", "rest", "春节"),
    ]
    (doubt,) = notice.doubts
    assert doubt[1]["names"] == "、".join(FESTIVALS[2:])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "没有读到任何一天"),
        ("各省、自治区、直辖市人民政府", "没有读到任何一天"),
        ("一、元旦：1月1日（周三）放假1天。", "与日历不符"),
        ("一、元旦：1月1日至3日放假调休，共4天。", "写作 %(said)s 天"),
        ("一、元旦：1月3日至1日放假。", "早于起日"),
        ("一、春节：2月30日放假。", "不是存在的日期"),
        ("2026-02-30 休 春节", "不是存在的日期"),
        ("2026-01-05 班 元旦", "不是周末"),
        ("2027-01-01 休 元旦", "不在 %(year)s 年"),
        ("2026-01-04 休 元旦\n2026-01-04 班 元旦", "既写作休息又写作上班"),
    ],
)
def test_slips_are_found(text: str, why: str) -> None:
    with pytest.raises(NoticeError) as refused:
        read_notice(text, 2026)
    assert why in refused.value.message
    assert refused.value.message % refused.value.params
