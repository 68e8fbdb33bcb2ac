"""`openbureau migrate`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from openbureau.base.migrations import Owner, status
from openbureau.base.settings import load_settings
from openbureau.shell.schema import bring_up_to_date, open_installation


@click.command(
    help="更新数据库结构：先备份，再按顺序应用核心和各业务模块的迁移。"
    "\n\nBring the database up to date: back up, then apply what is waiting."
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="数据目录。Data directory (OPENBUREAU_DATA)."
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
@click.option("--json", "is_json", is_flag=True, help="输出 JSON。Print JSON.")
def migrate(data: Path | None, is_status: bool, is_backed_up: bool, is_json: bool) -> None:  # noqa: FBT001 - click passes options by name
    settings = load_settings({"data": data}).settings
    owners = open_installation(settings)
    if is_status:
        _show_status(owners, is_json=is_json)
        return
    applied = bring_up_to_date(settings, owners, datetime.now(UTC), is_backed_up=is_backed_up)
    if is_json:
        click.echo(json.dumps([{"owner": each.owner, "name": each.name} for each in applied]))
    elif applied:
        for each in applied:
            click.echo(f"已应用 applied: {each.owner}/{each.name} ({each.duration_s:.2f} s)")
    else:
        click.echo("数据库结构已是最新。The database is up to date.")


def _show_status(owners: list[Owner], *, is_json: bool) -> None:
    states = status(owners)
    if is_json:
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
