"""`openbureau backup` and `openbureau restore`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from openbureau.shell.backup import Report, back_up
from openbureau.shell.backup import restore as bring_back
from openbureau.shell.cli.options import json_option, settings
from openbureau.shell.schema import opened_owners


@click.command(
    help="把数据库、附件和密钥备份到一个文件，系统可照常运行。文件含密钥，请妥善保管。"
    "\n\nBack up database, files and keys into one file while the system runs. "
    "It holds keys: keep it safe."
)
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(file: Path, as_json: bool) -> None:
    chosen = settings()
    report = back_up(chosen, file, opened_owners(chosen), datetime.now(UTC))
    _show(report, "已备份 backed up", as_json=as_json)


@click.command(
    help="从备份文件恢复到空的数据目录；有任何损坏即拒绝。"
    "\n\nRestore a backup into an empty data directory; any damage is refused."
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--verify",
    "is_verified",
    is_flag=True,
    help="恢复后再逐表比较内容。Compare every table's content afterwards.",
)
@click.option(
    "--force",
    "is_forced",
    is_flag=True,
    help="先把现有内容移到 replaced-<时间>。Move what is there to replaced-<time> first.",
)
@json_option
def restore(
    file: Path,
    is_verified: bool,
    is_forced: bool,
    as_json: bool,
) -> None:
    chosen = settings()
    report = bring_back(
        chosen,
        file,
        opened_owners(chosen),
        datetime.now(UTC),
        is_verified=is_verified,
        is_forced=is_forced,
    )
    _show(report, "已恢复 restored", as_json=as_json)


def _show(report: Report, what: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps(
                {
                    "file": str(report.file),
                    "release": report.release,
                    "size_bytes": report.size_bytes,
                    "members": report.members,
                    "rows": report.rows,
                    "verified": report.is_verified,
                }
            )
        )
        return
    click.echo(
        f"{what}: {report.file}\n"
        f"  {report.size_bytes:,} 字节 bytes, {report.members} 个成员 members, "
        f"{report.rows} 行 rows"
        + ("，内容逐表一致 every table compared" if report.is_verified else "")
    )
