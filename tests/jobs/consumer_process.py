"""A job consumer as a process of its own: `python consumer_process.py DATA URL`.

Its handlers leave rows in the table `effect`, without a unique key: a job done twice
shows as two rows.
"""

import os
import sys
from pathlib import Path

from openbureau.base.database import db, open_database, writing
from openbureau.kernel.events.routing import OutboxEvent
from openbureau.kernel.jobs.bell import open_channel
from openbureau.kernel.jobs.consumer import run_consumer
from openbureau.kernel.jobs.dispatch import JobContext, Registry


def add_effect(context: JobContext) -> None:
    with writing():
        insert_effect(context.payload["number"])
        context.complete()


def insert_effect(number: int) -> None:
    db.execute_sql(f"INSERT INTO effect (number) VALUES ({int(number)})")


def fail(context: JobContext) -> None:
    raise ValueError(f"number {context.payload['number']} is bad")


def leave(context: JobContext) -> None:
    sys.exit(3)


def hear(context: JobContext, event: OutboxEvent) -> None:
    with writing():
        insert_effect(event.payload["number"])
        context.complete()


def main(data: Path, url: str) -> None:
    db.initialize(open_database(url))
    registry = Registry(
        {"test.add_effect": add_effect, "test.fail": fail, "test.leave": leave},
        [("listener", hear)],
    )
    channel = open_channel(data, "")
    run_consumer(channel, registry, threads=2, on_ready=lambda: os.write(1, b"ready\n"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
