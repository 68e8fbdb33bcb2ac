"""The consumer is killed in the middle of work on many records: nothing is left, nothing done
twice."""

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from openbureau_devices.models import Device
from openbureau_devices.registers import DEVICES

from openbureau.base.database import reading, writing
from openbureau.kit.registers.bulk.actions import action_of
from openbureau.kit.registers.bulk.running import order_run
from openbureau.kit.registers.exports.making import Order
from openbureau.kit.registers.exports.ordering import kept_file, order_export
from openbureau.kit.registers.exports.wanted import Wanted
from openbureau.kit.registers.models import BulkRun, RecordChange
from openbureau.kit.registers.run_jobs import enqueue_run
from openbureau.testing.bureau import Bureau

from .exported import ALL, device, keep, query_of
from .test_import_killed import Consumer, eventually

ROWS = 3000
KILLS = 3


@pytest.fixture
def consumer(devices: Bureau, database_url: str) -> Iterator[Consumer]:
    made = Consumer(devices.installation.settings.data, database_url)
    yield made
    made.kill()


def run() -> BulkRun:
    with reading():
        return BulkRun.select().order_by(BulkRun.id.desc()).get()


def idle() -> int:
    with reading():
        return Device.select().where(Device.state == "idle").count()


def has_done(least: int) -> bool:
    return bool(run().done_total >= least)


def test_nothing_is_left_or_done_twice_over_kills(devices: Bureau, consumer: Consumer) -> None:
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    ctx = devices.context("zhang")
    with writing():
        rows = [device(number) for number in range(ROWS)]
        for start in range(0, ROWS, 500):
            Device.insert_many(rows[start : start + 500]).execute()
        ids = [row.id for row in Device.select(Device.id)]
        ordered = order_run(ctx, DEVICES, action_of(DEVICES, "idle"), ids)
        enqueue_run(ctx, DEVICES, ordered)
    rng = random.Random(7)
    points = sorted(rng.sample(range(1, ROWS - 300), KILLS))
    for least in points:
        consumer.start()
        eventually(lambda least=least: has_done(least))  # type: ignore[misc]
        consumer.kill()
        stands = run()
        assert stands.state == "running"
        assert (stands.done_total, stands.failed_total) == (idle(), 0)
    consumer.start()
    eventually(lambda: run().state == "done")
    with reading():
        assert run().done_total == idle() == RecordChange.select().count() == ROWS


def test_export_is_made_whole_after_a_kill(devices: Bureau, consumer: Consumer) -> None:
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    ctx = devices.context("zhang")
    keep([device(0)])
    with writing():
        rows = [device(number) for number in range(1, ROWS * 3)]
        for start in range(0, len(rows), 500):
            Device.insert_many(rows[start : start + 500]).execute()
        order = Order(ctx, DEVICES, *query_of(ctx), Wanted("csv", ALL), ctx.unit_id)
        enqueue_run(ctx, DEVICES, order_export(order, len(rows) + 1))
    consumer.start()
    eventually(lambda: run().state == "running")
    consumer.kill()
    consumer.start()
    eventually(lambda: run().state == "done")
    with reading():
        path = kept_file(run(), ctx.now)
    assert isinstance(path, Path)
    assert path.read_bytes().count(b"\r\n") == ROWS * 3 + 1
    assert msgspec.json.decode(run().params)["columns"] == list(ALL)
