"""What of an address cannot be used is told, on every page that reads one."""

import re
from html import unescape

import pytest
from openbureau_devices.models import Device

from openbureau.base.database import reading
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

from .test_pages import LIST, saved


@pytest.fixture
def zhang(devices: Bureau) -> Client:
    """Registers devices in her county."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return devices.sign_in("zhang")


REVERSED = "「2026-12-31..2026-01-01」的第一天在最后一天之后"


@pytest.mark.parametrize(
    "query",
    [
        "due_on=2026-12-31..2026-01-01",
        "field=due_on&op=is&value=2026-12-31..2026-01-01",
        "field=due_on&op=from&value=2026-12-31..2026-01-01",
    ],
)
def test_span_that_ends_before_it_begins_is_told(zhang: Client, query: str) -> None:
    saved(zhang)
    shown = zhang.get(f"{LIST}?{query}").words
    assert REVERSED in shown
    assert "蒸汽锅炉" in shown
    assert REVERSED not in zhang.get(f"{LIST}?{query.replace('12-31..', '01-01..')}").words


UNUSABLE = ("kind=rocket", "field=kind&op=is&value=rocket", "due_on=2026-12-31..2026-01-01")


@pytest.mark.parametrize("query", UNUSABLE)
def test_paper_says_what_was_not_used(zhang: Client, query: str) -> None:
    saved(zhang)
    printed = zhang.get(f"{LIST}/print?{query}").text
    assert "notice-warn" in printed
    assert "「rocket」不在可选的值中" in printed or REVERSED in printed
    assert "notice-warn" not in zhang.get(f"{LIST}/print?kind=boiler").text


@pytest.mark.parametrize("query", UNUSABLE)
def test_query_that_cannot_be_used_is_not_kept(devices: Bureau, zhang: Client, query: str) -> None:
    asking = zhang.get(f"{LIST}/queries/new?{query}")
    assert "这个查询不能保存" in asking.words
    assert "全部记录" not in asking.words
    assert 'name="name"' not in asking.text
    fields = {"name": "火箭", "unit": "", "address": query}
    assert zhang.post(f"{LIST}/queries/new", fields).status == 422
    assert devices.rows("SELECT name FROM saved_query") == []
    zhang.get(f"{LIST}/queries/new?kind=boiler")
    good = zhang.post(f"{LIST}/queries/new", {**fields, "address": "kind=boiler"})
    assert good.status == 303
    uid = good.location.rpartition("=")[2]
    zhang.get(f"{LIST}?{query}&query={uid}")
    refused = zhang.post(f"{LIST}/queries/{uid}/overwrite", {"address": query})
    assert (refused.status, "没有存入" in refused.words) == (422, True)
    assert devices.rows("SELECT address FROM saved_query") == [("kind=boiler",)]


@pytest.fixture
def fifty(devices: Bureau) -> None:
    """Fifty lifts of her county: three pages."""
    with reading():
        unit = Unit.get(Unit.code == "530102")
        every = {
            "unit": unit,
            "changed_at": devices.now,
            "kind": "lift",
            "name": "电梯",
            "user": "某厂",
        }
        Device.insert_many([{**every, "code": f"N{n:02}"} for n in range(50)]).execute()


@pytest.mark.usefixtures("fifty")
@pytest.mark.parametrize(
    "query",
    [
        "page=99",
        "page=4&sort=due_on",
        "after=1&page=4",
        "kind=lift&page=99",
        "field=code&op=has&value=N&counted=1&page=99",
        "after=1&page=3",
        "after=50&page=99",
    ],
)
def test_page_beyond_the_end_is_the_last_one(zhang: Client, query: str) -> None:
    shown = zhang.get(f"{LIST}?{query}")
    assert "第 41–50" in shown.words
    assert shown.text.count('<tr id="row-') == 10
    assert 'rel="next"' not in shown.text


@pytest.mark.usefixtures("fifty")
def test_page_beyond_the_end_of_a_free_query_leads_back(zhang: Client) -> None:
    query = "field=code&op=has&value=N"
    assert zhang.get(f"{LIST}?{query}&page=3").text.count('<tr id="row-') == 10
    shown = zhang.get(f"{LIST}?{query}&page=4")
    assert "没有更多记录" in shown.words
    assert '<tr id="row-' not in shown.text
    [link] = re.findall(r'<a class="button" href="([^"]*)">回到第一页', unescape(shown.text))
    first = zhang.get(link)
    assert first.text.count('<tr id="row-') == 20
