"""`openbureau files`: how much is kept, and whether it is whole."""

from typing import Any

import click

from openbureau.base.database import reading
from openbureau.kernel.files.quotas import (
    biggest_files,
    quota_bytes,
    stored_totals,
    usage_by_person,
    usage_by_unit,
)
from openbureau.kernel.settings.declared import CORE_SETTINGS
from openbureau.kernel.settings.queries import chosen, chosen_values, current_epochs
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.deeds import dry_run_option
from openbureau.shell.cli.named import unit_of
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.cli.setting import choose, typed_value, unit_option
from openbureau.shell.file_check import checked_files

_MIB = 1024 * 1024
QUOTA = CORE_SETTINGS["core.quota_mb"]


@click.group(cls=BureauGroup, help="附件与用量。Stored files and who keeps them.")
def files() -> None:
    """Group of file commands."""


@files.command(
    "usage", help="列出总量和用量最大的单位、人员、文件。Show totals and who keeps most."
)
@click.option(
    "--top",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="各列几项。How many of each.",
)
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
                {
                    "person": row.name,
                    "unit": row.unit_name,
                    "bytes": int(row.size_bytes),
                    "quota_bytes": quota_bytes(row.unit_id),
                }
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


@files.command(
    "quotas",
    help="每人附件配额：选定的各处，或一个单位。Quotas per person, where they were chosen.",
)
@click.option("--unit", help="单位代码。Code of a unit.")
@json_option
def list_quotas(unit: str | None, as_json: bool) -> None:
    installation()
    with reading():
        rows = _chosen_quotas() if unit is None else [_quota(unit_of(unit))]
    report(
        rows, as_json, lambda found: (f"{r['unit'] or '*':12} {r['quota_mb']} MB" for r in found)
    )


def _quota(place: Unit | None) -> dict[str, Any]:
    held = chosen(QUOTA, place.id if place else None, *current_epochs())
    return {
        "unit": place.code if place else None,
        "quota_mb": QUOTA.default if held is None else held.value,
        "is_own": held is not None and held.unit_id == (place.id if place else None),
    }


def _chosen_quotas() -> list[dict[str, Any]]:
    """That of the installation, then those of units that chose their own."""
    access_epoch, _ = current_epochs()
    ids = sorted(unit for key, unit in chosen_values(access_epoch) if key == QUOTA.key and unit)
    units = Unit.select().where(Unit.id.in_(ids)).order_by(Unit.path)
    return [_quota(None), *(_quota(place) for place in units)]


@files.command(
    "set-quota",
    help="选定每人附件配额（MB）；inherit 收回所选。Choose the quota per person in MB; `inherit` "
    "takes a choice back.",
)
@click.argument("megabytes", metavar="MB")
@unit_option
@dry_run_option
@json_option
def set_quota(megabytes: str, unit: str | None, dry_run: bool, as_json: bool) -> None:
    installation()
    value = None if megabytes == "inherit" else typed_value(QUOTA, megabytes)
    choose(QUOTA, value, unit, dry_run=dry_run)
    with reading():
        row = _quota(unit_of(unit) if unit is not None else None)
    report(
        {**row, "wanted_mb": value, "applied": not dry_run},
        as_json,
        lambda found: [f"{unit or '*'} {found['quota_mb']} MB"],
    )
