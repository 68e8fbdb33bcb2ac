"""A record among others: the way back, its neighbours, its history, what others know of it."""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from openbureau_devices.models import Device
from openbureau_devices.registers import DEVICES

from openbureau.base.database import reading, writing
from openbureau.base.plugins import Source
from openbureau.kit.registers.addresses import kept_address
from openbureau.kit.registers.asked import asked
from openbureau.kit.registers.listing import listed, neighbours
from openbureau.kit.registers.records import around, change_record
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau
from openbureau.testing.client import Client

from .conftest import EXAMPLE
from .test_pages import FORM, LIST, saved


@pytest.fixture
def zhang(devices: Bureau) -> Client:
    """Registers devices in her county."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return devices.sign_in("zhang")


def test_way_back_leads_to_the_list_as_it_was_left(devices: Bureau, zhang: Client) -> None:
    url = saved(zhang).location
    left = "kind=boiler&sort=due_on&size=50"
    opened = zhang.get(url, {"referer": f"http://testserver{LIST}?{left}&state="})
    number = url.rpartition("/")[2]
    assert f'href="{LIST}?kind=boiler&sort=due_on&size=50#row-{number}"' in unescape(opened.text)
    assert f'<tr id="row-{number}"' in zhang.get(f"{LIST}?{left}").text
    edit = f"{url}/edit?back={quote(left, safe='')}"
    assert edit in unescape(opened.text)
    zhang.get(edit)
    changed = zhang.post(edit, {**FORM, "version": "1", "place": "人民路 1 号"})
    assert changed.location == f"{url}?back={quote(left, safe='')}"
    again = zhang.follow(changed)
    assert f'href="{LIST}?{left}#row-{number}"' in unescape(again.text)


def test_tab_of_the_list_knows_the_way_back_too(zhang: Client) -> None:
    url = saved(zhang).location
    zhang.get(f"{LIST}?kind=boiler")
    zhang.get(f"{url}/edit", {"referer": f"http://testserver{LIST}?kind=boiler"})
    assert f"{LIST}?kind=boiler#row-" in zhang.get(url).text


FOREIGN = (
    "https://evil.example/?a=b",
    "//evil.example",
    "javascript:alert(1)",
    '"><script>alert(1)</script>',
    "kind=boiler#x",
    "%00%ff",
    "=" * 5000,
)


def test_way_back_never_leaves_the_list(zhang: Client) -> None:
    url = saved(zhang).location
    for back in FOREIGN:
        shown = zhang.get(f"{url}?back={quote(back, safe='')}")
        assert shown.status == 200
        assert f'href="{LIST}' in shown.text
        assert "<script>alert" not in shown.text
        links = re.findall(r'(?:href|action|formaction)="([^"]*)"', shown.text)
        assert not [link for link in links if "evil" in link and not link.startswith("/")]
        zhang.get(f"{url}/edit")
        answer = zhang.post(f"{url}/edit?back={quote(back, safe='')}", {**FORM, "version": "1"})
        assert answer.location.startswith(url)


def test_neighbours_are_those_of_the_list(devices: Bureau, zhang: Client) -> None:
    with writing():
        unit = around(devices.context("zhang")).tree.by_code["530102"]
        for number in range(12):
            Device.create(
                unit=unit.id,
                changed_at=devices.now,
                kind="boiler" if number % 3 else "lift",
                code=str(number),
                name="锅炉",
                user="某厂",
                due_on=f"2026-12-{number % 4 + 1:02}" if number % 5 else None,
            )
    ctx = devices.context("zhang")
    for text in ("", "sort=due_on", "sort=-due_on&kind=boiler", "kind=lift"):
        with reading():
            query = asked(kept_address(DEVICES, text), DEVICES, around(ctx).tree, ctx.today)
            rows = listed(ctx, DEVICES, query).rows
            ids = [None, *(row.id for row in rows), None]
            for place, row in enumerate(rows, 1):
                assert neighbours(ctx, DEVICES, query, row) == (ids[place - 1], ids[place + 1])
        shown = zhang.get(f"{LIST}/{rows[0].id}", {"referer": f"http://testserver{LIST}?{text}"})
        assert "上一条" not in shown.words
        assert f'rel="next" href="{LIST}/{rows[1].id}' in shown.text


def test_long_history_goes_on_elsewhere(devices: Bureau, zhang: Client) -> None:
    url = saved(zhang).location
    record_id = int(url.rpartition("/")[2])
    assert "更多" not in zhang.get(url).words
    ctx = devices.context("zhang")
    with writing():
        for version in range(1, 131):
            change_record(ctx, DEVICES, record_id, version, {"place": f"地点{version}"})
    shown = zhang.get(url).words
    assert "地点130" in shown
    assert "地点100" not in shown
    whole = zhang.get(f"{url}/history")
    assert "地点31" in whole.words
    assert "地点29" not in whole.words
    rest = zhang.get(f"{url}/history?before=32").words
    assert "地点30" in rest
    assert "登记" in rest
    assert zhang.get(f"{url}/history?before=x").status == 200
    assert devices.sign_in("sun").get(f"{url}/history").status in {403, 404}


FILLER = {
    "plugin.toml": """slug = "visits"
version = "0.1.0"
api = ">=1,<2"
vendor = "Example Ltd."
phase = 1
level = "unit"
security_contact = "security@example.org"
retention = "keeps nothing"

[name]
zh = "走访"
en = "Visits"
""",
    "__init__.py": '''"""What visits know of devices."""

from openbureau import Context, Page, SlotFill, hookimpl


@hookimpl
def pages() -> list[Page]:
    return []


@hookimpl
def slot_fills(ctx: Context, slot: str, subject: str) -> list[SlotFill]:
    if slot != "devices.device":
        return []
    return [SlotFill("visits/known.html", {"subject": subject})]
''',
    "templates/visits/known.html": "<p>走访过 {{ subject }}</p>",
}


@pytest.fixture
def visited(tmp_path: Path, database_url: str) -> Iterator[Bureau]:
    """The devices, and another plugin that knows something of them."""
    for name, content in FILLER.items():
        path = tmp_path / "plugin" / "openbureau_visits" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    sys.path.insert(0, str(tmp_path / "plugin"))
    sources = [Source("devices", "openbureau_devices"), Source("visits", "openbureau_visits")]
    made = open_bureau(tmp_path / "data", database_url, sources=sources)
    made.enable("devices")
    yield made
    close_bureau()
    sys.path.remove(str(tmp_path / "plugin"))
    del sys.modules["openbureau_visits"]


def test_others_show_on_the_record_what_they_know(visited: Bureau) -> None:
    visited.grant("zhang", "devices.registrar", "530102", "unit")
    zhang = visited.sign_in("zhang")
    url = saved(zhang).location
    assert "走访过" not in zhang.get(url).words
    visited.enable("visits")
    zhang = visited.sign_in("zhang")
    assert f"走访过 devices/device:{url.rpartition('/')[2]}" in zhang.get(url).words
    declared = visited.application.plugins.records["devices"].declared
    assert [slot.name for slot in declared.slots] == ["devices.device"]


OWN = """

from typing import Any

from openbureau import Page, Request, page
from openbureau.kit import record


def show_device(request: Request) -> Any:
    row = record(request.person, DEVICES, request.params["id"])
    return page("devices/own.html", name=DEVICES.record_title(row))


@hookimpl
def pages() -> tuple[Page, ...]:
    return (Page("device/{id:int}", show_device, DEVICES.read),)
"""
OWN_PAGE = """{% extends "core/base.html" %}{% block title %}{{ name }}{% endblock %}
{% block content %}<h1>自己的页面 {{ name }}</h1>{% endblock %}"""


@pytest.fixture
def own_page(tmp_path: Path, database_url: str) -> Iterator[Bureau]:
    """The devices with a page of their own about one."""
    package = tmp_path / "plugin" / "openbureau_machines"
    shutil.copytree(EXAMPLE / "openbureau_devices", package)
    with (package / "__init__.py").open("a", encoding="utf-8") as module:
        module.write(OWN)
    (package / "templates/devices").mkdir(parents=True)
    (package / "templates/devices/own.html").write_text(OWN_PAGE, "utf-8")
    sys.path.insert(0, str(tmp_path / "plugin"))
    made = open_bureau(
        tmp_path / "data", database_url, sources=[Source("devices", "openbureau_machines")]
    )
    made.enable("devices")
    yield made
    close_bureau()
    sys.path.remove(str(tmp_path / "plugin"))
    for name in [name for name in sys.modules if name.startswith("openbureau_machines")]:
        del sys.modules[name]


def test_every_way_leads_to_a_page_that_a_plugin_put_in_its_place(own_page: Bureau) -> None:
    own_page.grant("zhang", "devices.registrar", "530102", "unit")
    zhang = own_page.sign_in("zhang")
    url = saved(zhang).location
    assert "自己的页面 蒸汽锅炉" in zhang.get(url).words
    left = f"{url}?back=kind%3Dboiler"
    ways = (LIST, "/-/search?q=锅炉", f"{url}/history", f"{url}/edit?back=kind%3Dboiler")
    for way in ways:
        assert {f'href="{url}"', f'href="{left}"'} & set(
            re.findall(r'href="[^"]*"', unescape(zhang.get(way).text))
        ), way
    changed = zhang.post(f"{url}/edit", {**FORM, "version": "1", "name": "热水锅炉"})
    assert changed.location.startswith(url)
    assert "自己的页面 热水锅炉" in zhang.get(changed.location).words


def test_public_columns_are_named_with_the_reason_for_the_others(zhang: Client) -> None:
    shown = zhang.get(saved(zhang).location).words
    assert "公开字段：设备代码、产品名称、设备种类、使用单位" in shown
    assert "安全管理人员、移动电话是个人信息，不能公开。" in shown
    assert [column.name for column in DEVICES.public_columns][:2] == ["code", "name"]
    with pytest.raises(ValueError, match="personal column mobile cannot be public"):
        replace(DEVICES, public=("code", "mobile"))
    with pytest.raises(ValueError, match="public names colour, which is no column"):
        replace(DEVICES, public=("colour",))


def test_example_is_short() -> None:
    """All its files but the English catalogue, which translators write."""
    files = [path for path in (EXAMPLE / "openbureau_devices").rglob("*") if path.is_file()]
    written = [path for path in files if not {"locale", "__pycache__"} & set(path.parts)]
    assert len(DEVICES.columns) >= 20
    assert sum(len(path.read_text("utf-8").splitlines()) for path in written) < 250
