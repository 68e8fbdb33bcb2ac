"""When a plan is too much to be carried out by one person: the mass-change gates."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from openbureau.kernel.accounts.models import ADMINISTRATORS
from openbureau.kernel.directory.plan import AccountRow, Change, Current, RoleChange, UnitRow

MOST_PEOPLE = 30
MOST_PERCENT = 5
# One leaver in a very small bureau is a leaver, not an accident.
FEWEST_FOR_PERCENT = 2
UNIT_PERCENT = 10
UNIT_STAFF = 20
WHOLE_UNIT_STAFF = 5
COUNTED_HOURS = 24


def counted_since(now: dt.datetime) -> dt.datetime:
    """Since when people whom the source disabled, or took a role from, count together with those
    of a plan: several small plans, or one with lines left out, are no way round."""
    return now - dt.timedelta(hours=COUNTED_HOURS)


def tripped_gates(
    changes: Iterable[Change], current: Current, roles: Sequence[RoleChange] = ()
) -> tuple[str, ...]:
    """Why the plan must wait for a second person; empty when it need not."""
    disabled = {change.row_id for change in changes if change.action == "disable"}
    active = [row for row in current.accounts if row.state == "active"]
    synced = [row for row in active if current.is_own(row)]
    leaving = [row for row in active if row.id in disabled]
    tripped: list[str] = []
    if leaving:
        gone = [row for row in current.accounts if row.id in current.recent]
        tripped += _too_many(synced + gone, leaving + gone)
        tripped += _emptied_units(synced + gone, leaving + gone, leaving, current.units)
    tripped.extend(_last_administrators(active, leaving))
    tripped.extend(_role_gates(roles, current))
    tripped.extend(_last_holders(roles, current, disabled))
    return tuple(tripped)


def _too_many(staff: Sequence[AccountRow], leaving: Sequence[AccountRow]) -> Iterator[str]:
    if len(leaving) > MOST_PEOPLE:
        yield "more-than-30-people"
    if len(leaving) >= FEWEST_FOR_PERCENT and len(leaving) * 100 > len(staff) * MOST_PERCENT:
        yield "more-than-5-percent"


def _last_administrators(
    active: Sequence[AccountRow], leaving: Sequence[AccountRow]
) -> Iterator[str]:
    """Delegated administrators do not count: they cannot stand in for the whole bureau."""
    left = {row.id for row in leaving}
    for kind in ADMINISTRATORS:
        holders = {
            row.id
            for row in active
            if row.administrator == kind and row.administrator_unit_id is None
        }
        if holders and holders <= left:
            yield f"last-administrator:{kind}"


def _role_gates(roles: Sequence[RoleChange], current: Current) -> list[str]:
    """A group may not make administrators, nor take roles from many, on its own."""
    powers = {row.role_id for row in current.group_roles if row.is_power}
    given = {line.role_code for line in roles if line.action == "grant" and line.role_id in powers}
    found = [f"administrator-role:{code}" for code in sorted(given)]
    losing = {line.holder for line in roles if line.action == "revoke"}
    lost = {f"account:{account_id}" for account_id in current.recent_revokes}
    if losing and len(losing | lost) > MOST_PEOPLE:
        found.append("more-than-30-lose-roles")
    return found


def _last_holders(
    roles: Sequence[RoleChange], current: Current, disabled: Collection[int | None]
) -> Iterator[str]:
    """Roles of administrators that somebody holds now and nobody would."""
    revoked = {line.grant_id for line in roles if line.action == "revoke"}
    granted = {line.role_code for line in roles if line.action == "grant"}
    kept = {
        row.role_code
        for row in current.powers
        if row.grant_id not in revoked and row.account_id not in disabled
    }
    for code in sorted({row.role_code for row in current.powers} - kept - granted):
        yield f"last-holder:{code}"


def _emptied_units(
    synced: Sequence[AccountRow],
    leaving: Sequence[AccountRow],
    planned: Sequence[AccountRow],
    units: Sequence[UnitRow],
) -> list[str]:
    """Counted twice: by the unit or section itself, and by the unit with its sections; only
    units that those `planned` now leave."""
    above = {row.id: row.access_unit_id for row in units}
    codes = {row.id: row.code for row in units}

    def counted(rows: Sequence[AccountRow]) -> Counter[tuple[int, bool]]:
        own = ((row.unit_id, False) for row in rows if row.unit_id)
        whole = (
            (access, True) for row in rows if row.unit_id and (access := above.get(row.unit_id))
        )
        return Counter([*own, *whole])

    staff = counted(synced)
    left = counted(leaving)
    found = {}
    for unit_id, is_whole in sorted(counted(planned)):
        count = left[unit_id, is_whole]
        total = staff[unit_id, is_whole]
        if total >= WHOLE_UNIT_STAFF and count == total:
            found[unit_id] = f"whole-unit:{codes[unit_id]}"
        elif total >= UNIT_STAFF and count * 100 > total * UNIT_PERCENT:
            found.setdefault(unit_id, f"tenth-of-unit:{codes[unit_id]}")
    return list(found.values())
