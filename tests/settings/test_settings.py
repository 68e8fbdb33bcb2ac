"""Settings: declared by the core and by plugins, chosen per place, nearest one holds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.responses import PlainTextResponse

from openbureau import Page, Permission, Permissions, Request, RoleTemplate, Setting
from openbureau.base.plugins import load_plugins
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.settings.models import SettingValue
from openbureau.kernel.settings.queries import core_setting
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau
from openbureau.testing.synthetic import plugin_of

READ = "parts.list_part"
SETTINGS = (
    Setting("parts.days", "保留天数", 7, minimum=1, maximum=30, is_local=True),
    Setting("parts.colour", "颜色", "red", choices=(("red", "红"), ("blue", "蓝"))),
    Setting("parts.is_loud", "响铃", False, permission="core.manage_policies"),
)


def show(request: Request) -> Any:
    ctx = request.person
    return PlainTextResponse(f"{ctx.setting('parts.days')} {ctx.setting('parts.is_loud')}")


PARTS = plugin_of(
    "parts",
    settings=lambda: SETTINGS,
    permissions=lambda: Permissions(
        (Permission(READ, "看"),), (RoleTemplate("parts.reader", "看", (READ,), is_default=True),)
    ),
    pages=lambda: (Page("", show, READ),),
)


@pytest.fixture
def bureau(tmp_path: Path, database_url: str) -> Iterator[Bureau]:
    opened = open_bureau(tmp_path / "data", database_url, [PARTS])
    opened.enable("parts")
    yield opened
    close_bureau()


def chosen_here() -> bool:
    """Whether anything was chosen beyond what every test bureau begins with."""
    keys = {row.key for row in SettingValue.select()}
    return bool(keys - {"core.second_factor"})


def choose(bureau: Bureau, login: str, url: str, value: str, unit: str = "") -> int:
    client = bureau.sign_in(login)
    assert client.get(url).status == 200
    return client.post(url, {"value": value, "unit": unit}).status


def test_a_plugin_s_setting_holds_where_the_person_acts(bureau: Bureau) -> None:
    url = "/-/console/settings/parts.days"
    zhang, zhao = bureau.sign_in("zhang"), bureau.sign_in("zhao")
    assert zhang.get("/parts/").text == "7 False"
    assert choose(bureau, "system", url, "9") == 303
    assert choose(bureau, "system", url, "20", "530100") == 303
    assert (zhang.get("/parts/").text, zhao.get("/parts/").text) == ("20 False", "9 False")
    assert choose(bureau, "system", url, "21", "530102") == 303
    assert zhang.get("/parts/").text == "21 False"


def test_a_choice_taken_back_lets_the_one_above_hold_again(bureau: Bureau) -> None:
    url = "/-/console/settings/parts.days"
    choose(bureau, "system", url, "9")
    choose(bureau, "system", url, "20", "530102")
    client = bureau.sign_in("system")
    assert "五华区" in client.get(url).words
    assert client.post(f"{url}/take-back", {"place": "530102"}).status == 303
    zhang = bureau.sign_in("zhang")
    assert zhang.get("/parts/").text == "9 False"
    client.get(url)
    assert client.post(f"{url}/take-back", {"place": ""}).status == 303
    assert zhang.get("/parts/").text == "7 False"
    assert not chosen_here()


def test_each_administrator_sees_the_own_settings_only(bureau: Bureau) -> None:
    system, security = bureau.sign_in("system"), bureau.sign_in("security")
    words = system.get("/-/console/settings").words
    assert "保留天数" in words
    assert "口令规则" not in words
    words = security.get("/-/console/policies").words
    assert "口令规则" in words
    assert "响铃" in words
    assert "保留天数" not in words
    assert system.get("/-/console/policies").status == 403
    assert security.get("/-/console/policies/parts.days").status == 404
    assert system.get("/-/console/settings/parts.is_loud").status == 404
    assert bureau.sign_in("li").get("/-/console/settings").status == 403


def test_the_list_says_where_a_value_comes_from_and_who_chose_it(bureau: Bureau) -> None:
    choose(bureau, "system", "/-/console/settings/parts.colour", "blue")
    choose(bureau, "system", "/-/console/settings/parts.days", "3", "530102")
    words = bureau.sign_in("system").get("/-/console/settings").words
    assert "颜色 蓝 全系统 系统管理员" in words
    assert "1 个单位另选" in words
    row = AuditRecord.get(AuditRecord.action == "core.choose_setting")
    assert json.loads(row.detail) == {"key": "parts.colour", "before": None, "after": "blue"}


@pytest.mark.parametrize(
    ("key", "value", "unit", "sentence"),
    [
        ("parts.days", "31", "", "应为 1 到 30 的整数"),
        ("parts.days", "x", "", "应为 1 到 30 的整数"),
        ("parts.days", "9" * 40, "", "应为 1 到 30 的整数"),
        ("parts.colour", "green", "", "请从列出的选项中选择"),
        ("parts.colour", "red", "530102", "请从列出的选项中选择"),
        ("core.audit_anchor_folder", "/nowhere/at/all", "", "已有目录的完整路径"),
        ("core.audit_anchor_folder", "relative", "", "已有目录的完整路径"),
    ],
)
def test_what_does_not_fit_comes_back_with_a_reason(
    bureau: Bureau, key: str, value: str, unit: str, sentence: str
) -> None:
    client = bureau.sign_in("system")
    url = f"/-/console/settings/{key}"
    client.get(url)
    answer = client.post(url, {"value": value, "unit": unit})
    assert answer.status == 422
    assert sentence in answer.words
    assert not chosen_here()


def test_a_yes_or_no_setting(bureau: Bureau) -> None:
    assert choose(bureau, "security", "/-/console/policies/parts.is_loud", "yes") == 303
    assert bureau.sign_in("li").get("/parts/").text == "7 True"


def test_an_undeclared_setting_is_a_mistake(bureau: Bureau) -> None:
    with pytest.raises(KeyError):
        bureau.context("li").setting("parts.nothing")
    assert bureau.context("li").setting("parts.days") == 7


def test_a_plugin_may_name_its_own_settings_only() -> None:
    source = plugin_of("parts", settings=lambda: (Setting("core.quota_mb", "x", 1),))
    assert "不属于 parts" in load_plugins([source]).records["parts"].problem


def test_the_command_line(embedded: Bureau) -> None:
    environment = {"OPENBUREAU_DATA": str(embedded.installation.settings.data)}

    def run(*arguments: str, status: int = 0) -> Any:
        done = CliRunner().invoke(root, ["setting", *arguments, "--json"], env=environment)
        assert done.exit_code == status, done.output
        return json.loads(done.stdout) if done.stdout else done.output

    assert run("set", "core.quota_mb", "100", "--dry-run")["dry_run"]
    assert core_setting("core.quota_mb") == 2048
    run("set", "core.quota_mb", "100", "--unit", "530100")
    rows = {row["setting"]: row for row in run("list", "--unit", "530100")}
    assert (rows["core.quota_mb"]["value"], rows["core.quota_mb"]["source"]) == (100, "530100")
    run("unset", "core.quota_mb", "--unit", "530100")
    rows = {row["setting"]: row for row in run("list")}
    assert rows["core.quota_mb"]["source"] == "default"
    assert run("set", "no.such", "1", status=1)["error"]["code"] == "SET-001"
    refused = run("set", "core.leaver_grace_days", "9", "--unit", "530100", status=1)
    assert refused["error"]["code"] == "SET-002"
    assert run("set", "core.leaver_grace_days", "0", status=1)["error"]["code"] == "SET-003"
    refused = run("set", "core.quota_mb", "9", "--unit", "x", status=1)
    assert refused["error"]["code"] == "UNIT-001"


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Bureau]:
    yield open_bureau(tmp_path / "data")
    close_bureau()
