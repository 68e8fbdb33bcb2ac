"""The rows that decide what one person may do, read for explaining: nothing is cached here."""

import datetime as dt
from typing import Any

from peewee import JOIN

from openbureau.kernel.access.models import (
    Delegation,
    Participant,
    RecordAct,
    Role,
    RoleGrant,
    RolePermission,
)
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.models import Unit


def grants_with(permission: str, account_id: int) -> list[Any]:
    """Every grant, also ended and future ones, whose role holds the permission, oldest first.

    Rows: id, role_code, role_name, is_role_active, unit_id, reach, starts_on, ends_on, source,
    granted_at, ended_at, by, post_id, post_title, post_is_active, post_starts_on,
    post_ends_on.
    """
    by = Account.alias("giver")
    return list(
        RoleGrant.select(
            RoleGrant.id,
            Role.code.alias("role_code"),
            Role.name.alias("role_name"),
            Role.is_active.alias("is_role_active"),
            RoleGrant.unit.alias("unit_id"),
            RoleGrant.reach,
            RoleGrant.starts_on,
            RoleGrant.ends_on,
            RoleGrant.source,
            RoleGrant.granted_at,
            RoleGrant.ended_at,
            by.name.alias("by"),
            RoleGrant.post.alias("post_id"),
            Post.title.alias("post_title"),
            Post.is_active.alias("post_is_active"),
            Post.starts_on.alias("post_starts_on"),
            Post.ends_on.alias("post_ends_on"),
        )
        .join(Role)
        .join(RolePermission, on=(RolePermission.role == Role.id))
        .join(Post, JOIN.LEFT_OUTER, on=(RoleGrant.post == Post.id))
        .join(by, JOIN.LEFT_OUTER, on=(RoleGrant.granted_by == by.id))
        .where(
            (RolePermission.permission == permission)
            & ((RoleGrant.account == account_id) | (Post.account == account_id))
        )
        .order_by(RoleGrant.id)
        .namedtuples()
    )


def default_roles_with(permission: str) -> list[Any]:
    """Roles of all staff that hold the permission. Rows: code, name, is_active."""
    return list(
        Role.select(Role.code, Role.name, Role.is_active)
        .join(RolePermission, on=(RolePermission.role == Role.id))
        .where(Role.is_default & (RolePermission.permission == permission))
        .order_by(Role.id)
        .namedtuples()
    )


def all_posts(account_id: int) -> list[Any]:
    """Posts of a person, also former and future ones, in official order.

    Rows: id, title, unit_id, access_unit_id, starts_on, ends_on, is_active.
    """
    return list(
        Post.select(
            Post.id,
            Post.title,
            Post.unit.alias("unit_id"),
            Unit.access_unit.alias("access_unit_id"),
            Post.starts_on,
            Post.ends_on,
            Post.is_active,
        )
        .join(Unit)
        .where(Post.account == account_id)
        .order_by(Post.is_primary.desc(), Post.rank, Post.id)
        .namedtuples()
    )


def delegations_to(account_id: int, today: dt.date) -> list[Any]:
    """Delegations to a person that hold or will hold. Rows: id, post_id, name, account_id,
    starts_on, ends_on, created_at."""
    return list(
        Delegation.select(
            Delegation.id,
            Delegation.post.alias("post_id"),
            Account.id.alias("account_id"),
            Account.name,
            Delegation.starts_on,
            Delegation.ends_on,
            Delegation.created_at,
        )
        .join(Account, on=(Delegation.delegator == Account.id))
        .where(
            (Delegation.delegate == account_id)
            & Delegation.ended_at.is_null()
            & (Delegation.ends_on >= today)
        )
        .order_by(Delegation.id)
        .namedtuples()
    )


def participations(realm: str, record_id: int) -> list[Any]:
    """Who takes part in a record. Rows: holder, kind, at."""
    return list(
        Participant.select(Participant.holder, Participant.kind, Participant.at)
        .where((Participant.realm == realm) & (Participant.record_id == record_id))
        .order_by(Participant.at, Participant.id)
        .namedtuples()
    )


def acts_on(realm: str, record_id: int) -> list[Any]:
    """Who used which permission on a record, where a separation rule keeps count.

    Rows: permission, account_id, name, on_behalf_of_id, on_behalf_of_name, at.
    """
    absent = Account.alias("absent")
    return list(
        RecordAct.select(
            RecordAct.permission,
            Account.id.alias("account_id"),
            Account.name,
            absent.id.alias("on_behalf_of_id"),
            absent.name.alias("on_behalf_of_name"),
            RecordAct.at,
        )
        .join(Account, on=(RecordAct.account == Account.id))
        .join(absent, JOIN.LEFT_OUTER, on=(RecordAct.on_behalf_of == absent.id))
        .where((RecordAct.realm == realm) & (RecordAct.record_id == record_id))
        .order_by(RecordAct.at, RecordAct.id)
        .namedtuples()
    )
