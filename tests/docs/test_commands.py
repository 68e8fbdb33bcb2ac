"""Every `openbureau …` of the documents is a command with options that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from openbureau.shell.cli.root import root

from .documents import DOCUMENTS, ROOT, fences

_START = re.compile(r"(?:^|[\s/])(openbureau\s)")
_END = re.compile(r"\s(?:>|>>|\||&&|#)")
_INLINE = re.compile(r"`(openbureau [^`]+)`")


def commands_of(text: str) -> list[str]:
    """Commands in the lines of a shell example, pipes and redirections cut off."""
    found = []
    for line in text.splitlines():
        starts = [match.start(1) for match in _START.finditer(line)]
        if starts and not line.lstrip().startswith(("#", "export")) and "pip install" not in line:
            found.append(_END.split(line[starts[-1] :])[0].strip())
    return found


def fault_of(command: str) -> str:
    """Why a command line cannot be parsed; empty when it can."""
    words = shlex.split(command.replace("$(date +\\%Y\\%m\\%d)", "today"))[1:]
    current: click.Command = root
    context: click.Context | None = None
    try:
        while isinstance(current, click.Group):
            while words and words[0].startswith("--data"):
                words = words[2:]
            if not words:
                return ""
            found = current.get_command(click.Context(current), words[0])
            if found is None:
                return f"{command}: no command {words[0]}"
            current, words = found, words[1:]
        known = {name for p in current.params for name in [*p.opts, *p.secondary_opts]}
        unknown = [w for w in words if w.startswith("--") and w not in known | {"--help"}]
        if unknown:
            return f"{command}: no option {unknown}"
        parser = current.make_parser(click.Context(current, parent=context))
        parser.parse_args([word for word in words if word != "--help"])
    except click.UsageError as fault:
        return f"{command}: {fault.message}"
    return ""


def test_the_rule_sees_wrong_commands() -> None:
    assert fault_of("openbureau sync --dry-run --json") == ""
    assert fault_of("openbureau --data /srv check") == ""
    assert "no command" in fault_of("openbureau synchronise")
    assert "no option" in fault_of("openbureau backup FILE --fast")
    assert "no command" in fault_of("openbureau plugin switch bulletins")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_of_a_document_exist(document: Path) -> None:
    examples = [f.content for f in fences(document) if f.language in {"sh", "cron"}]
    found = [command for text in examples for command in commands_of(text)]
    found += [re.sub(r"\[.*", "", c).strip() for c in _INLINE.findall(document.read_text("utf-8"))]
    found = [c for c in found if not re.search("…|<|目录 命令", c)]
    assert [fault for command in found if (fault := fault_of(command))] == []


def test_documents_name_commands() -> None:
    texts = [f.content for d in DOCUMENTS for f in fences(d) if f.language == "sh"]
    assert sum(len(commands_of(text)) for text in texts) > 30
