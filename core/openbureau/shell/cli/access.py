"""`openbureau account`: people without a directory."""

import datetime as dt
from pathlib import Path
from typing import Any

import click

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.accounts.actions import create_account
from openbureau.kernel.accounts.models import ADMINISTRATORS, Account
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.search.core_records import index_people
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.options import (
    BureauGroup,
    checked_login,
    installation,
    json_option,
    new_password_hash,
    report,
)


@click.group(cls=BureauGroup, help="本地账号。Local accounts.")
def account() -> None:
    """Group of account commands."""


@account.command("add", help="新建本地账号。Create a local account.")
@click.argument("login")
@click.argument("name")
@click.option("--unit", required=True, help="所在单位或处室的代码。Code of the unit or section.")
@click.option("--title", default="", help="职务。Post title.")
@click.option(
    "--administrator",
    type=click.Choice(ADMINISTRATORS),
    help="管理员类别；不能办理业务。Kind of administrator; such an account does no business.",
)
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="密码文件；不给则提示输入。File with the password; asked for otherwise.",
)
@json_option
def add_account(
    login: str,
    name: str,
    unit: str,
    title: str,
    administrator: str | None,
    password_file: Path | None,
    as_json: bool,
) -> None:
    login = checked_login(login)
    installation()
    with reading():
        place = _unit(unit)
        if Account.get_or_none(Account.login == login.strip().lower()) is not None:
            raise OperatorError(
                "ACC-002",
                f"账号 {login} 已经存在。没有任何改动。",
                f"Account {login} exists already. Nothing changed.",
            )
    hashed = new_password_hash(password_file)
    now = dt.datetime.now(dt.UTC)
    with writing():
        created = create_account(
            login,
            name,
            now=now,
            password_hash=hashed,
            administrator=administrator,
            unit=place,
            title=title,
        )
        index_people([created.id])
        bump_epoch("access")
        _audit("core.create_account", now, created.id, {"login": created.login})
    report(
        {"account": created.login, "unit": unit, "administrator": administrator},
        as_json,
        lambda _: [f"已建立账号 {created.login}。Account {created.login} created."],
    )


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
