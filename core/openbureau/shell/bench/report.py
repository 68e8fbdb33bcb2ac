"""What the measurements say: runs as values, as JSON and as a table."""

import os
import platform
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openbureau.shell.demo.bureau import Scale

BAR_WIDTH = 24
COLUMNS = ("rate", "p50_ms", "p99_ms", "ratio")


@dataclass(frozen=True, slots=True)
class Bench:
    """How thoroughly to measure. `totals` are the sizes of the lists, the smallest first."""

    totals: Sequence[int]
    scale: Scale
    rounds: int
    seconds: int
    samples: int
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """One contender at one work. Without `reason` it was measured."""

    work: str
    contender: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """The line of the documented JSON."""
        line: dict[str, Any] = {"work": self.work, "contender": self.contender}
        line |= {**dict.fromkeys(COLUMNS), **self.numbers}
        return line | ({"skipped": self.reason} if self.reason else {})


def skipped(work: str, contender: str, reason: str) -> Run:
    """A run that could not be made here, and why."""
    return Run(work, contender, reason=reason)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_gib": round(_memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def table(found: Mapping[str, Any]) -> Iterator[str]:
    """The runs as lines for people, a bar for each ratio within its work."""
    yield "  ".join(f"{name}: {value}" for name, value in found["machine"].items())
    runs: Sequence[Mapping[str, Any]] = found["runs"]
    previous = ""
    for run in runs:
        if run["work"] != previous:
            previous = run["work"]
            yield ""
            yield f"{previous:26} {'rate/s':>10} {'p50 ms':>9} {'p99 ms':>9} {'ratio':>8}"
        yield _line(run, runs)


def _line(run: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> str:
    if "skipped" in run:
        return f"  {run['contender']:24} 略过 skipped: {run['skipped']}"
    widths = dict(zip(COLUMNS, (10, 9, 9, 8), strict=True))
    cells = [f"{_cell(run[name]):>{width}}" for name, width in widths.items()]
    known = {*COLUMNS, "work", "contender"}
    others = ((name, value) for name, value in run.items() if name not in known and value)
    more = "  ".join(f"{name} {value}" for name, value in others)
    ratios = [other["ratio"] or 0 for other in runs if other["work"] == run["work"]]
    bar = "█" * round(BAR_WIDTH * (run["ratio"] or 0) / max([*ratios, 1e-9]))
    return f"  {run['contender']:24} {' '.join(cells)}  {bar} {more}".rstrip()


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:,.4g}" if isinstance(value, float) and value < 1 else f"{value:,.5g}"
