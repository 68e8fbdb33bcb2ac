"""Devices to export, and the steps of an export without a browser."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from openbureau_devices.models import Device
from openbureau_devices.registers import DEVICES

from openbureau import Unit
from openbureau.base.context import Context
from openbureau.base.database import reading, writing
from openbureau.base.request import Address
from openbureau.kit.registers.addresses import kept_address
from openbureau.kit.registers.asked import Asked
from openbureau.kit.registers.exports.making import Order, write_export
from openbureau.kit.registers.exports.wanted import Wanted
from openbureau.kit.registers.listing import asked_by

ALL = tuple(DEVICES.by_name)
KEPT = {"name": "蒸汽锅炉", "kind": "boiler", "user": "昆明食品厂", "state": "used"}


def device(number: int, unit: str = "530102", **values: Any) -> dict[str, Any]:
    """A device to keep."""
    unit_id = Unit.select(Unit.id).where(Unit.code == unit).scalar()
    now = dt.datetime.now(dt.UTC)
    kept = {**KEPT, "code": f"D{number:05}", "unit": unit_id, "changed_at": now, **values}
    return {name: value for name, value in kept.items() if value is not None}


def keep(rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Keeps devices; as rows, in order."""
    with writing():
        before = Device.select().count()
        for row in rows:
            Device.create(**row)
    with reading():
        return list(Device.select().order_by(Device.id).offset(before))


def query_of(ctx: Context, text: str = "") -> tuple[Address, Asked]:
    """An address and what it asks."""
    address = kept_address(DEVICES, text)
    return address, asked_by(ctx, DEVICES, address)


def exported(
    ctx: Context,
    folder: Path,
    extension: Literal["xlsx", "csv"],
    text: str = "",
    *,
    columns: Sequence[str] = ALL,
    is_full: bool = False,
) -> bytes:
    """The file of an export."""
    path = folder / f"export.{extension}"
    with reading():
        wanted = Wanted(extension, columns, is_full, "抽查")
        order = Order(ctx, DEVICES, *query_of(ctx, text), wanted, ctx.unit_id)
        write_export(order, path, nobody_waits)
    return path.read_bytes()


def nobody_waits(done: int) -> None:
    """Progress that nobody looks at."""
