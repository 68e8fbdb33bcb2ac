"""From the outbox to the ledger: one delivery job per event and subscribing plugin."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from peewee import Query

from openbureau.base.database import from_instant, is_postgresql, param, reading, statement, writing
from openbureau.kernel.events.models import Event
from openbureau.kernel.jobs.actions import enqueue

_BATCH = 500


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """An event as its subscribers see it. `uid` stays the same when it is delivered again."""

    id: int
    uid: str
    name: str
    realm: str
    record_id: int
    unit_id: int | None
    account_id: int | None
    payload: Mapping[str, Any]
    at: dt.datetime


class _Delivery(Protocol):
    @property
    def payload(self) -> Mapping[str, Any]: ...


@statement
def _is_waiting() -> Query:
    return Event.select(Event.id).where(Event.is_routed == False).limit(1)  # noqa: E712 - SQL


@statement
def _waiting() -> Query:
    waiting = (
        Event.select(Event.id, Event.uid, Event.realm, Event.record_id, Event.unit)
        .where(Event.is_routed == False)  # noqa: E712 - SQL
        .order_by(Event.id)
        .limit(_BATCH)
    )
    return waiting.for_update() if is_postgresql() else waiting


@statement
def _event() -> Query:
    return Event.select().where(Event.id == param("id"))


def has_waiting_events() -> bool:
    """Whether an event has not reached the ledger yet."""
    with reading():
        return _is_waiting().value() is not None


def route_events(plugins: Sequence[str], now: dt.datetime) -> int:
    """Turns waiting events into delivery jobs, oldest first; how many events.

    Jobs and mark are one transaction, and a job's key names event and plugin: an
    event reaches each plugin's lane of its record exactly once.
    """
    if not has_waiting_events():
        return 0
    with writing():
        events = _waiting().rows()
        for event in events:
            for plugin in plugins:
                enqueue(
                    f"{plugin}.after_event",
                    {"event": event.id},
                    now=now,
                    unit_id=event.unit_id,
                    lane=f"{plugin}:{event.realm}:{event.record_id}",
                    once=f"event:{event.uid}:{plugin}",
                )
        Event.update(is_routed=True).where(Event.id.in_([event.id for event in events])).execute()
    return len(events)


def delivery(subscriber: Callable[[Any, OutboxEvent], None]) -> Callable[[Any], None]:
    """A job handler that loads the event and hands it to the subscriber."""

    def deliver(context: _Delivery) -> None:
        with reading():
            row = _event().row(id=context.payload["event"])
        event = OutboxEvent(
            id=row.id,
            uid=row.uid,
            name=row.name,
            realm=row.realm,
            record_id=row.record_id,
            unit_id=row.unit_id,
            account_id=row.account_id,
            payload=msgspec.json.decode(row.payload),
            at=from_instant(row.at),
        )
        subscriber(context, event)

    return deliver
