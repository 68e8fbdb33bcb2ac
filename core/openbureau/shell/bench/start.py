"""How soon a web process answers, and how much memory is its own."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from openbureau.shell.bench.lists import PRODUCT, prepared, product
from openbureau.shell.bench.load import Call, answer, cpu_s, running
from openbureau.shell.bench.report import Bench, Run

PROBE = Call("/-/health")
WARM_ROUNDS = 10


def started(bench: Bench) -> Iterator[Run]:
    """P13: from starting the process with fifteen plugins to its first answer; private memory
    after some hundred pages."""
    with prepared(bench, bench.totals[0]) as (ground, _):
        ours = product(ground)
        took, used, private = [], [], []
        for _ in range(bench.rounds):
            begun = time.monotonic()
            with running(ours.arguments, ours.environment, PROBE) as (port, process):
                took.append(time.monotonic() - begun)
                used.append(cpu_s(process))
                for call in [*ours.calls, Call("/", ours.calls[0].headers)] * WARM_ROUNDS:
                    answer(port, call)
                private.append(private_bytes(process))
    numbers = {
        "start_s": round(statistics.median(took), 2),
        "start_cpu_s": round(statistics.median(used), 2),
        "private_mib": round(statistics.median(private) / 2**20, 1),
    }
    yield Run("P13", PRODUCT, numbers)


def private_bytes(process: int) -> int:
    """Memory that would be free again if this process ended."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
