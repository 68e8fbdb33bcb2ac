"""`openbureau import`: a table checked against a register, or written into it."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from openbureau.base.context import Context
from openbureau.base.database import reading, writing
from openbureau.base.errors import Conflict, Invalid, OperatorError
from openbureau.base.i18n import load_catalogues
from openbureau.kernel.files.storage import content_path, store
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.imports.applying import apply_batch, order_apply
from openbureau.kit.registers.imports.batches import open_batch, refusal_of
from openbureau.kit.registers.imports.checking import check_batch
from openbureau.kit.registers.models import ImportBatch
from openbureau.shell.cli.options import installation, json_option, report
from openbureau.shell.cli.refusals import refusing
from openbureau.shell.cli.registers import acting, acting_unit, entitled, named_register
from openbureau.shell.loading import PACKAGE

Refusal = tuple[str, Mapping[str, Any]]
LARGEST_BYTES = 1 << 30


@click.command(
    "import",
    help="检查或导入台账的表格（.xlsx .xls .et .csv）。写入时按 --as 账号的权限办理；只有一个人"
    "能办理时可以不给。Check or import a table into a register. Written with the rights of the "
    "--as account, which may be left out where only one person has them.",
)
@click.argument("realm", metavar="SLUG/REGISTER")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--check/--apply",
    "only_check",
    default=None,
    help="只检查，或检查后写入。Check only, or check and write.",
)
@click.option(
    "--take-good-rows",
    is_flag=True,
    help="有错误时只导入正确的行。Where rows are faulty, import the others.",
)
@click.option("--as", "login", metavar="ACCOUNT", help="以谁的身份。In whose name.")
@json_option
def import_table(
    realm: str,
    file: Path,
    only_check: bool | None,
    take_good_rows: bool,
    login: str | None,
    as_json: bool,
) -> None:
    if only_check is None:
        raise OperatorError(
            "IMP-001",
            "请指明 --check（只检查）或 --apply（写入）。没有任何改动。",
            "Say --check (only check) or --apply (write). Nothing changed.",
            exit_status=2,
        )
    opened = installation()
    register = named_register(opened.plugins, realm)
    now = dt.datetime.now(dt.UTC)
    with reading():
        if only_check and login is None:
            ctx = acting(opened.plugins, register, None, now, register.write)
        else:
            ctx = entitled(opened.plugins, register, login, now, register.write)
        batch = _checked(ctx, register, file, acting_unit(ctx))
        refusal = ("", {}) if only_check else _applied(ctx, register, batch, take_good_rows)
        found = ImportBatch.get_by_id(batch.id)
        if not only_check:
            _require_rows(found, takes_good_rows=take_good_rows)
        _require(refusal if refusal[0] else refusal_of(found))
        answer = _answer(found)
    report(answer, as_json, lambda found: [f"{name}: {value}" for name, value in found.items()])


def _checked(ctx: Context, register: Register, file: Path, unit_id: int) -> ImportBatch:
    try:
        with refusing(), file.open("rb") as stream:
            stored = store(stream, file.name, LARGEST_BYTES, ctx.now)
    except OSError as fault:
        raise OperatorError(
            "IMP-005",
            f"无法读取 {file}：{fault.strerror}。没有任何改动。",
            f"Cannot read {file}: {fault.strerror}. Nothing changed.",
        ) from fault
    with refusing(), writing():
        batch = open_batch(ctx, register, stored, unit_id)
    check_batch(ctx, register, batch, _unseen)
    return batch


def _applied(
    ctx: Context, register: Register, batch: ImportBatch, takes_good_rows: bool
) -> Refusal:
    """Writes what was checked; why not, or ("", {})."""
    found = ImportBatch.get_by_id(batch.id)
    is_all_there = not found.new_total + found.changed_total + found.error_total
    if found.state == "refused" or is_all_there:
        return "", {}
    try:
        with writing():
            order_apply(ctx, register, found, takes_good_rows=takes_good_rows)
    except (Invalid, Conflict) as refused:
        return refused.what, refused.params
    apply_batch(register, found, lambda: ctx, _unseen)
    return "", {}


def _unseen(done: int, total: int) -> None:
    """Nobody watches a command."""


def _require_rows(batch: ImportBatch, *, takes_good_rows: bool) -> None:
    """Raises OperatorError: rows are faulty and nobody chose to import the others only."""
    if batch.state != "checked" or not batch.error_total or takes_good_rows:
        return
    faulty = batch.error_total
    workbook = content_path(batch.error_digest) if batch.error_digest else ""
    raise OperatorError(
        "IMP-002",
        f"有 {faulty} 行不能导入，标出错误的表格在 {workbook}。没有任何改动。"
        "请改正后重新导入，或加 --take-good-rows 只导入正确的行。",
        f"Rows that cannot be imported: {faulty}; they are marked in {workbook}. Nothing changed. "
        "Repair them and import again, or add --take-good-rows to import the others.",
    )


def _require(refusal: Refusal) -> None:
    """Raises OperatorError: the table could not be read or written."""
    message, params = refusal
    if not message:
        return
    english = load_catalogues([PACKAGE])["en"].gettext(message)
    zh, en = (text % params if params else text for text in (message, english))
    raise OperatorError("IMP-003", f"{zh}没有任何改动。", f"{en} Nothing changed.")


def _answer(batch: ImportBatch) -> dict[str, Any]:
    return {
        "batch": batch.uid,
        "state": batch.state,
        "total": batch.total,
        "new": batch.new_total,
        "changed": batch.changed_total,
        "same": batch.same_total,
        "duplicate": batch.duplicate_total,
        "errors": batch.error_total,
        "written": batch.done_total,
        "error_workbook": str(content_path(batch.error_digest)) if batch.error_digest else None,
    }
