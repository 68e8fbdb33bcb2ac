"""`openbureau setting`: values chosen while the system runs."""

import datetime as dt
from typing import Any

import click

from openbureau.base.database import reading, writing
from openbureau.base.declarations import Setting
from openbureau.base.errors import Invalid, OperatorError
from openbureau.base.i18n import Catalogue, load_catalogues
from openbureau.kernel.settings.actions import choose_setting, converted
from openbureau.kernel.settings.queries import chosen, current_epochs, settings_of
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.loading import PACKAGE

unit_option = click.option(
    "--unit", help="单位代码；不给则为全系统。Code of a unit; the whole installation without."
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="只核对，不改动。Check only, change nothing."
)


@click.group(cls=BureauGroup, help="运行中可改的设置。Settings changed while the system runs.")
def setting() -> None:
    """Group of setting commands."""


@setting.command(
    "list",
    help="列出设置、现值和来源。List settings, their values and where these come from.",
)
@unit_option
@json_option
def list_settings(unit: str | None, as_json: bool) -> None:
    opened = installation()
    with reading():
        place = _unit_id(unit)
        epochs = current_epochs()
        rows = []
        for found in settings_of(opened.plugins).values():
            held = chosen(found, place, *epochs)
            rows.append(
                {
                    "setting": found.key,
                    "label": found.label,
                    "value": found.default if held is None else held.value,
                    "default": found.default,
                    "source": "default" if held is None else _code(held.unit_id),
                    "is_local": found.is_local,
                    "permission": found.permission,
                }
            )
    report(
        rows,
        as_json,
        lambda found: (
            f"{r['setting']:28} = {r['value']!s:12} [{r['source']}] {r['label']}" for r in found
        ),
    )


@setting.command("set", help="选定一个值，立即生效。Choose a value, live at once.")
@click.argument("key")
@click.argument("value")
@unit_option
@dry_run_option
@json_option
def set_value(key: str, value: str, unit: str | None, dry_run: bool, as_json: bool) -> None:
    found = _declared(key)
    typed = typed_value(found, value)
    choose(found, typed, unit, dry_run=dry_run)
    report(
        {"setting": key, "value": typed, "unit": unit, "dry_run": dry_run},
        as_json,
        lambda _: [f"{key} = {typed}（{'未改动 unchanged' if dry_run else '已生效 live'}）"],
    )


@setting.command(
    "unset", help="收回所选的值，恢复上级或默认的值。Take a choice back; what is above it holds."
)
@click.argument("key")
@unit_option
@dry_run_option
@json_option
def unset_value(key: str, unit: str | None, dry_run: bool, as_json: bool) -> None:
    choose(_declared(key), None, unit, dry_run=dry_run)
    report(
        {"setting": key, "unit": unit, "dry_run": dry_run},
        as_json,
        lambda _: [f"{key}（{'未改动 unchanged' if dry_run else '已恢复 taken back'}）"],
    )


def typed_value(found: Setting, value: str) -> Any:
    """A setting's value out of what was typed. Raises OperatorError: it cannot have it."""
    try:
        return converted(found, value)
    except Invalid as refused:
        raise _refusal(refused) from refused


def choose(found: Setting, value: Any, unit: str | None, *, dry_run: bool) -> None:
    """Chooses a value, or with None takes the choice back. Raises OperatorError: it cannot be."""
    with writing():
        place = _unit_id(unit)
        if place is not None and not found.is_local:
            raise OperatorError(
                "SET-002",
                f"{found.key} 全系统只有一个值，不能按单位设置。没有任何改动。",
                f"{found.key} has one value for the whole installation. Nothing changed.",
            )
        if not dry_run:
            choose_setting(found, value, now=dt.datetime.now(dt.UTC), unit_id=place)


def _declared(key: str) -> Setting:
    found = settings_of(installation().plugins).get(key)
    if found is None:
        raise OperatorError(
            "SET-001",
            f"没有名为 {key} 的设置。没有任何改动。openbureau setting list 列出全部。",
            f"There is no setting {key}. Nothing changed. `openbureau setting list` lists all.",
        )
    return found


def _unit_id(code: str | None) -> int | None:
    if code is None:
        return None
    found = Unit.select(Unit.id).where(Unit.code == code).scalar()
    if found is None:
        raise OperatorError(
            "UNIT-001",
            f"没有代码为 {code} 的单位。没有任何改动。openbureau units 列出全部代码。",
            f"There is no unit with code {code}. Nothing changed. "
            "`openbureau units` lists all codes.",
        )
    return int(found)


def _code(unit_id: int | None) -> str:
    return "installation" if unit_id is None else str(Unit.get_by_id(unit_id).code)


def _refusal(refused: Invalid) -> OperatorError:
    catalogues = load_catalogues([PACKAGE])

    def said(catalogue: Catalogue) -> str:
        params = {
            name: catalogue.gettext(value) if isinstance(value, str) and value else value
            for name, value in refused.params.items()
        }
        return catalogue.gettext(refused.what, **params)

    return OperatorError(
        "SET-003",
        f"{said(catalogues['zh'])}没有任何改动。",
        f"{said(catalogues['en'])} Nothing changed.",
    )
