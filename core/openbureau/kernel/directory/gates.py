"""When a plan is too much to be carried out by one person: the mass-change gates."""

from collections import Counter
from collections.abc import Iterable, Sequence

from openbureau.kernel.accounts.models import ADMINISTRATORS
from openbureau.kernel.directory.plan import SYNCED, AccountRow, Change, UnitRow

MOST_PEOPLE = 30
MOST_PERCENT = 5
# One leaver in a very small bureau is a leaver, not an accident.
FEWEST_FOR_PERCENT = 2
UNIT_PERCENT = 10
UNIT_STAFF = 20
WHOLE_UNIT_STAFF = 5


def tripped_gates(
    changes: Iterable[Change], accounts: Sequence[AccountRow], units: Sequence[UnitRow]
) -> tuple[str, ...]:
    """Why the plan must wait for a second person; empty when it need not."""
    disabled = {change.row_id for change in changes if change.action == "disable"}
    active = [row for row in accounts if row.state == "active"]
    synced = [row for row in active if row.source == SYNCED]
    leaving = [row for row in active if row.id in disabled]
    tripped = []
    if len(leaving) > MOST_PEOPLE:
        tripped.append("more-than-30-people")
    if len(leaving) >= FEWEST_FOR_PERCENT and len(leaving) * 100 > len(synced) * MOST_PERCENT:
        tripped.append("more-than-5-percent")
    tripped.extend(_emptied_units(synced, leaving, units))
    tripped.extend(
        f"last-administrator:{kind}"
        for kind in ADMINISTRATORS
        if any(row.administrator == kind for row in leaving)
        and all(row.id in disabled for row in active if row.administrator == kind)
    )
    return tuple(tripped)


def _emptied_units(
    synced: Sequence[AccountRow], leaving: Sequence[AccountRow], units: Sequence[UnitRow]
) -> list[str]:
    """Counted twice: by the unit or section itself, and by the unit with its sections."""
    above = {row.id: row.access_unit_id for row in units}
    codes = {row.id: row.code for row in units}

    def counted(rows: Sequence[AccountRow]) -> Counter[tuple[int, bool]]:
        own = ((row.unit_id, False) for row in rows if row.unit_id)
        whole = (
            (access, True) for row in rows if row.unit_id and (access := above.get(row.unit_id))
        )
        return Counter([*own, *whole])

    staff = counted(synced)
    found = {}
    for (unit_id, is_whole), count in sorted(counted(leaving).items()):
        total = staff[unit_id, is_whole]
        if total >= WHOLE_UNIT_STAFF and count == total:
            found[unit_id] = f"whole-unit:{codes[unit_id]}"
        elif total >= UNIT_STAFF and count * 100 > total * UNIT_PERCENT:
            found.setdefault(unit_id, f"tenth-of-unit:{codes[unit_id]}")
    return list(found.values())
