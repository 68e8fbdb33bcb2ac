"""Terms end on the day that an independent count finds."""

import bisect
import datetime as dt
import json
from collections.abc import Sequence
from itertools import pairwise

import chinese_calendar
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from openbureau.kit.deadlines.counting import Pause, TermKind, counted, months_later
from openbureau.shell.cli.root import root

D = dt.date
FIRST, LAST = D(2004, 1, 1), D(2026, 9, 30)
AMOUNTS = (5, 7, 10, 15, 20, 30, 45, 60, 90)
PUBLISHED = [D(2004, 1, 1) + dt.timedelta(n) for n in range((D(2026, 12, 31) - FIRST).days + 1)]
WORKED = [date for date in PUBLISHED if chinese_calendar.is_workday(date)]


def next_worked(date: dt.date) -> dt.date:
    return WORKED[bisect.bisect_left(WORKED, date)]


def oracle(start: dt.date, amount: int, kind: TermKind) -> dt.date | None:
    """The due day by looking it up in the list of all working days; None past its end."""
    if kind == "working":
        place = bisect.bisect_right(WORKED, start) + amount - 1
        return WORKED[place] if place < len(WORKED) else None
    if kind == "calendar":
        end = start + dt.timedelta(days=amount)
    else:
        months = start.month - 1 + (amount if kind == "month" else 12 * amount)
        year, month = start.year + months // 12, months % 12 + 1
        end = min(
            D(year, month, 1) + dt.timedelta(days=start.day - 1),
            D(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1),
        )
    return next_worked(end) if end <= WORKED[-1] else None


def check(starts: Sequence[dt.date]) -> int:
    kinds: tuple[TermKind, ...] = ("working", "calendar", "month", "year")
    compared = 0
    for start in starts:
        for amount in AMOUNTS:
            for kind in kinds:
                expected = oracle(start, amount, kind)
                if expected is not None:
                    found = counted(start, amount, kind)
                    assert found.due == expected, (start, amount, kind)
                    assert not found.is_provisional
                    compared += 1
    return compared


def test_a_term_ends_where_the_list_of_working_days_says() -> None:
    assert check([date for date in PUBLISHED if date <= LAST][::97]) > 2000


@pytest.mark.deep
def test_every_start_since_2004_ends_where_the_list_says() -> None:
    assert check([date for date in PUBLISHED if date <= LAST]) > 200_000


@pytest.mark.parametrize(
    ("start", "amount", "kind", "due"),
    [
        (D(2026, 2, 13), 5, "working", D(2026, 2, 27)),
        (D(2026, 9, 15), 20, "working", D(2026, 10, 19)),
        (D(2004, 9, 29), 10, "working", D(2004, 10, 18)),
        (D(2026, 6, 5), 15, "calendar", D(2026, 6, 22)),
        (D(2024, 2, 29), 1, "year", D(2025, 2, 28)),
        (D(2026, 1, 31), 1, "month", D(2026, 2, 28)),
    ],
)
def test_known_terms(start: dt.date, amount: int, kind: TermKind, due: dt.date) -> None:
    assert counted(start, amount, kind).due == due


def test_a_pause_uses_up_its_first_day_and_not_its_last() -> None:
    found = counted(D(2026, 3, 2), 20, "working", [Pause(D(2026, 3, 9), D(2026, 4, 10))])
    assert found.due == D(2026, 5, 6)
    numbers = {day.date: day.number for day in found.days}
    assert (numbers[D(2026, 3, 9)], numbers[D(2026, 4, 10)]) == (5, None)


def test_a_year_without_a_notice_is_provisional_where_it_decides() -> None:
    assert counted(D(2031, 9, 30), 1, "working").due == D(2031, 10, 6)
    assert counted(D(2031, 9, 30), 1, "working").is_provisional
    assert counted(D(2026, 12, 1), 2, "month").is_provisional
    # The end is known, whatever the days between are.
    assert not counted(D(2003, 12, 1), 40, "calendar").is_provisional


@given(
    start=st.dates(D(1990, 1, 1), D(2060, 12, 31)),
    amount=st.integers(1, 60),
    kind=st.sampled_from(("working", "calendar", "month", "year")),
    pauses=st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 60)).map(
            lambda at: (dt.timedelta(at[0]), dt.timedelta(at[1]))
        ),
        max_size=3,
    ),
)
def test_the_days_add_up_again(
    start: dt.date,
    amount: int,
    kind: TermKind,
    pauses: list[tuple[dt.timedelta, dt.timedelta]],
) -> None:
    spans = [Pause(start + after, start + after + length) for after, length in pauses]
    found = counted(start, amount, kind, spans)
    dates = [day.date for day in found.days]
    assert all((b - a).days == 1 for a, b in pairwise(dates))
    assert found.due == dates[-1]
    counts = [day.number for day in found.days if day.number is not None]
    assert counts == list(range(1, len(counts) + 1))
    if kind in {"working", "calendar"}:
        assert (dates[0] - start).days == 1
        assert len(counts) == amount
    else:
        nominal = months_later(start, amount * (12 if kind == "year" else 1))
        stopped = {
            day
            for pause in spans
            for n in range((pause.until - pause.after).days)
            if start < (day := pause.after + dt.timedelta(n + 1)) <= nominal
        }
        made_up = [day for day in found.days if day.reason == "made-up-for"]
        assert (dates[0], len(made_up)) == (nominal, len(stopped))


@pytest.mark.parametrize(
    ("amount", "kind", "pauses"),
    [
        (0, "working", []),
        (-3, "calendar", []),
        (10**9, "working", []),
        (5, "working", [Pause(D(2026, 3, 9), D(2026, 3, 8))]),
    ],
)
def test_senseless_terms_are_refused(amount: int, kind: TermKind, pauses: list[Pause]) -> None:
    with pytest.raises(ValueError, match=r"term|pause"):
        counted(D(2026, 3, 2), amount, kind, pauses)


def test_a_term_past_the_end_of_time_is_refused() -> None:
    with pytest.raises(ValueError, match="9999"):
        counted(D(9999, 12, 20), 30, "calendar")
    with pytest.raises(ValueError, match="9999"):
        counted(D(9999, 12, 20), 1, "month")


def test_the_command_prints_one_document() -> None:
    words = "deadline --from 2026-03-02 --days 20 --pause 2026-03-09..2026-04-10 --json"
    done = CliRunner().invoke(root, words.split())
    told = json.loads(done.stdout)
    assert (told["due"], told["provisional"]) == ("2026-05-06", False)
    assert told["steps"][0] == {
        "date": "2026-03-03",
        "number": 1,
        "reason": "counted",
        "holiday": "",
        "provisional": False,
    }


@pytest.mark.parametrize(
    "words",
    [
        "--from 2026-02-30 --days 1",
        "--from 2026-02-28 --days 0",
        "--from 2026-02-28 --days x",
        "--from 2026-02-28 --days 1 --pause 2026-03-09",
        "--from 2026-02-28 --days 1 --kind decade",
        "--from 9999-12-30 --days 1 --kind year",
    ],
)
def test_the_command_refuses_what_is_no_term(words: str) -> None:
    done = CliRunner().invoke(root, ["deadline", *words.split(), "--json"])
    assert done.exit_code in {1, 2}
    assert json.loads(done.stdout)["error"]["code"] in {"CLI-001", "TERM-001"}
