"""`openbureau account change`, `slips` and `import-template`: what the page of people does."""

import datetime as dt
from pathlib import Path
from typing import Any

import click

from openbureau.base.context import Reach
from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.base.workbooks import csv_bytes
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.administration import (
    CONTACT,
    change_contact,
    create_person,
    initial_passwords,
    issue_passwords,
)
from openbureau.kernel.accounts.listing import Wanted, people_ids
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.queries import current_tree
from openbureau.shell.cli.arguments import NAME, words
from openbureau.shell.cli.deeds import deed, dry_run_option
from openbureau.shell.cli.named import account_of, unit_of
from openbureau.shell.cli.options import checked_login, installation, json_option, report
from openbureau.shell.cli.refusals import refusing
from openbureau.shell.cli.written import write_new
from openbureau.shell.person_template import person_template

SLIPS = 1000


def _contact(command: Any) -> Any:
    """The options that say how somebody is reached."""
    for option in (
        click.option("--room", type=words(60), help="房间。Room."),
        click.option("--mail", type=words(200), help="邮箱。Mail."),
        click.option("--mobile", type=words(60), help="手机。Mobile."),
        click.option("--phone", type=words(60), help="办公电话。Telephone."),
    ):
        command = option(command)
    return command


@click.command(
    "create",
    help="新建本地账号，带联系方式；密码另行发放。Create a local account with contact data; its "
    "password is issued separately.",
)
@click.argument("login")
@click.argument("name", type=NAME)
@click.option("--unit", required=True, help="单位或处室的代码。Code of the unit or section.")
@click.option("--title", type=words(100), default="", help="职务。Post title.")
@_contact
@dry_run_option
@json_option
def create_account(
    login: str, name: str, unit: str, title: str, dry_run: bool, as_json: bool, **given: Any
) -> None:
    installation()
    by = By(dt.datetime.now(dt.UTC))
    contact = {key: value for key, value in given.items() if value is not None}
    with deed("ACC-002", dry_run=dry_run):
        place = unit_of(unit)
        made = create_person(checked_login(login), name, place, by, title=title, contact=contact)
    answer = {"account": made.login, "name": name, "unit": unit, **contact}
    report(
        {**answer, "applied": not dry_run},
        as_json,
        lambda _: [f"{made.login} {name}{'（预演 not written）' if dry_run else ''}"],
    )


@click.command("change", help="改姓名和联系方式。Change name, telephones, mail, room.")
@click.argument("login", metavar="ACCOUNT")
@click.option("--name", type=NAME, help="姓名。Name.")
@_contact
@dry_run_option
@json_option
def change_account(login: str, dry_run: bool, as_json: bool, **given: Any) -> None:
    installation()
    values = {key: value for key, value in given.items() if value is not None}
    if not values:
        raise OperatorError(
            "ACC-007",
            "没有给出要改的内容。没有任何改动。选项见 --help。",
            "Nothing to change was given. Nothing changed. See --help.",
            2,
        )
    with deed("ACC-004", dry_run=dry_run):
        found = account_of(login)
        is_changed = change_contact(found, values, By(dt.datetime.now(dt.UTC)))
        after = {key: getattr(Account.get_by_id(found.id), key) for key in CONTACT}
    word = "未改动 unchanged" if dry_run or not is_changed else "已保存 saved"
    report(
        {"account": found.login, **after, "changed": is_changed, "applied": not dry_run},
        as_json,
        lambda row: [f"{row['account']} {row['name']} {row['mobile']}（{word}）"],
    )


@click.command(
    "slips",
    help="为一个单位（含下属）还没有密码的人员发放初始密码，写入新文件（CSV）。Issue initial "
    "passwords to everybody without one in a unit and below, into a new file (CSV).",
)
@click.argument("unit")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@dry_run_option
@json_option
def slips(unit: str, file: Path, dry_run: bool, as_json: bool) -> None:
    installation()
    with reading():
        wanted = Wanted(
            unit_ids=current_tree().subtree_ids(unit_of(unit).id),
            state="active",
            kind="staff",
            has_no_password=True,
        )
        ids = people_ids(Reach(is_everywhere=True), wanted, SLIPS)
        accounts = list(Account.select().where(Account.id.in_(ids)).order_by(Account.login))
    if not dry_run and accounts:
        initials = initial_passwords(accounts)
        rows = [(each.account.login, each.account.name, each.password) for each in initials]
        with refusing("ACC-004"), writing():
            issue_passwords(initials, By(dt.datetime.now(dt.UTC)))
            write_new(file, csv_bytes(("account", "name", "password"), rows), 0o600)
    report(
        {"unit": unit, "accounts": [a.login for a in accounts], "applied": not dry_run},
        as_json,
        lambda row: [f"{len(row['accounts'])} 人 people → {'-' if dry_run else file}"],
    )


@click.command(
    "import-template", help="写出人员导入模板（.xlsx）。Write the workbook for importing people."
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def import_template(file: Path, as_json: bool) -> None:
    installation()
    with reading():
        content = person_template(current_tree(), Reach(is_everywhere=True))
    write_new(file, content)
    report({"file": str(file)}, as_json, lambda _: [f"已写出 written: {file}"])
