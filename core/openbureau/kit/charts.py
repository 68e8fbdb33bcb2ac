"""Charts drawn on the server: geometry for `core/macros/charts.html`, never an image.

A chart is inline SVG with attributes only, so it obeys the content policy, prints, follows
the colours of the page and needs no script. Its table twin carries the same figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LEFT, TOP, WIDTH, HEIGHT = 56, 12, 560, 220
RIGHT, FOOT = 28, 28
_STEPS = (1, 2, 2.5, 5, 10)
MOST_SERIES = 4


@dataclass(frozen=True, slots=True)
class Series:
    """One row of figures with the name shown in the legend; None where nothing is known."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Bar:
    """One drawn bar; `look` is the number of its series, 0 to 3."""

    x: float
    y: float
    width: float
    height: float
    look: int
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One drawn line: `path` in SVG's words, and a marked point for every known figure."""

    path: str
    look: int
    points: Sequence[tuple[float, float, str]]


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the chart macro draws. Sizes are in SVG units of a 644 by 260 picture."""

    title: str
    unit: str
    source: str
    categories: Sequence[str]
    series: Sequence[Series]
    ticks: Sequence[tuple[float, str]]
    labels: Sequence[tuple[float, str]]
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()
    width: int = LEFT + WIDTH + RIGHT
    height: int = TOP + HEIGHT + FOOT
    left: int = LEFT
    right: int = LEFT + WIDTH
    base: int = TOP + HEIGHT

    def words(self, value: float | None) -> str:
        """A figure as the table twin shows it."""
        return figure(value)


def figure(value: float | None) -> str:
    """`1,284`, `12.5`; a dash for what is not known."""
    if value is None:
        return "—"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def bar_chart(
    title: str,
    categories: Sequence[str],
    series: Sequence[Series],
    *,
    unit: str = "",
    source: str = "",
    is_stacked: bool = False,
) -> Chart:
    """Bars side by side, or upon each other when `is_stacked`. Figures are zero or more.

    Raises ValueError: no figures, more than four series, or rows of unequal length.
    """
    _check(categories, series)
    known = [[v or 0 for v in row.values] for row in series]
    if min(map(min, known)) < 0:
        raise ValueError("bars show figures of zero or more; use line_chart for others")
    tops = [sum(column) if is_stacked else max(column) for column in zip(*known, strict=True)]
    scale, ticks = _scale(max(tops))
    slot = WIDTH / len(categories)
    room = min(slot * 0.7, 48 if is_stacked else 28 * len(series))
    bars = []
    for place, name in enumerate(categories):
        start, height = LEFT + slot * place + (slot - room) / 2, 0.0
        for look, row in enumerate(series):
            value = row.values[place]
            tall = (value or 0) / scale * HEIGHT
            width = room if is_stacked else room / len(series)
            x = start if is_stacked else start + look * width
            words = f"{name} {row.name} {figure(value)}{unit}"
            bars.append(
                Bar(_r(x), _r(TOP + HEIGHT - height - tall), _r(width - 1), _r(tall), look, words)
            )
            height += tall if is_stacked else 0
    labels = _labels(categories, slot, slot / 2)
    return Chart(title, unit, source, categories, series, ticks, labels, bars=bars)


def line_chart(
    title: str,
    categories: Sequence[str],
    series: Sequence[Series],
    *,
    unit: str = "",
    source: str = "",
) -> Chart:
    """A line per series; it breaks where a figure is not known.

    Raises ValueError: no figures, more than four series, or rows of unequal length.
    """
    _check(categories, series)
    scale, ticks = _scale(
        max((v for row in series for v in row.values if v is not None), default=0)
    )
    step = WIDTH / max(1, len(categories) - 1)
    lines = []
    for look, row in enumerate(series):
        points, path, is_down = [], "", False
        for place, value in enumerate(row.values):
            if value is None:
                is_down = False
                continue
            x, y = _r(LEFT + step * place), _r(TOP + HEIGHT - max(0, value) / scale * HEIGHT)
            path += f"{'L' if is_down else 'M'}{x} {y}"
            points.append((x, y, f"{categories[place]} {row.name} {figure(value)}{unit}"))
            is_down = True
        lines.append(Line(path, look, points))
    return Chart(
        title, unit, source, categories, series, ticks, _labels(categories, step, 0), lines=lines
    )


def _check(categories: Sequence[str], series: Sequence[Series]) -> None:
    if not categories or not series:
        raise ValueError("a chart needs categories and at least one series")
    if len(series) > MOST_SERIES:
        raise ValueError(f"a chart shows at most {MOST_SERIES} series; use a table for more")
    if any(len(row.values) != len(categories) for row in series):
        raise ValueError("every series needs one figure (or None) per category")


def _scale(top: float) -> tuple[float, list[tuple[float, str]]]:
    """(figure at the upper edge, horizontal rules as (y, words)): round numbers, 4 to 6 rules."""
    wanted = max(top, 1) / 5
    power = 1.0
    while wanted / power >= 10:
        power *= 10
    step = next(s * power for s in _STEPS if s * power >= wanted)
    total = max(1, -int(-top // step))
    highest = step * total
    rules = [(_r(TOP + HEIGHT - HEIGHT * n / total), figure(step * n)) for n in range(total + 1)]
    return highest, rules


def _labels(categories: Sequence[str], step: float, shift: float) -> list[tuple[float, str]]:
    """Names under the axis, as many as find room; long ones are cut, the table has them whole."""
    widest = max(_width(name) for name in categories)
    every = max(1, round(min(widest, 96) / step + 0.5)) if widest > step else 1
    return [
        (_r(LEFT + step * place + shift), name if len(name) <= 8 else f"{name[:7]}…")
        for place, name in enumerate(categories)
        if place % every == 0
    ]


def _width(name: str) -> float:
    return sum(12 if ord(char) > 0x2E7F else 7 for char in name[:8]) + 8


def _r(value: float) -> float:
    return round(value, 1)
