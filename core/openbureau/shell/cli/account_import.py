"""`openbureau account import`: people from a table."""

import datetime as dt
from pathlib import Path
from typing import Any

import click

from openbureau.base.context import Reach
from openbureau.base.database import writing
from openbureau.base.i18n import load_catalogues
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.person_import import LINES, checked_table, import_people
from openbureau.kernel.units.queries import current_tree
from openbureau.shell.cli.deeds import dry_run_option
from openbureau.shell.cli.options import (
    installation,
    json_option,
    report,
)
from openbureau.shell.cli.refusals import refusing
from openbureau.shell.loading import PACKAGE
from openbureau.shell.workbooks import first_sheet

EVERYWHERE = Reach(is_everywhere=True)


@click.command(
    "import",
    help="从 .xlsx 或 .xls 表格导入人员；先检查。Import people from a workbook, checked first.",
)
@click.argument("workbook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@dry_run_option
@json_option
def import_accounts(workbook: Path, dry_run: bool, as_json: bool) -> None:
    installation()
    with refusing("ACC-004"):
        rows = first_sheet(workbook, LINES + 1)
    with writing():
        checked = checked_table(rows, EVERYWHERE, current_tree())
        counts = {name: checked.total(name) for name in ("new", "change", "same", "error")}
        may_write = not (dry_run or counts["error"] or checked.fault)
        if may_write:
            import_people(checked, By(dt.datetime.now(dt.UTC)))
    found: dict[str, Any] = {
        **counts,
        "changes": [
            {
                "account": line.values["login"],
                "before": {name: before for name, before, _ in line.changes},
                "after": {name: after for name, _, after in line.changes},
                "moves": line.is_move,
                "loses": line.losses,
                "keeps_grants": line.kept_grants,
            }
            for line in checked.lines
            if line.action == "change"
        ],
        "written": may_write,
        "fault": said(*checked.fault) if checked.fault else None,
        "errors": [
            {"line": line.number, "account": line.values.get("login", ""), "why": told}
            for line in checked.lines
            for told in (said(*problem) for problem in line.problems)
        ],
    }
    report(found, as_json, _import_lines)
    if counts["error"] or checked.fault:
        raise SystemExit(1)


def _import_lines(found: dict[str, Any]) -> list[str]:
    lines = [f"{error['line']:6} {error['account']:20} {error['why']}" for error in found["errors"]]
    for change in found["changes"]:
        pairs = (f"{n} {b} → {change['after'][n]}" for n, b in change["before"].items())
        loses = f" 失去 loses {change['loses']}" if change["loses"] else ""
        lines.append(f"       {change['account']:20} {'; '.join(pairs)}{loses}")
    if found["fault"]:
        lines.append(found["fault"])
    done = "已写入 written" if found["written"] else "没有写入 nothing written"
    counts = (
        f"新增 new {found['new']}，更新 change {found['change']}，不变 same {found['same']}，"
        f"错误 error {found['error']}：{done}"
    )
    return [*lines, counts]


def said(message: str, params: Any) -> str:
    """A message in Chinese and in English."""
    english = load_catalogues([PACKAGE])["en"].gettext(message, **params)
    chinese = message % params if params else message
    return chinese if english == chinese else f"{chinese} {english}"
