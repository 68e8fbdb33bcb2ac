"""What twenty plugins with four hundred pages cost the page of one of them."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from openbureau.shell.bench.lists import environment_of, prepared
from openbureau.shell.bench.load import cores, environment_with
from openbureau.shell.bench.report import Bench, Run
from openbureau.shell.bench.rows import Ground, measured_plugins

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
            asked[plugins] = stack.enter_context(_process(ground, plugins))
        bench.say(f"P4: {SMALL} plugin, {LARGE} plugins, {bench.samples} times in turn")
        samples = [
            {plugins: _sample(process) for plugins, process in asked.items()}
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


def _process(ground: Ground, plugins: int) -> subprocess.Popen[str]:
    module = "openbureau.shell.bench.inprocess"
    given = [str(plugins), ground.visitors[0].token]
    return subprocess.Popen(
        [*("taskset", "-c", str(cores()[0]), sys.executable, "-m", module), *given],
        env=environment_with({**environment_of(ground), "OPENBUREAU_LOG_LEVEL": "warning"}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _sample(process: subprocess.Popen[str]) -> Any:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
    process.stdin.write(f"{PAGES_PER_SAMPLE}\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())
