"""Which groups of a directory bring which roles: chosen by the security administrator."""

import datetime as dt
from typing import Any

from peewee import JOIN

from openbureau.base.errors import Invalid, NotFound
from openbureau.kernel.access.models import Role
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.sync.models import GroupRole
from openbureau.kernel.units.models import Unit


def group_roles() -> list[Any]:
    """Every group that brings a role. Rows: id, group_dn, reach, changed_at, role_name,
    source_name, unit_name (None: each member's own unit)."""
    return list(
        GroupRole.select(
            GroupRole.id,
            GroupRole.group_dn,
            GroupRole.reach,
            GroupRole.changed_at,
            Role.name.alias("role_name"),
            DirectorySource.name.alias("source_name"),
            Unit.name.alias("unit_name"),
        )
        .join(Role)
        .switch(GroupRole)
        .join(DirectorySource)
        .switch(GroupRole)
        .join(Unit, JOIN.LEFT_OUTER)
        .where(GroupRole.is_active)
        .order_by(DirectorySource.position, GroupRole.group_dn, GroupRole.id)
        .namedtuples()
    )


def name_group_role(
    source: DirectorySource,
    group_dn: str,
    role: Role,
    unit: Unit | None,
    reach: str,
    *,
    account_id: int,
    now: dt.datetime,
) -> GroupRole:
    """Lets a group bring a role from the next synchronisation on.

    Raises Invalid: the group brings this role there already.
    """
    same = (
        (GroupRole.source == source)
        & (GroupRole.group_dn == group_dn)
        & (GroupRole.role == role)
        & GroupRole.is_active
    )
    place = GroupRole.unit.is_null() if unit is None else GroupRole.unit == unit
    if GroupRole.select().where(same & place).exists():
        raise Invalid("这个组在这个范围已经带来这个角色。")
    named = GroupRole.create(
        source=source, group_dn=group_dn, role=role, unit=unit, reach=reach, changed_at=now
    )
    _audit("core.name_group_role", named, account_id, now)
    return named


def end_group_role(group_role_id: int, *, account_id: int, now: dt.datetime) -> GroupRole:
    """Ends it; what it brought is taken back by the next synchronisation.

    Raises NotFound: there is none, or it has ended.
    """
    named = GroupRole.get_or_none((GroupRole.id == group_role_id) & GroupRole.is_active)
    if named is None:
        raise NotFound
    GroupRole.update(is_active=False, changed_at=now).where(GroupRole.id == named.id).execute()
    _audit("core.end_group_role", named, account_id, now)
    return named


def _audit(action: str, named: GroupRole, account_id: int, now: dt.datetime) -> None:
    record_audit(
        action=action,
        at=now,
        account_id=account_id,
        unit_id=named.unit_id,
        realm="core/group_role",
        record_id=named.id,
        detail={"group": named.group_dn, "role": named.role.code, "reach": named.reach},
    )
