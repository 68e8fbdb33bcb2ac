"""Publishing through a form, against bare SQLite transactions in the same run."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

from openbureau.base.csrf import ONCE_FIELD, TOKEN_FIELD, masked_token
from openbureau.base.database import db, new_uid
from openbureau.base.keys import installation_key
from openbureau.kernel.accounts.actions import token_digest
from openbureau.shell.bench import subject
from openbureau.shell.bench.lists import PRODUCT, prepared, product
from openbureau.shell.bench.load import (
    CONNECTIONS,
    Call,
    Figures,
    cores,
    loaded,
    median,
    missing_wrk,
    running,
)
from openbureau.shell.bench.report import Bench, Run, skipped
from openbureau.shell.bench.rows import Ground, filled, write_drafts

BARE = "bare SQLite, synchronous=FULL"
DRAFTS_PER_SECOND = 1000


def published(bench: Bench) -> Iterator[Run]:
    """P6: a form read, checked and acted upon in one transaction with audit, outbox, index."""
    if reason := missing_wrk():
        yield skipped("P6", PRODUCT, reason)
        return
    with prepared(bench, bench.totals[0], fill=filled) as (ground, folder):
        drafts = write_drafts(ground, bench.rounds * bench.seconds * DRAFTS_PER_SECOND)
        db.close()
        calls = _calls(ground, drafts)
        ours = product(ground)
        base: list[Figures] = []
        found: list[Figures] = []
        first = 0
        bench.say(f"P6: {BARE}, {PRODUCT}")
        with running(ours.arguments, ours.environment, ours.calls[0]) as (port, _):
            for _ in range(bench.rounds):
                base.append(_transactions(folder, bench.seconds))
                found.append(loaded(port, calls, bench.seconds, folder, first))
                first += found[-1].sent + CONNECTIONS
    middle = median(base)
    for name, figures in ((BARE, middle), (PRODUCT, median(found))):
        yield Run(
            "P6",
            name,
            {
                "rate": round(figures.rate, 1),
                "p50_ms": round(figures.p50_ms, 2),
                "p99_ms": round(figures.p99_ms, 2),
                "ratio": round(figures.rate / middle.rate, 4),
                "faults": figures.faults,
            },
        )


def _calls(ground: Ground, drafts: Sequence[int]) -> list[Call]:
    """One form per draft, as a browser would send it."""
    key = installation_key(ground.settings.data, "forms")
    bound_to = token_digest(ground.author.token)
    headers = {
        "Cookie": f"session={ground.author.token}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return [
        Call(
            subject.PUBLISH_URL.format(id=draft),
            headers,
            "POST",
            urlencode({TOKEN_FIELD: masked_token(key, bound_to), ONCE_FIELD: new_uid()}).encode(),
        )
        for draft in drafts
    ]


def _transactions(folder: Path, seconds: int) -> Figures:
    module = "openbureau.shell.bench.contenders.transactions"
    given = [str(folder / "bare.sqlite3"), str(seconds)]
    done = subprocess.run(
        [*("taskset", "-c", str(cores()[0]), sys.executable, "-m", module), *given],
        check=True,
        capture_output=True,
        text=True,
    )
    return Figures(**json.loads(done.stdout))
