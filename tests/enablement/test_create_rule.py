"""The administrators' page that sets a rule."""

import pytest

from openbureau.testing.bureau import Answer, Bureau, Client

from .conftest import PLUGIN, opens, state

URL = "/-/console/plugins"


def sent(client: Client, **changes: str) -> Answer:
    client.get(URL)
    return client.post(URL, {"plugin": PLUGIN, "state": "on", "scope": "unit:530102", **changes})


def test_rule_is_live_and_listed(either_bureau: Bureau) -> None:
    reader = either_bureau.sign_in("zhang")
    client = either_bureau.sign_in("system")
    page = client.follow(sent(client, reason="第一批"))
    assert "已生效" in page.text
    assert "五华区质量技术监督局" in page.text
    assert opens(reader)


def test_places_are_picked_several_at_once_or_by_kind(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    client.get(URL)
    fields = {"plugin": PLUGIN, "state": "on", "scope": "", "kind": "prefecture"}
    picked = {**fields, "places": ["unit:530102", "subtree:530100"], "places-names": "盘龙区局"}
    assert client.post(URL, picked).status == 303
    found = bureau.rows("SELECT scope, kind FROM plugin_rule ORDER BY id")
    assert found == [("unit", ""), ("subtree", ""), ("unit", ""), ("kind", "prefecture")]


def test_one_wrong_place_sets_no_rule_at_all(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    client.get(URL)
    fields = {"plugin": PLUGIN, "state": "on", "places": "unit:530102", "scope": "unit:999"}
    answer = client.post(URL, fields)
    assert (answer.status, "没有代码为 999" in answer.words) == (422, True)
    assert 'value="unit:530102"' in answer.text
    assert bureau.rows("SELECT count(*) FROM plugin_rule") == [(0,)]


def test_every_unit_is_listed_with_the_rule_that_decides(bureau: Bureau) -> None:
    bureau.enable(PLUGIN, "subtree:530100")
    page = bureau.sign_in("system").get(f"{URL}/{PLUGIN}")
    assert page.status == 200
    assert "昆明市质量技术监督局及全部下属" in page.words
    assert "没有规则，默认未启用" in page.words


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("scope", "unit:999", "没有代码为 999 的单位"),
        ("scope", "昆明", "范围 昆明 无法识别"),
        ("scope", "", "这一项必须填写"),
        ("scope", "x" * 61, "最多填写 60 个字"),
        ("state", "maybe", "请从列出的选项中选择"),
        ("plugin", "nothing", "请从列出的选项中选择"),
        ("people", "zhang,nobody", "没有这些账号：nobody"),
    ],
)
def test_refused_form_comes_back_filled(
    bureau: Bureau, field: str, value: str, sentence: str
) -> None:
    page = sent(bureau.sign_in("system"), **{"reason": "第一批试用", field: value})
    assert page.status == 422
    assert sentence in page.words
    assert "第一批试用" in page.text
    assert bureau.rows("SELECT count(*) FROM plugin_rule") == [(0,)]


@pytest.mark.parametrize("login", ["li", "wang", "security", "audit"])
def test_only_the_system_administrator_gets_in(bureau: Bureau, login: str) -> None:
    client = bureau.sign_in(login)
    for url in (URL, f"{URL}/{PLUGIN}"):
        assert client.get(url).status == 403
    client.get("/")
    fields = {"plugin": PLUGIN, "state": "on", "scope": "unit:530102"}
    assert client.post(URL, fields).status == 403
    assert state(bureau, "530102") == "off"
    assert URL not in client.get("/").text


def test_unknown_plugin_gets_404_and_wrong_method_405(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    assert client.get(f"{URL}/nothing").status == 404
    assert client.get(URL, method="DELETE").status == 405


def test_refusal_is_english_for_an_english_reader(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    client.cookies["language"] = "en"
    assert "There is no unit with code 999" in sent(client, scope="unit:999").words
