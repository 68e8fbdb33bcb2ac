"""Roles: what they hold, who holds them, making, changing and retiring them."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from openbureau.base.declarations import RoleTemplate
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.base.plugins import Plugins
from openbureau.kernel.access.actors import AccessRefused, Actor
from openbureau.kernel.access.models import Role, RoleGrant, RolePermission
from openbureau.kernel.access.simulation import RoleRow
from openbureau.kernel.enablement.actions import bump_epoch


def role_rows() -> list[Any]:
    """Every role, those in use first. Rows: id, code, name, description, template, is_edited,
    is_default, is_active, permission_total, grant_total (grants not taken back)."""
    held = (
        RolePermission.select(
            RolePermission.role.alias("role_id"), fn.COUNT(RolePermission.id).alias("total")
        )
        .group_by(RolePermission.role)
        .alias("held")
    )
    given = (
        RoleGrant.select(RoleGrant.role.alias("role_id"), fn.COUNT(RoleGrant.id).alias("total"))
        .where(RoleGrant.ended_at.is_null())
        .group_by(RoleGrant.role)
        .alias("given")
    )
    return list(
        Role.select(
            Role.id,
            Role.code,
            Role.name,
            Role.description,
            Role.template,
            Role.is_edited,
            Role.is_default,
            Role.is_active,
            fn.COALESCE(held.c.total, 0).alias("permission_total"),
            fn.COALESCE(given.c.total, 0).alias("grant_total"),
        )
        .join(held, JOIN.LEFT_OUTER, on=(held.c.role_id == Role.id))
        .switch(Role)
        .join(given, JOIN.LEFT_OUTER, on=(given.c.role_id == Role.id))
        .order_by(Role.is_active.desc(), Role.id)
        .namedtuples()
    )


def role_by_code(code: str) -> Role:
    """A role. Raises NotFound: there is none."""
    found = Role.get_or_none(Role.code == code)
    if found is None:
        raise NotFound
    return found


def permissions_of(role_id: int) -> set[str]:
    """The permissions a role holds."""
    rows = RolePermission.select(RolePermission.permission).where(RolePermission.role == role_id)
    return {row.permission for row in rows}


def row_of(role: Role, permissions: Collection[str] | None = None) -> RoleRow:
    """A role as the simulation knows it, perhaps with other permissions."""
    held = permissions_of(role.id) if permissions is None else permissions
    return RoleRow(role.id, bool(role.is_default), bool(role.is_active), frozenset(held))


def template_of(role: Role, plugins: Plugins) -> RoleTemplate | None:
    """The template a role came from, if its plugin is loaded."""
    record = plugins.records.get(role.template)
    for template in record.declared.permissions.roles if record and record.is_loaded else ():
        if template.code == role.code:
            return template
    return None


@dataclass(frozen=True, slots=True)
class TemplateDifference:
    """What a role has beyond its template, and what it lacks of it."""

    more: Sequence[str]
    less: Sequence[str]


def template_difference(role: Role, plugins: Plugins) -> TemplateDifference | None:
    """How a role differs from its template; None when it does not, or has none."""
    template = template_of(role, plugins)
    if template is None:
        return None
    held, wanted = permissions_of(role.id), set(template.permissions)
    if held == wanted:
        return None
    return TemplateDifference(sorted(held - wanted), sorted(wanted - held))


def create_role(
    actor: Actor, name: str, description: str, permissions: Collection[str], plugins: Plugins
) -> Role:
    """A role of one's own."""
    _check_name(name)
    _check_permissions(permissions, set(), plugins)
    role = Role.create(
        code=f"own.{secrets.token_hex(4)}",
        name=name.strip(),
        description=description,
        is_edited=True,
        changed_at=actor.now,
    )
    _hold(role, permissions)
    detail = {"role": role.code, "name": role.name, "permissions": sorted(permissions)}
    actor.audit("core.create_role", "core/role", role.id, detail)
    bump_epoch("access")
    return role


def change_role(
    actor: Actor,
    role: Role,
    name: str,
    description: str,
    permissions: Collection[str],
    plugins: Plugins,
) -> None:
    """Gives a role other permissions or another name; upgrades of its plugin then leave it
    alone and show the difference."""
    _check_name(name, role.id)
    before = permissions_of(role.id)
    _check_permissions(permissions, before, plugins)
    Role.update(
        name=name.strip(), description=description, is_edited=True, changed_at=actor.now
    ).where(Role.id == role.id).execute()
    _hold(role, permissions)
    detail = {
        "role": role.code,
        "name": name.strip(),
        "added": sorted(set(permissions) - before),
        "removed": sorted(before - set(permissions)),
    }
    actor.audit("core.change_role", "core/role", role.id, detail)
    bump_epoch("access")


def adopt_template(actor: Actor, role: Role, plugins: Plugins) -> None:
    """Makes a role what its template says, and lets upgrades change it again."""
    template = template_of(role, plugins)
    if template is None:
        raise AccessRefused("", N_("这个角色没有模板。"))
    before = permissions_of(role.id)
    Role.update(is_edited=False, changed_at=actor.now).where(Role.id == role.id).execute()
    _hold(role, template.permissions)
    detail = {"role": role.code, "before": sorted(before), "after": sorted(template.permissions)}
    actor.audit("core.adopt_role_template", "core/role", role.id, detail)
    bump_epoch("access")


def set_role_active(actor: Actor, role: Role, *, is_active: bool, reason: str) -> None:
    """Retires a role, or takes it up again; its grants stay on record."""
    if bool(role.is_active) == is_active:
        raise AccessRefused("", N_("角色的状态没有变化。"))
    Role.update(is_active=is_active, changed_at=actor.now).where(Role.id == role.id).execute()
    action = "core.restore_role" if is_active else "core.retire_role"
    actor.audit(action, "core/role", role.id, {"role": role.code, "reason": reason})
    bump_epoch("access")


def _hold(role: Role, permissions: Collection[str]) -> None:
    held, wanted = permissions_of(role.id), set(permissions)
    RolePermission.delete().where(
        (RolePermission.role == role.id) & RolePermission.permission.in_(sorted(held - wanted))
    ).execute()
    fresh = [{"role": role.id, "permission": code} for code in sorted(wanted - held)]
    if fresh:
        RolePermission.insert_many(fresh).execute()


def _check_name(name: str, own_id: int | None = None) -> None:
    if not name.strip():
        raise AccessRefused("name", N_("请填写名称。"))
    same = Role.get_or_none((Role.name == name.strip()) & (Role.id != (own_id or 0)))
    if same is not None:
        raise AccessRefused("name", N_("已有名为「%(name)s」的角色。"), name=name.strip())


def _check_permissions(
    permissions: Collection[str], before: Collection[str], plugins: Plugins
) -> None:
    """Only what a plugin declares, or what the role held before its plugin was unloaded."""
    unknown = set(permissions) - set(plugins.permission_labels) - set(before)
    if unknown:
        raise AccessRefused("permissions", N_("请从列出的选项中选择。"))
