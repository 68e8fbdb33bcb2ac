"""`openbureau handover preview` and `carry-out`: a leaver's duties to a successor."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import click

from openbureau.base.context import Context
from openbureau.base.database import reading
from openbureau.base.errors import NotFound, OperatorError
from openbureau.kernel.access.grants import is_within
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.seal import signing_key
from openbureau.shell.cli.arguments import KEY, words
from openbureau.shell.cli.deeds import deed, dry_run_option, person_acting, refuse_powerless
from openbureau.shell.cli.named import account_of
from openbureau.shell.cli.options import installation, json_option, report
from openbureau.shell.handover_plans import (
    PERMISSION,
    HandoverPlan,
    Held,
    carry_out,
    held_by,
)
from openbureau.shell.installation import Installation

as_option = click.option(
    "--as",
    "acting",
    metavar="ACCOUNT",
    required=True,
    help="以哪位系统管理员的名义。In which system administrator's name.",
)


@click.command("preview", help="列出一个人要移交的全部内容。List what somebody has to hand over.")
@click.argument("leaver")
@as_option
@json_option
def preview(leaver: str, acting: str, as_json: bool) -> None:
    opened = installation()
    with reading():
        held = _held(opened, person_acting(opened, acting, dt.datetime.now(dt.UTC)), leaver)
    answer = {
        "leaver": leaver,
        "kinds": held.choosable,
        "posts": [{"post": post.id, "title": post.title} for post in held.own_posts],
        "lines": _lines(held, held.choosable),
    }
    report(answer, as_json, _line_words)


@click.command(
    "carry-out",
    help="移交全部内容，或 --kind 给出的种类，写成签名的清单。Hand everything over, or the kinds "
    "given, and write the signed list.",
)
@click.argument("leaver")
@click.argument("successor")
@click.option("--reason", type=words(500, may_be_empty=False), required=True, help="事由。Why.")
@click.option("--kind", "kinds", multiple=True, help="只移交这一种类，可多次给出。Only this kind.")
@click.option("--end-post", "ended", type=KEY, multiple=True, help="结束这项任职。End this post.")
@click.option(
    "--pass-post", "passed", type=KEY, multiple=True, help="结束并由接收人接任。End and pass on."
)
@click.option("--plan", "expected", metavar="HASH", help="只办理核对过的这一份。This plan only.")
@as_option
@dry_run_option
@json_option
def carry_out_handover(
    leaver: str,
    successor: str,
    reason: str,
    kinds: Sequence[str],
    ended: Sequence[int],
    passed: Sequence[int],
    expected: str | None,
    acting: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    opened = installation()
    secret = signing_key(opened.settings.data)
    with deed(dry_run=dry_run):
        ctx = person_acting(opened, acting, dt.datetime.now(dt.UTC))
        held = _held(opened, ctx, leaver)
        chosen = list(kinds) or held.choosable
        posts = sorted({*ended, *passed})
        _check_chosen(held, chosen, posts)
        taker = _successor(ctx, successor, held.leaver)
        plan = HandoverPlan(held, taker, chosen, posts, sorted(set(passed)), reason)
        if expected is not None and expected != plan.digest:
            raise _outdated()
        made = carry_out(ctx, opened.plugins, plan, secret)
    answer = {
        "handover": None if dry_run else made.uid,
        "leaver": held.leaver.login,
        "successor": taker.login,
        "plan": plan.digest,
        "applied": not dry_run,
        "lines": _lines(held, chosen),
    }
    report(answer, as_json, _line_words)


def _held(opened: Installation, ctx: Context, login: str) -> Held:
    try:
        return held_by(ctx, opened.plugins, account_of(login))
    except NotFound as missing:
        raise refuse_powerless(ctx.account.login, PERMISSION) from missing


def _check_chosen(held: Held, kinds: Sequence[str], posts: Sequence[int]) -> None:
    own = {post.id for post in held.own_posts}
    unknown = [*(kind for kind in kinds if kind not in held.choosable)]
    unknown += [str(post) for post in posts if post not in own]
    if unknown:
        raise OperatorError(
            "HAND-003",
            f"{held.leaver.login} 没有这些可移交的内容：{'、'.join(unknown)}。没有移交任何内容。"
            "openbureau handover preview 列出全部。",
            f"{held.leaver.login} has no such things to hand over: {', '.join(unknown)}. Nothing "
            "was handed over. `openbureau handover preview` lists all.",
        )


def _successor(ctx: Context, login: str, leaver: Account) -> Account:
    found = account_of(login)
    is_fit = found.state == "active" and not found.administrator and found.id != leaver.id
    if not is_fit or not is_within(found.id, ctx.reach[PERMISSION]):
        raise OperatorError(
            "HAND-004",
            f"{login} 不能接收：须是管理范围内在用的另一个业务账号。没有移交任何内容。",
            f"{login} cannot take over: it has to be another account in use, within reach and not "
            "an administrator's. Nothing was handed over.",
        )
    return found


def _outdated() -> OperatorError:
    return OperatorError(
        "HAND-005",
        "要移交的内容在核对之后有变化。没有移交任何内容。请用 --dry-run 重新核对。",
        "What is to be handed over has changed since. Nothing was handed over. Look again with "
        "--dry-run.",
        4,
    )


def _lines(held: Held, kinds: Sequence[str]) -> list[dict[str, Any]]:
    own = [
        {"plugin": "core", "kind": each.kind, "title": each.title, "detail": each.detail}
        for each in held.chosen(kinds)
    ]
    parts = held.chosen_plugins(kinds)
    return own + [dict(line) for part in parts for line in part.plain()]


def _line_words(answer: dict[str, Any]) -> list[str]:
    lines = [f"{line['plugin']:10} {line['kind']:10} {line['title']}" for line in answer["lines"]]
    if "plan" in answer:
        word = f"已移交 done: {answer['handover']}" if answer["applied"] else "未移交 not done"
        lines.append(f"{word} plan={answer['plan']}")
    return lines
