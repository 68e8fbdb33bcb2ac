"""`openbureau backup` and `openbureau restore`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from openbureau.base.errors import OperatorError
from openbureau.shell.backup import Report, back_up
from openbureau.shell.backup import restore as bring_back
from openbureau.shell.cli.options import json_option, report, settings
from openbureau.shell.schema import opened_owners
from openbureau.shell.vitals import note_backup

INCOMPLETE = 5


@click.command(
    help="把数据库、附件和密钥备份到一个文件，系统可照常运行。文件含密钥，请妥善保管。"
    "\n\nBack up database, files and keys into one file while the system runs. "
    "It holds keys: keep it safe. Exit status: 0 done, 5 written, but stored files are missing "
    "or damaged."
)
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(file: Path, as_json: bool) -> None:
    chosen = settings()
    now = datetime.now(UTC)
    made = back_up(chosen, file, opened_owners(chosen), now)
    note_backup(chosen.data, now)
    _show(made, "已备份 backed up", as_json=as_json)
    if made.missing or made.damaged:
        _name_files(made)
        click.echo(
            "备份已写入，但上述附件不完好。请从较早的备份取回。\n"
            "The backup was written, but these stored files are not whole in it. "
            "Bring them back from an earlier backup.",
            err=True,
        )
        raise SystemExit(INCOMPLETE)


@click.command(
    help="从备份文件恢复到空的数据目录；有任何损坏即拒绝。"
    "\n\nRestore a backup into an empty data directory; any damage is refused."
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--verify",
    "is_verified",
    is_flag=True,
    help="恢复后再比较每张表和每个附件。Compare every table and stored file afterwards.",
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
    made = bring_back(
        chosen,
        file,
        opened_owners(chosen),
        datetime.now(UTC),
        is_verified=is_verified,
        is_forced=is_forced,
    )
    _show(made, "已恢复 restored", as_json=as_json)
    if made.missing or made.damaged:
        _name_files(made)
        missing, damaged = len(made.missing), len(made.damaged)
        raise OperatorError(
            "BKP-015",
            f"数据已恢复并保留，但备份 {file} 中缺失 {missing} 个附件，"
            f"损坏 {damaged} 个。请从较早的备份取回上述附件。",
            f"The data is restored and stays, but the backup {file} lacks {missing} "
            f"stored files and {damaged} are damaged. "
            "Bring them back from an earlier backup.",
        )


def _name_files(made: Report) -> None:
    for name in made.missing:
        click.echo(f"缺失 missing: {name}", err=True)
    for name in made.damaged:
        click.echo(f"损坏 damaged: {name}", err=True)


def _show(done: Report, what: str, *, as_json: bool) -> None:
    found = {
        "file": str(done.file),
        "release": done.release,
        "size_bytes": done.size_bytes,
        "members": done.members,
        "rows": done.rows,
        "verified": done.is_verified,
        "missing": done.missing,
        "damaged": done.damaged,
    }
    whole = "，每张表、每个附件一致 every table and stored file compared"
    line = (
        f"  {done.size_bytes:,} 字节 bytes, {done.members} 个成员 members, {done.rows} 行 rows"
        f"{whole if done.is_verified else ''}"
    )
    report(found, as_json, lambda _: (f"{what}: {done.file}", line))
