"""Form fields for one day and for a span of days."""

import calendar
import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from wtforms.fields import Field
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import TextInput

from openbureau.base.context import CHINA
from openbureau.base.i18n import N_, Catalogue
from openbureau.kernel.calendar.days import WEEKDAYS
from openbureau.kernel.calendar.typed import Nearest, NotADate, typed_date

SPANS: Mapping[str, str] = {"week": N_("本周"), "month": N_("本月"), "quarter": N_("本季")}


class DateRange(NamedTuple):
    """First and last day, both included; None where it is open."""

    first: dt.date | None
    last: dt.date | None


def day_words(catalogue: Catalogue, date: dt.date) -> str:
    """`2004年10月5日 星期二`, in other languages `2004-10-05 (Tue)`."""
    places = 1 if catalogue.language == "zh" else 2
    return catalogue.gettext(
        "%(year)s年%(month)s月%(day)s日 星期%(weekday)s",
        year=date.year,
        month=f"{date.month:0{places}d}",
        day=f"{date.day:0{places}d}",
        weekday=catalogue.gettext(WEEKDAYS[date.weekday()]),
    )


def span(name: str, today: dt.date) -> DateRange:
    """This week (from Monday), month or quarter. Raises KeyError: no such span."""
    if name == "week":
        first = today - dt.timedelta(days=today.weekday())
        return DateRange(first, first + dt.timedelta(days=6))
    months = {"month": 1, "quarter": 3}[name]
    start = (today.month - 1) // months * months + 1
    end = start + months - 1
    last = calendar.monthrange(today.year, end)[1]
    return DateRange(dt.date(today.year, start, 1), dt.date(today.year, end, last))


class DateField(Field):
    """A day, typed in any usual way. `data` is a date or None.

    `nearest="future"` reads 10-15 as the next such day instead of this year's.
    """

    widget = TextInput()

    def __init__(self, label: str = "", validators: Any = None, **options: Any) -> None:
        self.nearest: Nearest = options.pop("nearest", "year")
        super().__init__(label, validators, **options)

    @property
    def today(self) -> dt.date:
        """The day of the request, in China."""
        return _today(self.meta.request)

    @property
    def confirmation(self) -> str:
        """What was understood, in words; empty without a date."""
        return day_words(self.meta.request.catalogue, self.data) if self.data else ""

    @property
    def month(self) -> str:
        """The month its calendar opens with, as `2004-10`."""
        return f"{self.data or self.today:%Y-%m}"

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if valuelist and valuelist[0].strip():
            self.data = _read(self, valuelist[0], self.nearest)

    def pre_validate(self, form: Any) -> None:
        if self.process_errors:
            raise StopValidation  # what was read is said; "required" would hide it

    def _value(self) -> str:
        if self.data is None and self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if self.data else ""


class DateRangeField(Field):
    """A first and a last day, or a shortcut such as this month. `data` is a DateRange.

    Sent as `<name>-first`, `<name>-last` and `<name>-span`.
    """

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        self.object_data = data
        self.data = DateRange(*data) if data else DateRange(None, None)
        self.texts = tuple(day.isoformat() if day else "" for day in self.data)
        self.chosen_span = ""
        if formdata is not None and f"{self.name}-first" in formdata:
            self._take(formdata)

    @property
    def today(self) -> dt.date:
        """The day of the request, in China."""
        return _today(self.meta.request)

    @property
    def spans(self) -> list[tuple[str, str, DateRange]]:
        """(name, label, days) of every shortcut."""
        say = self.meta.request.catalogue.gettext
        return [(name, say(label), span(name, self.today)) for name, label in SPANS.items()]

    def _take(self, formdata: Any) -> None:
        first, last, chosen = (
            (formdata.getlist(f"{self.name}-{part}") or [""])[0].strip()
            for part in ("first", "last", "span")
        )
        self.texts, self.chosen_span = (first, last), chosen if chosen in SPANS else ""
        if self.chosen_span:
            self.data = span(self.chosen_span, self.today)
            self.texts = tuple(day.isoformat() if day else "" for day in self.data)
            return
        try:
            days = [_read(self, text, "year") if text else None for text in (first, last)]
        except ValueError as fault:
            self.data = DateRange(None, None)
            self.process_errors.append(str(fault))
            return
        self.data = DateRange(*days)

    def pre_validate(self, form: Any) -> None:
        if self.process_errors:
            raise StopValidation
        if self.data.first and self.data.last and self.data.first > self.data.last:
            say = self.meta.request.catalogue.gettext
            raise ValidationError(say("开始日期在结束日期之后，请检查。"))


def _read(field: Any, text: str, nearest: Nearest) -> dt.date:
    try:
        return typed_date(text, field.today, nearest)
    except NotADate as refused:
        say = field.meta.request.catalogue.gettext
        raise ValueError(say(refused.message, **refused.params)) from refused


def _today(request: Any) -> dt.date:
    now = request.ctx.now if request.ctx else dt.datetime.now(dt.UTC)
    today: dt.date = now.astimezone(CHINA).date()
    return today
