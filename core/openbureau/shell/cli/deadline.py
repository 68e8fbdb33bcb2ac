"""`openbureau deadline`: when a term ends, and why, day by day."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import click

from openbureau.base.errors import OperatorError
from openbureau.kit.deadlines.counting import (
    MOST,
    TERM_KINDS,
    Counted,
    CountedDay,
    DayReason,
    Pause,
    TermKind,
    counted,
)
from openbureau.shell.cli.options import json_option, report

REASONS: dict[DayReason, str] = {
    "counted": "计入 counted",
    "rest": "休息日 day of rest",
    "paused": "停表 clock stopped",
    "term-end": "期满 end of the term",
    "made-up-for": "补足停表 made up for a stopped day",
    "moved": "期满遇休息日顺延 moved on from a day of rest",
}


class Day(click.ParamType[dt.date]):
    """A date as 2026-11-23."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} 不是日期，例如 2026-11-23 / is no date such as 2026-11-23")


class Span(click.ParamType[Pause]):
    """A pause as 2026-03-09..2026-04-10."""

    name = "pause"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Pause:
        try:
            after, until = map(dt.date.fromisoformat, value.split(".."))
        except ValueError:
            self.fail(
                f"{value!r} 不是起止日期，例如 2026-03-09..2026-04-10 / "
                "is no span such as 2026-03-09..2026-04-10"
            )
        return Pause(after, until)


@click.command(
    help="计算时限。起算当日不计；自然日、月、年的末日遇休息日顺延。"
    "When a term ends: the first day is not counted, and a term of calendar days, months or "
    "years does not end on a day of rest."
)
@click.option("--from", "start", type=Day(), required=True, help="起算日。The day of the event.")
@click.option("--days", "amount", type=int, required=True, help="数量。How many.")
@click.option(
    "--kind",
    type=click.Choice(TERM_KINDS),
    default="working",
    show_default=True,
    help="工作日、自然日、月或年。Working days, calendar days, months or years.",
)
@click.option(
    "--pause",
    "pauses",
    type=Span(),
    multiple=True,
    metavar="A..B",
    help="停表：A 次日起至 B 日止。The clock stops after A, up to and with B.",
)
@json_option
def deadline(
    start: dt.date, amount: int, kind: TermKind, pauses: tuple[Pause, ...], as_json: bool
) -> None:
    try:
        found = counted(start, amount, kind, pauses)
    except ValueError as fault:
        raise OperatorError(
            "TERM-001",
            f"无法计算：数量应为 1 到 {MOST[kind]}，停表的止日不早于起日，期满不晚于 9999 年。",
            f"Cannot be counted: {fault}.",
        ) from fault
    report(_told(found), as_json, lambda told: _lines(told, found))


def _told(found: Counted) -> dict[str, Any]:
    return {
        "due": found.due.isoformat(),
        "provisional": found.is_provisional,
        "steps": [_step(day) for day in found.days],
    }


def _step(day: CountedDay) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(),
        "number": day.number,
        "reason": day.reason,
        "holiday": day.holiday,
        "provisional": day.is_provisional,
    }


def _lines(told: dict[str, Any], found: Counted) -> Iterator[str]:
    for day in found.days:
        number = "" if day.number is None else str(day.number)
        mark = " 暂定 provisional" if day.is_provisional else ""
        yield f"{day.date}  {number:>4}  {REASONS[day.reason]} {day.holiday}{mark}".rstrip()
    yield f"{told['due']}  期满 due" + ("，暂定 provisional" if found.is_provisional else "")
