"""`openbureau session`: who is signed in, and ending it."""

import datetime as dt

import click

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.accounts.actions import end_session
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.models import Session
from openbureau.kernel.accounts.session_list import end_all_sessions, live_session_rows
from openbureau.shell.cli.named import account_of
from openbureau.shell.cli.options import KEY, BureauGroup, installation, json_option, report


@click.group(cls=BureauGroup, help="在线会话。Sessions.")
def session() -> None:
    """Group of session commands."""


@session.command("list", help="列出在线会话。List sessions that are not over.")
@click.argument("login", required=False, default="")
@json_option
def list_sessions(login: str, as_json: bool) -> None:
    installation()
    with reading():
        if login:
            account_of(login)
        rows = live_session_rows(dt.datetime.now(dt.UTC), login.strip().lower())
    report(
        rows,
        as_json,
        lambda rows: (
            f"{r['session']:8} {r['account']:24} {r['address']:16} {r['last_used'][:16]}"
            for r in rows
        ),
    )


@session.command(
    "end",
    help="结束一处登录，或某人的全部登录。End one session, or all of an account.",
)
@click.argument("session_id", type=KEY, required=False)
@click.option("--account", "login", help="结束此人的全部登录。End all of this account.")
@click.option("--dry-run", is_flag=True, help="只检查，不写入。Write nothing.")
@json_option
def end_sessions(session_id: int | None, login: str | None, dry_run: bool, as_json: bool) -> None:
    if (session_id is None) == (login is None):
        raise OperatorError(
            "SES-002",
            "请给出会话编号，或用 --account 给出账号，二者取一。没有任何改动。",
            "Name a session, or an account with --account, not both. Nothing changed.",
            2,
        )
    installation()
    by = By(dt.datetime.now(dt.UTC))
    with writing():
        total = _ended_all(login, by, dry_run) if login else _ended(session_id, by, dry_run)
    report(
        {"ended": total, "dry_run": dry_run},
        as_json,
        lambda _: [f"已结束 {total} 处登录。{total} sessions ended."],
    )


def _ended_all(login: str, by: By, dry_run: bool) -> int:
    account = account_of(login)
    if dry_run:
        return len(live_session_rows(by.now, account.login))
    return end_all_sessions(account, by)


def _ended(session_id: int | None, by: By, dry_run: bool) -> int:
    found = Session.get_or_none((Session.id == session_id) & Session.ended_at.is_null())
    if found is None:
        raise OperatorError(
            "SES-001",
            f"没有编号为 {session_id} 的在线会话。没有任何改动。openbureau session list 列出全部。",
            f"There is no session {session_id}. Nothing changed. "
            "`openbureau session list` lists all.",
        )
    if not dry_run:
        end_session(found, by.now, "ended")
        by.record("core.end_session", found.account, session=found.id)
    return 1
