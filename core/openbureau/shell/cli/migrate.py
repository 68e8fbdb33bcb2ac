"""`openbureau migrate`."""

import json
from datetime import UTC, datetime

import click

from openbureau.base.migrations import Owner, status
from openbureau.shell.cli.options import json_option, settings
from openbureau.shell.schema import bring_up_to_date, opened_owners


@click.command(
    help="更新数据库结构：先备份，再按顺序应用核心和各业务模块的迁移。"
    "\n\nBring the database up to date: back up, then apply what is waiting."
)
@click.option(
    "--status",
    "is_status",
    is_flag=True,
    help="只显示状态，不改动。Show the state; change nothing.",
)
@click.option(
    "--no-backup",
    "is_backed_up",
    is_flag=True,
    help="不自动备份（已自行备份）。Make no backup: you made one yourself.",
)
@json_option
def migrate(is_status: bool, is_backed_up: bool, as_json: bool) -> None:
    chosen = settings()
    owners = opened_owners(chosen)
    if is_status:
        _show_status(owners, as_json=as_json)
        return
    applied = bring_up_to_date(chosen, owners, datetime.now(UTC), is_backed_up=is_backed_up)
    if as_json:
        click.echo(json.dumps([{"owner": each.owner, "name": each.name} for each in applied]))
    elif applied:
        for each in applied:
            click.echo(f"已应用 applied: {each.owner}/{each.name} ({each.duration_s:.2f} s)")
    else:
        click.echo("数据库结构已是最新。The database is up to date.")


def _show_status(owners: list[Owner], *, as_json: bool) -> None:
    states = status(owners)
    if as_json:
        report = [
            {
                "owner": state.owner,
                "applied": list(state.applied),
                "pending": list(state.pending),
                "problem": state.problem.code if state.problem else None,
            }
            for state in states
        ]
        click.echo(json.dumps(report))
    else:
        for state in states:
            click.echo(
                f"{state.owner}: 已应用 applied {len(state.applied)}, "
                f"待应用 pending {len(state.pending)}"
            )
            if state.problem:
                click.echo(str(state.problem))
    if not all(state.is_current for state in states):
        raise SystemExit(1)
