"""The history of units (沿革): what they were called, where they stood, what became of them."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openbureau.base.i18n import N_
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.models import Unit, UnitEvent

EVENT_LABELS: Mapping[str, str] = {
    "created": N_("成立"),
    "renamed": N_("更名"),
    "recoded": N_("改代码"),
    "moved": N_("改隶属"),
    "merged": N_("合并"),
    "split": N_("分设"),
    "closed": N_("撤销"),
    "reopened": N_("恢复"),
}


@dataclass(frozen=True, slots=True)
class Deed:
    """A change to the tree: the day it takes effect, the document that orders it, who enters
    it and when."""

    on: dt.date
    now: dt.datetime
    basis: str = ""
    account_id: int | None = None
    request_id: str = ""
    address: str = ""


def note_event(
    unit_id: int,
    kind: str,
    deed: Deed,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    other_id: int | None = None,
) -> None:
    """Adds a dated line to a unit's history."""
    UnitEvent.create(
        unit=unit_id,
        kind=kind,
        on=deed.on,
        other=other_id,
        before=json.dumps(dict(before or {}), ensure_ascii=False),
        after=json.dumps(dict(after or {}), ensure_ascii=False),
        basis=deed.basis,
        account_id=deed.account_id,
        at=deed.now,
    )


def history_of(unit_id: int) -> list[dict[str, Any]]:
    """A unit's history, oldest first: kind, on, before, after (fields that changed), basis,
    by, other (code and name of the unit it merged with or was split from)."""
    other = Unit.alias("other")
    rows: Any = (
        UnitEvent.select(
            UnitEvent.kind,
            UnitEvent.on,
            UnitEvent.before,
            UnitEvent.after,
            UnitEvent.basis,
            Account.name.alias("by"),
            other.code.alias("other_code"),
            other.name.alias("other_name"),
        )
        .left_outer_join(Account, on=(UnitEvent.account_id == Account.id))
        .switch(UnitEvent)
        .left_outer_join(other, on=(UnitEvent.other == other.id))
        .where(UnitEvent.unit == unit_id)
        .order_by(UnitEvent.on, UnitEvent.id)
        .namedtuples()
    )
    return [
        {
            "kind": row.kind,
            "on": row.on,
            "before": json.loads(row.before),
            "after": json.loads(row.after),
            "basis": row.basis,
            "by": row.by or "",
            "other": (row.other_code, row.other_name) if row.other_code else None,
        }
        for row in rows
    ]


def unit_name_on(unit_id: int, day: dt.date) -> str:
    """The name a unit bore on a day; the present one when it was never renamed since."""
    later = (
        UnitEvent.select(UnitEvent.before)
        .where((UnitEvent.unit == unit_id) & (UnitEvent.kind == "renamed") & (UnitEvent.on > day))
        .order_by(UnitEvent.on, UnitEvent.id)
        .first()
    )
    if later is not None:
        return str(json.loads(later.before)["name"])
    return str(Unit.select(Unit.name).where(Unit.id == unit_id).scalar() or "")


def newest_event_on(unit_id: int) -> dt.date | None:
    """The day of the last line of a unit's history."""
    row = (
        UnitEvent.select(UnitEvent.on)
        .where(UnitEvent.unit == unit_id)
        .order_by(UnitEvent.on.desc())
        .first()
    )
    return row.on if row is not None else None
