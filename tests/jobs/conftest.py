"""A consumer process to start, kill and wait for."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openbureau.base.database import db, writing

PROGRAM = Path(__file__).with_name("consumer_process.py")
PATIENCE_S = 60


class Consumer:
    """Starts consumer processes on one installation, one at a time."""

    def __init__(self, data: Path, url: str) -> None:
        self._command = [sys.executable, str(PROGRAM), str(data), url]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when the process listens."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def end(self, number: int = signal.SIGKILL) -> int:
        """Sends the signal and waits; the exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        with self._process:
            return self._process.wait(PATIENCE_S)

    def stop(self) -> None:
        """Ends what still runs."""
        if self._process is not None and self._process.poll() is None:
            self.end()


@pytest.fixture
def consumer(database: str, tmp_path: Path) -> Iterator[Consumer]:
    with writing():
        db.execute_sql("CREATE TABLE effect (number integer NOT NULL)")
    process = Consumer(tmp_path, database)
    yield process
    process.stop()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits for something another process does; fails when it does not come about."""

    def wait(is_so: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < ends, "it did not come about"
            time.sleep(0.02)

    return wait
