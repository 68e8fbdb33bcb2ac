"""What commands share: settings from the group, an opened installation, JSON output."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from openbureau.base.errors import OperatorError, Unavailable
from openbureau.base.i18n import load_catalogues
from openbureau.base.settings import Loaded, Settings, load_settings
from openbureau.kernel.accounts.passwords import password_hash
from openbureau.kernel.directory.config import read_password
from openbureau.shell.installation import Installation, open_installation
from openbureau.shell.loading import PACKAGE

SHORTEST_PASSWORD = 8
LONGEST_KEY = 19
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")

_JSON = "openbureau.json"


def _note_json(ctx: click.Context, _parameter: click.Parameter, as_json: bool) -> bool:
    """Lets the groups above know how a refusal is to be printed."""
    ctx.meta[_JSON] = as_json
    return as_json


json_option = click.option(
    "--json", "as_json", is_flag=True, callback=_note_json, help="输出 JSON。Print JSON."
)


class _Key(click.ParamType[int]):
    """The number of a row: a whole number that a database can hold as a key."""

    name = "number"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        digits = str(value).strip()
        if digits.isascii() and digits.isdecimal() and len(digits) < LONGEST_KEY:
            return int(digits)
        return self.fail(
            f"{digits[:40]!r} 不是编号，应为列表中的整数。没有任何改动。"
            f"{digits[:40]!r} is not a number from the list. Nothing changed.",
            param,
            ctx,
        )


KEY = _Key()


class BureauGroup(click.Group):
    """A group whose commands answer refusals with both languages and the right exit status;
    with `--json` also as the one document on standard output."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OperatorError as refused:
            self._refuse(ctx, refused)
        except Unavailable as fault:
            self._refuse(ctx, database_refusal(fault))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their whole help: Chinese, then English."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [
            (name, " ".join((command.help or "").split()))
            for name, command in found
            if command is not None
        ]
        if rows:
            with formatter.section("Commands 命令"):
                formatter.write_dl(rows)

    def _refuse(self, ctx: click.Context, refused: OperatorError) -> None:
        click.echo(str(refused), err=True)
        if ctx.meta.get(_JSON):
            error = {"code": refused.code, "message": refused.zh, "message_en": refused.en}
            click.echo(json.dumps({"error": error}, ensure_ascii=False))
        sys.exit(refused.exit_status)


def database_refusal(fault: Unavailable) -> OperatorError:
    """What keeps the database from answering, in both languages."""
    what = load_catalogues([PACKAGE])["en"].gettext(fault.what)
    return OperatorError(
        fault.code,
        f"{fault.what}这一步没有完成。请检查数据库地址、磁盘和文件权限后重试。",
        f"{what} This step was not done. Check the database URL, the disk and the permissions of "
        "its files, then try again.",
    )


def loaded(**overrides: Any) -> Loaded:
    """Settings of this command: the group's `--data`, then the given overrides."""
    context = click.get_current_context()
    return load_settings({**(context.obj or {}), **overrides})


def settings(**overrides: Any) -> Settings:
    """The settings alone."""
    return loaded(**overrides).settings


def installation(**overrides: Any) -> Installation:
    """The opened installation of this command."""
    return open_installation(settings(**overrides))


def report(value: Any, as_json: bool, lines: Callable[[Any], Any]) -> None:
    """Prints a value as one JSON document, or as lines for people."""
    if as_json:
        click.get_current_context().meta[_JSON] = False  # the one document of this command
        click.echo(json.dumps(value, ensure_ascii=False, default=str))
    else:
        for line in lines(value):
            click.echo(line)


def checked_login(login: str) -> str:
    """A new account's login name. Raises OperatorError: it has other characters than allowed."""
    name = login.strip().lower()
    if not LOGIN.fullmatch(name):
        raise OperatorError(
            "ACC-003",
            f"账号 {login!r} 不可用：只能用小写字母、数字和 . _ -，2 到 60 位。没有任何改动。",
            f"{login!r} cannot be an account: use a-z, 0-9 and . _ - only, 2 to 60 of them. "
            "Nothing changed.",
        )
    return name


def new_password_hash(password_file: Path | None) -> str:
    """The hash of a new password, from a file or typed twice.

    Raises OperatorError: it is too short.
    """
    if password_file is not None:
        password = read_password(password_file)
    else:
        password = click.prompt("密码 Password", hide_input=True, confirmation_prompt=True)
    if len(password) < SHORTEST_PASSWORD:
        raise OperatorError(
            "INIT-002",
            f"密码至少 {SHORTEST_PASSWORD} 位。没有任何改动。",
            f"The password needs at least {SHORTEST_PASSWORD} characters. Nothing changed.",
        )
    return password_hash(password)
