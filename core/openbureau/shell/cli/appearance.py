"""`openbureau appearance`: how units' pages look."""

import datetime as dt
from pathlib import Path
from typing import Any

import click

from openbureau.base.database import reading
from openbureau.base.errors import OperatorError
from openbureau.base.themes import installed_themes
from openbureau.kernel.appearance.actions import LOGO_MAX_BYTES, LOGO_TYPES, choose_appearance
from openbureau.kernel.appearance.models import ZONES, Appearance
from openbureau.kernel.files.formats import checked_type
from openbureau.kernel.files.storage import Stored, store
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.arguments import words
from openbureau.shell.cli.deeds import deed, dry_run_option
from openbureau.shell.cli.named import unit_of
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.cli.refusals import refusing


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
    help="选定一个单位及其下属的主题、名称和标识；空值沿用上级。Choose theme, name "
    "and logo of a unit and all below it; empty values are inherited.",
)
@click.argument("code", metavar="UNIT")
@click.option(
    "--zone", type=click.Choice(ZONES), default="staff", show_default=True, help="网站。Site."
)
@click.option("--theme", help="主题。Theme.")
@click.option("--name", type=words(30), help="平台名称。Name at the top of pages.")
@click.option(
    "--logo",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="标识图片，200 KB 以内。Picture at the top of pages, at most 200 KB.",
)
@click.option("--drop-logo", "drops_logo", is_flag=True, help="不再使用原有标识。Drop the logo.")
@dry_run_option
@json_option
def set_appearance(
    code: str,
    zone: str,
    theme: str | None,
    name: str | None,
    logo: Path | None,
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
    now = dt.datetime.now(dt.UTC)
    with refusing():
        picture = None if logo is None else _stored(logo, now, dry_run=dry_run)
    with deed(dry_run=dry_run):
        place = unit_of(code)
        before = Appearance.get_or_none(unit=place, zone=zone)
        row = choose_appearance(
            place,
            zone,
            theme=theme if theme is not None else (before.theme if before else ""),
            name=name if name is not None else (before.name if before else ""),
            logo=picture,
            keeps_logo=not drops_logo,
            account_id=None,
            now=now,
        )
        shown = _shown(row)
    report(
        {**shown, "applied": not dry_run},
        as_json,
        lambda found: [f"{found['unit']} {found['zone']} {found['theme']} {found['name']}"],
    )


def _stored(logo: Path, now: dt.datetime, *, dry_run: bool) -> Stored | None:
    """The picture as the store keeps it; of a trial run nothing is stored."""
    try:
        with logo.open("rb") as stream:
            is_picture = checked_type(stream, logo.name).media_type in LOGO_TYPES
            if not is_picture or logo.stat().st_size > LOGO_MAX_BYTES:
                raise OperatorError(
                    "APP-002",
                    f"{logo} 不是 200 KB 以内的 PNG、JPEG 或 WebP 图片。没有任何改动。",
                    f"{logo} is no PNG, JPEG or WebP picture of at most 200 KB. Nothing changed.",
                )
            stream.seek(0)
            return None if dry_run else store(stream, logo.name, LOGO_MAX_BYTES, now)
    except OSError as fault:
        raise OperatorError(
            "APP-003",
            f"无法读取 {logo}：{fault.strerror}。没有任何改动。",
            f"Cannot read {logo}: {fault.strerror}. Nothing changed.",
        ) from fault


def _shown(row: Appearance) -> dict[str, Any]:
    return {
        "unit": row.unit.code,
        "zone": row.zone,
        "theme": row.theme,
        "name": row.name,
        "has_logo": row.logo_id is not None,
    }
