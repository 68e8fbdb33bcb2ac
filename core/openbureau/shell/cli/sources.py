"""`openbureau source`: where people and units come from."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from openbureau.base.database import reading
from openbureau.base.errors import NotFound, OperatorError
from openbureau.kernel.directory.config import DirectoryConfig, read_password
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.sampling import Sample, sample
from openbureau.kernel.directory.snapshot import Incomplete
from openbureau.kernel.directory.sources import (
    Described,
    change_source,
    check_described,
    create_source,
    described_config,
    kept_password,
    retire_source,
    source_by_code,
    sources,
)
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.arguments import REASON
from openbureau.shell.cli.deeds import deed, dry_run_option
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.cli.refusals import refusing


@click.group(cls=BureauGroup, help="目录来源。Directory sources.")
def source() -> None:
    """Group of source commands."""


_REQUIRED = {
    "--name": "名称。Name.",
    "--url": "服务器地址，ldap:// 或 ldaps://。Server URL.",
    "--bind-dn": "查询账号。DN of the search account.",
    "--base": "目录的根。Base DN.",
}
_OPTIONAL = {
    "--person-filter": "人员查询条件。Filter of people.",
    "--unit-filter": "单位查询条件。Filter of units.",
    "--group-filter": "组查询条件。Filter of groups.",
    "--group-base": "组所在的根。Base DN of groups.",
    "--top-unit": "挂靠单位的代码。Code of the unit its tree hangs under.",
    "--full-at": "每日全量时间，HH:MM。Time of the daily full reading.",
}
# What a source cannot be reached without.
_REACHED = {
    "--url": "url",
    "--bind-dn": "bind_dn",
    "--base": "base",
    "--password-file": "password",
}
_SWITCHES = {
    "--insecure/--secure": ("is_insecure", "允许明文。Allow plain text."),
    "--photos/--no-photos": ("reads_photos", "读取照片。Read photos."),
    "--change-password/--no-change-password": (
        "may_change_password",
        "允许经本系统修改目录密码。Let people change their directory password here.",
    ),
    "--self-applying/--waiting": (
        "applies_itself",
        "未被拦下的改动自动写入。Apply plans no gate stops without asking.",
    ),
}


MANY = click.IntRange(0, 100_000)
_NUMBERS = {
    "--delta-every": ("delta_every_min", "增量间隔分钟。Minutes."),
    "--lock-after": ("lock_after", "输错几次目录锁定账号，0 从不。Lock after."),
    "--lock-window": ("lock_window_min", "失败计数保留分钟数，0 一直保留。Minutes failures count."),
}


def _described(*, is_new: bool) -> Callable[[Any], Any]:
    """The options that describe a source; those not given keep their value."""
    path = click.Path(path_type=Path)
    sealed = "查询账号的密码文件，读入后加密保存。Password file; sealed when stored."
    options = [
        click.option("--password-file", required=is_new, type=path, help=sealed),
        click.option("--profile", type=click.Choice(["openldap", "ad"]), help="类型。Kind."),
        click.option("--ca-file", type=path, help="证书机构文件。CA file."),
        click.option(
            "--map",
            "mapped",
            multiple=True,
            metavar="FIELD=NAME[,NAME]",
            help="字段对应的属性，可多次给出。Attributes of a field; may be repeated.",
        ),
        *(
            click.option(flag, name, type=MANY, help=text)
            for flag, (name, text) in _NUMBERS.items()
        ),
        *(click.option(flag, required=is_new, help=text) for flag, text in _REQUIRED.items()),
        *(click.option(flag, help=text) for flag, text in _OPTIONAL.items()),
        *(
            click.option(flag, name, default=None, help=text)
            for flag, (name, text) in _SWITCHES.items()
        ),
    ]

    def decorate(command: Any) -> Any:
        for option in options:
            command = option(command)
        return command

    return decorate


@source.command("list", help="列出目录来源。List directory sources.")
@json_option
def list_sources(as_json: bool) -> None:
    installation()
    with reading():
        rows = [_shown(each) for each in (*sources(), *sources(is_retired=True))]
    report(
        rows,
        as_json,
        lambda rows: (
            f"{r['code']:12} {'' if r['is_active'] else '已停用 retired '}{r['name']} {r['url']} "
            f"{r['base']}"
            for r in rows
        ),
    )


@source.command("add", help="新增目录来源。Add a directory source.")
@click.argument("code")
@_described(is_new=True)
@dry_run_option
@json_option
def add_source(code: str, dry_run: bool, as_json: bool, **given: Any) -> None:
    opened = installation()
    described = Described(code=code, **_given(given))
    with deed("LDAP-006", dry_run=dry_run):
        made = create_source(described, data=opened.settings.data, now=dt.datetime.now(dt.UTC))
    _report(made, as_json, dry_run=dry_run)


@source.command("change", help="修改目录来源。Change a directory source.")
@click.argument("code")
@_described(is_new=False)
@dry_run_option
@json_option
def edit_source(code: str, dry_run: bool, as_json: bool, **given: Any) -> None:
    opened = installation()
    with reading():
        found = chosen_source(code)
    described = dataclasses.replace(_as_described(found), **_given(given))
    with deed("LDAP-006", dry_run=dry_run):
        changed = change_source(
            found, described, data=opened.settings.data, now=dt.datetime.now(dt.UTC)
        )
    _report(changed, as_json, dry_run=dry_run)


@source.command("retire", help="停用目录来源，账号保留。Retire a source; its accounts stay.")
@click.argument("code")
@click.option("--reason", type=REASON, required=True, help="理由。Why.")
@dry_run_option
@json_option
def end_source(code: str, reason: str, dry_run: bool, as_json: bool) -> None:
    installation()
    with reading():
        found = chosen_source(code)
    with deed("LDAP-006", dry_run=dry_run):
        retire_source(found, reason, now=dt.datetime.now(dt.UTC))
    _report(chosen_source(code), as_json, dry_run=dry_run)


@source.command(
    "sample",
    help="实时查看前十个人员和单位，不保存任何内容。可用选项先试改动；不给 CODE 时查看还没有建立"
    "的来源。"
    "\n\nLook at the first ten people and units; nothing is stored. Options try a change out; "
    "without CODE they describe a source not yet added.",
)
@click.argument("code", required=False)
@_described(is_new=False)
@json_option
def sample_source(code: str | None, as_json: bool, **given: Any) -> None:
    opened = installation()
    with refusing("LDAP-006"), reading():
        config = _sampled(code, _given(given), opened.settings.data)
    found = sample(config)
    if isinstance(found, Incomplete):
        zh, en = reason_words(found.reason)
        raise OperatorError(
            "LDAP-004",
            f"没有读到样本：{zh}{found.detail}。没有改动任何账号。请核对来源的地址、账号和条件。",
            f"No sample: {en} {found.detail}. No account was changed. Check the source's address, "
            "search account and filters.",
            3,
        )
    report(msgspec.to_builtins(found), as_json, lambda _: _lines(found))


def _sampled(code: str | None, fields: dict[str, Any], data: Path) -> DirectoryConfig:
    """How a source is reached that stands, as the options change it, or that they describe.
    Raises Invalid: it cannot be described so, or its password is wanted again."""
    if code is not None:
        found = chosen_source(code)
        described = dataclasses.replace(_as_described(found), **fields)
        password = described.password or kept_password(described, found, data)
    else:
        missing = [flag for flag, name in _REACHED.items() if not fields.get(name)]
        if missing:
            raise click.UsageError(f"Missing option {', '.join(missing)}.")
        described = Described(**{"code": "sample", "name": "sample", **fields})
        password = described.password or ""
    check_described(described)
    return described_config(described, password)


def _lines(found: Sample) -> list[str]:
    people = [
        f"{p.login:16} {p.name} {p.title} {found.unit_names.get(p.unit or '', '')}".rstrip()
        for p in found.people
    ]
    faults = [f"{dn}: {' / '.join(reason_words(reason))}" for dn, reason in found.faults]
    return [*people, *(f"{u.code:16} {u.name}" for u in found.units), *faults]


def chosen_source(code: str) -> DirectorySource:
    """The source of this code. Raises OperatorError: there is none."""
    try:
        return source_by_code(code)
    except NotFound as fault:
        raise OperatorError(
            "LDAP-005",
            f"没有代码为 {code} 的目录来源。没有任何改动。openbureau source list 列出全部来源。",
            f"There is no directory source {code}. Nothing changed. "
            "`openbureau source list` lists all.",
        ) from fault


def _given(given: dict[str, Any]) -> dict[str, Any]:
    """The described fields out of the options that were used."""
    fields = {name: value for name, value in given.items() if value is not None}
    password_file, ca_file = fields.pop("password_file", None), fields.pop("ca_file", None)
    mapped, top_unit = fields.pop("mapped"), fields.pop("top_unit", None)
    try:
        if password_file is not None:
            fields["password"] = read_password(password_file)
        if ca_file is not None:
            fields["ca_certificate"] = ca_file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise OperatorError(
            "LDAP-002",
            f"无法读取文件：{fault}。没有任何改动。请检查路径和权限。",
            f"Cannot read a file: {fault}. Nothing changed. Check the path and its permissions.",
        ) from fault
    if mapped:
        pairs = (each.partition("=") for each in mapped)
        fields["attributes"] = {
            field: [name for name in names.split(",") if name] for field, _, names in pairs
        }
    if top_unit is not None:
        fields["top_unit_id"] = _unit_id(top_unit)
    return fields


def _unit_id(code: str) -> int | None:
    if not code:
        return None
    with reading():
        found = Unit.get_or_none(Unit.code == code)
    if found is None:
        raise OperatorError(
            "UNIT-001",
            f"没有代码为 {code} 的单位。没有任何改动。openbureau units 列出全部代码。",
            f"There is no unit with code {code}. Nothing changed. "
            "`openbureau units` lists all codes.",
        )
    return int(found.id)


def _as_described(found: DirectorySource) -> Described:
    fields = {
        field.name: getattr(found, field.name)
        for field in dataclasses.fields(Described)
        if field.name not in {"password", "attributes"}
    }
    return Described(**fields, attributes=msgspec.json.decode(found.attributes))


def _shown(found: DirectorySource) -> dict[str, Any]:
    described = dataclasses.asdict(_as_described(found))
    del described["password"], described["ca_certificate"]
    return {**described, "is_active": bool(found.is_active)}


def _report(found: DirectorySource, as_json: bool, *, dry_run: bool) -> None:
    word = "已保存 saved" if found.is_active else "已停用 retired"
    word = "未改动 unchanged" if dry_run else word
    report(
        {**_shown(found), "applied": not dry_run},
        as_json,
        lambda row: [f"{row['code']} {row['name']}（{word}）"],
    )
