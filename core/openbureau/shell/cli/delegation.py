"""`openbureau delegation`: letting somebody stand in, and ending it."""

import datetime as dt
from typing import Any

import click

from openbureau.base.context import NOWHERE, Context
from openbureau.base.errors import NotFound, OperatorError
from openbureau.kernel.access.delegations import (
    Lending,
    arrange,
    delegation_by_id,
    end_delegation,
    lend,
    lend_for,
)
from openbureau.kernel.access.grants import POWER, is_within
from openbureau.kernel.access.models import Delegation
from openbureau.kernel.accounts.acts import By, by
from openbureau.shell.cli.arguments import DAY, KEY, REASON
from openbureau.shell.cli.deeds import deed, dry_run_option, person_acting, refuse_powerless
from openbureau.shell.cli.delegations import delegations
from openbureau.shell.cli.named import account_of, own_post_of
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.installation import Installation

as_option = click.option(
    "--as",
    "acting",
    metavar="ACCOUNT",
    help="以谁的名义：本人或安全管理员；不给则为命令行。In whose name: the person's own, or a "
    "security administrator's.",
)


@click.group(cls=BureauGroup, help="授权代办。Standing in for absent people.")
def delegation() -> None:
    """Group of delegation commands."""


delegation.add_command(delegations, "list")


@delegation.command("add", help="安排代办，双方收到提醒。Let somebody stand in; both are told.")
@click.argument("delegator", metavar="ABSENT")
@click.argument("delegate", metavar="STAND_IN")
@click.option("--from", "starts_on", type=DAY, required=True, help="开始日期。First day.")
@click.option("--to", "ends_on", type=DAY, required=True, help="结束日期，含当天。Last day.")
@click.option("--reason", type=REASON, required=True, help="事由。Why.")
@click.option("--post", "post_id", type=KEY, help="只代办这项任职；不给则为全部。This post only.")
@as_option
@dry_run_option
@json_option
def add(
    delegator: str,
    delegate: str,
    starts_on: dt.datetime,
    ends_on: dt.datetime,
    reason: str,
    post_id: int | None,
    acting: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    opened = installation()
    with deed(dry_run=dry_run):
        absent = account_of(delegator)
        post = own_post_of(absent, post_id) if post_id is not None else None
        days = starts_on.date(), ends_on.date()
        lending = Lending(absent, account_of(delegate), *days, reason, post)
        made = _lent(opened, lending, acting)
    _tell(made, as_json, dry_run=dry_run)


@delegation.command("end", help="收回代办，立即生效。Take a delegation back at once.")
@click.argument("delegation_id", metavar="DELEGATION", type=KEY)
@as_option
@dry_run_option
@json_option
def end(delegation_id: int, acting: str | None, dry_run: bool, as_json: bool) -> None:
    opened = installation()
    now = dt.datetime.now(dt.UTC)
    with deed(dry_run=dry_run):
        found = _found(delegation_id)
        parties = {found.delegator_id, found.delegate_id}
        ctx = _acting(opened, acting, now, parties, found.delegator_id)
        end_delegation(by(ctx) if ctx else By(now), found)
    _tell(found, as_json, dry_run=dry_run)


def _lent(opened: Installation, lending: Lending, acting: str | None) -> Delegation:
    now = dt.datetime.now(dt.UTC)
    own = lending.delegator.id
    ctx = _acting(opened, acting, now, {own}, own)
    if ctx is None:
        return arrange(By(now), lending)
    return lend(ctx, lending) if ctx.account.id == own else lend_for(ctx, lending)


def _acting(
    opened: Installation, login: str | None, now: dt.datetime, own: set[int], about: int
) -> Context | None:
    """Who acts: one of those it concerns, or a security administrator in whose reach the
    absent person serves; None is the command line."""
    if login is None:
        return None
    ctx = person_acting(opened, login, now)
    if ctx.account.id in own or (
        ctx.may(POWER) and is_within(about, ctx.reach.get(POWER, NOWHERE))
    ):
        return ctx
    raise refuse_powerless(login, POWER)


def _found(delegation_id: int) -> Delegation:
    try:
        return delegation_by_id(delegation_id)
    except NotFound as missing:
        raise OperatorError(
            "DLG-003",
            f"没有编号为 {delegation_id} 的授权代办。没有任何改动。"
            "openbureau delegations 列出全部。",
            f"There is no delegation {delegation_id}. Nothing changed. `openbureau delegations` "
            "lists all.",
        ) from missing


def _tell(found: Delegation, as_json: bool, *, dry_run: bool) -> None:
    answer: dict[str, Any] = {
        "delegation": None if dry_run and found.ended_at is None else found.id,
        "delegator": found.delegator.login,
        "delegate": found.delegate.login,
        "from": found.starts_on,
        "to": found.ends_on,
        "applied": not dry_run,
    }
    word = "未改动 unchanged" if dry_run else "已办理 done"
    line = f"{answer['delegate']} 代 for {answer['delegator']}（{word}）"
    report(answer, as_json, lambda _: [line])
