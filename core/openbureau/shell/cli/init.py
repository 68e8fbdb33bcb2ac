"""`openbureau init`: a real installation, not the demo."""

import datetime as dt
from pathlib import Path

import click

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.accounts.actions import create_account
from openbureau.kernel.accounts.models import ADMINISTRATORS, Account
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.search.core_records import index_people, index_units
from openbureau.kernel.units.actions import UnitRow, import_units, read_unit_list
from openbureau.kernel.units.models import Node, Unit
from openbureau.shell.cli.options import (
    checked_login,
    installation,
    json_option,
    new_password_hash,
    report,
)


@click.command(
    help="建立正式环境：数据目录、单位表、第一位系统管理员。"
    "Start a real installation: data directory, unit list, first system administrator."
)
@click.option("--name", prompt="单位名称 Bureau name", help="单位名称。Name of the bureau.")
@click.option(
    "--units",
    "unit_list",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    prompt="单位表 CSV Unit list (CSV)",
    help="单位表（CSV，UTF-8 或 GB18030）。Unit list (CSV).",
)
@click.option(
    "--admin", prompt="系统管理员账号 Account of the system administrator", help="账号。Account."
)
@click.option("--admin-name", default="系统管理员", help="姓名。Name.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="密码文件；不给则提示输入。File with the password; asked for otherwise.",
)
@json_option
def init(
    name: str,
    unit_list: Path,
    admin: str,
    admin_name: str,
    password_file: Path | None,
    as_json: bool,
) -> None:
    opened = installation()
    admin = checked_login(admin)
    rows = read_unit_list(unit_list)
    _refuse_used()
    created = _write(name, rows, admin, admin_name, new_password_hash(password_file))
    report(
        {"data": str(opened.settings.data), "units": created, "administrator": admin},
        as_json,
        lambda found: [
            f"已建立：{found['data']}，{found['units']} 个单位，系统管理员 {admin}。",
            f"Ready: {found['data']}, {found['units']} units, system administrator {admin}.",
            "启动 Start: openbureau serve",
        ],
    )


def _write(name: str, rows: list[UnitRow], admin: str, admin_name: str, hashed: str) -> int:
    """The installation, its units and its first administrator; how many units."""
    now = dt.datetime.now(dt.UTC)
    with writing():
        imported = import_units(rows, Node.create(name=name, is_self=True))
        account = create_account(
            admin,
            admin_name,
            now=now,
            password_hash=hashed,
            administrator=ADMINISTRATORS[0],
            unit=Unit.get(Unit.parent.is_null()),
            title="系统管理员",
        )
        index_units(now)
        index_people()
        record_audit(
            action="core.init",
            at=now,
            account_id=account.id,
            detail={"name": name, "units": imported.created},
        )
    return imported.created


def _refuse_used() -> None:
    with reading():
        is_used = Node.select().where(Node.is_self).exists() or Account.select().exists()
    if is_used:
        raise OperatorError(
            "INIT-001",
            "这个数据目录里已经有一套系统。没有任何改动。请用 OPENBUREAU_DATA 指定空目录。",
            "This data directory already holds an installation. Nothing changed. "
            "Name an empty one in OPENBUREAU_DATA.",
        )
