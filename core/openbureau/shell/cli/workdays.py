"""`openbureau calendar`: the working days of a year, and entering them from a notice."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.base.i18n import N_, load_catalogues
from openbureau.kernel.access.contexts import moment_of
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.calendar.actions import Difference, differences, enter_year, require_open
from openbureau.kernel.calendar.days import is_weekend, working
from openbureau.kernel.calendar.entered import use_entered_years
from openbureau.kernel.calendar.notices import LONGEST_NOTICE, Notice, NoticeError, read_notice
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.loading import PACKAGE

YEAR = click.IntRange(1990, 2099)


@click.group(cls=BureauGroup, help="工作日历。The working calendar.")
def calendar() -> None:
    """Group of calendar commands."""


@calendar.command(
    "show",
    help="列出一年中与平常不同的日子：放假和调休上班。"
    "List the days of a year that differ from an ordinary week.",
)
@click.argument("year", type=YEAR)
@json_option
def show_year(year: int, as_json: bool) -> None:
    open_calendar()
    report([_told(date) for date in _special(year)], as_json, lambda rows: map(_line, rows))


@calendar.command(
    "enter",
    help="按放假通知录入一年的安排。Enter the days of a year from the text of its notice.",
)
@click.argument("year", type=YEAR)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--notice", required=True, help="依据：通知的名称和文号。The notice they come from.")
@click.option("--provisional", is_flag=True, help="暂定，通知尚未公布。A guess until it is out.")
@click.option("--dry-run", is_flag=True, help="只核对，不改动。Check only, change nothing.")
@json_option
def enter(
    year: int, file: Path, notice: str, provisional: bool, dry_run: bool, as_json: bool
) -> None:
    open_calendar()
    found = _read(file, year, is_provisional=provisional)
    changes = list(differences(year, found.days, is_provisional=provisional))
    if not dry_run:
        now = dt.datetime.now(dt.UTC)
        with writing():
            enter_year(year, notice[:200], found.days, By(now), is_provisional=provisional)
    told = {
        "year": year,
        "days": len(found.days),
        "missing": [str(params["names"]) for _, params in found.doubts],
        "changes": [_changed(one) for one in changes],
        "is_entered": not dry_run,
    }
    report(told, as_json, _lines)


def open_calendar() -> None:
    """Opens the installation with the years entered in it."""
    installation()
    with reading():
        use_entered_years(moment_of(dt.datetime.now(dt.UTC)).units)


def _read(file: Path, year: int, *, is_provisional: bool) -> Notice:
    try:
        require_open(year, is_provisional=is_provisional)
        text = file.read_text("utf-8")
        if len(text) > LONGEST_NOTICE:
            raise NoticeError(N_("超过 %(total)s 个字。"), total=LONGEST_NOTICE)
        return read_notice(text, year)
    except UnicodeDecodeError as fault:
        raise OperatorError(
            "TERM-002",
            f"没有录入，日历未改动：{file} 不是 UTF-8 文本，请另存为 UTF-8 后重试。",
            f"Nothing was entered: {file} is no text in UTF-8; save it as UTF-8 and try again.",
        ) from fault
    except (NoticeError, OSError) as fault:
        zh, en = (_worded(fault, language) for language in ("zh", "en"))
        raise OperatorError(
            "TERM-002", f"没有录入，日历未改动：{zh}", f"Nothing was entered: {en}"
        ) from fault


def _worded(fault: Exception, language: str) -> str:
    if isinstance(fault, NoticeError):
        return load_catalogues([PACKAGE])[language].gettext(fault.message, **fault.params)
    return str(fault)


def _special(year: int) -> Iterator[dt.date]:
    for ordinal in range(dt.date(year, 1, 1).toordinal(), dt.date(year, 12, 31).toordinal() + 1):
        date = dt.date.fromordinal(ordinal)
        found = working(date)
        if found.holiday or found.is_worked == is_weekend(date):
            yield date


def _told(date: dt.date) -> dict[str, Any]:
    found = working(date)
    return {
        "date": date.isoformat(),
        "kind": "working" if found.is_worked else "rest",
        "holiday": found.holiday,
        "provisional": found.is_provisional,
    }


def _line(row: dict[str, Any]) -> str:
    kind = "班 working" if row["kind"] == "working" else "休 rest"
    mark = " 暂定 provisional" if row["provisional"] else ""
    return f"{row['date']}  {kind} {row['holiday']}{mark}".rstrip()


def _changed(one: Difference) -> dict[str, Any]:
    now, then = ("working" if day.is_worked else "rest" for day in (one.now, one.then))
    return {"date": one.date.isoformat(), "now": now, "then": then, "holiday": one.then.holiday}


def _lines(told: dict[str, Any]) -> Iterator[str]:
    for one in told["changes"]:
        yield f"{one['date']}  {one['now']} → {one['then']} {one['holiday']}".rstrip()
    for names in told["missing"]:
        yield f"没有读到 not named: {names}"
    yield f"{told['year']}: {told['days']} 天 days, " + (
        "已录入 entered" if told["is_entered"] else "只核对 checked only"
    )
