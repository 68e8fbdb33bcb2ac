"""What is asked of a list: kept, shared, said in words, never more than one may see."""

import datetime as dt
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openbureau_devices.models import Device
from openbureau_devices.registers import DEVICES

from openbureau.base.database import reading
from openbureau.base.errors import Forbidden
from openbureau.kit.registers.addresses import kept_address
from openbureau.kit.registers.asked import asked
from openbureau.kit.registers.listing import listed, total
from openbureau.kit.registers.records import around
from openbureau.kit.registers.spans import LABELS, span_of, span_word
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Answer, Client

from .test_pages import LIST, saved

QUERIES = f"{LIST}/queries"


@pytest.fixture
def zhang(devices: Bureau) -> Client:
    """Registers devices in her county."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return devices.sign_in("zhang")


@pytest.fixture
def li(devices: Bureau) -> Client:
    """Registers devices in the whole province."""
    devices.grant("li", "devices.registrar", "530000", "province")
    return devices.sign_in("li")


def keep(client: Client, text: str, name: str, unit: str = "") -> Answer:
    client.get(f"{QUERIES}/new?{text}")
    return client.post(f"{QUERIES}/new", {"name": name, "unit": unit, "address": text})


def uid_of(devices: Bureau, name: str) -> str:
    [(uid,)] = devices.rows(f"SELECT uid FROM saved_query WHERE name = '{name}'")
    return str(uid)


def acts(devices: Bureau) -> list[str]:
    """What was done to queries, as the audit has it."""
    rows = devices.rows("SELECT action FROM audit_record ORDER BY id")
    return [action for (action,) in rows if action.endswith("_query")]


def test_kept_query_is_found_again_and_marked(devices: Bureau, zhang: Client) -> None:
    saved(zhang)
    text = "kind=boiler&field=user&op=has&value=食品"
    assert (
        "设备种类 等于 锅炉，且 使用单位 包含 「食品」" in zhang.get(f"{QUERIES}/new?{text}").words
    )
    shown = zhang.follow(keep(zhang, f"{text}&page=3&q=&state=&size=50", "食品厂的锅炉"))
    assert "方案：食品厂的锅炉" in shown.words
    assert "蒸汽锅炉" in shown.words
    [(address,)] = devices.rows("SELECT address FROM saved_query")
    assert "page" not in address
    assert "size" not in address
    listed_page = zhang.get(LIST)
    link = f"?{address}&query={uid_of(devices, '食品厂的锅炉')}"
    assert link in unescape(listed_page.text)
    assert "方案：" not in listed_page.words
    assert "存入这个方案" in zhang.get(f"{shown.url}&state=used").words
    assert acts(devices) == []


def test_name_that_is_taken_or_missing_is_refused(zhang: Client) -> None:
    assert keep(zhang, "kind=lift", "电梯").status == 303
    again = keep(zhang, "kind=boiler", " 电梯 ")
    assert (again.status, "您已有叫「电梯」的查询方案" in again.words) == (422, True)
    assert keep(zhang, "kind=boiler", "").status == 422
    assert keep(zhang, "kind=boiler", "长" * 61).status == 422
    nothing = keep(zhang, "", "什么也不查")
    assert (nothing.status, "没有可保存的条件" in nothing.words) == (422, True)
    long = keep(
        zhang, "q=1&" + "&".join(f"field=user&op=is&value={'某' * 60}" for _ in range(12)), "长"
    )
    assert (long.status, "条件太多" in long.words) == (422, True)


def test_fifty_queries_are_enough(devices: Bureau, zhang: Client) -> None:
    for number in range(50):
        assert keep(zhang, f"q={number}", f"方案{number}").status == 303
    more = keep(zhang, "q=x", "第五十一个")
    assert (more.status, "最多保存 50 个" in more.words) == (422, True)


def test_query_is_renamed_overwritten_and_given_up(devices: Bureau, zhang: Client) -> None:
    keep(zhang, "kind=lift", "电梯")
    keep(zhang, "kind=boiler", "锅炉")
    page = f"{QUERIES}/{uid_of(devices, '电梯')}"
    assert 'value="电梯"' in zhang.get(page).text
    assert zhang.post(page, {"name": "锅炉", "unit": ""}).status == 422
    assert zhang.post(page, {"name": "在用电梯", "unit": ""}).status == 303
    zhang.get(LIST)
    assert zhang.post(f"{page}/overwrite", {"address": "kind=lift&state=used"}).status == 303
    assert devices.rows("SELECT address FROM saved_query WHERE name = '在用电梯'") == [
        ("kind=lift&state=used",)
    ]
    assert "设备种类 等于 电梯，且 状态 等于 在用" in zhang.get(QUERIES).words
    assert "在用电梯" in zhang.get(f"{page}/delete").words
    assert zhang.post(f"{page}/delete", {}).status == 303
    assert zhang.get(page).status == 404
    assert "在用电梯" not in zhang.get(QUERIES).words


def test_shared_query_reaches_the_subtree_and_nobody_else(
    devices: Bureau, zhang: Client, li: Client
) -> None:
    assert keep(li, "kind=boiler", "全市锅炉", "530100").status == 303
    shown = zhang.get(LIST)
    assert "共享给我的" in shown.words
    assert "全市锅炉" in shown.words
    uid = uid_of(devices, "全市锅炉")
    used = zhang.get(f"{LIST}?kind=boiler&query={uid}")
    assert "方案：全市锅炉" in used.words
    assert "存入这个方案" not in zhang.get(f"{LIST}?kind=lift&query={uid}").words
    for page in (f"{QUERIES}/{uid}", f"{QUERIES}/{uid}/delete"):
        assert zhang.get(page).status == 404
        assert zhang.post(page, {"name": "我的", "unit": ""}).status == 404
    assert zhang.post(f"{QUERIES}/{uid}/overwrite", {"address": "kind=lift"}).status == 404
    devices.grant("zhao", "devices.registrar", "530402", "unit")
    zhao = devices.sign_in("zhao")
    assert "全市锅炉" not in zhao.get(LIST).words
    assert keep(zhao, "kind=lift", "越权", "530100").status == 422
    li.get(f"{QUERIES}/{uid}/delete")
    assert li.post(f"{QUERIES}/{uid}/delete", {}).status == 303
    assert "全市锅炉" not in zhang.get(LIST).words
    assert acts(devices) == ["devices.share_query", "devices.unshare_query"]


def test_reader_may_keep_but_not_share(devices: Bureau) -> None:
    devices.grant("zhang", "devices.reader", "530102", "unit")
    reader = devices.sign_in("zhang")
    assert "共享给" not in reader.get(f"{QUERIES}/new?kind=lift").words
    assert keep(reader, "kind=lift", "电梯").status == 303
    assert keep(reader, "kind=lift", "电梯二", "530102").status == 422


SAID = {
    "kind=boiler": "设备种类 等于 锅炉",
    "q=某厂": "含有「某厂」",
    "unit=530102": "及其下属",
    "voided=1": "已作废",
    "due_on=past": "下次检验日期 在 已过",
    "due_on=2026-01-01..": "下次检验日期 在 2026-01-01 起",
    "field=due_on&op=is&value=本月": "下次检验日期 在 本月",
    "field=due_on&op=to&value=今天": "下次检验日期 不晚于 今天",
    "field=due_on&op=is&value=2026.1.1..2026.3.31": "在 2026-01-01 至 2026-03-31",
    "field=maker&op=empty&value=": "制造单位 为空",
    "field=unit&op=not&value=530102": "所在区县 不等于",
    "field=capacity&op=from&value=１０": "额定参数 不小于 10",
}


def test_conditions_are_said_in_words_and_can_be_taken_off(zhang: Client) -> None:
    for query, words in SAID.items():
        shown = zhang.get(f"{LIST}?{query}")
        assert words in shown.words, query
        assert "去掉条件「" in shown.text
        assert words in zhang.get(f"{LIST}/print?{query}").words


def test_either_of_several_is_said_so(zhang: Client) -> None:
    two = "field=user&op=has&value=甲&field=user&op=has&value=乙&joiner=or"
    printed = zhang.get(f"{LIST}/print?kind=lift&{two}").words
    assert "设备种类 等于 电梯，且 （使用单位 包含 「甲」，或 使用单位 包含 「乙」）" in printed


UNREADABLE = (
    ("field=due_on&op=is&value=昨年", "昨年", 'value="昨年"'),
    ("field=kind&op=has&value=锅", "这一栏不能这样比较", "selected>设备种类"),
    ("field=unit&op=is&value=火星局", "没有「火星局」这个单位", 'value="火星局"'),
    ("field=capacity&op=from&value=很多", "「很多」不是数字", 'value="很多"'),
)


def test_what_cannot_be_read_stays_with_its_reason(zhang: Client) -> None:
    saved(zhang)
    for query, problem, typed in UNREADABLE:
        shown = zhang.get(f"{LIST}?{query}&kind=boiler")
        assert problem in shown.words
        assert 'id="condition-0-error"' in shown.text
        assert typed in shown.text
        assert "蒸汽锅炉" in shown.words
    shown = zhang.get(f"{LIST}?kind=lift&kind=boiler&sort=id&sort=id")
    assert "参数 kind 给了几个不同的值，只有最后一个「boiler」有效" in shown.words
    assert "参数 sort" not in shown.words
    assert "蒸汽锅炉" in shown.words


def test_rows_follow_their_field(zhang: Client) -> None:
    shown = zhang.get(f"{LIST}?renew=0&field=kind&op=has&value=abc&q=某厂&state=used")
    assert '<option value="boiler">锅炉</option>' in shown.text
    assert 'value="abc"' not in shown.text
    assert 'value="某厂"' in shown.text
    assert '<option value="used" selected>' in shown.text
    assert "截至今天" in zhang.get(f"{LIST}?renew=0&field=due_on&op=has&value=").words
    more = zhang.get(f"{LIST}?add=1&field=user&op=has&value=甲&field=maker&op=is&value=")
    assert 'id="condition-2"' in more.text
    assert 'id="condition-3"' not in more.text
    assert zhang.get(f"{LIST}?renew=99").status == 200


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 1)))
def test_spans_hold_the_day_they_are_asked_on(today: dt.date) -> None:
    for word in set(LABELS) - {"past"}:
        first, last = span_of(word, today)
        assert first is not None
        assert last is not None
        assert first <= today <= last
        assert span_word(LABELS[word]) == word
    assert span_of("month", today)[1] == (today.replace(day=28) + dt.timedelta(4)).replace(
        day=1
    ) - dt.timedelta(1)
    assert span_of("week", today)[0].weekday() == 0  # type: ignore[union-attr]
    assert span_of("past", today) == (None, today - dt.timedelta(1))
    assert span_of(span_word("30 天内"), today) == (today, today + dt.timedelta(30))
    assert span_word("2026-01-01") == ""


def test_query_of_this_month_moves_on(devices: Bureau, zhang: Client) -> None:
    today = devices.context("zhang").today
    later = (today.replace(day=28) + dt.timedelta(10)).isoformat()
    saved(zhang, code="1", name="本月的", due_on=today.isoformat())
    saved(zhang, code="2", name="下月的", due_on=later)
    shown = zhang.get(f"{LIST}?field=due_on&op=is&value=month").words
    assert "本月的" in shown
    assert "下月的" not in shown
    ctx = devices.context("zhang")
    address = kept_address(DEVICES, "field=due_on&op=is&value=month")
    with reading():
        query = asked(address, DEVICES, around(ctx).tree, dt.date.fromisoformat(later))
        assert [row.name for row in listed(ctx, DEVICES, query).rows] == ["下月的"]


@pytest.mark.parametrize(
    "query", ["field=mobile&op=has&value=13812", "field=keeper&op=is&value=李四光"]
)
def test_masked_columns_answer_no_questions(
    devices: Bureau, zhang: Client, li: Client, query: str
) -> None:
    saved(zhang)
    assert "蒸汽锅炉" in li.get(f"{LIST}?{query}").words
    devices.grant("wang", "devices.reader", "530102", "unit")
    wang = devices.sign_in("wang")
    shown = wang.get(f"{LIST}?{query}&kind=lift")
    assert "您看不到这一栏的内容，不能按它查询。" in shown.words
    assert '<option value="mobile"' not in shown.text
    ctx = devices.context("wang")
    with reading():
        asking = asked(kept_address(DEVICES, query), DEVICES, around(ctx).tree, ctx.today)
        for answer in (listed, total):
            with pytest.raises(Forbidden):
                answer(ctx, DEVICES, asking)


def test_columns_are_shown_in_the_order_asked_and_remembered(zhang: Client) -> None:
    saved(zhang)
    heads = ["状态", "产品名称", "制造单位"]
    asked_so = "columns=state&columns=name&columns=maker"
    assert headings(zhang, f"{LIST}?{asked_so}&kind=boiler") == heads
    moved = zhang.get(f"{LIST}/columns?{asked_so}&kind=boiler")
    assert f"{LIST}/columns?kind=boiler&columns=name&columns=state" in unescape(moved.text)
    kept = zhang.post(
        f"{LIST}/columns", {"columns": ["state", "name", "maker", "nothing"], "kind": "boiler"}
    )
    assert (kept.status, kept.location) == (303, f"{LIST}?kind=boiler")
    assert headings(zhang, LIST) == heads
    assert headings(zhang, f"{LIST}?columns=code") == ["产品名称", "设备代码"]
    zhang.get(f"{LIST}/columns")
    assert zhang.post(f"{LIST}/columns", {"columns": ["name", "state"]}).status == 303
    zhang.get(f"{LIST}/columns")
    assert zhang.post(f"{LIST}/columns", {}).status == 303
    assert len(headings(zhang, LIST)) == 7
    with reading():
        assert Device.select().count() == 1


def headings(client: Client, url: str) -> list[str]:
    """The heads of the list's table after the lamp's."""
    table = client.get(url).text.partition("<thead>")[2].partition("</thead>")[0]
    words = [part.partition("</th>")[0] for part in table.split('<th scope="col"')[1:]]
    texts = [part.partition(">")[2] for part in words]
    plain = [text.partition("<span")[0].rpartition(">")[2].strip() for text in texts]
    return [text for text in plain if text not in {"", "时限"}]
