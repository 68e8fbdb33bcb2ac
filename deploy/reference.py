"""Writes `docs/reference/`: settings, hooks, error codes, commands and the public API.

Everything comes out of the code, so the pages cannot say what it does not do; a test
compares them. Chinese stands first where the code says both.
"""

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from babel.messages.pofile import read_po
from error_sentences import sentences

import openbureau
import openbureau.kit
from openbureau.base import hookspecs
from openbureau.base.settings import Settings
from openbureau.shell.cli.root import root
from openbureau.shell.pattern_list import PATTERNS
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs/reference"
NOTE = (
    "<!-- 由 deploy/reference.py 生成，请勿手改。Written by deploy/reference.py; do not edit. -->"
)
KIND = re.compile(r"^# --- (\w+) -*$|^def (\w+)\(", re.M)
KINDS = {
    "declare": ("声明：启动时一次", "declare: once at start"),
    "contribute": ("提供：每次请求或任务", "contribute: per request or job"),
    "after": ("事后：提交之后，在后台进程中", "after: after the commit, in the worker"),
    "ask": ("询问：切换之前", "ask: before a switch"),
}


def main() -> int:
    """Writes every page."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, content in reference().items():
        (TARGET / name).write_text(content, "utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")
    return 0


def reference() -> dict[str, str]:
    """Every generated page by file name."""
    return {
        "settings.md": page("设置 Settings", settings_lines()),
        "hooks.md": page("挂钩 Hooks", hook_lines()),
        "errors.md": page("错误代码 Error codes", error_lines()),
        "commands.md": page("命令 Commands", command_lines()),
        "api.md": page("公共接口 Public API", api_lines()),
        "patterns.md": page("组件 Components", pattern_lines()),
    }


def page(title: str, lines: Iterable[str]) -> str:
    """A page: title, note, lines."""
    return "\n".join([f"# {title}", "", NOTE, "", *lines]).rstrip() + "\n"


def cell(text: str) -> str:
    """A text inside a table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(*heads: str) -> list[str]:
    """The head of a table."""
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]


def row(*cells: str) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(cell, cells))} |"


def settings_lines() -> Iterator[str]:
    """Start-up settings with variable, default and both descriptions."""
    yield "先后次序：命令行、环境变量、数据目录中的 `openbureau.toml`、默认值。"
    yield "Precedence: command line, environment, `openbureau.toml` in the data directory, default."
    yield ""
    yield from table("设置 Setting", "环境变量 Variable", "默认 Default", "说明", "Meaning")
    for field in dataclasses.fields(Settings):
        default = str(field.default)
        yield row(
            f"`{field.name}`",
            f"`OPENBUREAU_{field.name.upper()}`",
            f"`{default}`" if default else "—",
            field.metadata["zh"],
            field.metadata["en"],
        )


def hook_lines() -> Iterator[str]:
    """Hooks in the order of a plugin's life, each with its arguments and its docstring."""
    yield "业务模块在同名函数前写 `@hookimpl`，只取需要的参数。"
    yield "A plugin writes `@hookimpl` before a function of the same name and takes what it needs."
    for match in KIND.finditer(inspect.getsource(hookspecs)):
        kind, name = match.groups()
        if kind:
            yield from ("", f"## {' · '.join(KINDS[kind])}")
        elif hasattr(getattr(hookspecs, name), "openbureau_spec"):
            function = getattr(hookspecs, name)
            arguments = ", ".join(inspect.signature(function).parameters)
            yield from ("", f"### `{name}({arguments})`", "", inspect.getdoc(function) or "")


def error_lines() -> Iterator[str]:
    """Codes by area with the sentence in both languages."""
    packages = [ROOT / "core/openbureau", *sorted(ROOT.glob("plugins/*/openbureau_*"))]
    english: dict[str, str] = {}
    for package in reversed(packages):
        with (package / "locale/en/LC_MESSAGES/messages.po").open("rb") as stream:
            english |= {str(m.id): str(m.string) for m in read_po(stream) if m.id}
    paths = [path for package in packages for path in sorted(package.rglob("*.py"))]
    area = ""
    for sentence in sentences(paths):
        if sentence.code.partition("-")[0] != area:
            area = sentence.code.partition("-")[0]
            yield from ("", f"## {area}", "", *table("代码 Code", "中文", "English"))
        en = sentence.en or " ".join(english.get(part, "") for part in sentence.zh)
        yield row(f"`{sentence.code}`", "".join(sentence.zh), en)


def command_lines() -> Iterator[str]:
    """Every command with its arguments and options."""
    yield "每条命令都可加 `--help`；`--data DIR` 写在命令之前，指定数据目录。"
    yield "Every command takes `--help`; `--data DIR` before the command names the data directory."
    for path, command in commands(root, ("openbureau",)):
        if isinstance(command, click.Group):
            continue
        arguments = [p for p in command.params if isinstance(p, click.Argument)]
        options = [p for p in command.params if isinstance(p, click.Option)]
        usage = " ".join([*path, *(str(p.name).upper() for p in arguments)])
        yield from ("", f"## `{usage}`", "", cell(command.help or ""))
        if options:
            yield from ("", *table("选项 Option", "说明 Meaning"))
        for option in options:
            names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
            choices = option.type.choices if isinstance(option.type, click.Choice) else ()
            yield row(names, " ".join([option.help or "", *(f"`{c}`" for c in choices)]))


def commands(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command of the tree with the words that lead to it, in alphabetical order."""
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from commands(command.commands[name], (*path, name))


def api_lines() -> Iterator[str]:
    """Public names with what they return or are."""
    yield "业务模块只可导入这里列出的名称，以及 peewee、WTForms、msgspec。"
    yield "A plugin imports the names listed here, peewee, WTForms and msgspec, and nothing else."
    for module in (openbureau, openbureau.kit):
        yield from ("", f"## `{module.__name__}`", "", *table("名称 Name", "说明 Meaning"))
        for name in sorted(module.__all__, key=str.lower):
            yield row(*described(name, getattr(module, name)))
    yield from ("", "## `openbureau.testing`", "")
    yield "pytest 自动提供 `bureau`（SQLite）和 `either_bureau`（两种数据库各一次）。"
    yield "pytest offers `bureau` (SQLite) and `either_bureau` (once per database) by itself."
    for owner in (Bureau, Client):
        yield from ("", f"### `{owner.__name__}`", "", inspect.getdoc(owner) or "", "")
        yield from table("名称 Name", "说明 Meaning")
        for name, member in vars(owner).items():
            if not name.startswith("_") and (
                inspect.isfunction(member) or isinstance(member, property)
            ):
                yield row(*described(name, member))


def pattern_lines() -> Iterator[str]:
    """Every component with the macros that make it and what it is for."""
    yield "每个组件的样例、宏的写法和生成的标记见运行中的系统 `/-/patterns`；"
    yield "样例页里没有的组件不存在。"
    yield "Every component live, with its macro call and markup, is at `/-/patterns` of a running"
    yield "system; a component that is absent there does not exist."
    english = catalogue("core/openbureau/locale/en/LC_MESSAGES/messages.po")
    for group, found in groupby(PATTERNS, lambda pattern: pattern.group):
        yield from ("", f"## {group} {english.get(group, '')}", "")
        yield from table("组件 Component", "宏 Macros", "用途 Purpose")
        for pattern in found:
            name = f"{pattern.title} {english.get(pattern.title, '')}"
            purpose = f"{pattern.purpose} {english.get(pattern.purpose, '')}"
            yield row(name, macros_of(pattern.name), purpose)


def catalogue(path: str) -> dict[str, str]:
    """Message ids and their translations."""
    with (ROOT / path).open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}


def macros_of(name: str) -> str:
    """Macros the examples of a component import, with the files they live in."""
    text = (ROOT / f"core/openbureau/templates/core/patterns/{name}.html").read_text("utf-8")
    found: dict[str, None] = {}
    for file, names in re.findall(r'{% from "([^"]+)" import ([^%]+) %}', text):
        for macro in names.split(","):
            found[f"`{macro.strip().partition(' as ')[0]}` ({file})"] = None
    return ", ".join(found)


def described(name: str, value: Any) -> tuple[str, str]:
    """A name with its arguments, and the first paragraph of its docstring."""
    documented = inspect.isclass(value) or callable(value) or isinstance(value, property)
    first = (inspect.getdoc(value) or "").partition("\n\n")[0] if documented else f"`{value}`"
    if inspect.isfunction(value):
        names = [p for p in inspect.signature(value).parameters if p != "self"]
        if names != ["args", "kwargs"]:
            return f"`{name}({', '.join(names)})`", first
    return f"`{name}`", first


if __name__ == "__main__":
    sys.exit(main())
