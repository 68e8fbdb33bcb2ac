"""The years administrators entered, as every process sees them."""

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec

from openbureau.kernel.calendar.models import CalendarYear

Kind = Literal["rest", "working"]


class Special(NamedTuple):
    """A day that differs from an ordinary week, or may."""

    kind: Kind
    holiday: str
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class EnteredYears:
    """The picture at one change counter; `years` says of each whether it is provisional."""

    epoch: int
    days: Mapping[dt.date, Special]
    years: Mapping[int, bool]


_lock = threading.Lock()
_kept = EnteredYears(0, {}, {})


def entered_years() -> EnteredYears:
    """What the last request or job of this process saw."""
    return _kept


def use_entered_years(units_epoch: int) -> None:
    """Takes the picture at this `Epoch.units`, read once per process and change."""
    global _kept  # noqa: PLW0603 - one picture per process, swapped whole
    if _kept.epoch != units_epoch:
        with _lock:
            _kept = _read(units_epoch)


def _read(epoch: int) -> EnteredYears:
    days: dict[dt.date, Special] = {}
    years = {}
    rows: Any = CalendarYear.select(
        CalendarYear.year, CalendarYear.is_provisional, CalendarYear.days
    ).order_by(CalendarYear.year)
    for year, is_provisional, text in rows.tuples():
        years[year] = is_provisional
        for date, kind, holiday in msgspec.json.decode(text, type=list[tuple[dt.date, Kind, str]]):
            days[date] = Special(kind, holiday, is_provisional)
    return EnteredYears(epoch, days, years)
