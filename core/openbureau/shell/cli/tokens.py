"""`openbureau token`: programs that act for somebody; giving a token and revoking it."""

import datetime as dt
from typing import Any

import click

from openbureau.base.context import CHINA, Reach
from openbureau.base.database import reading
from openbureau.base.errors import OperatorError
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.contexts import moment_of
from openbureau.kernel.tokens.actions import REACHES, Wanted, create_token, revoke_token
from openbureau.kernel.tokens.models import ApiToken
from openbureau.kernel.tokens.queries import (
    refusal_of,
    scopes_of,
    token_state_row,
    tokens_listed,
)
from openbureau.shell.cli.arguments import DAY, REASON, words
from openbureau.shell.cli.deeds import deed, dry_run_option
from openbureau.shell.cli.named import account_of, unit_of
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.registers.scopes import offered_scopes

EVERYWHERE = Reach(is_everywhere=True)
NAME = words(100, may_be_empty=False)


@click.group(cls=BureauGroup, help="接口令牌。Tokens of the API.")
def token() -> None:
    """Group of token commands."""


@token.command("list", help="列出令牌（不含令牌本身）。List tokens, never their text.")
@json_option
def list_tokens(as_json: bool) -> None:
    installation()
    today = dt.datetime.now(CHINA).date().isoformat()
    with reading():
        rows = [_told(row, today) for row in tokens_listed(EVERYWHERE)]
    report(
        rows,
        as_json,
        lambda rows: (
            f"{r['token']} {r['shown']}… {r['account']:20} {r['unit']:12} {r['ends_on']} "
            f"{r['refused'] or '在用 in use'} {r['name']}"
            for r in rows
        ),
    )


@token.command("new", help="发放令牌，只显示这一次。Give a token; it is shown this once.")
@click.argument("name", type=NAME)
@click.option("--account", "login", required=True, help="代表的账号。Account it acts for.")
@click.option("--unit", "code", required=True, help="单位代码。Unit code.")
@click.option(
    "--reach",
    type=click.Choice(REACHES),
    default="unit",
    show_default=True,
    help="只在该单位，或含全部下属。The unit alone, or with all below.",
)
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="权限，可重复。Permission; repeatable."
)
@click.option("--until", "ends_on", type=DAY, required=True, help="到期日，含当天。Last day.")
@click.option(
    "--per-minute",
    type=click.IntRange(1, 6000),
    default=60,
    show_default=True,
    help="每分钟次数。Requests a minute.",
)
@dry_run_option
@json_option
def new(
    name: str,
    login: str,
    code: str,
    reach: str,
    scopes: tuple[str, ...],
    ends_on: dt.datetime,
    per_minute: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    opened = installation()
    now = dt.datetime.now(dt.UTC)
    groups = offered_scopes(opened.plugins)
    declared = [permission for _, labelled in groups for permission, _ in labelled]
    with deed(dry_run=dry_run):
        wanted = Wanted(
            name, account_of(login), unit_of(code), reach, scopes, ends_on.date(), per_minute
        )
        made, text = create_token(Actor(now), wanted, moment_of(now), declared)
        answer = {
            "token": None if dry_run else made.uid,
            "text": None if dry_run else text,
            "account": login,
            "unit": code,
            "ends_on": wanted.ends_on,
            "applied": not dry_run,
        }
    line = "可以发放，未改动。Would be given; unchanged." if dry_run else text
    report(answer, as_json, lambda _: [line])


@token.command("revoke", help="撤销令牌，立即生效。Revoke a token at once.")
@click.argument("uid", metavar="TOKEN")
@click.option("--reason", type=REASON, required=True, help="理由。Why.")
@dry_run_option
@json_option
def revoke(uid: str, reason: str, dry_run: bool, as_json: bool) -> None:
    installation()
    with deed(dry_run=dry_run):
        found: ApiToken | None = ApiToken.get_or_none(ApiToken.uid == uid.strip())
        if found is None:
            raise OperatorError(
                "TOK-011",
                f"没有编号为 {uid[:40]} 的令牌。没有任何改动。openbureau token list 列出全部。",
                f"There is no token {uid[:40]}. Nothing changed. `openbureau token list` lists "
                "all.",
            )
        revoke_token(Actor(dt.datetime.now(dt.UTC)), found, reason)
    answer = {"token": uid, "name": found.name, "applied": not dry_run}
    word = "未改动 unchanged" if dry_run else "已撤销 revoked"
    report(answer, as_json, lambda _: [f"{found.name}（{word}）"])


def _told(row: ApiToken, today: str) -> dict[str, Any]:
    code, _ = refusal_of(token_state_row(row), today)
    return {
        "token": row.uid,
        "name": row.name,
        "shown": row.shown,
        "account": row.account.login,
        "unit": row.unit.code,
        "reach": row.reach,
        "scopes": scopes_of(row.scopes),
        "per_minute": row.per_minute,
        "ends_on": row.ends_on,
        "last_used": row.used_at,
        "refused": code,
    }
