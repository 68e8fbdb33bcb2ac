"""`openbureau group-role`: groups of a directory whose members hold a role."""

import datetime as dt
import re
from typing import Any

import click

from openbureau.base.database import reading
from openbureau.base.errors import OperatorError
from openbureau.kernel.access.models import REACHES
from openbureau.kernel.directory.group_roles import group_roles, map_group, unmap_group
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.sampling import sample
from openbureau.kernel.directory.snapshot import Incomplete
from openbureau.kernel.directory.sources import source_config, sources
from openbureau.kernel.sync.models import GroupRole
from openbureau.shell.cli.arguments import KEY, words
from openbureau.shell.cli.deeds import deed, dry_run_option
from openbureau.shell.cli.named import unit_of
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.cli.role_changes import role_of
from openbureau.shell.cli.sources import chosen_source

DN = re.compile(r"[A-Za-z0-9.-]+=.+")
GROUPS_SHOWN = 30


@click.group("group-role", cls=BureauGroup, help="目录组授权。Roles by directory group.")
def group_role() -> None:
    """Group of commands about directory groups."""


@group_role.command("list", help="列出带来角色的目录组。List groups that bring a role.")
@json_option
def list_mappings(as_json: bool) -> None:
    installation()
    with reading():
        rows = [_shown(each) for source in sources() for each in group_roles(source)]
    report(
        rows,
        as_json,
        lambda found: (
            f"{r['mapping']:6} {r['source']:12} {r['group']} → {r['role']} @ {r['unit'] or '-'} "
            f"{r['reach']}"
            for r in found
        ),
    )


@group_role.command("groups", help="列出目录中现有的组。List the groups a directory has now.")
@click.argument("code", metavar="SOURCE")
@json_option
def list_groups(code: str, as_json: bool) -> None:
    opened = installation()
    with reading():
        config = source_config(chosen_source(code), opened.settings.data)
    found = sample(config, limit=GROUPS_SHOWN)
    if isinstance(found, Incomplete):
        zh, en = reason_words(found.reason)
        raise OperatorError(
            "LDAP-004",
            f"没有从目录得到完整的答复：{zh}。没有任何改动。请核对来源后重试。",
            f"The directory gave no whole answer: {en}. Nothing changed. Check the source and try "
            "again.",
            3,
        )
    rows = [{"group": g.dn, "name": g.name, "members": g.members} for g in found.groups]
    report(rows, as_json, lambda rows: (f"{r['members']:6} {r['name']} {r['group']}" for r in rows))


@group_role.command(
    "add", help="登记一个组，下次同步时授予。Name a group; the next synchronisation grants."
)
@click.argument("code", metavar="SOURCE")
@click.argument("group_dn", metavar="GROUP_DN", type=words(500, may_be_empty=False))
@click.argument("role_code", metavar="ROLE")
@click.option("--unit", help="在哪个单位；不给则在各人所在单位。Unit; each one's own without.")
@click.option(
    "--reach", type=click.Choice(REACHES), default="unit", show_default=True, help="范围。Reach."
)
@dry_run_option
@json_option
def add(
    code: str,
    group_dn: str,
    role_code: str,
    unit: str | None,
    reach: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    installation()
    with deed(dry_run=dry_run):
        source, role = chosen_source(code), role_of(role_code)
        place = unit_of(unit).id if unit is not None else None
        _check(group_dn, role)
        now = dt.datetime.now(dt.UTC)
        made = map_group(source, group_dn, role, unit_id=place, reach=reach, now=now)
        shown = _shown(made)
    _tell({**shown, "mapping": None if dry_run else made.id}, as_json, dry_run=dry_run)


@group_role.command(
    "end", help="终止，下次同步时收回。End one; the next synchronisation takes the role back."
)
@click.argument("mapping_id", metavar="MAPPING", type=KEY)
@dry_run_option
@json_option
def end(mapping_id: int, dry_run: bool, as_json: bool) -> None:
    installation()
    with deed(dry_run=dry_run):
        found = GroupRole.get_or_none((GroupRole.id == mapping_id) & GroupRole.is_active)
        if found is None:
            raise OperatorError(
                "GRP-001",
                f"没有编号为 {mapping_id} 的目录组授权。没有任何改动。"
                "openbureau group-role list 列出全部。",
                f"There is no mapping {mapping_id}. Nothing changed. "
                "`openbureau group-role list` lists all.",
            )
        shown = _shown(found)
        unmap_group(found, now=dt.datetime.now(dt.UTC))
    _tell(shown, as_json, dry_run=dry_run)


def _check(group_dn: str, role: Any) -> None:
    if not DN.fullmatch(group_dn):
        raise OperatorError(
            "GRP-002",
            f"{group_dn} 不是组的 DN。没有任何改动。应写完整，例如 cn=发布人,ou=groups,dc=…。",
            f"{group_dn} is no DN of a group. Nothing changed. Write it whole, for example "
            "cn=publishers,ou=groups,dc=….",
        )
    if not role.is_active:
        raise OperatorError(
            "GRP-003",
            f"角色 {role.code} 已停用。没有任何改动。",
            f"Role {role.code} is retired. Nothing changed.",
        )


def _shown(mapping: GroupRole) -> dict[str, Any]:
    return {
        "mapping": mapping.id,
        "source": mapping.source.code,
        "group": mapping.group_dn,
        "role": mapping.role.code,
        "unit": mapping.unit.code if mapping.unit is not None else None,
        "reach": mapping.reach,
    }


def _tell(shown: dict[str, Any], as_json: bool, *, dry_run: bool) -> None:
    word = "未改动 unchanged" if dry_run else "下次同步时生效 from the next synchronisation on"
    answer = {**shown, "applied": not dry_run}
    report(answer, as_json, lambda row: [f"{row['group']} → {row['role']}（{word}）"])
