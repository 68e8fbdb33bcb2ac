"""`openbureau token`: giving, listing, revoking, in JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau

from .programs import DEVICES, Program

INSTALLED = Path(__file__).parents[1] / "registers/installed"
GIVEN = (
    *("token", "new", "年检对接", "--account", "zhang", "--unit", "530102"),
    *("--scope", "devices.list_device", "--until", "2027-01-31"),
)


@pytest.fixture
def run(devices: Bureau, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings = devices.installation.settings
    monkeypatch.setenv("OPENBUREAU_DATA", str(settings.data))
    monkeypatch.setenv("OPENBUREAU_DATABASE", settings.database)
    # Commands find plugins where they are installed.
    monkeypatch.syspath_prepend(str(INSTALLED))

    def ran(*arguments: str, status: int = 0) -> Any:
        result = CliRunner().invoke(root, [*arguments, "--json"])
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)

    return ran


def test_token_is_given_listed_and_revoked(devices: Bureau, run: Any) -> None:
    tried = run(*GIVEN, "--dry-run")
    assert (tried["applied"], tried["text"], run("token", "list")) == (False, None, [])
    given = run(*GIVEN)
    program = Program(devices, given["text"])
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
