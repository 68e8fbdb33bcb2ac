"""`openbureau unit`: changing the tree, with dated history."""

import datetime as dt
from collections.abc import Callable, Sequence
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
    people_total,
    place_of,
    place_unit,
    recode_unit,
    rename_unit,
    reopen_unit,
    split_unit,
    unit_by_code,
)
from openbureau.kernel.units.lineage import EVENT_LABELS, Deed, history_of
from openbureau.kernel.units.models import KINDS
from openbureau.shell.cli.arguments import DAY, words
from openbureau.shell.cli.named import account_of
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.cli.refusals import refusing

Command = Callable[..., Any]
UNIT_NAME = words(200, may_be_empty=False)
NAMED = words(100)


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
            type=DAY,
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
@click.argument("name", type=UNIT_NAME)
@click.option("--parent", required=True, help="上级单位的代码。Code of the superior unit.")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="类别。Kind of unit.")
@click.option("--short-name", type=NAMED, default="", help="简称。Short name.")
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
@click.argument("name", type=UNIT_NAME)
@click.option("--short-name", type=NAMED, default="", help="简称。Short name.")
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
@click.argument("name", type=UNIT_NAME)
@click.option("--short-name", type=NAMED, default="", help="简称。Short name.")
@click.option(
    "--person",
    "people",
    multiple=True,
    help="随转人员的账号，可多次给出。Who goes along; repeated.",
)
@deed_options
def split(
    code: str, new_code: str, name: str, short_name: str, people: Sequence[str], **given: Any
) -> None:
    def change(deed: Deed) -> dict[str, Any]:
        split_unit(
            deed,
            unit_by_code(code),
            code=new_code,
            name=name,
            short_name=short_name,
            people=[account_of(login).id for login in people],
        )
        return {"unit": code, "change": "split", "new": new_code, "people": list(people)}

    _done(change, **given)


@unit.command("contacts", help="改联系方式。Change telephone, fax, mail, address, postcode.")
@click.argument("code")
@click.option("--phone", type=words(60), help="电话。Telephone.")
@click.option("--fax", type=words(60), help="传真。Fax.")
@click.option("--mail", type=words(200), help="邮箱。Mail.")
@click.option("--address", type=words(200), help="地址。Address.")
@click.option("--postcode", type=words(12), help="邮编。Postcode.")
@deed_options
def contacts(code: str, **given: Any) -> None:
    wanted = {name: value for name in CONTACTS if (value := given.pop(name)) is not None}

    def change(deed: Deed) -> dict[str, Any]:
        change_contacts(deed, unit_by_code(code), wanted)
        return {"unit": code, "change": "contacts", **wanted}

    _done(change, **given)


@unit.command("place", help="排名：在同级单位中的位置。Official order among its siblings.")
@click.argument("code")
@click.argument("place", type=click.IntRange(1, 9999))
@deed_options
def put_in_place(code: str, place: int, **given: Any) -> None:
    def change(deed: Deed) -> dict[str, Any]:
        found = unit_by_code(code)
        place_unit(deed, found, place)
        return {"unit": code, "change": "place", "place": place_of(found)[0]}

    _done(change, **given)


@unit.command("show", help="显示一个单位。Show one unit.")
@click.argument("code")
@json_option
def show(code: str, as_json: bool) -> None:
    installation()
    with refusing(), reading():
        found = unit_by_code(code)
        place, siblings = place_of(found)
        answer = {
            "unit": found.code,
            "name": found.name,
            "short_name": found.short_name,
            "kind": found.kind,
            "parent": found.parent.code if found.parent is not None else None,
            "is_active": bool(found.is_active),
            "source": found.source,
            "place": place,
            "siblings": siblings,
            "people": people_total([found.id]),
            **{name: getattr(found, name) for name in CONTACTS},
        }
    report(answer, as_json, lambda found: (f"{name:12} {value}" for name, value in found.items()))


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
