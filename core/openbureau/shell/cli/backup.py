"""`openbureau backup` and `openbureau restore`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from openbureau.base.settings import load_settings
from openbureau.shell.backup import Report, back_up
from openbureau.shell.backup import restore as bring_back
from openbureau.shell.schema import open_installation

_DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="数据目录。Data directory (OPENBUREAU_DATA)."
)
_JSON = click.option("--json", "is_json", is_flag=True, help="输出 JSON。Print JSON.")


@click.command(
    help="把数据库、附件和密钥备份到一个文件，系统可照常运行。文件含密钥，请妥善保管。"
    "\n\nBack up database, files and keys into one file while the system runs. "
    "It holds keys: keep it safe."
)
@click.argument("file", type=click.Path(path_type=Path))
@_DATA
@_JSON
def backup(file: Path, data: Path | None, is_json: bool) -> None:  # noqa: FBT001 - click passes options by name
    settings = load_settings({"data": data}).settings
    report = back_up(settings, file, open_installation(settings), datetime.now(UTC))
    _show(report, "已备份 backed up", is_json=is_json)


@click.command(
    help="从备份文件恢复到空的数据目录；有任何损坏即拒绝。"
    "\n\nRestore a backup into an empty data directory; any damage is refused."
)
@click.argument("file", type=click.Path(path_type=Path))
@_DATA
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
@_JSON
def restore(
    file: Path,
    data: Path | None,
    is_verified: bool,  # noqa: FBT001
    is_forced: bool,  # noqa: FBT001
    is_json: bool,  # noqa: FBT001
) -> None:
    settings = load_settings({"data": data}).settings
    report = bring_back(
        settings,
        file,
        open_installation(settings),
        datetime.now(UTC),
        is_verified=is_verified,
        is_forced=is_forced,
    )
    _show(report, "已恢复 restored", is_json=is_json)


def _show(report: Report, what: str, *, is_json: bool) -> None:
    if is_json:
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
