"""`openbureau role …`: making, changing and retiring roles."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import click

from openbureau.base.database import reading
from openbureau.base.errors import NotFound, OperatorError
from openbureau.base.i18n import load_catalogues
from openbureau.base.plugins import Plugins
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.models import Role
from openbureau.kernel.access.roles import (
    adopt_template,
    change_role,
    create_role,
    permissions_of,
    role_by_code,
    row_of,
    set_role_active,
    template_of,
)
from openbureau.kernel.access.simulation import Effect, RoleRow, effect_of, loaded_tables
from openbureau.kernel.units.queries import current_tree
from openbureau.shell.cli.arguments import NAME, REASON, words
from openbureau.shell.cli.deeds import deed, dry_run_option
from openbureau.shell.cli.options import installation, json_option, report
from openbureau.shell.installation import Installation
from openbureau.shell.loading import package_folders

DESCRIPTION = words(300)


@click.command("permissions", help="列出可以放进角色的权限。List permissions roles may hold.")
@json_option
def list_permissions(as_json: bool) -> None:
    opened = installation()
    catalogues = load_catalogues(folder for _, folder in package_folders(opened.plugins))
    rows = [
        {
            "permission": code,
            "name": label,
            "name_en": catalogues["en"].gettext(label),
            "separated_from": list(opened.plugins.separations.get(code, ())),
        }
        for code, label in sorted(opened.plugins.permission_labels.items())
    ]
    report(
        rows,
        as_json,
        lambda found: (f"{r['permission']:36} {r['name']} {r['name_en']}" for r in found),
    )


@click.command("create", help="新建角色；还没有人持有。Make a role; nobody holds it yet.")
@click.argument("name", type=NAME)
@click.option(
    "--permission", "permissions", multiple=True, help="权限，可多次给出。May be repeated."
)
@click.option("--description", type=DESCRIPTION, default="", help="说明。Description.")
@dry_run_option
@json_option
def create(
    name: str, permissions: Sequence[str], description: str, dry_run: bool, as_json: bool
) -> None:
    opened = installation()
    check_declared(permissions, opened.plugins)
    actor = Actor(dt.datetime.now(dt.UTC))
    with deed(dry_run=dry_run):
        made = create_role(actor, name, description, permissions, opened.plugins)
    answer = {
        "role": None if dry_run else made.code,
        "name": made.name,
        "permissions": sorted(set(permissions)),
        "applied": not dry_run,
    }
    report(answer, as_json, lambda row: (f"{key}: {value}" for key, value in row.items()))


@click.command(
    "change",
    help="改名称、说明和权限，立即生效；先用 --dry-run 看谁得到、谁失去。Change name, description "
    "and permissions, live at once; look with --dry-run who gains and who loses.",
)
@click.argument("role_code", metavar="ROLE")
@click.option("--name", type=NAME, help="名称。Name.")
@click.option("--description", type=DESCRIPTION, help="说明。Description.")
@click.option("--add", "added", multiple=True, help="增加权限，可多次给出。Add a permission.")
@click.option("--remove", "removed", multiple=True, help="去掉权限，可多次给出。Take one away.")
@dry_run_option
@json_option
def change(
    role_code: str,
    name: str | None,
    description: str | None,
    added: Sequence[str],
    removed: Sequence[str],
    dry_run: bool,
    as_json: bool,
) -> None:
    opened = installation()
    check_declared(added, opened.plugins)
    with reading():
        role = role_of(role_code)
        held = permissions_of(role.id)
    _check_held(removed, held, role_code)
    wanted = sorted((held | set(added)) - set(removed))

    def act(actor: Actor) -> None:
        title = role.name if name is None else name
        words = role.description if description is None else description
        change_role(actor, role, title, words, wanted, opened.plugins)

    effect = _tried(opened, row_of(role, wanted), f"role:{role.code}:{','.join(wanted)}")
    _carry_out(act, dry_run=dry_run)
    _tell(role_code, effect, as_json, dry_run=dry_run)


@click.command("adopt-template", help="采用模块提供的模板。Make a role what its template says.")
@click.argument("role_code", metavar="ROLE")
@dry_run_option
@json_option
def adopt(role_code: str, dry_run: bool, as_json: bool) -> None:
    opened = installation()
    with reading():
        role = role_of(role_code)
        template = template_of(role, opened.plugins)
    wanted = template.permissions if template else permissions_of(role.id)
    effect = _tried(opened, row_of(role, wanted), f"template:{role.code}")
    _carry_out(lambda actor: adopt_template(actor, role, opened.plugins), dry_run=dry_run)
    _tell(role_code, effect, as_json, dry_run=dry_run)


def _state_command(name: str, text: str, *, is_active: bool) -> click.Command:
    @click.command(name, help=text)
    @click.argument("role_code", metavar="ROLE")
    @click.option("--reason", type=REASON, required=True, help="理由。Why.")
    @dry_run_option
    @json_option
    def command(role_code: str, reason: str, dry_run: bool, as_json: bool) -> None:
        opened = installation()
        with reading():
            role = role_of(role_code)
        changed = row_of(role)._replace(is_active=is_active)
        effect = _tried(opened, changed, f"state:{role.code}:{is_active}")
        _carry_out(
            lambda actor: set_role_active(actor, role, is_active=is_active, reason=reason),
            dry_run=dry_run,
        )
        _tell(role_code, effect, as_json, dry_run=dry_run)

    return command


retire = _state_command(
    "retire", "停用角色，授权留在案。Retire a role; its grants stay on record.", is_active=False
)
restore = _state_command("restore", "恢复停用的角色。Take a retired role up again.", is_active=True)


def role_of(code: str) -> Role:
    """The role of this code. Raises OperatorError: there is none."""
    try:
        return role_by_code(code)
    except NotFound as missing:
        raise OperatorError(
            "ROLE-001",
            f"没有名为 {code} 的角色。没有任何改动。openbureau role list 列出全部角色。",
            f"There is no role {code}. Nothing changed. `openbureau role list` lists all.",
        ) from missing


def check_declared(permissions: Sequence[str], plugins: Plugins) -> None:
    """Raises OperatorError: no loaded plugin declares one of these permissions."""
    if unknown := sorted(set(permissions) - set(plugins.permission_labels)):
        raise OperatorError(
            "ROLE-004",
            f"没有这些权限：{'、'.join(unknown)}。没有任何改动。"
            "openbureau role permissions 列出全部。",
            f"No such permissions: {', '.join(unknown)}. Nothing changed. "
            "`openbureau role permissions` lists all.",
        )


def _check_held(removed: Sequence[str], held: set[str], code: str) -> None:
    if missing := sorted(set(removed) - held):
        raise OperatorError(
            "ROLE-005",
            f"角色 {code} 没有这些权限：{'、'.join(missing)}。没有任何改动。",
            f"Role {code} does not hold: {', '.join(missing)}. Nothing changed.",
        )


def _tried(opened: Installation, changed: RoleRow, subject: str) -> Effect:
    with reading():
        before = loaded_tables()
        day = Actor(dt.datetime.now(dt.UTC)).today
        return effect_of(
            before,
            before.with_role(changed),
            day,
            current_tree(),
            opened.plugins.separations,
            subject,
        )


def _carry_out(act: Callable[[Actor], None], *, dry_run: bool) -> None:
    with deed(dry_run=dry_run):
        act(Actor(dt.datetime.now(dt.UTC)))


def _tell(code: str, effect: Effect, as_json: bool, *, dry_run: bool) -> None:
    answer: dict[str, Any] = {
        "role": code,
        "applied": not dry_run,
        "gaining": effect.gaining,
        "losing": effect.losing,
        "gains": [[each.name, each.permission] for each in effect.gains],
        "losses": [[each.name, each.permission] for each in effect.losses],
        "conflicts": [list(each) for each in effect.conflicts],
    }
    report(answer, as_json, _effect_lines)


def _effect_lines(answer: dict[str, Any]) -> list[str]:
    word = "已生效 live" if answer["applied"] else "未改动 unchanged"
    return [
        f"{answer['role']}（{word}）",
        *(f"+ {name} {permission}" for name, permission in answer["gains"]),
        *(f"- {name} {permission}" for name, permission in answer["losses"]),
        *(f"! {name} {first} / {second}" for name, first, second in answer["conflicts"]),
    ]
