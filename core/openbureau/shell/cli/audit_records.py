"""`openbureau audit list`, `show`, `table` and `anchors`: reading the trail, filtered."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from openbureau.base.context import CHINA, Reach
from openbureau.base.database import writing
from openbureau.base.errors import OperatorError
from openbureau.base.i18n import load_catalogues
from openbureau.base.workbooks import csv_bytes, xlsx_bytes
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.anchors import stored_anchors
from openbureau.kernel.audit.queries import (
    MOST_EXPORTED,
    Position,
    Wanted,
    accounts_named,
    audit_page,
    audit_record,
    audit_total,
    seal_of,
)
from openbureau.kernel.audit.verifying import REALM
from openbureau.kernel.units.queries import UnitTree, current_tree
from openbureau.shell.audit_subjects import Reader
from openbureau.shell.audit_words import AuditWords
from openbureau.shell.cli.arguments import DAY, KEY
from openbureau.shell.cli.named import unit_of
from openbureau.shell.cli.options import installation, json_option, report
from openbureau.shell.cli.written import write_new
from openbureau.shell.installation import Installation
from openbureau.shell.loading import PACKAGE

EVERYWHERE = Reach(is_everywhere=True)
OUTCOMES = ("done", "denied", "failed")
# As the page calls its filters.
TOLD = {"person": "q", "first": "from", "last": "to"}
KEY_DIGITS = 18
LAST_DAY = dt.date(9999, 12, 30)


def _filters(command: Callable[..., Any]) -> Any:
    """What the trail is narrowed to."""
    for option in (
        click.option("--to", "last", type=DAY, help="到这一天。Up to this day."),
        click.option("--from", "first", type=DAY, help="从这一天。From this day on."),
        click.option("--address", default="", help="网络地址。Network address."),
        click.option("--outcome", type=click.Choice(OUTCOMES), help="结果。Outcome."),
        click.option(
            "--record",
            default="",
            help="对象，如 core/account 或 core/account:5。REALM or REALM:NUMBER.",
        ),
        click.option("--action", default="", help="操作，如 core.grant_role。Action."),
        click.option("--unit", help="单位及全部下属。A unit and all below it."),
        click.option("--person", default="", help="姓名或账号。Name or account."),
    ):
        command = option(command)
    return command


@click.command(
    "list",
    help="按条件列出审计记录，最新的在前；查阅本身也记录。List the trail, filtered, newest first; "
    "reading it is recorded.",
)
@_filters
@click.option(
    "--limit",
    type=click.IntRange(1, MOST_EXPORTED),
    default=50,
    show_default=True,
    help="最多几条。How many at most.",
)
@json_option
def list_records(limit: int, as_json: bool, **given: Any) -> None:
    opened = installation()
    with writing():
        wanted = _wanted(**given)
        _note("core.read_audit", given)
        found = audit_page(wanted, EVERYWHERE, Position(), limit)
        tree = current_tree()
        _, lines = AuditWords(_reader(opened, tree), found).table(found)
    report(
        [_shown(row, tree) for row in found],
        as_json,
        lambda _: ("  ".join(filter(None, line[:-1])) for line in lines),
    )


@click.command("show", help="显示一条审计记录及其封存值。Show one record and its seal.")
@click.argument("record_id", metavar="RECORD", type=KEY)
@json_option
def show_record(record_id: int, as_json: bool) -> None:
    opened = installation()
    with writing():
        row = audit_record(record_id, EVERYWHERE)
        if row is None:
            raise OperatorError(
                "AUD-005",
                f"没有编号为 {record_id} 的审计记录。openbureau audit list 列出记录。",
                f"There is no audit record {record_id}. `openbureau audit list` lists them.",
            )
        _note("core.read_audit", {"record": record_id})
        seal = seal_of(record_id)
        digest = seal.digest if seal else None
        tree = current_tree()
        heads, [line] = AuditWords(_reader(opened, tree), [row]).table([row])
    report(
        {**_shown(row, tree), "digest": digest},
        as_json,
        lambda _: (
            f"{head}\N{FULLWIDTH COLON}{text}"
            for head, text in zip([*heads, "封存值"], [*line, digest or "-"], strict=True)
        ),
    )


@click.command(
    "table",
    help="按条件把审计记录导出为 .xlsx 或 .csv 新文件；导出本身也记录。Export the trail, filtered, "
    "to a new .xlsx or .csv file; the export is recorded.",
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_filters
@json_option
def export_table(file: Path, as_json: bool, **given: Any) -> None:
    kind = file.suffix.lower()
    if kind not in {".xlsx", ".csv"}:
        raise OperatorError(
            "AUD-006",
            f"{file} 的扩展名须是 .xlsx 或 .csv。没有导出。",
            f"{file} has to end in .xlsx or .csv. Nothing was exported.",
        )
    opened = installation()
    with writing():
        wanted = _wanted(**given)
        total = audit_total(wanted, EVERYWHERE)
        _refuse_too_many(total)
        _note("core.export_audit", {**given, "format": kind[1:], "total": total})
        found = audit_page(wanted, EVERYWHERE, Position(), total)
        heads, rows = AuditWords(_reader(opened, current_tree()), found).table(found)
        content = csv_bytes(heads, rows) if kind == ".csv" else xlsx_bytes("audit", heads, rows)
        write_new(file, content, 0o600)
    report(
        {"file": str(file), "records": len(rows)},
        as_json,
        lambda found: [f"已导出 exported: {found['records']} → {file}"],
    )


@click.command("anchors", help="列出每天的锚点。List the daily anchors.")
@json_option
def list_anchors(as_json: bool) -> None:
    opened = installation()
    rows = [
        {
            "day": str(anchor.day),
            "seal": anchor.seal_id,
            "digest": anchor.digest,
            "signature": anchor.signature,
            "public_key": anchor.public_key,
        }
        for anchor in stored_anchors(opened.settings.data)
    ]
    report(rows, as_json, lambda found: (f"{r['day']} {r['seal']:8} {r['digest']}" for r in found))


def _wanted(
    person: str,
    unit: str | None,
    action: str,
    record: str,
    outcome: str | None,
    address: str,
    first: dt.datetime | None,
    last: dt.datetime | None,
) -> Wanted:
    realm, _, number = record.partition(":")
    is_number = number.isascii() and number.isdigit() and len(number) <= KEY_DIGITS
    if number and not is_number:
        raise OperatorError(
            "AUD-007",
            f"{record} 不是对象。没有列出任何内容。写作种类和编号，例如 core/account:5。",
            f"{record} is no record. Nothing was listed. Write REALM:NUMBER, like core/account:5.",
        )
    units = None if unit is None else frozenset(current_tree().subtree_ids(unit_of(unit).id))
    end = min(last.date(), LAST_DAY) + dt.timedelta(days=1) if last else None
    return Wanted(
        accounts=accounts_named(person) if person else None,
        units=units,
        action=action,
        realm=realm,
        record_id=int(number) if number else None,
        outcome=outcome or "",
        address=address,
        first=_midnight(first.date()) if first else None,
        end=_midnight(end) if end else None,
    )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), CHINA)


def _refuse_too_many(total: int) -> None:
    if total > MOST_EXPORTED:
        raise OperatorError(
            "AUD-008",
            f"符合条件的有 {total} 条，一次最多导出 {MOST_EXPORTED} 条。没有导出。请缩小范围；"
            "全部记录由 openbureau audit export 导出。",
            f"{total} records fit; at most {MOST_EXPORTED} are exported at once. Nothing was "
            "exported. Narrow it down; `openbureau audit export` exports the whole trail.",
        )


def _note(action: str, asked: dict[str, Any]) -> None:
    """A sensitive reading is recorded before anything is shown."""
    detail = {
        TOLD.get(name, name): str(value.date()) if isinstance(value, dt.datetime) else value
        for name, value in asked.items()
        if value
    }
    record_audit(action=action, at=dt.datetime.now(dt.UTC), realm=REALM, detail=detail)


def _reader(opened: Installation, tree: UnitTree) -> Reader:
    return Reader(None, opened.plugins, load_catalogues([PACKAGE])["zh"], tree)


def _shown(row: Any, tree: UnitTree) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "account": row.login,
        "name": row.account_name,
        "holder": row.holder_name if row.holder_id not in {None, row.account_id} else None,
        "unit": tree.by_id[row.unit_id].code if row.unit_id in tree.by_id else None,
        "action": row.action,
        "realm": row.realm,
        "record": row.record_id,
        "outcome": row.outcome,
        "address": row.address,
        "detail": msgspec.json.decode(row.detail),
    }
