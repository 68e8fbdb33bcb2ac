"""Writes of roles, grants and participants."""

import datetime as dt
from collections.abc import Iterable, Sequence

from openbureau.base.declarations import RoleTemplate
from openbureau.kernel.access.models import (
    Participant,
    ParticipantTotal,
    Role,
    RoleGrant,
    RolePermission,
)
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.models import Unit


def install_role_templates(templates: Iterable[tuple[str, RoleTemplate]]) -> list[str]:
    """Creates roles from the plugins' templates and follows upgraded ones.

    A role an administrator edited is left alone; its code is returned so that the
    difference can be shown. (plugin slug, template) pairs.
    """
    kept = []
    is_changed = False
    for slug, template in templates:
        role, is_new = Role.get_or_create(  # type: ignore[no-untyped-call]
            code=template.code,
            defaults={
                "name": template.name,
                "template": slug,
                "is_default": template.is_default,
            },
        )
        held = {
            row.permission for row in RolePermission.select().where(RolePermission.role == role)
        }
        wanted = set(template.permissions)
        if held == wanted:
            continue
        if role.is_edited and not is_new:
            kept.append(role.code)
            continue
        RolePermission.delete().where(
            (RolePermission.role == role) & RolePermission.permission.in_(held - wanted)
        ).execute()
        RolePermission.insert_many(
            [{"role": role, "permission": code} for code in sorted(wanted - held)]
        ).execute()
        is_changed = True
    if is_changed:
        bump_epoch("access")
    return kept


def grant_role(
    role_code: str,
    unit: Unit,
    reach: str,
    *,
    now: dt.datetime,
    account: Account | None = None,
    post: Post | None = None,
    source: str = "manual",
) -> RoleGrant:
    """Gives a role to a person or a post in a unit."""
    grant = RoleGrant.create(
        account=account,
        post=post,
        role=Role.get(Role.code == role_code),
        unit=unit,
        reach=reach,
        source=source,
        granted_at=now,
    )
    bump_epoch("access")
    return grant


def set_participants(
    realm: str, record_id: int, kind: str, holders: Sequence[str], at: dt.datetime
) -> None:
    """Makes these holders the record's participants of one kind, and keeps the totals.

    The caller names no holder that another one covers: totals are added up.
    """
    same = (
        (Participant.realm == realm)
        & (Participant.record_id == record_id)
        & (Participant.kind == kind)
    )
    before = [row.holder for row in Participant.select(Participant.holder).where(same)]
    Participant.delete().where(same).execute()
    for holder in before:
        _count(holder, realm, kind, -1)
    if holders:
        Participant.insert_many(
            [
                {
                    "realm": realm,
                    "record_id": record_id,
                    "holder": holder,
                    "kind": kind,
                    "at": at,
                }
                for holder in holders
            ]
        ).execute()
    for holder in holders:
        _count(holder, realm, kind, 1)


def _count(holder: str, realm: str, kind: str, step: int) -> None:
    ParticipantTotal.insert(holder=holder, realm=realm, kind=kind, total=step).on_conflict(
        conflict_target=[ParticipantTotal.holder, ParticipantTotal.realm, ParticipantTotal.kind],
        update={ParticipantTotal.total: ParticipantTotal.total + step},
    ).execute()
