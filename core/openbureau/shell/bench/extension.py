"""What twenty plugins with four hundred pages cost the page of one of them."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack

from openbureau.shell.bench import items
from openbureau.shell.bench.inprocess import asking
from openbureau.shell.bench.lists import prepared
from openbureau.shell.bench.report import Bench, Run
from openbureau.shell.bench.rows import measured_plugins

SMALL, LARGE = 1, 20
PAGES_PER_SAMPLE = 50


def extended(bench: Bench) -> Iterator[Run]:
    """P4: microseconds in process and statements, measured in turn; the middle of the ratios."""
    with ExitStack() as stack:
        asked = {}
        for plugins in (SMALL, LARGE):
            ground, _ = stack.enter_context(
                prepared(bench, bench.totals[0], sources=measured_plugins(plugins, entries=1))
            )
            token = ground.visitors[0].token
            asked[plugins] = (stack.enter_context(asking(ground, plugins)), token)
        bench.say(f"P4: {SMALL} plugin, {LARGE} plugins, {bench.samples} times in turn")
        samples = [
            {
                plugins: ask(items.LIST_URL, token, PAGES_PER_SAMPLE)
                for plugins, (ask, token) in asked.items()
            }
            for _ in range(bench.samples + 1)
        ][1:]
    ratio = statistics.median(sample[LARGE]["us"] / sample[SMALL]["us"] for sample in samples)
    for plugins in (SMALL, LARGE):
        numbers = {
            "us": round(statistics.median(sample[plugins]["us"] for sample in samples), 1),
            "statements": samples[0][plugins]["statements"],
            "ratio": round(ratio, 4) if plugins == LARGE else 1.0,
        }
        yield Run("P4", f"{plugins} plugins, {plugins * 20} pages", numbers)
