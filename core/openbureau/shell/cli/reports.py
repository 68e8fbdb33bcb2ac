"""Commands that only report: config, accounts, units, routes."""

import dataclasses

import click

from openbureau.base.database import reading
from openbureau.base.settings import Settings
from openbureau.kernel.accounts.queries import account_rows
from openbureau.kernel.units.listing import units_listing
from openbureau.kernel.units.queries import current_tree
from openbureau.shell.app import zone_routes
from openbureau.shell.cli.options import installation, json_option, loaded, report


@click.command(help="显示每项设置的值与来源。Show every setting, its value and its source.")
@json_option
def config(as_json: bool) -> None:
    found = loaded()
    rows = [
        {
            "name": field.name,
            "value": getattr(found.settings, field.name),
            "source": found.sources[field.name],
            "zh": field.metadata["zh"],
            "en": field.metadata["en"],
        }
        for field in dataclasses.fields(Settings)
    ]
    report(
        rows,
        as_json,
        lambda rows: (
            f"{r['name']:18} = {r['value']!s:40} [{r['source']}] {r['zh']} {r['en']}" for r in rows
        ),
    )


@click.command(help="列出全部账号。List all accounts.")
@json_option
def accounts(as_json: bool) -> None:
    installation()
    with reading():
        rows = account_rows()
    report(
        rows,
        as_json,
        lambda rows: (f"{r['account']:24} {r['name']:12} {r['unit']} {r['state']}" for r in rows),
    )


@click.command(help="列出全部单位和处室。List all units and sections.")
@json_option
def units(as_json: bool) -> None:
    installation()
    with reading():
        listing = units_listing(current_tree())
    report(
        listing,
        as_json,
        lambda found: [
            *(f"{u['code']:12} {u['kind']:10} {u['name']}" for u in found["units"]),
            (
                f"{found['access_units']} 个接入单位，{found['sections']} 个处室 / "
                f"{found['access_units']} access units, {found['sections']} sections"
            ),
        ],
    )


@click.command(help="列出每个页面的地址、方法、区域和权限。List every page.")
@json_option
def routes(as_json: bool) -> None:
    opened = installation()
    table = zone_routes(opened.plugins, opened.settings.zone)
    rows = [
        {
            "path": route.url,
            "methods": list(route.page.methods),
            "zone": route.page.zone,
            "plugin": route.slug,
            "permission": route.page.permission,
        }
        for route in table.all
    ]
    report(
        rows,
        as_json,
        lambda rows: (
            f"{','.join(r['methods']):6} {r['path']:44} {r['zone']:7} {r['permission']}"
            for r in rows
        ),
    )
