"""Units in the console: every change through its form, a delegated administrator in his part."""

import re
from collections.abc import Mapping

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.changes import unit_by_code
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Bureau, Client

LIST = "/-/console/units"


def today(bureau: Bureau) -> str:
    return str(bureau.context("li").today)


def change(
    client: Client, bureau: Bureau, code: str, deed: str, fields: Mapping[str, str]
) -> tuple[int, str]:
    """Opens a form and sends it; status, and where it leads or what it says."""
    url = f"{LIST}/{code}/{deed}"
    form = client.get(url)
    if form.status != 200:
        return form.status, form.words
    dated = {"on": today(bureau), "basis": "编办〔2026〕3号"}
    answer = client.post(url, {**dated, **fields})
    return answer.status, answer.location or answer.words


def bound(code: str) -> None:
    with writing():
        unit = Unit.get(Unit.code == code)
        Account.update(administrator_unit=unit).where(Account.login == "system").execute()
        bump_epoch("access")


STEPS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("530100", "add", {"code": "530105", "kind": "county", "name": "西山区质监局",
                       "short_name": "西山区局"}, "530105"),
    ("530105", "rename", {"name": "西山区局", "short_name": "西山局"}, "530105"),
    ("530105", "contacts", {"phone": "0871-6812345", "address": "西山路1号"}, "530105"),
    ("530105", "place", {"place": "1"}, "530105"),
    ("530105", "recode", {"code": "530115"}, "530115"),
    ("530115", "move", {"other": "530400"}, "530115"),
    ("530115", "split", {"code": "530116", "name": "西山分局"}, "530116"),
    ("530116", "merge", {"other": "530115"}, "530115"),
    ("530115", "close", {}, "530115"),
    ("530115", "reopen", {}, "530115"),
)  # fmt: skip


def test_every_change_through_its_form(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    for code, deed, fields, leads_to in STEPS:
        assert change(client, bureau, code, deed, fields) == (303, f"{LIST}/{leads_to}"), deed
    shown = client.get(f"{LIST}/530115").words
    for word in ("成立", "更名", "改代码", "改隶属", "分设", "合并", "撤销", "恢复"):
        assert word in shown
    assert "0871-6812345" in shown
    assert "西山区质监局 → 西山区局" in shown
    rows = bureau.rows("SELECT count(*) FROM audit_record WHERE realm = 'core/unit'")
    assert rows[0][0] >= len(STEPS)


def test_order_moves_by_one(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    assert "同级第 1，共 3" in client.get(f"{LIST}/530102").words
    assert client.post(f"{LIST}/530102/place", {"place": "2"}).status == 303
    assert "同级第 2，共 3" in client.get(f"{LIST}/530102").words


@pytest.mark.parametrize(
    ("code", "deed", "fields", "says"),
    [
        ("530102", "close", {}, "还有 2 人在这个单位任职"),
        ("530102", "rename", {"name": "昆明市盘龙区质量技术监督局"}, "是盘龙区局（530103）的名称"),
        ("530102", "recode", {"code": "530103"}, "代码 530103 已经有单位使用"),
        ("530102", "rename", {"name": "新名", "on": "2099-01-01"}, "不能晚于今天"),
        ("530102", "rename", {"name": "新名", "basis": ""}, "必须填写"),
        ("530102", "move", {"other": "999"}, "请从列出的选项中选择"),
        ("530100", "move", {"other": "530102"}, "请从列出的选项中选择"),
        ("530102", "place", {"place": "x"}, "请填写整数"),
        ("530100", "add", {"code": "?", "kind": "county", "name": "x"}, "代码用数字"),
    ],
)
def test_impossible_change_comes_back_filled(
    bureau: Bureau, code: str, deed: str, fields: dict[str, str], says: str
) -> None:
    status, words = change(bureau.sign_in("system"), bureau, code, deed, fields)
    assert status == 422
    assert says in words
    assert bureau.rows("SELECT id FROM unit_event") == []


def test_merging_says_what_happens(bureau: Bureau) -> None:
    bureau.grant("sun", "bulletins.publisher", "530103")
    client = bureau.sign_in("system")
    form = client.get(f"{LIST}/530103/merge").words
    assert "1 人和 0 个下属单位随转" in form
    assert "1 项授权仍只及于原单位" in form


def test_directory_units_refuse_name_and_place(bureau: Bureau) -> None:
    with writing():
        Unit.update(source="ldap", external_id="x").where(Unit.code == "530103").execute()
    client = bureau.sign_in("system")
    shown = client.get(f"{LIST}/530103")
    assert "这个单位由目录同步维护" in shown.words
    for deed in ("rename", "recode", "move", "split", "merge", "close"):
        assert f"{LIST}/530103/{deed}" not in shown.text
        assert "这个单位由目录同步维护" in client.get(f"{LIST}/530103/{deed}").words, deed
    assert f"{LIST}/530103/contacts" in shown.text
    status, words = change(client, bureau, "530103", "rename", {"name": "新名"})
    assert status == 422
    assert "名称、隶属和存废请在目录中修改" in words
    assert change(client, bureau, "530103", "contacts", {"phone": "1"})[0] == 303


def test_unit_of_the_list_that_a_directory_adopted_can_only_be_closed(bureau: Bureau) -> None:
    with writing():
        source = DirectorySource.create(
            code="main", name="目录", url="ldap://x", base="dc=x", changed_at=bureau.now
        )
        Unit.update(external_id="x", directory=source).where(Unit.code == "530100-K1").execute()
    client, code = bureau.sign_in("system"), "530100-K1"
    shown = client.get(f"{LIST}/{code}")
    assert "单位名录中的单位可以在这里撤销" in shown.words
    for deed in ("rename", "recode", "move", "split", "merge"):
        assert f"{LIST}/{code}/{deed}" not in shown.text
        assert "这个单位由目录同步维护" in client.get(f"{LIST}/{code}/{deed}").words, deed
    status, words = change(client, bureau, code, "rename", {"name": "新名"})
    assert (status, "会被下次同步改回" in words) == (422, True)
    assert f'value="{code}"' not in client.get(f"{LIST}/530102/merge").text
    assert change(client, bureau, code, "close", {})[0] == 303
    with writing():
        Unit.update(is_active=True).where(Unit.code == code).execute()
        DirectorySource.update(is_active=False).execute()
    assert change(client, bureau, code, "rename", {"name": "新名"})[0] == 303


@pytest.mark.parametrize("field", ["name", "short_name"])
@pytest.mark.parametrize("deed", ["rename", "add", "split"])
def test_nobody_passes_for_another_unit(bureau: Bureau, deed: str, field: str) -> None:
    bound("530100")
    names = {"name": "无人用的名称", field: "云南省质量技术监督局"}
    fields = {"code": "530199", "kind": "county", **names}
    status, words = change(bureau.sign_in("system"), bureau, "530102", deed, fields)
    assert status == 422
    assert "「云南省质量技术监督局」是省局（530000）的名称，请换一个。" in words


def test_sections_of_several_units_share_a_name(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    fields = {"code": "530100-01", "kind": "office", "name": "办公室"}
    assert change(client, bureau, "530100", "add", fields)[0] == 303
    status, words = change(client, bureau, "530100", "add", {**fields, "code": "530100-02"})
    assert (status, "「办公室」是办公室（530100-01）的名称" in words) == (422, True)
    renamed = {**fields, "code": "530100-03", "name": "云南省质量技术监督局"}
    assert change(client, bureau, "530100", "add", renamed)[0] == 422


def test_a_delegated_administrator_sees_and_changes_the_subtree_only(bureau: Bureau) -> None:
    bound("530100")
    client = bureau.sign_in("system")
    home = client.get(LIST)
    assert "昆明市质量技术监督局" in home.words
    assert "玉溪市局" not in home.words
    for path in ("530000", "530402", "530402/rename", "nowhere", "530102/nothing"):
        assert client.get(f"{LIST}/{path}").status == 404, path
    for deed in ("move", "place", "recode", "close", "merge", "split"):
        assert client.get(f"{LIST}/530100/{deed}").status == 404, deed
        assert client.post(f"{LIST}/530100/{deed}", {}).status == 404, deed
    assert client.post(f"{LIST}/530402/contacts", {"phone": "1"}).status == 404
    assert change(client, bureau, "530100", "contacts", {"phone": "0871-1"})[0] == 303
    assert change(client, bureau, "530102", "rename", {"name": "五华局"})[0] == 303
    status, words = change(client, bureau, "530102", "move", {"other": "530400"})
    assert (status, "请从列出的选项中选择" in words) == (422, True)
    assert change(client, bureau, "530102", "merge", {"other": "530402"})[0] == 422
    assert unit_by_code("530102").parent.code == "530100"


def test_branches_open_one_by_one(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    part = client.part(f"{LIST}/530400/branch")
    assert "红塔区局" in part.words
    assert "<html" not in part.text
    assert client.get(f"{LIST}/530400/branch").status == 303


def test_staff_do_not_reach_it(bureau: Bureau) -> None:
    for login in ("li", "security", "audit"):
        assert bureau.sign_in(login).get(LIST).status == 403


def test_links_of_the_page_lead_somewhere(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    shown = client.get(f"{LIST}/530102").text
    links = set(re.findall(r'href="(/-/console/units/[^"]+)"', shown))
    assert len(links) > 8
    for link in links:
        assert client.get(link).status in {200, 303}, link


def test_units_are_found_in_the_own_part_only(bureau: Bureau) -> None:
    bound("530100")
    client = bureau.sign_in("system")
    assert "五华区局 昆明市局" in client.get(f"{LIST}?q=whq").words
    assert "没有找到" in client.get(f"{LIST}?q=htq").words
