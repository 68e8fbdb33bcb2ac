"""`openbureau files`: how much is kept, and whether it is whole."""

from typing import Any

import click

from openbureau.base.database import reading
from openbureau.kernel.files.quotas import (
    biggest_files,
    stored_totals,
    usage_by_person,
    usage_by_unit,
)
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.file_check import checked_files

_MIB = 1024 * 1024


@click.group(cls=BureauGroup, help="附件与用量。Stored files and who keeps them.")
def files() -> None:
    """Group of file commands."""


@files.command(
    "usage", help="列出总量和用量最大的单位、人员、文件。Show totals and who keeps most."
)
@click.option("--top", default=20, show_default=True, help="各列几项。How many of each.")
@json_option
def show_usage(top: int, as_json: bool) -> None:
    installation()
    with reading():
        found: dict[str, Any] = {
            "totals": stored_totals(),
            "units": [
                {"unit": row.code, "people": row.people, "bytes": int(row.size_bytes)}
                for row in usage_by_unit(top)
            ],
            "people": [
                {"person": row.name, "unit": row.unit_name, "bytes": int(row.size_bytes)}
                for row in usage_by_person(top)
            ],
            "biggest": [
                {"name": row.name, "person": row.person, "bytes": row.size_bytes}
                for row in biggest_files(top)
            ],
        }
    report(found, as_json, _lines)


def _lines(found: dict[str, Any]) -> list[str]:
    totals = found["totals"]
    lines = [f"文件 files: {totals['files']}, {totals['bytes'] / _MIB:.1f} MB"]
    lines += [f"{row['bytes'] / _MIB:10.1f} MB  {row['unit']}" for row in found["units"]]
    lines += [f"{row['bytes'] / _MIB:10.1f} MB  {row['person']}" for row in found["people"]]
    return lines


@files.command(
    "check", help="读取并核对全部文件。Read every stored file and compare it with its digest."
)
@json_option
def check_files(as_json: bool) -> None:
    found = checked_files(installation().settings.data)
    report(
        found,
        as_json,
        lambda row: [
            f"文件 files: {row['files']}",
            f"缺失 missing: {row['missing']}",
            f"损坏 damaged: {row['damaged']}",
            f"无记录 orphans: {row['orphans']}",
            *row["names"],
        ],
    )
    if found["missing"] or found["damaged"]:
        raise SystemExit(1)
