"""The wake-up channel between processes: huey with exactly one task, and no results.

huey forgets a running task when its process dies. That is harmless here, since the
task only says "look into the ledger".
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey
from huey.serializer import SignedSerializer

from openbureau.base.keys import installation_key
from openbureau.base.settings import Settings
from openbureau.kernel.jobs.ringing import hang

_NAME = "openbureau"
_RINGS_KEPT = 4


def open_channel(data: Path, redis_url: str) -> Huey:
    """The channel of this installation: Redis if its URL is given, else a SQLite file.

    Messages are signed: whoever can write to the channel cannot run code here.
    """
    serializer = SignedSerializer(secret=installation_key(data, "jobs").hex())
    options: dict[str, Any] = {"results": False, "serializer": serializer, "utc": True}
    if redis_url:
        return RedisHuey(_NAME, url=redis_url, **options)
    return SqliteHuey(_NAME, filename=str(data / "jobs.sqlite3"), fsync=False, **options)


def hang_bell(settings: Settings) -> None:
    """Lets work asked for in this process wake the installation's consumer."""
    hang_channel(open_channel(settings.data, settings.redis_url))


def hang_channel(channel: Huey, work: Callable[[], object] = lambda: None) -> None:
    """Lets this process's bell strike on the channel; the consumer says what the `work` is."""

    def dispatch() -> None:
        work()

    task = channel.task(name="dispatch")(dispatch)

    def strike() -> None:
        # A few waiting rings wake every thread; more would pile up while nobody listens.
        if channel.storage.queue_size() < _RINGS_KEPT:
            task()

    hang(strike)
