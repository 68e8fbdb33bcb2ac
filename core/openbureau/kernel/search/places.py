"""From where a record is seen, as tokens of the index: visibility is looked up like a word,
so that a word which a third of a million records hold is counted exactly at once.

A participant's records are few and change often; those are joined instead.
"""

import datetime as dt
from collections.abc import Collection, Iterable

from openbureau.base.context import CHINA, Reach

# A token no record has.
NOBODY = "none"


def places(realm: str, unit_id: int | None, at: dt.datetime, *, is_open: bool) -> list[str]:
    """The tokens of one record: its realm, its access unit, its month, and whether all staff
    see it."""
    found = [everywhere(realm), month(at.astimezone(CHINA).date())]
    if unit_id is not None:
        found += [in_unit(realm, unit_id), f"u{unit_id}"]
    if is_open:
        found.append(f"open_{_flat(realm)}")
    return found


def seen_from(realm: str, reach: Reach) -> list[str]:
    """The tokens of a realm one of which a record must have to be seen with this reach."""
    if reach.is_everywhere:
        return [everywhere(realm)]
    return [f"open_{_flat(realm)}", *(in_unit(realm, unit_id) for unit_id in sorted(reach.units))]


def everywhere(realm: str) -> str:
    """The token of every record of a realm."""
    return f"all_{_flat(realm)}"


def in_unit(realm: str, unit_id: int) -> str:
    """The token of a realm's records in one access unit."""
    return f"u{unit_id}_{_flat(realm)}"


def units(ids: Collection[int]) -> list[str]:
    """The tokens of any record in these access units."""
    return [f"u{unit_id}" for unit_id in sorted(ids)]


def months(days: Iterable[dt.date]) -> list[str]:
    """The tokens of the months in which these days lie."""
    return sorted({month(day) for day in days})


def month(day: dt.date) -> str:
    """The token of a month."""
    return f"m{day:%Y%m}"


def _flat(realm: str) -> str:
    # A plugin's slug holds no underscore, so this names one realm only.
    return realm.replace("/", "_")
