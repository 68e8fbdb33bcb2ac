"""`openbureau export`: what a register holds, as a table that can be imported again."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import click

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.base.i18n import load_catalogues
from openbureau.kit.conditions import JOINERS, OPERATORS
from openbureau.kit.registers.addresses import PLACE, kept_address
from openbureau.kit.registers.asked import askable, sortable
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.exports.making import Order, audit_export, write_export
from openbureau.kit.registers.exports.wanted import MEDIA_TYPES, Wanted, is_too_long
from openbureau.kit.registers.listing import asked_by, total
from openbureau.shell.cli.options import installation, json_option, report
from openbureau.shell.cli.registers import acting, acting_unit, named_register
from openbureau.shell.loading import PACKAGE

# How a page shows the list: nothing of it changes what is exported.
_PERSONAL = {"完整": "full", "部分遮盖": "partly masked", "遮盖": "masked", "无": "none"}
_LIST_ONLY = (*PLACE, "columns", "query", "advanced")


@click.command(
    "export",
    help="把台账导出为 .xlsx 或 .csv；不给 --as 时由系统管理员的账号记名，给出全部记录。"
    "Export a register as .xlsx or .csv; without --as in the name of the system administrator, "
    "every record.",
)
@click.argument("realm", metavar="SLUG/REGISTER")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="写到哪个文件，扩展名即格式。The file to write; its extension is the format.",
)
@click.option(
    "--filter",
    "filters",
    metavar="NAME=VALUE",
    multiple=True,
    help="筛选条件，可多次。A filter; may be repeated.",
)
@click.option(
    "--query",
    metavar="ADDRESS",
    default="",
    help="列表网址中 ? 后面的部分；第几页、显示哪些列不计。"
    "What stands behind ? in a list's address; its page and columns do not count.",
)
@click.option("--columns", metavar="A,B", help="只要这些列。Only these columns.")
@click.option("--as", "login", metavar="ACCOUNT", help="以谁的身份。In whose name.")
@click.option(
    "--reason",
    default="",
    help="导出完整个人信息的事由；不给则遮盖。Why personal data is to be readable; masked without.",
)
@click.option("--force", is_flag=True, help="覆盖已有的文件。Overwrite an existing file.")
@json_option
def export_register(
    realm: str,
    out: Path,
    filters: tuple[str, ...],
    query: str,
    columns: str | None,
    login: str | None,
    reason: str,
    force: bool,
    as_json: bool,
) -> None:
    extension = out.suffix.removeprefix(".").lower()
    _require_target(out, extension, force)
    opened = installation()
    register = named_register(opened.plugins, realm)
    address = _address(register, filters, query)
    names = _columns(register, columns)
    wanted = Wanted(cast("Any", extension), names, bool(reason.strip()), reason.strip())
    with reading():
        ctx = acting(opened.plugins, register, login, dt.datetime.now(dt.UTC), register.read)
        kept = kept_address(register, address)
        query_of = asked_by(ctx, register, kept)
        order = Order(ctx, register, kept, query_of, wanted, acting_unit(ctx))
        _require_usable(order)
        with _beside(out) as path:
            written = write_export(order, path, _unseen)
            digest = _digest(path)
            with writing():
                audit_export(order, out.name, digest, written)
            path.replace(out)
    answer = {
        "file": str(out),
        "rows": written.total,
        "digest": digest,
        "columns": list(wanted.columns),
        "query": order.words,
        "personal": _PERSONAL[written.personal],
    }
    report(answer, as_json, lambda found: [f"{name}: {value}" for name, value in found.items()])


def _require_target(out: Path, extension: str, force: bool) -> None:
    if extension not in MEDIA_TYPES:
        raise OperatorError(
            "EXP-001",
            f"{out} 应以 .xlsx 或 .csv 结尾。没有任何改动。",
            f"{out} should end in .xlsx or .csv. Nothing changed.",
            exit_status=2,
        )
    if out.exists() and not force:
        raise OperatorError(
            "EXP-002",
            f"{out} 已存在，没有覆盖。要覆盖请加 --force。",
            f"{out} is there already and was left. Add --force to overwrite it.",
        )


def _address(register: Register, filters: Sequence[str], query: str) -> str:
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    for name, value in pairs:
        _require_known(register, name, value)
    for text in filters:
        name, equals, value = text.partition("=")
        if not equals or name not in (*register.filters, "q", "unit"):
            known = ", ".join((*register.filters, "q", "unit"))
            raise OperatorError(
                "EXP-003",
                f"--filter {text!r} 不能用。没有任何改动。写法是 名称=值，可用的有：{known}。",
                f"--filter {text!r} cannot be used. Nothing changed. Write name=value with "
                f"one of: {known}.",
                exit_status=2,
            )
        pairs.append((name, value))
    return urlencode(pairs)


def _require_known(register: Register, name: str, value: str) -> None:
    """Refuses what would be left out of a query, so that more would be exported than was meant."""
    choices = {
        "field": askable(register),
        "op": OPERATORS,
        "joiner": JOINERS,
        "voided": ("", "0", "1"),
        "sort": [sign + column for column in sortable(register) for sign in ("", "-")],
    }
    known = (*register.filters, "q", "unit", "value", *choices, *_LIST_ONLY)
    if name not in known:
        raise OperatorError(
            "EXP-008",
            f"--query 中没有 {name!r} 这个名称。没有任何改动。可用的有：{', '.join(known)}。",
            f"--query cannot have the name {name!r}. Nothing changed. "
            f"There are: {', '.join(known)}.",
            exit_status=2,
        )
    if value not in choices.get(name, (value,)):
        given = ", ".join(word for word in choices[name] if word)
        raise OperatorError(
            "EXP-008",
            f"--query 中 {name} 不能是 {value!r}。没有任何改动。可用的有：{given}。",
            f"In --query {name} cannot be {value!r}. Nothing changed. There are: {given}.",
            exit_status=2,
        )


def _columns(register: Register, columns: str | None) -> list[str]:
    if columns is None:
        return list(register.by_name)
    names = list(dict.fromkeys(name.strip() for name in columns.split(",") if name.strip()))
    unknown = [name for name in names if name not in register.by_name]
    if unknown or not names:
        raise OperatorError(
            "EXP-004",
            f"没有这些列：{'、'.join(unknown) or '（空）'}。没有任何改动。"
            f"可用的有：{'、'.join(register.by_name)}。",
            f"There are no such columns: {', '.join(unknown) or '(none)'}. Nothing changed. "
            f"There are: {', '.join(register.by_name)}.",
            exit_status=2,
        )
    return names


def _require_usable(order: Order) -> None:
    """Refuses a filter nobody can read, and more rows than a workbook holds."""
    for message, params in order.query.problems:
        english = load_catalogues([PACKAGE])["en"].gettext(message, **params)
        raise OperatorError(
            "EXP-005",
            f"条件不能用：{message % params}没有任何改动。",
            f"A condition cannot be used: {english} Nothing changed.",
            exit_status=2,
        )
    count = total(order.ctx, order.register, order.query)
    if is_too_long(order.wanted, count):
        raise OperatorError(
            "EXP-006",
            f"{count:,} 条超过一张工作表能放下的。没有任何改动。请导出 .csv。",
            f"{count:,} records are more than a sheet holds. Nothing changed. Export .csv.",
        )


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A file in the same folder that takes the place of `out` when it is whole."""
    try:
        with NamedTemporaryFile(dir=out.parent, prefix=".export-", delete=False) as made:
            path = Path(made.name)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)
    except OSError as fault:
        raise OperatorError(
            "EXP-007",
            f"无法写入 {out}：{fault.strerror}。没有留下文件。",
            f"Cannot write {out}: {fault.strerror}. No file was left.",
        ) from fault


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unseen(done: int) -> None:
    """Nobody watches a command."""
