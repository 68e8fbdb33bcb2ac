"""`openbureau role`: who may do what."""

import datetime as dt
from typing import Any

import click

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.access.actions import grant_role
from openbureau.kernel.access.models import REACHES, Role
from openbureau.kernel.access.queries import permissions_by_role
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.options import (
    BureauGroup,
    installation,
    json_option,
    report,
)


@click.group(cls=BureauGroup, help="角色。Roles.")
def role() -> None:
    """Group of role commands."""


@role.command("list", help="列出角色及其权限。List roles and their permissions.")
@json_option
def list_roles(as_json: bool) -> None:
    installation()
    with reading():
        held = permissions_by_role()
        rows = [
            {
                "role": row.code,
                "name": row.name,
                "is_default": bool(row.is_default),
                "permissions": sorted(held.get(row.code, ())),
            }
            for row in Role.select().order_by(Role.code)
        ]
    report(
        rows,
        as_json,
        lambda rows: (
            f"{r['role']:28} {r['name']}{'（全员 all staff）' if r['is_default'] else ''}: "
            f"{', '.join(r['permissions'])}"
            for r in rows
        ),
    )


@role.command("grant", help="授予角色，立即生效。Grant a role, live at once.")
@click.argument("role_code", metavar="ROLE")
@click.argument("login", metavar="ACCOUNT")
@click.option("--unit", required=True, help="在哪个单位。In which unit.")
@click.option(
    "--reach",
    type=click.Choice(REACHES),
    default="unit",
    show_default=True,
    help="unit 本单位，subtree 含全部下属，province 全省。The unit, its subtree, the province.",
)
@json_option
def grant(role_code: str, login: str, unit: str, reach: str, as_json: bool) -> None:
    installation()
    now = dt.datetime.now(dt.UTC)
    with writing():
        if Role.get_or_none(Role.code == role_code) is None:
            raise OperatorError(
                "ROLE-001",
                f"没有名为 {role_code} 的角色。没有任何改动。openbureau role list 列出全部角色。",
                f"There is no role {role_code}. Nothing changed. `openbureau role list` lists all.",
            )
        holder = _account(login)
        given = grant_role(role_code, _unit(unit), reach, now=now, account=holder)
        detail = {"role": role_code, "unit": unit, "reach": reach, "grant": given.id}
        _audit("core.grant_role", now, holder.id, detail)
    report(
        {"grant": given.id, "role": role_code, "account": login, "unit": unit, "reach": reach},
        as_json,
        lambda _: [f"{login} → {role_code} @ {unit}（{reach}）（已生效 / live）"],
    )


def _account(login: str) -> Account:
    found = Account.get_or_none(Account.login == login.strip().lower())
    if found is None:
        raise OperatorError(
            "ACC-001",
            f"没有这些账号：{login}。没有任何改动。",
            f"No such accounts: {login}. Nothing changed.",
        )
    if found.administrator:
        raise OperatorError(
            "ROLE-002",
            f"{login} 是管理员，不能办理业务。没有任何改动。",
            f"{login} is an administrator and does no business. Nothing changed.",
        )
    return found


def _unit(code: str) -> Unit:
    found = Unit.get_or_none(Unit.code == code)
    if found is None:
        raise OperatorError(
            "UNIT-001",
            f"没有代码为 {code} 的单位。没有任何改动。openbureau units 列出全部代码。",
            f"There is no unit with code {code}. Nothing changed. "
            "`openbureau units` lists all codes.",
        )
    return found


def _audit(action: str, now: dt.datetime, account_id: int, detail: dict[str, Any]) -> None:
    record_audit(action=action, at=now, realm="core/account", record_id=account_id, detail=detail)
