"""The works by name, and running them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from openbureau.shell.bench import (
    desk,
    directory,
    extension,
    growth,
    lists,
    mixed,
    reaches,
    start,
    tables,
    writes,
)
from openbureau.shell.bench.report import Bench, Run, machine

WORKS: Mapping[str, Callable[[Bench], Iterator[Run]]] = {
    "P1": lists.made_anew,
    "P2": lists.unchanged,
    "P3": lists.on_postgresql,
    "P4": extension.extended,
    "P5": growth.grown,
    "P6": writes.published,
    "P7": growth.searched,
    "P8": directory.brought_in,
    "P9": tables.carried,
    "P12": desk.weighed,
    "P13": start.started,
    "P14": mixed.lived,
    "P15": reaches.narrowed,
}


def whole(say: Callable[[str], None]) -> Bench:
    """The measurement that is recorded."""
    return Bench((100_000, 1_000_000), "full", rounds=5, seconds=4, samples=20, say=say)


def quick(say: Callable[[str], None]) -> Bench:
    """Enough to see that everything still runs."""
    return Bench((2_000,), "small", rounds=1, seconds=1, samples=3, say=say)


def measured(bench: Bench, name: str | None = None) -> dict[str, Any]:
    """The figures of one work, or of all: the machine, and a line per contender."""
    chosen = [WORKS[name]] if name else list(WORKS.values())
    runs = [run.as_json() for work in chosen for run in work(bench)]
    return {"machine": machine(), "runs": runs}
