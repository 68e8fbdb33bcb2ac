"""`openbureau role`: what roles hold, who holds them, giving and taking back."""

import datetime as dt
from typing import Any

import click

from openbureau.base.context import CHINA, Reach
from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.grants import (
    STATES,
    Giving,
    check_giving,
    end_grant,
    give,
    grants_everywhere,
    state_of,
)
from openbureau.kernel.access.models import REACHES, Role, RoleGrant
from openbureau.kernel.access.queries import permissions_by_role
from openbureau.kernel.access.roles import template_difference
from openbureau.kernel.access.simulation import Effect, effect_of, loaded_tables
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.queries import current_tree
from openbureau.shell.cli.named import account_of, unit_of
from openbureau.shell.cli.options import KEY, BureauGroup, installation, json_option, report
from openbureau.shell.cli.refusals import refusing

EVERYWHERE = Reach(is_everywhere=True)


@click.group(cls=BureauGroup, help="角色与授权。Roles and grants.")
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


@role.command("show", help="一个角色的权限和持有人。A role: permissions and holders.")
@click.argument("role_code", metavar="ROLE")
@json_option
def show_role(role_code: str, as_json: bool) -> None:
    opened = installation()
    today = dt.datetime.now(CHINA).date()
    with reading():
        found = _role(role_code)
        difference = template_difference(found, opened.plugins)
        holders = [
            row.login
            for row in grants_everywhere()
            if row.role_code == role_code and state_of(row, today) == "current"
        ]
        answer = {
            "role": found.code,
            "name": found.name,
            "is_default": bool(found.is_default),
            "is_active": bool(found.is_active),
            "permissions": sorted(permissions_by_role().get(role_code, ())),
            "beyond_template": list(difference.more) if difference else [],
            "missing_from_template": list(difference.less) if difference else [],
            "holders": sorted(set(holders)),
        }
    report(answer, as_json, lambda found: [f"{name}: {value}" for name, value in found.items()])


@role.command("grants", help="列出授权。List grants.")
@click.option("--state", type=click.Choice(STATES), help="状态。State.")
@json_option
def list_grants(state: str | None, as_json: bool) -> None:
    installation()
    today = dt.datetime.now(CHINA).date()
    with reading():
        codes = {unit.id: unit.code for unit in current_tree().nodes}
        rows = [
            {
                "grant": row.id,
                "account": row.login,
                "post": row.post_title,
                "role": row.role_code,
                "unit": codes[row.unit_id],
                "reach": row.reach,
                "from": row.starts_on,
                "to": row.ends_on,
                "source": row.source,
                "basis": row.basis,
                "state": state_of(row, today),
            }
            for row in grants_everywhere()
            if state in {None, state_of(row, today)}
        ]
    report(
        rows,
        as_json,
        lambda rows: (
            f"{r['grant']:6} {r['account']:20} {r['role']:28} {r['unit']} {r['reach']} {r['state']}"
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
@click.option("--from", "starts_on", type=click.DateTime(["%Y-%m-%d"]), help="开始日期。First day.")
@click.option("--to", "ends_on", type=click.DateTime(["%Y-%m-%d"]), help="结束日期。Last day.")
@click.option("--basis", default="", help="依据。On what basis.")
@click.option("--dry-run", is_flag=True, help="只看影响，不授予。Show the effect, grant nothing.")
@json_option
def grant(
    role_code: str,
    login: str,
    unit: str,
    reach: str,
    starts_on: dt.datetime | None,
    ends_on: dt.datetime | None,
    basis: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    opened = installation()
    actor = Actor(dt.datetime.now(dt.UTC))
    answer = {"grant": 0, "role": role_code, "account": login, "unit": unit, "reach": reach}
    with refusing(), reading() if dry_run else writing():
        giving = Giving(
            _role(role_code),
            unit_of(unit),
            reach,
            [_account(login)],
            starts_on=_day(starts_on),
            ends_on=_day(ends_on),
            basis=basis,
        )
        effect = _effect_of_giving(actor, giving, opened.plugins.separations)
        if not dry_run:
            answer["grant"] = give(actor, giving, EVERYWHERE)[0].id
    report({**answer, "applied": not dry_run, **_counted(effect)}, as_json, _granted_lines)


def _granted_lines(answer: dict[str, Any]) -> list[str]:
    done = "（已生效 / live）" if answer["applied"] else "（未授予 / not granted）"
    return [f"{answer['account']} → {answer['role']} @ {answer['unit']}（{answer['reach']}）{done}"]


def _effect_of_giving(actor: Actor, giving: Giving, separations: Any) -> Effect:
    """What the grant would do. Raises AccessRefused: it cannot be given."""
    check_giving(actor, giving, EVERYWHERE)
    before = loaded_tables()
    day = max(actor.today, giving.starts_on or actor.today)
    after = before.with_grants(giving.rows())
    return effect_of(before, after, day, current_tree(), separations, "give")


def _counted(effect: Effect) -> dict[str, int]:
    return {"gaining": effect.gaining, "losing": effect.losing}


@role.command("revoke", help="收回授权，立即生效，留在案。Take a grant back; it stays on record.")
@click.argument("grant_id", metavar="GRANT", type=KEY)
@click.option("--reason", required=True, help="理由。Why.")
@click.option("--dry-run", is_flag=True, help="只看影响，不收回。Show the effect, take nothing.")
@json_option
def revoke(grant_id: int, reason: str, dry_run: bool, as_json: bool) -> None:
    opened = installation()
    actor = Actor(dt.datetime.now(dt.UTC))
    with refusing(), reading() if dry_run else writing():
        found = RoleGrant.get_or_none(RoleGrant.id == grant_id)
        if found is None:
            raise OperatorError(
                "ROLE-003",
                f"没有编号为 {grant_id} 的授权。没有任何改动。",
                f"There is no grant {grant_id}. Nothing changed.",
            )
        before = loaded_tables()
        after = before.without_grants([grant_id])
        separations = opened.plugins.separations
        effect = effect_of(before, after, actor.today, current_tree(), separations, "end")
        if not dry_run:
            end_grant(actor, found, reason)
    answer = {"grant": grant_id, "applied": not dry_run, **_counted(effect)}
    report(answer, as_json, lambda found: [f"{name}: {value}" for name, value in found.items()])


def _day(given: dt.datetime | None) -> dt.date | None:
    return given.date() if given is not None else None


def _role(code: str) -> Role:
    found = Role.get_or_none(Role.code == code)
    if found is None:
        raise OperatorError(
            "ROLE-001",
            f"没有名为 {code} 的角色。没有任何改动。openbureau role list 列出全部角色。",
            f"There is no role {code}. Nothing changed. `openbureau role list` lists all.",
        )
    return found


def _account(login: str) -> Account:
    found = account_of(login)
    if found.administrator:
        raise OperatorError(
            "ROLE-002",
            f"{login} 是管理员，不能办理业务。没有任何改动。",
            f"{login} is an administrator and does no business. Nothing changed.",
        )
    return found
