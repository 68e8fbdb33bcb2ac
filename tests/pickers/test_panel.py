"""The panel of the picker: tabs, levels, search, kept groups; only one's own, only in reach."""

import re

import pytest

from openbureau.testing.bureau import Bureau, Client

ALL = "kinds=person,unit,post,subtree"
UNITS = "kinds=unit,subtree"


def values(text: str) -> list[str]:
    return re.findall(r'data-value="([^"]+)"', text)


@pytest.fixture
def client(either_bureau: Bureau) -> Client:
    client = either_bureau.sign_in("li")
    client.get("/-/units")
    return client


def group(client: Client, name: str, *members: str) -> str:
    fields = {"name": name, "member": members, "kinds": "unit,subtree"}
    headers = {"hx-request": "true", "hx-request-type": "partial"}
    return client.post("/-/pick/groups", fields, headers=headers).text


def test_tree_opens_at_the_province_and_counts_all_below(client: Client) -> None:
    text = client.part(f"/-/pick?tab=tree&{UNITS}").text
    assert values(text) == ["unit:530000", "subtree:530000", "unit:530100", "unit:530400"]
    assert "7 个单位" in text
    assert re.search(r'aria-level="2"[^>]*aria-expanded="false" data-unit="530100"', text)


def test_level_below_holds_people_posts_and_units(client: Client) -> None:
    text = client.part(f"/-/pick?tab=tree&unit=530102&level=3&{ALL}").text
    assert re.findall(r'aria-level="(\d)"', text) == ["3"] * 4
    kinds = [value.partition(":")[0] for value in values(text)]
    assert kinds == ["post", "post", "person", "person"]
    assert "张晓梅" in text


def test_sections_appear_only_where_people_are_chosen(client: Client) -> None:
    assert "办公室" in client.part(f"/-/pick?tab=own&{ALL}").text
    assert "办公室" not in client.part(f"/-/pick?tab=own&{UNITS}").text


@pytest.mark.parametrize(
    ("words", "label"),
    [("zxm", "张晓梅"), ("五华", "五华区局"), ("530103", "盘龙区局"), ("局长", "昆明市局 局长")],
)
def test_search_finds_by_name_sound_code_and_title(client: Client, words: str, label: str) -> None:
    text = client.part(f"/-/pick?tab=search&q={words}&{ALL}").text
    assert f'data-label="{label}"' in text


def test_search_that_finds_nothing_says_what_to_type(client: Client) -> None:
    words = client.part(f"/-/pick?tab=search&q=<script>&{ALL}").words
    assert "没有找到「<script>」" in words
    assert "拼音首字母" in words


def test_reach_of_a_permission_narrows_every_tab(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    bureau.grant("wang", "bulletins.publisher", "530100")
    client = bureau.sign_in("wang")
    within = "within=bulletins.publish_bulletin"
    for tab in ("tree", "search&q=局", "own", "recent"):
        text = client.part(f"/-/pick?tab={tab}&{ALL}&{within}").text
        assert not re.search(r'data-value="\w+:(530000|5304)', text), tab
    assert values(client.part(f"/-/pick?tab=tree&{ALL}&within=no.such_right").text) == []


def test_unknown_tab_unit_and_kind_give_an_empty_or_first_tab(client: Client) -> None:
    assert 'data-tab="own"' in client.part(f"/-/pick?tab=x&{UNITS}").text
    assert values(client.part(f"/-/pick?tab=tree&unit=nowhere&{UNITS}").text) == []
    assert values(client.part("/-/pick?tab=tree&kinds=x").text) == []
    assert client.get("/-/pick?tab=tree").location == "/-/units"


def test_group_is_kept_replaced_used_and_removed(client: Client) -> None:
    text = group(client, " 班子  成员 ", "unit:530102", "unit:nowhere", "unit:530102")
    assert "<b>班子 成员</b>" in text
    assert re.findall(r'<data value="([^"]+)"', text) == ["unit:530102"]
    text = group(client, "班子 成员", "subtree:530100")
    assert re.findall(r'<data value="([^"]+)"', text) == ["subtree:530100"]
    assert "班子 成员" in client.part(f"/-/pick?tab=groups&{UNITS}").text
    assert "班子 成员" not in client.part("/-/pick?tab=groups&kinds=person").text
    number = re.findall(r'data-remove="(\d+)"', text)[0]
    headers = {"hx-request": "true", "hx-request-type": "partial"}
    left = client.post(f"/-/pick/groups/{number}/delete", headers=headers).text
    assert "还没有常用组" in left


def test_group_without_name_or_members_is_refused(client: Client) -> None:
    for name, member in (("", "unit:530102"), (" ", "unit:530102"), ("甲", "unit:nowhere")):
        fields = {"name": name, "member": member, "kinds": "unit"}
        assert client.post("/-/pick/groups", fields).status == 422


def test_groups_are_ones_own(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/-/units")
    number = re.findall(r'data-remove="(\d+)"', group(client, "甲", "unit:530102"))[0]
    other = bureau.sign_in("wang")
    other.get("/-/units")
    assert "甲" not in other.part(f"/-/pick?tab=groups&{UNITS}").words
    assert other.post(f"/-/pick/groups/{number}/delete").status == 404
    assert "甲" in client.part(f"/-/pick?tab=groups&{UNITS}").words


def test_latest_choices_come_first(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    client = bureau.sign_in("li")
    assert 'data-tab="own"' in client.part(f"/-/pick?{UNITS}").text
    client.get("/bulletins/bulletin/new")
    fields = {"title": "甲", "body": "乙", "receivers": "unit:530103"}
    assert client.post("/bulletins/bulletin/new", fields).status == 303
    text = client.part(f"/-/pick?{UNITS}").text
    assert 'data-tab="recent"' in text
    assert values(text) == ["unit:530103"]
