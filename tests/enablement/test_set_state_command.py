"""`openbureau plugin set`: live at once; refusals in both languages, nothing changed."""

import json

import pytest
from click.testing import CliRunner, Result

from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau

from .conftest import PLUGIN, opens, state


def run(bureau: Bureau, *arguments: str) -> Result:
    data = str(bureau.installation.settings.data)
    return CliRunner().invoke(root, ["--data", data, "plugin", *arguments])


def test_state_is_live_at_the_next_request(bureau: Bureau) -> None:
    client = bureau.sign_in("zhang")
    assert not opens(client)
    result = run(bureau, "set", PLUGIN, "on", "--scope", "subtree:530100")
    assert result.exit_code == 0, result.output
    assert opens(client)


def test_json_names_the_rule(bureau: Bureau) -> None:
    result = run(bureau, "set", PLUGIN, "on", "--scope", "kind:county", "--json")
    assert json.loads(result.stdout) == {
        "rule": 1,
        "plugin": PLUGIN,
        "state": "on",
        "scope": "kind:county",
    }


def test_reason_and_act_are_on_record(bureau: Bureau) -> None:
    run(bureau, "set", PLUGIN, "on", "--scope", "unit:530102", "--reason", "云质监〔2026〕12 号")
    assert bureau.rows("SELECT reason FROM plugin_rule") == [("云质监〔2026〕12 号",)]
    detail = "SELECT detail FROM audit_record WHERE action = 'core.set_plugin_state'"
    assert json.loads(bureau.rows(detail)[0][0])["after"] == "on"


def test_pilot_takes_people(bureau: Bureau) -> None:
    run(bureau, "set", PLUGIN, "pilot", "--scope", "unit:530102", "--people", "ZHANG, sun")
    assert opens(bureau.sign_in("zhang"))
    assert not opens(bureau.sign_in("zhou"))


def test_cap_takes_it_away_below(bureau: Bureau) -> None:
    run(bureau, "set", PLUGIN, "on", "--scope", "unit:530102")
    run(bureau, "set", PLUGIN, "off", "--scope", "subtree:530100", "--cap")
    assert state(bureau, "530102") == "off"


@pytest.mark.parametrize(
    ("arguments", "code", "english"),
    [
        (("nothing", "on", "--scope", "unit:530102"), "PLUG-001", "No plugin named nothing"),
        ((PLUGIN, "on", "--scope", "unit:999"), "UNIT-001", "no unit with code 999"),
        ((PLUGIN, "on", "--scope", "subtree:"), "UNIT-001", "no unit with code"),
        ((PLUGIN, "on", "--scope", "530102"), "PLUG-003", "Cannot understand the scope"),
        ((PLUGIN, "on", "--scope", "kind:castle"), "PLUG-003", "Cannot understand the scope"),
        ((PLUGIN, "on", "--scope", ""), "PLUG-003", "Cannot understand the scope"),
        (
            (PLUGIN, "pilot", "--scope", "unit:530102", "--people", "zhang,nobody"),
            "ACC-001",
            "No such accounts: nobody",
        ),
    ],
)
def test_refusal_speaks_both_languages_and_changes_nothing(
    bureau: Bureau, arguments: tuple[str, ...], code: str, english: str
) -> None:
    result = run(bureau, "set", *arguments)
    assert result.exit_code == 1
    assert f"[{code}]" in result.stderr
    assert "没有任何改动" in result.stderr
    assert english in result.stderr
    assert bureau.rows("SELECT count(*) FROM plugin_rule") == [(0,)]


def test_unknown_state_is_a_usage_error_naming_the_states(bureau: Bureau) -> None:
    result = run(bureau, "set", PLUGIN, "maybe", "--scope", "unit:530102")
    assert result.exit_code == 2
    assert "readonly" in result.stderr


def test_scope_is_compulsory(bureau: Bureau) -> None:
    assert run(bureau, "set", PLUGIN, "on").exit_code == 2


def test_list_counts_units_by_state(bureau: Bureau) -> None:
    run(bureau, "set", PLUGIN, "on", "--scope", "subtree:530100")
    rows = json.loads(run(bureau, "list", "--json").stdout)
    units = next(row["units"] for row in rows if row["slug"] == PLUGIN)
    assert units == {"off": 3, "pilot": 0, "on": 4, "readonly": 0}
