"""What commands print as JSON has the keys that the documents show."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from openbureau.shell.cli.root import root
from openbureau.testing.bureau import PASSWORD, close_bureau

from .documents import ROOT, fences

PAGE = ROOT / "docs/administer/commands.md"
UNITS = (
    "code,name,kind,parent\n530000,省局,province,\n530100,昆明市局,prefecture,530000\n"
    "530100-01,办公室,office,530100\n"
)


def keys(value: Any) -> frozenset[str]:
    """The keys of an object, or of the first of a list of objects."""
    first = value[0] if isinstance(value, list) else value
    return frozenset(first)


def documented() -> set[frozenset[str]]:
    """The keys of every JSON example."""
    return {keys(json.loads(f.content)) for f in fences(PAGE) if f.language == "json"}


def printed(*arguments: str) -> Any:
    """What a command prints as JSON."""
    result = CliRunner().invoke(root, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A new installation; what `init` printed."""
    monkeypatch.setenv("OPENBUREAU_DATA", str(tmp_path / "data"))
    (tmp_path / "units.csv").write_text(UNITS, "utf-8")
    (tmp_path / "secret.txt").write_text(PASSWORD, "utf-8")
    yield printed(
        "init", "--name", "省局", "--units", str(tmp_path / "units.csv"),
        "--admin", "zhao", "--password-file", str(tmp_path / "secret.txt"),
    )  # fmt: skip
    close_bureau()


@pytest.mark.parametrize(
    "command",
    [
        "accounts",
        "units",
        "routes",
        "plugin list",
        "plugin set bulletins on --scope subtree:530100",
        "migrate --status",
        "audit verify",
    ],
)
def test_printed_keys_are_documented(installed: Any, command: str) -> None:
    assert keys(printed(*command.split())) in documented()


def test_init_and_backup_print_what_is_documented(installed: Any, tmp_path: Path) -> None:
    assert keys(installed) in documented()
    assert installed["units"] == 3
    assert keys(printed("backup", str(tmp_path / "backup.obk"))) in documented()


@pytest.mark.parametrize("command", ["config", "check"])
def test_lines_of_reports_are_documented(installed: Any, command: str) -> None:
    text = PAGE.read_text("utf-8")
    names = ", ".join(f'"{name}"' for name in printed(command)[0])
    assert f"`{{{names}}}`" in text


def test_units_end_with_both_counts(installed: Any) -> None:
    listing = printed("units")
    assert (listing["access_units"], listing["sections"]) == (2, 1)
    assert {u["code"]: u["access_unit"] for u in listing["units"]}["530100-01"] == "530100"
