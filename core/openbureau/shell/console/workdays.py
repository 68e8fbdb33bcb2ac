"""工作日历: the working days of each year, and entering a year from its notice (系统管理员)."""

from collections.abc import Iterator, Sequence
from typing import Any

from peewee import fn
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from openbureau.base.context import CHINA
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.forms import Form
from openbureau.base.i18n import N_, Catalogue
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.acts import by
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.calendar.actions import Difference, differences, enter_year, require_open
from openbureau.kernel.calendar.days import Working, built_in_years
from openbureau.kernel.calendar.fields import day_words
from openbureau.kernel.calendar.models import CalendarYear
from openbureau.kernel.calendar.notices import LONGEST_NOTICE, Notice, NoticeError, read_notice

BASE = "/-/console/workdays"
PERMISSION = "core.manage_settings"
EARLIEST, LATEST = 1990, 2099
YEARS_SHOWN = 6


class YearForm(Form):
    """A year's notice."""

    year = IntegerField(N_("年份"), [InputRequired(), NumberRange(EARLIEST, LATEST)])
    notice = StringField(
        N_("依据"),
        [InputRequired(), Length(max=200)],
        description=N_("通知的名称和文号，例如「国务院办公厅关于2027年部分节假日安排的通知」。"),
    )
    text = TextAreaField(
        N_("放假安排"),
        [InputRequired(), Length(max=LONGEST_NOTICE)],
        description=N_(
            "粘贴通知的正文，星期和天数会与日历核对；也可以每行写一天，例如「2027-01-01 休 元旦」、"
            "「2027-01-03 班 元旦」。"
        ),
    )
    is_provisional = BooleanField(
        N_("暂定：通知还没有公布，先按预计的安排计算，有关的时限标为暂定")
    )


def list_years(request: Request) -> Any:
    """What holds for each year, and the form for another."""
    return _page(request, YearForm(request, year=_next_year(request)))


def create_year(request: Request) -> Any:
    """Checks what was entered and shows what it changes; the second button enters it."""
    form = YearForm(request)
    if not form.validate():
        return _page(request, form, status=422)
    year, name = int(form.year.data or 0), (form.notice.data or "").strip()
    is_provisional = bool(form.is_provisional.data)
    try:
        require_open(year, is_provisional=is_provisional)
        notice = read_notice(form.text.data or "", year)
    except NoticeError as fault:
        form.add_error("text", fault.message, **fault.params)
        return _page(request, form, status=422)
    if request.form is None or request.form.get("intent") != "enter":
        found = list(differences(year, notice.days, is_provisional=is_provisional))
        return _page(request, form, notice=notice, found=found)
    enter_year(year, name, notice.days, by(request.person), is_provisional=is_provisional)
    return redirect(BASE, "工作日历已更新，各处的日期和时限随即按新的安排计算。")


def _next_year(request: Request) -> int:
    """The first year from this one on whose days are not published."""
    year = int(request.person.now.astimezone(CHINA).year)
    known = {*built_in_years(), *_entered(is_provisional=False)}
    while year in known and year < LATEST:
        year += 1
    return year


def _entered(*, is_provisional: bool) -> set[int]:
    query = CalendarYear.select(CalendarYear.year)
    rows: Any = query.where(CalendarYear.is_provisional == is_provisional).tuples()
    return {year for (year,) in rows}


def _page(
    request: Request,
    form: YearForm,
    *,
    notice: Notice | None = None,
    found: Sequence[Difference] = (),
    status: int = 200,
) -> Any:
    catalogue = request.catalogue
    doubts = notice.doubts if notice else []
    return page(
        "core/console_workdays.html",
        status=status,
        form=form,
        rows=list(_rows(request)),
        is_checked=notice is not None,
        total=len(notice.days) if notice else 0,
        doubts=[catalogue.gettext(message, **params) for message, params in doubts],
        found=[
            {
                "date": day_words(catalogue, one.date),
                "now": _told(catalogue, one.now),
                "then": _told(catalogue, one.then),
            }
            for one in found
        ],
    )


def _rows(request: Request) -> Iterator[dict[str, Any]]:
    """The latest years first: entered ones, built-in ones, and the next one if it is open."""
    query = CalendarYear.select(
        CalendarYear, fn.COALESCE(Account.name, "").alias("decided_by_name")
    ).left_outer_join(Account)
    entered = {row.year: row for row in query.objects()}
    for year in sorted({*entered, *built_in_years(), _next_year(request)}, reverse=True):
        row = entered.get(year)
        if row is None and year < max(built_in_years()) - YEARS_SHOWN:
            continue
        yield {
            "year": year,
            "state": _state(row, year),
            "notice": row.notice if row else "",
            "decided_by": row.decided_by_name if row else "",
            "decided_at": row.decided_at if row else None,
        }


def _state(row: Any, year: int) -> str:
    if row is not None:
        return "provisional" if row.is_provisional else "entered"
    return "built-in" if year in built_in_years() else "unknown"


def _told(catalogue: Catalogue, day: Working) -> str:
    say = catalogue.gettext
    words = say(N_("上班")) if day.is_worked else say(N_("休息"))
    return f"{words}（{say(day.holiday)}）" if day.holiday else words


PAGES = (
    Page("console/workdays", list_years, PERMISSION),
    Page("console/workdays", create_year, PERMISSION, methods=("POST",)),
)
MENU = (MenuEntry(N_("工作日历"), BASE, PERMISSION, N_("系统管理"), "calendar", 942),)
