"""Writes of roles, grants and participants."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from peewee import Query

from openbureau.base.database import param, statement, to_instant
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
    record = {"realm": realm, "record_id": record_id, "kind": kind}
    before = [row.holder for row in _holders_of_record().rows(**record)]
    if before:
        _removal().run(**record)
    for holder in before:
        _counting(-1).run(holder=holder, realm=realm, kind=kind)
    for holder in holders:
        _participation().run(holder=holder, at=to_instant(at), **record)
        _counting(1).run(holder=holder, realm=realm, kind=kind)


def add_participant(realm: str, record_id: int, kind: str, holder: str, at: dt.datetime) -> None:
    """Lets one more holder take part in a record; nothing happens where they do already."""
    record = {"realm": realm, "record_id": record_id, "kind": kind}
    if holder in [row.holder for row in _holders_of_record().rows(**record)]:
        return
    _participation().run(holder=holder, at=to_instant(at), **record)
    _counting(1).run(holder=holder, realm=realm, kind=kind)


def _is_the_record() -> Any:
    return (
        (Participant.realm == param("realm"))
        & (Participant.record_id == param("record_id"))
        & (Participant.kind == param("kind"))
    )


@statement
def _holders_of_record() -> Query:
    return Participant.select(Participant.holder).where(_is_the_record())


@statement
def _removal() -> Query:
    return Participant.delete().where(_is_the_record())


@statement
def _participation() -> Query:
    columns = ("realm", "record_id", "holder", "kind", "at")
    return Participant.insert({name: param(name) for name in columns})


@statement
def _counting(step: int) -> Query:
    """Adds to the kept total of a holder."""
    total = ParticipantTotal
    named = {name: param(name) for name in ("holder", "realm", "kind")}
    return total.insert({**named, "total": step}).on_conflict(
        conflict_target=[total.holder, total.realm, total.kind],
        update={total.total: total.total + step},
    )
