"""Telling the rest of the product that something happened."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from peewee import Query

from openbureau.base.database import Statement, db, new_uid, param, statement, to_instant
from openbureau.kernel.events.models import Event
from openbureau.kernel.jobs.ringing import ring_bell

_encode = msgspec.json.Encoder(order="sorted").encode

_COLUMNS = ("uid", "name", "realm", "record_id", "unit", "account", "payload", "at")


@statement
def _insertion() -> Query:
    values = {name: param(name) for name in _COLUMNS} | {"is_routed": False}
    return Event.insert(values).returning(Event.id)


def emit(
    name: str,
    *,
    realm: str,
    record_id: int,
    now: datetime,
    unit_id: int | None,
    account_id: int | None,
    payload: Mapping[str, Any],
) -> int:
    """Writes an event to the outbox in the caller's transaction; returns its id.

    Subscribers hear of it in the job consumer only, at least once, in order per record.
    """
    insertion: Statement = _insertion()
    event_id = insertion.value(
        uid=new_uid(),
        name=name,
        realm=realm,
        record_id=record_id,
        unit=unit_id,
        account=account_id,
        payload=_encode(dict(payload)).decode(),
        at=to_instant(now),
    )
    db.after_commit(ring_bell)
    return int(event_id)
