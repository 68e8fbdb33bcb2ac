"""The pages of a register: lists, records, forms, two editors, void entries."""

import pytest
from openbureau_devices.models import Device

from openbureau import Unit
from openbureau.base.database import reading
from openbureau.kit.registers.models import RecordChange
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Answer, Client
from openbureau.testing.statements import statements

LIST, NEW = "/devices/device", "/devices/device/new"
FORM = {
    "code": "３１１０－０１",
    "name": "蒸汽锅炉",
    "kind": "boiler",
    "user": "昆明食品厂",
    "state": "used",
    "unit": "530102",
    "keeper": "李四光",
    "mobile": "13812345678",
    "due_on": "20261215",
}


@pytest.fixture
def zhang(devices: Bureau) -> Client:
    """Registers devices in her county."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return devices.sign_in("zhang")


def saved(client: Client, url: str = NEW, **changes: str) -> Answer:
    client.get(url)
    return client.post(url, {**FORM, **changes})


def test_new_record_is_shown_listed_and_found(devices: Bureau, zhang: Client) -> None:
    # Marks that turn the direction of writing are not kept: they would turn the page.
    answer = zhang.follow(saved(zhang, name="\u202e蒸汽\u200b锅炉", maker="\u2066示例锅炉厂"))
    assert "已登记。" in answer.words
    assert "3110-01" in answer.words
    assert not set("\u202e\u200b\u2066") & set(answer.text)
    assert "剩" in zhang.get(LIST).words
    for words in ("3110-01", "食品厂", "昆明 3110"):
        assert "蒸汽锅炉" in zhang.get(f"{LIST}?q={words}").words
    acts = devices.rows("SELECT action FROM audit_record WHERE realm = 'devices/device'")
    assert acts == [("devices.created_device",)]


def test_refused_form_comes_back_filled_and_says_why(zhang: Client) -> None:
    refused = saved(
        zhang, due_on="2026-13-40", kind="rocket", user="", code="12345678901234567890X"
    )
    assert refused.status == 422
    for words in ("没有这一天", "不在可选的值中", "这一项必须填写", "最多填写 20 个字"):
        assert words in refused.words
    assert "蒸汽锅炉" in refused.text
    assert "12345678901234567890X" in refused.text
    with reading():
        assert Device.select().count() == 0


def test_same_key_and_a_unit_out_of_reach_are_refused(zhang: Client) -> None:
    assert saved(zhang).status == 303
    again = saved(zhang)
    assert (again.status, "已有相同的记录：蒸汽锅炉" in again.words) == (422, True)
    elsewhere = saved(zhang, code="2", unit="530103")
    assert (elsewhere.status, "不在您的办理范围内" in elsewhere.words) == (422, True)
    url = saved(zhang, code="4").location
    assert zhang.get(f"{url}/edit").words.count("请选择") == 1, "only a conclusion may be empty"
    for change, words in (
        ({"unit": ""}, "这一项必须填写"),
        ({"state": ""}, "这一项必须填写"),
        ({"unit": "530000-01"}, "「办公室」是处室，台账按单位登记"),
        ({"unit": "办公室"}, "「办公室」是处室，不是单位"),
    ):
        refused = saved(zhang, f"{url}/edit", version="1", code="4", **change)
        assert (refused.status, words in refused.words) == (422, True), change
    early = saved(zhang, code="3", made_on="2020-02-02", inspected_on="2019-01-01")
    assert (early.status, "最近检验日期早于制造日期。" in early.words) == (422, True)


def test_two_editors_see_both_versions_and_merge(devices: Bureau, zhang: Client) -> None:
    url = saved(zhang).location
    devices.grant("li", "devices.registrar", "530000", "province")
    li = devices.sign_in("li")
    for client in (zhang, li):
        assert client.get(f"{url}/edit").status == 200
    theirs = {**FORM, "version": "1", "user": "昆明新食品厂", "place": "人民路 1 号"}
    assert li.post(f"{url}/edit", theirs).status == 303
    mine = {**FORM, "version": "1", "user": "昆明老食品厂", "maker": "昆明锅炉厂"}
    merged = zhang.post(f"{url}/edit", mine)
    assert merged.status == 409
    for words in ("还没有保存", "昆明食品厂", "昆明新食品厂", "昆明老食品厂"):
        assert words in merged.words or words in merged.text
    assert 'value="人民路 1 号"' in merged.text
    assert 'name="version" type="hidden" value="2"' in merged.text
    again = {**mine, "version": "2", "place": "人民路 1 号"}
    assert zhang.post(f"{url}/edit", again).status == 303
    with reading():
        row = Device.get()
        assert (row.user, row.place, row.maker, row.version) == (
            "昆明老食品厂",
            "人民路 1 号",
            "昆明锅炉厂",
            3,
        )
        assert RecordChange.select().count() == 3
    shown = zhang.get(url).words
    assert "使用单位：昆明新食品厂 → 昆明老食品厂" in shown


def test_void_entry_leaves_lists_and_comes_back(zhang: Client) -> None:
    url = saved(zhang).location
    zhang.get(f"{url}/void")
    assert zhang.post(f"{url}/void", {"version": "1"}).status == 422
    assert zhang.post(f"{url}/void", {"version": "1", "reason": "登记错误"}).status == 303
    assert "蒸汽锅炉" not in zhang.get(LIST).words
    assert "蒸汽锅炉" in zhang.get(f"{LIST}?voided=1").words
    assert "事由：登记错误" in zhang.get(url).words
    assert zhang.get(f"{url}/edit").status == 409
    assert saved(zhang, name="另一台").status == 303
    zhang.get(f"{url}/void")
    taken = zhang.post(f"{url}/void", {"version": "2", "reason": "没有错"})
    assert (taken.status, "不能恢复" in taken.words) == (409, True)


def test_personal_columns_are_masked_for_readers(devices: Bureau, zhang: Client) -> None:
    url = saved(zhang).location
    devices.grant("li", "devices.reader", "530000", "province")
    li = devices.sign_in("li")
    shown = li.get(url)
    assert "138****5678" in shown.words
    assert "13812345678" not in shown.text
    assert "李**" in shown.words
    assert "13812345678" in zhang.get(url).words
    assert li.get(f"{url}/edit").status == 403
    assert "138****5678" in li.get(f"{LIST}?columns=mobile").words


def test_nobody_else_sees_it(devices: Bureau, zhang: Client) -> None:
    url = saved(zhang).location
    sun = devices.sign_in("sun")
    assert "蒸汽锅炉" not in sun.get(LIST).words
    for path in (url, f"{url}/edit", f"{url}/void", f"{url}/label"):
        assert sun.get(path).status in {403, 404}
    assert sun.post(f"{url}/comments", {"text": "x"}).status == 404


def test_remarks_are_added_and_withdrawn_by_their_author(devices: Bureau, zhang: Client) -> None:
    url = saved(zhang).location
    zhang.get(url)
    assert zhang.post(f"{url}/comments", {"text": "  "}).status == 303
    zhang.get(url)
    assert zhang.post(f"{url}/comments", {"text": "<b>现场复核</b>"}).status == 303
    shown = zhang.get(url)
    assert "&lt;b&gt;现场复核" in shown.text
    [(uid,)] = devices.rows("SELECT uid FROM record_comment")
    devices.grant("li", "devices.reader", "530000", "province")
    li = devices.sign_in("li")
    li.get(url)
    assert li.post(f"{url}/comments/withdraw", {"comment": uid}).status == 403
    assert zhang.post(f"{url}/comments/withdraw", {"comment": uid}).status == 303
    assert "现场复核" not in zhang.get(url).text


@pytest.mark.parametrize(
    "query",
    [
        "sort=mobile",
        "sort=-nothing",
        "page=99999999999",
        "page=-1&size=7",
        "after=9999999999999999999~x",
        "before=abc",
        "after=5~2026-99-99&sort=due_on",
        "kind=rocket",
        "due_on=..",
        "due_on=x..y",
        "unit=nowhere",
        "field=code&op=from&value=1",
        "field=capacity&op=from&value=1e999",
        "field=due_on&op=is&value=昨年",
        "field=nothing&op=is&value=1",
        "q=%25_'%22*)(AND",
        "columns=password",
        "voided=2",
    ],
)
def test_addresses_that_make_no_sense_show_a_list(zhang: Client, query: str) -> None:
    saved(zhang)
    assert zhang.get(f"{LIST}?{query}").status == 200
    assert zhang.get(f"{LIST}/total?{query}").status == 200


def test_unit_that_is_none_is_told_and_left_out(zhang: Client) -> None:
    saved(zhang)
    for code, words in (("999999", "没有「999999」这个单位"), ("530000-01", "「办公室」是处室")):
        found = zhang.get(f"{LIST}?unit={code}")
        assert words in found.words
        assert "及其下属" not in found.words
        assert f'value="{code}"' not in found.text.replace(f'name="unit" value="{code}"', "")


def test_page_costs_six_statements_at_any_size(devices: Bureau, zhang: Client) -> None:
    with reading():
        unit = Unit.get(Unit.code == "530102")
        Device.insert_many(
            [
                {
                    "unit": unit,
                    "changed_at": devices.now,
                    "kind": "lift",
                    "code": str(n),
                    "name": "电梯",
                    "user": "某厂",
                }
                for n in range(120)
            ]
        ).execute()
    zhang.get(LIST)
    with statements() as seen:
        page = zhang.get(f"{LIST}?kind=lift&size=100")
    assert "共 120 台" in page.words
    assert len(seen) <= 6, seen
