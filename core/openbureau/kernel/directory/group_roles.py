"""Groups of a directory whose members hold a role."""

import datetime as dt

from openbureau.base.errors import Conflict, Invalid
from openbureau.base.i18n import N_
from openbureau.kernel.access.models import REACHES, Role, RoleGrant
from openbureau.kernel.directory.decoding import dn_key
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.plan import SYNCED
from openbureau.kernel.directory.sources import note_source
from openbureau.kernel.sync.models import GroupRole


def group_roles(source: DirectorySource) -> list[GroupRole]:
    """The groups of a source whose members hold a role, in the order they were named."""
    return list(
        GroupRole.select()
        .where((GroupRole.source == source) & GroupRole.is_active)
        .order_by(GroupRole.id)
    )


def map_group(
    source: DirectorySource,
    group_dn: str,
    role: Role,
    *,
    now: dt.datetime,
    external_id: str = "",
    unit_id: int | None = None,
    reach: str = "unit",
    account_id: int | None = None,
) -> GroupRole:
    """Gives a role to a group's members from the next synchronisation on; without a unit each
    in their own. With its stable id the group is found again after a renaming.

    Raises Invalid: no group, or no such reach. Conflict: the group brings that already.
    """
    if "=" not in group_dn or reach not in REACHES:
        raise Invalid(N_("请选择目录中的一个组和角色的范围。"))
    wanted = GroupRole(
        group_dn=group_dn, external_id=external_id, role=role, unit=unit_id, reach=reach
    )
    if any(_is_same(named, wanted) for named in group_roles(source)):
        raise Conflict(
            N_("这个组已登记带来角色「%(role)s」，单位和范围也相同。"),
            remedy=N_("不需要再登记；要换单位或范围，请先终止原来的。"),
            role=role.name,
        )
    made: GroupRole = GroupRole.create(
        source=source,
        group_dn=group_dn.strip()[:500],
        external_id=external_id,
        role=role,
        unit=unit_id,
        reach=reach,
        changed_at=now,
    )
    detail = {"group": group_dn, "role": role.code, "unit": unit_id, "reach": reach}
    note_source("core.map_directory_group", source, now, account_id, detail)
    return made


def _is_same(one: GroupRole, other: GroupRole) -> bool:
    """Whether two mappings bring the same; one and the same mapping is none twice."""
    if one.id == other.id:
        return False
    brings = (one.role_id, one.unit_id, one.reach) == (other.role_id, other.unit_id, other.reach)
    is_known = bool(one.external_id) and one.external_id == other.external_id
    return brings and (is_known or dn_key(one.group_dn) == dn_key(other.group_dn.strip()))


def grants_of_group(named: GroupRole) -> list[RoleGrant]:
    """The live grants this group brought by this role, unit and reach: what its end takes
    back. None where it is on record twice."""
    if any(_is_same(other, named) for other in group_roles(named.source)):
        return []
    conditions = (
        (RoleGrant.source == SYNCED)
        & RoleGrant.ended_at.is_null()
        & (RoleGrant.role == named.role_id)
        & (RoleGrant.reach == named.reach)
    )
    if named.unit_id is not None:
        conditions &= RoleGrant.unit == named.unit_id
    key = dn_key(named.group_dn)
    return [grant for grant in RoleGrant.select().where(conditions) if dn_key(grant.group) == key]


def unmap_group(mapping: GroupRole, *, now: dt.datetime, account_id: int | None = None) -> None:
    """Ends a group's role; the next synchronisation takes it back from the members."""
    GroupRole.update(is_active=False, changed_at=now).where(GroupRole.id == mapping.id).execute()
    detail = {"group": mapping.group_dn, "role": mapping.role.code}
    note_source("core.unmap_directory_group", mapping.source, now, account_id, detail)
