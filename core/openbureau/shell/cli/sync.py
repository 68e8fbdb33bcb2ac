"""`openbureau sync`: brings the directory's units and people in."""

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import click

from openbureau.base.database import reading
from openbureau.base.errors import OperatorError
from openbureau.base.settings import CONFIG_NAME, Settings
from openbureau.kernel.directory.config import DirectoryConfig, read_password
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.sources import source_config
from openbureau.kernel.directory.sync import Report
from openbureau.kernel.sync.command import commanded
from openbureau.kernel.sync.locking import held
from openbureau.shell.cli.options import installation, json_option, settings
from openbureau.shell.cli.sources import chosen_source
from openbureau.shell.findings import SIGN_IN_SETTINGS

_COUNTED = (
    ("create", "新增", "new"),
    ("update", "变更", "changed"),
    ("move", "调动", "moved"),
    ("disable", "停用", "disabled"),
    ("conflict", "冲突", "in conflict"),
    ("unchanged", "不变", "unchanged"),
)


@click.command(
    help="从目录服务器（LDAP）同步单位和人员。应答不完整或改动过大时不写任何内容。"
    "\n\nSynchronise units and people from the directory (LDAP). Nothing is written when the "
    "answer is incomplete or the change too large. Exit status: 0 done, 3 incomplete, 4 blocked."
)
@click.option("--url", help="目录服务器地址，ldap:// 或 ldaps://。Directory URL.")
@click.option("--bind-dn", help="查询账号。DN of the search account.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    help="查询账号的密码文件。File with the search account's password.",
)
@click.option("--base", help="目录的根。Base DN.")
@click.option("--profile", type=click.Choice(["openldap", "ad"]), help="目录类型。Directory kind.")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="签发目录证书的机构文件。CA file of the directory's certificate.",
)
@click.option(
    "--insecure",
    "is_insecure",
    is_flag=True,
    help="允许向其他主机不加密地发送密码。Allow plain text to another host.",
)
@click.option("--apply", "is_applied", is_flag=True, help="写入。Write.")
@click.option(
    "--dry-run",
    "is_dry_run",
    is_flag=True,
    help="只显示差异；两者必须且只能给出一个。Only show the differences; exactly one is required.",
)
@click.option(
    "--plan",
    "expected_plan",
    metavar="HASH",
    help="只写入预演时的这个计划。Apply only the plan with this hash from a dry run.",
)
@click.option("--source", "source_code", help="目录来源的代码。Code of a directory source.")
@click.option(
    "--delta",
    "is_delta",
    is_flag=True,
    help="只读取上次之后的变化，需要 --source。Read only what has changed; needs --source.",
)
@click.option(
    "--exclude",
    "excluded",
    multiple=True,
    metavar="ID",
    help="不处理这个稳定标识，可多次给出。Leave this stable id out; may be repeated.",
)
@json_option
def sync(
    is_applied: bool,
    is_dry_run: bool,
    expected_plan: str | None,
    is_insecure: bool,
    source_code: str | None,
    is_delta: bool,
    excluded: tuple[str, ...],
    as_json: bool,
    **given: Any,
) -> None:
    if is_applied == is_dry_run:
        raise click.UsageError("请指定 --dry-run 或 --apply。Say --dry-run or --apply.")
    if is_delta and not source_code:
        raise click.UsageError("--delta 需要 --source。--delta needs --source.")
    opened = installation(**_overrides(given))
    source = _source(source_code)
    with held(None if source is None else source.id, opened.settings, wait_s=0):
        report = commanded(
            source_config(source, opened.settings.data)
            if source is not None
            else dataclasses.replace(_config(opened.settings), is_insecure=is_insecure),
            is_dry_run=not is_applied,
            now=dt.datetime.now(dt.UTC),
            expected_plan=expected_plan,
            source=source,
            excluded=frozenset(excluded),
            is_delta=is_delta,
        )
    if as_json:
        click.echo(json.dumps(report.contract(), ensure_ascii=False))
    else:
        _show(report)
        if report.is_applied and source is None and not settings().ldap_url:
            _hint()
    raise SystemExit(report.exit_status)


def _overrides(given: dict[str, Any]) -> dict[str, str]:
    """The settings this command line replaces."""
    password_file = given.pop("password_file")
    chosen = {f"ldap_{name}": str(value) for name, value in given.items() if value is not None}
    if password_file is not None:
        chosen["ldap_password_file"] = str(password_file)
    return chosen


def _source(code: str | None) -> DirectorySource | None:
    if code is None:
        return None
    with reading():
        return chosen_source(code)


def _config(chosen: Settings) -> DirectoryConfig:
    """The directory of this run. Raises OperatorError: something is not given."""
    missing = [
        option
        for option, value in (
            ("--url", chosen.ldap_url),
            ("--bind-dn", chosen.ldap_bind_dn),
            ("--password-file", chosen.ldap_password_file),
            ("--base", chosen.ldap_base),
        )
        if not value
    ]
    if missing:
        names = " ".join(missing)
        raise OperatorError(
            "LDAP-001",
            f"没有给出 {names}。账号未改动。请在命令行或设置中给出。",
            f"{names} not given. Accounts unchanged. Give it here or in the settings.",
        )
    try:
        password = read_password(Path(chosen.ldap_password_file))
    except OSError as fault:
        raise OperatorError(
            "LDAP-002",
            f"无法读取密码文件 {chosen.ldap_password_file}：{fault.strerror}。账号未改动。"
            "请检查路径和权限。",
            f"Cannot read the password file {chosen.ldap_password_file}: {fault.strerror}. "
            "Accounts unchanged. Check the path and its permissions.",
        ) from fault
    return DirectoryConfig(
        url=chosen.ldap_url,
        bind_dn=chosen.ldap_bind_dn,
        password=password,
        base=chosen.ldap_base,
        profile=chosen.ldap_profile,
        ca_file=chosen.ldap_ca_file,
    )


def _hint() -> None:
    """What is still to do: this run was given the directory, the web processes are not."""
    click.echo(
        f"提示：来自目录的账号由目录服务器核对密码，但设置中没有 ldap_url，他们还不能登录。"
        f"请在 {CONFIG_NAME} 中写入 {SIGN_IN_SETTINGS} 后重启。\n"
        "Hint: accounts of the directory sign in with a bind there, but ldap_url is not set, so "
        f"they cannot sign in yet. Put {SIGN_IN_SETTINGS} into {CONFIG_NAME} and restart."
    )


def _show(report: Report) -> None:
    for line in report.lines:
        click.echo(line)
    for zh, en, counts in (("单位", "Units", report.units), ("人员", "People", report.people)):
        click.echo(
            f"{zh}：" + "，".join(f"{word} {counts[key]}" for key, word, _ in _COUNTED) + "。 "
            f"{en}: " + ", ".join(f"{counts[key]} {word}" for key, _, word in _COUNTED) + "."
        )
    for reason in (report.incomplete or report.blocked or "").split("; "):
        if reason:
            zh, en = reason_words(reason)
            click.echo(f"[{reason}] {zh} 没有写入任何内容。\n{en} Nothing was written.", err=True)
    if report.detail:
        click.echo(f"  {report.detail}", err=True)
    if report.plan:
        done = "已写入 applied" if report.is_applied else "未写入 not applied"
        click.echo(f"计划 Plan: {report.plan} ({done})")
