"""`openbureau token`: giving, listing, revoking, in JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from openbureau.base.plugins import Source
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

from .programs import DEVICES, Program

INSTALLED = Path(__file__).parents[1] / "registers/installed"
GIVEN = (
    *("token", "new", "年检对接", "--account", "zhang", "--unit", "530102"),
    *("--scope", "devices.list_device", "--until", "2027-01-31"),
)


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau that commands open again by themselves."""
    made = open_bureau(tmp_path / "data", sources=[Source("devices", "openbureau_devices")])
    made.enable("devices")
    made.grant("zhang", "devices.registrar", "530102", "unit")
    yield made
    close_bureau()


@pytest.fixture
def run(installed: Bureau, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OPENBUREAU_DATA", str(installed.installation.settings.data))
    # Commands find plugins where they are installed.
    monkeypatch.syspath_prepend(str(INSTALLED))

    def ran(*arguments: str, status: int = 0) -> Any:
        result = CliRunner().invoke(root, [*arguments, "--json"])
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)

    return ran


def test_token_is_given_listed_and_revoked(installed: Bureau, run: Any) -> None:
    tried = run(*GIVEN, "--dry-run")
    assert (tried["applied"], tried["text"], run("token", "list")) == (False, None, [])
    given = run(*GIVEN)
    program = Program(installed, given["text"])
    assert program.get(DEVICES).status == 200
    [line] = run("token", "list")
    assert (line["token"], line["account"], line["refused"]) == (given["token"], "zhang", "")
    assert given["text"] not in json.dumps(line)
    assert run("token", "revoke", given["token"], "--reason", "下线")["applied"]
    assert program.get(DEVICES).status == 401
    assert run("token", "list")[0]["refused"] == "TOK-002"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("token", "revoke", "0" * 32, "--reason", "x"), "TOK-011"),
        ((*GIVEN[:4], "sun", *GIVEN[5:]), "TOK-010"),
        ((*GIVEN[:6], "nowhere", *GIVEN[7:]), "UNIT-001"),
        ((*GIVEN, "--reach", "province"), "CLI-001"),
    ],
)
def test_refusals_have_a_code(run: Any, arguments: tuple[str, ...], code: str) -> None:
    status = 2 if code == "CLI-001" else 1
    assert run(*arguments, status=status)["error"]["code"] == code
