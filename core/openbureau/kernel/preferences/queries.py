"""Reads of what each person arranged for themselves."""

import json
from dataclasses import dataclass
from typing import Any

from peewee import Query

from openbureau.base.database import param, statement
from openbureau.kernel.preferences.models import Preference


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The person's order of the desk's cards, and those they hid, by code."""

    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()

    def place(self, code: str) -> int:
        """Where a card stands; cards nobody placed come last, in their own order."""
        return self.order.index(code) if code in self.order else len(self.order)


def pinned_urls(text: str | None) -> tuple[str, ...]:
    """Addresses of pinned menu lines, in the person's order; `text` is the JSON kept."""
    kept = _value(text)
    return tuple(url for url in kept if isinstance(url, str)) if isinstance(kept, list) else ()


def desk_arrangement(account_id: int) -> Arrangement:
    """How a person arranged their desk; one statement."""
    kept = _value(_desk().value(account_id=account_id))
    if not isinstance(kept, dict):
        return Arrangement()
    return Arrangement(tuple(kept.get("order", ())), frozenset(kept.get("hidden", ())))


@statement
def _desk() -> Query:
    return Preference.select(Preference.desk).where(Preference.account == param("account_id"))


def _value(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None
