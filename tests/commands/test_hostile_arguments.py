"""Every command answers whatever is typed with a sentence and a code, never with a traceback."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau

CODED = re.compile(r"^\[[A-Z]+-\d{3}\] ", re.M)
# They run until somebody ends them, measure, or fill a new installation; none reads a name.
ENDLESS = {"serve", "worker", "demo", "bench", "init", "restore", "migrate", "backup"}
HOSTILE = {
    "empty": "",
    "blank": "   ",
    "digits": "9" * 40,
    "negative": "-7",
    "control": "a\x00b\x1b[31m",
    "undecodable": "a\udcff",
    "unknown": "nobody-at-all",
    "chinese": "查无此项",
    "sql": "' OR 1=1 --",
    "path": "../../../etc/passwd",
    "long": "长" * 5000,
    "format": "%(name)s %s {0}",
}
KNOWN = {
    "login": "zhang",
    "delegator": "zhang",
    "leaver": "zhang",
    "code": "530102",
    "unit": "530102",
    "parent": "530100",
    "role_code": "bulletins.publisher",
    "key": "core.quota_mb",
    "acting": "system",
    "slug": "bulletins",
}


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[Any]:
    """(words, command) of every command that is not a group."""
    for name in sorted(group.commands):
        command = group.commands[name]
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))
        elif name not in ENDLESS:
            yield (*above, name), command


COMMANDS = dict(commands(root))


def sane(parameter: click.Parameter) -> str:
    """A value this parameter takes; names are of the test bureau where they are known."""
    if isinstance(parameter.type, click.Choice):
        return str(next(iter(parameter.type.choices)))
    if isinstance(parameter.type, click.DateTime):
        return "2026-01-05"
    if isinstance(parameter.type, click.types.IntParamType):
        return "1"
    if isinstance(parameter.type, click.Path):
        return "/nonexistent/file.csv"
    return KNOWN.get(parameter.name or "", "x1")


def lines_with(command: click.Command, value: str) -> Iterator[list[str]]:
    """The command once for each parameter that takes a value, that one being hostile."""
    takers = [p for p in command.params if not getattr(p, "is_flag", False) and p.name != "help"]
    for hostile in takers:
        options: list[str] = []
        arguments: list[str] = []
        for parameter in takers:
            if parameter is not hostile and not parameter.required:
                continue
            given = value if parameter is hostile else sane(parameter)
            if isinstance(parameter, click.Argument):
                arguments.append(given)
            else:
                options += [f"{parameter.opts[0]}={given}"]
        json_flag = ["--json"] if any(p.name == "as_json" for p in command.params) else []
        yield [*options, *json_flag, "--", *arguments]


def run(bureau: Bureau, *arguments: str) -> Result:
    data = str(bureau.installation.settings.data)
    return CliRunner().invoke(root, ["--data", data, *arguments])


def fault_of(done: Result, line: list[str]) -> str:
    """What is wrong with an answer; empty: nothing."""
    shown = " ".join(ascii(word)[:60] for word in line)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return f"{shown}: {done.exception!r}"
    if done.exit_code == 0 or not done.stderr:
        return ""
    if not CODED.search(done.stderr) or "Traceback" in done.stderr:
        return f"{shown}: {done.stderr[:200]}"
    if "--json" in line and "error" not in json.loads(done.stdout):
        return f"{shown}: no JSON"
    return ""


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_hostile_arguments_get_a_sentence_with_a_code(
    bureau: Bureau, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    faults = [
        fault
        for value in HOSTILE.values()
        for line in lines_with(COMMANDS[words], value)
        if (fault := fault_of(run(bureau, *words, *line), line))
    ]
    assert faults == []


def test_every_command_is_documented_in_both_languages_and_prints_json() -> None:
    for words, command in COMMANDS.items():
        text = command.help or ""
        assert any(ord(c) > 0x2E80 for c in text), words
        assert re.search("[A-Za-z]{3,}", text), words
        assert any(p.name == "as_json" for p in command.params), words


def test_a_command_line_that_cannot_be_read_is_one_document(bureau: Bureau) -> None:
    refused = run(bureau, "role", "grant", "--json")
    assert refused.exit_code == 2
    assert json.loads(refused.stdout)["error"]["code"] == "CLI-001"
