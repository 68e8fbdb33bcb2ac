"""The units' part of writing a plan."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from peewee import fn

from openbureau.base.context import CHINA
from openbureau.kernel.directory.images import Recorder
from openbureau.kernel.directory.plan import SYNCED, Change
from openbureau.kernel.directory.plan_units import ref_id
from openbureau.kernel.units.actions import rebuild_paths, sounds_of
from openbureau.kernel.units.models import Node, Unit, UnitEvent

_EVENTS = {"name": "renamed", "code": "recoded", "parent": "moved"}


def write_units(
    changes: Sequence[Change], source_id: int | None, now: dt.datetime, recorder: Recorder
) -> dict[str, int]:
    """Writes the units in the plan's order; returns the ids of the created ones by reference."""
    created: dict[str, int] = {}
    written = [change for change in changes if change.action != "conflict"]
    if not written:
        return created
    recorder.look("unit", {change.row_id for change in written if change.row_id is not None})
    node = _home_node()
    for change in written:
        fields = _unit_fields(change, created, now)
        unit_id = change.row_id
        if unit_id is None:
            origin = {"source": SYNCED, "external_id": change.external_id, "directory": source_id}
            last = _last_position(fields.get("parent"))
            unit_id = Unit.create(**fields, **origin, position=last + 1, home_node=node).id
            created[f"entry:{change.external_id}"] = unit_id
        else:
            Unit.update(**fields).where(Unit.id == unit_id).execute()
        _write_events(change, unit_id, now)
    recorder.note_created("unit", list(created.values()))
    rebuild_paths()
    return created


def _last_position(parent_id: int | None) -> int:
    """Where the official order of a unit's children ends: new ones come after it."""
    siblings = Unit.parent.is_null() if parent_id is None else Unit.parent == parent_id
    return int(Unit.select(fn.MAX(Unit.position)).where(siblings).scalar() or 0)


def _home_node() -> Node:
    node = Node.get_or_none(Node.is_self == True)  # noqa: E712 - SQL
    return node or Node.create(name="OpenBureau", is_self=True)


def _unit_fields(change: Change, created: Mapping[str, int], now: dt.datetime) -> dict[str, Any]:
    fields: dict[str, Any] = {name: after for name, _, after in change.values}
    if "parent" in fields:
        fields["parent"] = unit_id_of(fields["parent"], created)
    if "name" in fields:
        name = str(fields["name"])
        fields |= {"short_name": name, "is_name_assumed": False, **sounds_of(name, name)}
    if "is_active" in fields:
        fields["closed_at"] = None if fields["is_active"] else now
    return fields


def unit_id_of(ref: Any, created: Mapping[str, int]) -> int | None:
    """The id of the unit a reference means, also of one just created."""
    return created[ref] if ref in created else ref_id(ref)


def _write_events(change: Change, unit_id: int, now: dt.datetime) -> None:
    """The unit's history: one dated line for each thing that happened to it."""
    if change.row_id is None:
        write_unit_event(unit_id, "created", {}, {"name": change.name, "code": change.key}, now)
        return
    for name, before, after in change.values:
        kind = _EVENTS.get(name)
        if name == "is_active":
            kind = "reopened" if after else "closed"
        if kind is not None:
            write_unit_event(unit_id, kind, {name: before}, {name: after}, now)


def write_unit_event(
    unit_id: int,
    kind: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: dt.datetime,
    account_id: int | None = None,
) -> None:
    """Writes a line into a unit's history that a synchronisation caused."""
    UnitEvent.create(
        unit=unit_id,
        kind=kind,
        on=now.astimezone(CHINA).date(),
        before=msgspec.json.encode(before).decode(),
        after=msgspec.json.encode(after).decode(),
        basis=SYNCED,
        account_id=account_id,
        at=now,
    )
