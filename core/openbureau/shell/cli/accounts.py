"""`openbureau account`: people without a directory, and administrators, from the command line."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from openbureau.base.context import Reach
from openbureau.base.database import db, reading, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.accounts.actions import create_account
from openbureau.kernel.accounts.acts import By, refresh
from openbureau.kernel.accounts.administration import (
    allow_attempts,
    archive_account,
    disable_account,
    enable_account,
    initial_passwords,
    issue_passwords,
    make_local,
    reset_second_factor,
)
from openbureau.kernel.accounts.appointments import appoint, dismiss
from openbureau.kernel.accounts.changes import set_password
from openbureau.kernel.accounts.listing import Wanted, people_page
from openbureau.kernel.accounts.models import ADMINISTRATORS, STATES, Account, Post
from openbureau.kernel.accounts.names import checked_name
from openbureau.kernel.accounts.posts import posts_of
from openbureau.kernel.accounts.queries import live_sessions
from openbureau.kernel.accounts.second_factor import second_factor_of
from openbureau.kernel.units.queries import UnitTree, current_tree
from openbureau.shell.cli.arguments import NAME, words
from openbureau.shell.cli.deeds import dry_run_option
from openbureau.shell.cli.named import account_of, unit_of
from openbureau.shell.cli.options import (
    BureauGroup,
    checked_login,
    installation,
    json_option,
    new_password_hash,
    report,
)
from openbureau.shell.cli.refusals import refusing

EVERYWHERE = Reach(is_everywhere=True)
EVERYBODY = 1_000_000
reason_option = click.option("--reason", type=words(300), required=True, help="理由。Why.")
password_file_option = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="密码文件；不给则提示输入。File with the password; asked for otherwise.",
)


@click.group(cls=BureauGroup, help="账号。Accounts.")
def account() -> None:
    """Group of account commands."""


@account.command("add", help="新建本地账号。Create a local account.")
@click.argument("login")
@click.argument("name", type=NAME)
@click.option("--unit", required=True, help="所在单位或处室的代码。Code of the unit or section.")
@click.option("--title", type=words(100), default="", help="职务。Post title.")
@click.option(
    "--administrator",
    type=click.Choice(ADMINISTRATORS),
    help="管理员类别；不能办理业务。Kind of administrator; such an account does no business.",
)
@password_file_option
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
    with refusing("ACC-008"):
        name = checked_name(name)
    installation()
    with reading():
        place = unit_of(unit)
        if Account.get_or_none(Account.login == login) is not None:
            raise OperatorError(
                "ACC-002",
                f"账号 {login} 已经存在。没有任何改动。",
                f"Account {login} exists already. Nothing changed.",
            )
    hashed = new_password_hash(password_file)
    by = By(dt.datetime.now(dt.UTC))
    with writing():
        created = create_account(
            login,
            name,
            now=by.now,
            password_hash=hashed,
            administrator=administrator,
            unit=place,
            title=title,
        )
        by.record("core.create_account", created, administrator=administrator)
        refresh(created)
    report(
        {"account": created.login, "unit": unit, "administrator": administrator},
        as_json,
        lambda _: [f"已建立账号 {created.login}。Account {created.login} created."],
    )


@account.command("list", help="列出账号，可以筛选。List accounts, filtered.")
@click.option("--unit", help="单位及全部下属。A unit and all below it.")
@click.option("--state", type=click.Choice(STATES), help="状态。State.")
@click.option("--source", type=click.Choice(("local", "ldap")), help="来源。Source.")
@click.option(
    "--kind",
    type=click.Choice(("staff", *ADMINISTRATORS)),
    help="业务人员或某类管理员。Staff, or a kind of administrator.",
)
@click.option("--words", "sought", default="", help="姓名、拼音、电话或账号。Name, sound, number.")
@click.option("--unused-days", type=click.IntRange(1, 3650), help="多少天未登录。Days unused.")
@click.option("--no-password", is_flag=True, help="还没有密码的。Without a password yet.")
@json_option
def list_accounts(
    unit: str | None,
    state: str | None,
    source: str | None,
    kind: str | None,
    sought: str,
    unused_days: int | None,
    no_password: bool,
    as_json: bool,
) -> None:
    installation()
    now = dt.datetime.now(dt.UTC)
    with reading():
        tree = current_tree()
        wanted = Wanted(
            words=sought,
            kind=kind or "",
            unit_ids=tree.subtree_ids(unit_of(unit).id) if unit else None,
            state=state or "",
            source=source or "",
            unused_since=now - dt.timedelta(days=unused_days) if unused_days else None,
            has_no_password=no_password,
        )
        rows = [_listed(tree, row) for row in people_page(EVERYWHERE, wanted, EVERYBODY)]
    report(
        rows,
        as_json,
        lambda rows: (
            f"{r['account']:24} {r['name']:12} {r['unit'] or '-':12} {r['state']:9} "
            f"{r['source']:6} {r['last_sign_in'] or '-'}"
            for r in rows
        ),
    )


def _listed(tree: UnitTree, row: Any) -> dict[str, Any]:
    return {
        "account": row.login,
        "name": row.name,
        "unit": tree.by_id[row.unit_id].code if row.unit_id else None,
        "state": row.state,
        "source": row.source,
        "administrator": row.administrator,
        "last_sign_in": row.last_sign_in_at.isoformat() if row.last_sign_in_at else None,
    }


@account.command("show", help="显示一个账号。Show one account.")
@click.argument("login")
@json_option
def show_account(login: str, as_json: bool) -> None:
    installation()
    with reading():
        found = account_of(login)
        shown = {**_facts(found), "posts": [_post(post) for post in posts_of(found.id)]}
    report(shown, as_json, lambda found: (f"{name:22} {value}" for name, value in found.items()))


def _facts(found: Account) -> dict[str, Any]:
    bound = found.administrator_unit
    return {
        "account": found.login,
        "name": found.name,
        "state": found.state,
        "source": found.source,
        "stable_id": found.external_id,
        "directory": found.directory.code if found.directory else None,
        "disabled_reason": found.disabled_reason or None,
        "administrator": found.administrator,
        "administrator_unit": bound.code if bound else None,
        "has_password": found.password_hash is not None,
        "must_change_password": bool(found.must_change_password),
        "has_second_factor": second_factor_of(found.id) is not None,
        "last_sign_in": found.last_sign_in_at.isoformat() if found.last_sign_in_at else None,
        "sessions": len(live_sessions(found.id, dt.datetime.now(dt.UTC))),
    }


def _post(post: Post) -> dict[str, Any]:
    return {
        "unit": post.unit.code,
        "title": post.title,
        "nature": post.nature,
        "is_primary": bool(post.is_primary),
        "is_active": bool(post.is_active),
        "source": post.source,
        "ends_on": post.ends_on.isoformat() if post.ends_on else None,
    }


def _deed(name: str, zh: str, en: str, do: Callable[[Account, str, By], None]) -> None:
    """Adds a command that does one thing to one account, for a reason."""

    @account.command(name, help=f"{zh}。{en}.")
    @click.argument("login")
    @reason_option
    @dry_run_option
    @json_option
    def command(login: str, reason: str, dry_run: bool, as_json: bool) -> None:
        installation()
        with writing(), refusing("ACC-004"):
            found = account_of(login)
            with db.atomic() as attempt:
                do(found, reason, By(dt.datetime.now(dt.UTC)))
                if dry_run:
                    attempt.rollback()
        after = Account.get_by_id(found.id)
        report(
            {"account": found.login, "done": name, "state": after.state, "dry_run": dry_run},
            as_json,
            lambda _: [f"{found.login}：{zh}{'（预演）' if dry_run else ''}。{en}: {after.state}."],
        )


_deed(
    "disable",
    "停用账号，结束其全部登录",
    "Disable an account and end its sessions",
    disable_account,
)
_deed("enable", "恢复使用", "Enable an account again", enable_account)
_deed("archive", "把停用的账号归档", "Archive a disabled account", archive_account)
_deed(
    "reset-second-factor",
    "重置动态口令",
    "Take the second factor away",
    reset_second_factor,
)
_deed(
    "reset-attempts",
    "清除失败计数，可以立即再试",
    "Forget the failed attempts that keep somebody out here",
    allow_attempts,
)
_deed("make-local", "改由本系统管理", "Take over an account whose directory is gone", make_local)


@account.command(
    "reset-password",
    help="发放初始密码；或用文件给定密码。Issue an initial password, or set the one in a file.",
)
@click.argument("login")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="密码文件；不给则生成并显示一次。File with it; made and shown once otherwise.",
)
@json_option
def reset_password(login: str, password_file: Path | None, as_json: bool) -> None:
    installation()
    by = By(dt.datetime.now(dt.UTC))
    with reading():
        found = account_of(login)
    shown: str | None = None
    with refusing("ACC-004"):
        if password_file is None or found.source != "local":
            initials = initial_passwords([found])
            with writing():
                shown = issue_passwords(initials, by)[0][1]
        else:
            hashed = new_password_hash(password_file)
            with writing():
                set_password(found, hashed, by.now)
                by.record("core.issue_password", found)
    report(
        {"account": found.login, "password": shown},
        as_json,
        lambda row: [
            f"{found.login}：{shown}（只显示这一次，首次登录须修改）。"
            f"Shown once, to be changed at the first sign-in."
            if shown
            else f"{found.login}：密码已设置。The password is set."
        ],
    )


@account.command(
    "appoint",
    help="任命或免去管理员；--unit 限定为分级管理员。Appoint or dismiss an administrator.",
)
@click.argument("login")
@click.argument("kind", type=click.Choice((*ADMINISTRATORS, "none")))
@click.option("--unit", help="管理范围：单位及全部下属。Bound to a unit and all below it.")
@dry_run_option
@json_option
def appoint_account(login: str, kind: str, unit: str | None, dry_run: bool, as_json: bool) -> None:
    installation()
    by = By(dt.datetime.now(dt.UTC))
    with writing(), refusing("ACC-004"):
        found = account_of(login)
        place = unit_of(unit) if unit else None
        with db.atomic() as attempt:
            do = partial(dismiss, found) if kind == "none" else partial(appoint, found, kind, place)
            ended = do(by) or 0
            if dry_run:
                attempt.rollback()
    report(
        {
            "account": found.login,
            "administrator": kind,
            "unit": unit,
            "ended_grants": ended,
            "dry_run": dry_run,
        },
        as_json,
        lambda _: [
            f"{found.login} → {kind}{f' @ {unit}' if unit else ''}{'（预演）' if dry_run else ''}",
            f"收回 {ended} 项角色。Grants ended: {ended}.",
        ],
    )
