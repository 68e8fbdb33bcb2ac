"""A working day on one machine: three hundred people who read and write at once."""

import http.client
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from urllib.parse import quote, urlencode

from openbureau.base.csrf import ONCE_FIELD, TOKEN_FIELD, masked_token
from openbureau.base.database import db, is_postgresql, new_uid, open_database, writing
from openbureau.base.keys import installation_key
from openbureau.kernel.accounts.actions import token_digest
from openbureau.shell.bench import items
from openbureau.shell.bench.lists import on_server, prepared, product
from openbureau.shell.bench.load import Call, cpu_s, running
from openbureau.shell.bench.report import Bench, Run, skipped
from openbureau.shell.bench.rows import Ground, Visitor, crowd

PEOPLE = 300
PAGES_PER_S, WRITES_PER_S = 60, 10
CONNECTIONS = 100
SECONDS_A_ROUND = 60
ANSWERED_WITHIN_S = 30
READ = (
    "/",
    items.LIST_URL,
    f"{items.LIST_URL}?kind=lift&state=used",
    f"{items.LIST_URL}?sort=due_on",
    f"/-/search?q={quote('电梯')}",
    "/-/todos",
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of the day: how late its answer came after it was due, and its status."""

    is_write: bool
    took_ms: float
    status: int


def lived(bench: Bench) -> Iterator[Run]:
    """P14: pages and writes at a steady pace, each at its time whether or not earlier ones
    were answered; latencies count from that time."""
    yield from _lived(bench, "P14 SQLite", "")
    with on_server() as (database, reason):
        if reason:
            yield skipped("P14 PostgreSQL", "a working day", reason)
        else:
            yield from _lived(bench, "P14 PostgreSQL", database)


def _lived(bench: Bench, work: str, database: str) -> Iterator[Run]:
    with prepared(bench, bench.totals[0], database) as (ground, _):
        db.initialize(open_database(ground.settings.database_url))
        with writing():
            people = crowd(ground, PEOPLE)
        db.close()
        if is_postgresql():
            db.close_all()
        seconds = bench.seconds * bench.rounds * (SECONDS_A_ROUND // 4 if bench.rounds > 1 else 1)
        bench.say(f"{work}: {len(people)} people, {seconds} s")
        ours = product(ground)
        with running(ours.arguments, ours.environment, ours.calls[0], is_pinned=False) as (
            port,
            server,
        ):
            before, own = cpu_s(server), time.process_time()
            sent = _day(port, list(_calls(ground, people, seconds)), seconds)
            used, generated = cpu_s(server) - before, time.process_time() - own
    for name, is_write in (("pages", False), ("writes", True)):
        took = sorted(one.took_ms for one in sent if one.is_write == is_write)
        wrong = [one for one in sent if one.is_write == is_write and one.status not in (200, 303)]
        yield Run(
            f"{work} {ground.total:,}",
            name,
            {
                "rate": round(len(took) / seconds, 1),
                "p50_ms": round(statistics.median(took), 1),
                "p95_ms": round(took[int(len(took) * 0.95)], 1),
                "p99_ms": round(took[int(len(took) * 0.99)], 1),
                "faults": len(wrong),
                "server_cores": round(used / seconds, 2),
                "generator_cores": round(generated / seconds, 2),
            },
        )


def _calls(ground: Ground, people: Sequence[Visitor], seconds: int) -> Iterator[Call]:
    """What is sent, in order; every seventh is a write."""
    key = installation_key(ground.settings.data, "forms")
    share = (PAGES_PER_S + WRITES_PER_S) // WRITES_PER_S
    for number in range((PAGES_PER_S + WRITES_PER_S) * seconds):
        visitor = people[number % len(people)]
        headers = {"Cookie": f"session={visitor.token}"}
        if number % share:
            yield Call(READ[number % len(READ)], headers)
            continue
        fields = {
            TOKEN_FIELD: masked_token(key, token_digest(visitor.token)),
            ONCE_FIELD: new_uid(),
            "code": f"9110530000{number:010}",
            "name": f"乘客电梯{number}",
            "kind": "lift",
            "state": "used",
            "user": "昆明某某医院",
        }
        form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        yield Call(f"{items.LIST_URL}/new", form, "POST", urlencode(fields).encode())


def _day(port: int, calls: Sequence[Call], seconds: int) -> list[Sent]:
    sent: list[Sent] = []
    numbers, turn = count(), threading.Lock()
    begins = time.perf_counter() + 1

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWERED_WITHIN_S)
        with closing(connection):
            while True:
                with turn:
                    number = next(numbers)
                if number >= len(calls):
                    return
                due = begins + number * seconds / len(calls)
                time.sleep(max(0, due - time.perf_counter()))
                sent.append(_answered(connection, calls[number], due))

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for _ in range(CONNECTIONS):
            threads.submit(work)
    return sent


def _answered(connection: http.client.HTTPConnection, call: Call, due: float) -> Sent:
    try:
        connection.request(call.method, call.path, call.body or None, dict(call.headers))
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    except (OSError, http.client.HTTPException):
        connection.close()
        status = 0
    return Sent(call.method == "POST", (time.perf_counter() - due) * 1000, status)
