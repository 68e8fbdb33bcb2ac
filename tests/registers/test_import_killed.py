"""The consumer is killed in the middle of an import, and of its undoing: nothing is lost,
nothing doubled."""

import io
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from openbureau_devices.models import Device
from openbureau_devices.registers import DEVICES

from openbureau.base.database import reading, writing
from openbureau.kernel.files.storage import store
from openbureau.kernel.search.models import SearchEntry
from openbureau.kit.registers.imports.applying import order_apply
from openbureau.kit.registers.imports.batches import APPLY_JOB, CHECK_JOB, UNDO_JOB, open_batch
from openbureau.kit.registers.imports.jobs import enqueue_step
from openbureau.kit.registers.imports.undoing import order_undo
from openbureau.kit.registers.models import ImportBatch, ImportLine, RecordChange
from openbureau.testing.bureau import Bureau

from .imported import row, text

PROGRAM = Path(__file__).with_name("import_process.py")
PATIENCE_S = 120
ROWS = 6000


class Consumer:
    """Starts consumer processes on one installation, one at a time."""

    def __init__(self, data: Path, url: str) -> None:
        self._command = [sys.executable, str(PROGRAM), str(data), url]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the process listens."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        """Ends it as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            with self._process:
                self._process.wait(PATIENCE_S)
            self._process = None


@pytest.fixture
def consumer(devices: Bureau, database_url: str) -> Iterator[Consumer]:
    made = Consumer(devices.installation.settings.data, database_url)
    yield made
    made.kill()


def eventually(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.005)


def has_done(least: int) -> bool:
    return bool(batch().done_total >= least)


def batch() -> ImportBatch:
    with reading():
        return ImportBatch.get()


def undone() -> int:
    with reading():
        return RecordChange.select().where(RecordChange.action == "undone").count()


def total() -> int:
    with reading():
        return Device.select().where(Device.voided_at.is_null()).count()


def test_nothing_is_lost_or_doubled_over_kills(devices: Bureau, consumer: Consumer) -> None:
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    ctx = devices.context("zhang")
    content = text([row(str(number)) for number in range(ROWS)])
    stored = store(io.BytesIO(content), "多.csv", 1 << 28, ctx.now)
    with writing():
        made = open_batch(ctx, DEVICES, stored, ctx.unit_id)
        enqueue_step(ctx, DEVICES, made, CHECK_JOB)
    consumer.start()
    eventually(lambda: 0 < batch().total < ROWS)
    consumer.kill()
    assert batch().state == "checking"
    consumer.start()
    eventually(lambda: batch().state == "checked")
    assert (batch().total, batch().new_total) == (ROWS, ROWS)
    with reading():
        assert ImportLine.select().count() == ROWS
    with writing():
        order_apply(ctx, DEVICES, made := batch())
        enqueue_step(ctx, DEVICES, made, APPLY_JOB)
    for least in (1000, 3000):
        eventually(partial(has_done, least))
        consumer.kill()
        assert batch().state == "applying"
        assert batch().done_total == total()
        consumer.start()
    eventually(lambda: batch().state == "applied")
    with reading():
        assert batch().done_total == total() == RecordChange.select().count() == ROWS
        assert SearchEntry.select().where(SearchEntry.realm == DEVICES.realm).count() == ROWS
    with writing():
        order_undo(ctx, DEVICES, made := batch())
        enqueue_step(ctx, DEVICES, made, UNDO_JOB)
    eventually(lambda: undone() >= 1000)
    consumer.kill()
    consumer.start()
    eventually(lambda: batch().state == "undone")
    assert (undone(), total(), batch().kept_total) == (ROWS, 0, 0)
