"""`openbureau appearance`: how units' pages look."""

import datetime as dt
from typing import Any

import click

from openbureau.base.database import reading
from openbureau.base.errors import OperatorError
from openbureau.base.themes import installed_themes
from openbureau.kernel.appearance.actions import choose_appearance
from openbureau.kernel.appearance.models import ZONES, Appearance
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.arguments import words
from openbureau.shell.cli.deeds import deed, dry_run_option
from openbureau.shell.cli.named import unit_of
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report


@click.group(cls=BureauGroup, help="外观。How units' pages look.")
def appearance() -> None:
    """Group of appearance commands."""


@appearance.command("list", help="列出另选了外观的单位。List units that chose a look.")
@json_option
def list_appearances(as_json: bool) -> None:
    installation()
    with reading():
        rows = [
            _shown(row)
            for row in Appearance.select(Appearance, Unit)
            .join(Unit)
            .order_by(Unit.path, Appearance.zone)
        ]
    report(
        rows,
        as_json,
        lambda found: (f"{r['unit']:12} {r['zone']:8} {r['theme']} {r['name']}" for r in found),
    )


@appearance.command(
    "set",
    help="选定一个单位及其下属的主题和名称；空值沿用上级。标识图片在页面上更换。Choose theme and "
    "name of a unit and all below it; empty values are inherited. Logos are changed on the page.",
)
@click.argument("code", metavar="UNIT")
@click.option("--zone", type=click.Choice(ZONES), default="staff", show_default=True, help="Site.")
@click.option("--theme", help="主题。Theme.")
@click.option("--name", type=words(30), help="平台名称。Name at the top of pages.")
@click.option("--drop-logo", "drops_logo", is_flag=True, help="不再使用原有标识。Drop the logo.")
@dry_run_option
@json_option
def set_appearance(
    code: str,
    zone: str,
    theme: str | None,
    name: str | None,
    drops_logo: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    installation()
    known = sorted(installed_themes())
    if theme and theme not in known:
        raise OperatorError(
            "APP-001",
            f"没有安装主题 {theme}。没有任何改动。已安装：{'、'.join(known)}。",
            f"No theme {theme} is installed. Nothing changed. Installed: {', '.join(known)}.",
        )
    with deed(dry_run=dry_run):
        place = unit_of(code)
        before = Appearance.get_or_none(unit=place, zone=zone)
        row = choose_appearance(
            place,
            zone,
            theme=theme if theme is not None else (before.theme if before else ""),
            name=name if name is not None else (before.name if before else ""),
            logo=None,
            keeps_logo=not drops_logo,
            account_id=None,
            now=dt.datetime.now(dt.UTC),
        )
        shown = _shown(row)
    report(
        {**shown, "applied": not dry_run},
        as_json,
        lambda found: [f"{found['unit']} {found['zone']} {found['theme']} {found['name']}"],
    )


def _shown(row: Appearance) -> dict[str, Any]:
    return {
        "unit": row.unit.code,
        "zone": row.zone,
        "theme": row.theme,
        "name": row.name,
        "has_logo": row.logo_id is not None,
    }
