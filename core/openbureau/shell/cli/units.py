"""`openbureau unit`: changing the tree, with dated history."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import click

from openbureau.base.context import CHINA
from openbureau.base.database import reading, writing
from openbureau.kernel.units.changes import (
    CONTACTS,
    change_contacts,
    close_unit,
    create_unit,
    merge_units,
    move_unit,
    recode_unit,
    rename_unit,
    reopen_unit,
    split_unit,
    unit_by_code,
)
from openbureau.kernel.units.lineage import EVENT_LABELS, Deed, history_of
from openbureau.kernel.units.models import KINDS
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.cli.refusals import refusing

Command = Callable[..., Any]


class _Tried(Exception):
    """Ends a trial run so that nothing is written."""


@click.group(cls=BureauGroup, help="单位的变动与沿革。Changes and history of units.")
def unit() -> None:
    """Group of unit commands."""


def deed_options(command: Command) -> Command:
    """The day, the document, a trial run and JSON."""
    for option in (
        json_option,
        click.option("--dry-run", is_flag=True, help="只核对，不改动。Check only, change nothing."),
        click.option("--basis", default="", help="依据的文件。The document that orders it."),
        click.option(
            "--on",
            type=click.DateTime(["%Y-%m-%d"]),
            help="生效日期，默认今天。Day it takes effect (default: today).",
        ),
    ):
        command = option(command)
    return command


def _done(
    change: Callable[[Deed], dict[str, Any]],
    on: dt.datetime | None,
    basis: str,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Carries out a change, or tries it, and reports it."""
    installation()
    now = dt.datetime.now(dt.UTC)
    deed = Deed(on.date() if on else now.astimezone(CHINA).date(), now, basis)
    found: dict[str, Any] = {}
    with refusing(), suppress(_Tried), writing():
        found = {**change(deed), "on": str(deed.on), "basis": basis, "applied": not dry_run}
        if dry_run:
            raise _Tried
    word = "可以 would be done" if dry_run else "已完成 done"
    report(found, as_json, lambda _: [f"{found['change']} {found['unit']}: {word}"])


@unit.command("add", help="新设单位或处室。Create a unit or section.")
@click.argument("code")
@click.argument("name")
@click.option("--parent", required=True, help="上级单位的代码。Code of the superior unit.")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="类别。Kind of unit.")
@click.option("--short-name", default="", help="简称。Short name.")
@deed_options
def add_unit(code: str, name: str, parent: str, kind: str, short_name: str, **given: Any) -> None:
    def change(deed: Deed) -> dict[str, Any]:
        create_unit(
            deed,
            code=code,
            name=name,
            short_name=short_name,
            kind=kind,
            parent=unit_by_code(parent),
        )
        return {"unit": code, "change": "add", "name": name, "parent": parent}

    _done(change, **given)


@unit.command("rename", help="更名，旧名留在沿革中。Rename; the old name stays in the history.")
@click.argument("code")
@click.argument("name")
@click.option("--short-name", default="", help="简称。Short name.")
@deed_options
def rename(code: str, name: str, short_name: str, **given: Any) -> None:
    def change(deed: Deed) -> dict[str, Any]:
        rename_unit(deed, unit_by_code(code), name, short_name)
        return {"unit": code, "change": "rename", "name": name}

    _done(change, **given)


@unit.command("recode", help="改单位代码。Change the code of a unit.")
@click.argument("code")
@click.argument("new_code")
@deed_options
def recode(code: str, new_code: str, **given: Any) -> None:
    def change(deed: Deed) -> dict[str, Any]:
        recode_unit(deed, unit_by_code(code), new_code)
        return {"unit": new_code, "change": "recode", "before": code}

    _done(change, **given)


@unit.command("move", help="改隶属，连同全部下属。Move below another unit, with all below it.")
@click.argument("code")
@click.argument("parent")
@deed_options
def move(code: str, parent: str, **given: Any) -> None:
    def change(deed: Deed) -> dict[str, Any]:
        move_unit(deed, unit_by_code(code), unit_by_code(parent))
        return {"unit": code, "change": "move", "parent": parent}

    _done(change, **given)


@unit.command("close", help="撤销没有人员和下属的单位。Close a unit without staff and subunits.")
@click.argument("code")
@deed_options
def close(code: str, **given: Any) -> None:
    def change(deed: Deed) -> dict[str, Any]:
        close_unit(deed, unit_by_code(code))
        return {"unit": code, "change": "close"}

    _done(change, **given)


@unit.command("reopen", help="恢复已撤销的单位。Open a closed unit again.")
@click.argument("code")
@deed_options
def reopen(code: str, **given: Any) -> None:
    def change(deed: Deed) -> dict[str, Any]:
        reopen_unit(deed, unit_by_code(code))
        return {"unit": code, "change": "reopen"}

    _done(change, **given)


@unit.command(
    "merge", help="并入另一单位，人员和下属随转。Merge into another unit, with people and subunits."
)
@click.argument("code")
@click.argument("target")
@deed_options
def merge(code: str, target: str, **given: Any) -> None:
    def change(deed: Deed) -> dict[str, Any]:
        merge_units(deed, unit_by_code(code), unit_by_code(target))
        return {"unit": code, "change": "merge", "target": target}

    _done(change, **given)


@unit.command("split", help="分设一个新单位。Split a new unit off.")
@click.argument("code")
@click.argument("new_code")
@click.argument("name")
@click.option("--short-name", default="", help="简称。Short name.")
@deed_options
def split(code: str, new_code: str, name: str, short_name: str, **given: Any) -> None:
    def change(deed: Deed) -> dict[str, Any]:
        split_unit(deed, unit_by_code(code), code=new_code, name=name, short_name=short_name)
        return {"unit": code, "change": "split", "new": new_code}

    _done(change, **given)


@unit.command("contacts", help="改联系方式。Change telephone, fax, mail, address, postcode.")
@click.argument("code")
@click.option("--phone", help="电话。Telephone.")
@click.option("--fax", help="传真。Fax.")
@click.option("--mail", help="邮箱。Mail.")
@click.option("--address", help="地址。Address.")
@click.option("--postcode", help="邮编。Postcode.")
@deed_options
def contacts(code: str, **given: Any) -> None:
    wanted = {name: value for name in CONTACTS if (value := given.pop(name)) is not None}

    def change(deed: Deed) -> dict[str, Any]:
        change_contacts(deed, unit_by_code(code), wanted)
        return {"unit": code, "change": "contacts", **wanted}

    _done(change, **given)


@unit.command("history", help="一个单位的沿革。The history of a unit.")
@click.argument("code")
@json_option
def history(code: str, as_json: bool) -> None:
    installation()
    with refusing(), reading():
        found = history_of(unit_by_code(code).id)
    report(
        [{**event, "other": event["other"] and event["other"][0]} for event in found],
        as_json,
        lambda events: (
            f"{e['on']} {EVENT_LABELS[e['kind']]} {e['kind']} {e['basis']}" for e in events
        ),
    )
