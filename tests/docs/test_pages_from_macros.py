"""The plugin of the page is built as it stands; its list and form are used, without scripts."""

import datetime as dt
import itertools
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from openbureau.base.context import CHINA
from openbureau.base.plugins import Source
from openbureau.testing.browser import opened_browser
from openbureau.testing.bureau import Bureau, Client, close_bureau, open_bureau
from openbureau.testing.serving import served

from .documents import ROOT, fences

PAGE = ROOT / "docs/write-a-plugin/pages.md"
ENGLISH = ROOT / "docs/write-a-plugin/pages.en.md"
PACKAGE = "openbureau_samples"
NEW = "/samples/sample/new"
MODES = tuple(itertools.product(("light", "dark", "contrast"), ("normal", "large")))


@pytest.fixture
def samples(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau with the page's plugin; li keeps samples for the province."""
    for fence in fences(PAGE):
        path = tmp_path / "samples" / fence.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fence.content, "utf-8")
    sys.path.insert(0, str(tmp_path / "samples"))
    bureau = open_bureau(tmp_path / "data", sources=[Source("samples", PACKAGE)])
    bureau.enable("samples")
    bureau.grant("li", "samples.keeper", "530000")
    yield bureau
    close_bureau()
    sys.path.remove(str(tmp_path / "samples"))
    for name in [n for n in sys.modules if n.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def register(client: Client, name: str, until: str, keeper: str = "张晓梅") -> int:
    client.get(NEW)
    fields = {
        "name": name,
        "store": "cold",
        "pieces": "3",
        "keep_until": until,
        "keeper-names": keeper,
        "note": "",
    }
    return client.post(NEW, fields).status


def test_both_languages_show_the_same_code() -> None:
    assert list(fences(PAGE)) == list(fences(ENGLISH))
    assert all(fence.file for fence in fences(PAGE))


def test_templates_are_macros_alone() -> None:
    for fence in fences(PAGE):
        if fence.file.endswith(".html"):
            assert not re.search(r"style|<script|<table|<input|<select|<textarea", fence.content)


def test_an_empty_list_offers_the_first_step(samples: Bureau) -> None:
    assert "还没有留样" in samples.sign_in("li").get("/samples/").words
    assert f'href="{NEW}"' in samples.sign_in("li").get("/samples/").text


def test_a_sample_is_registered_without_scripts_and_listed(samples: Bureau) -> None:
    li = samples.sign_in("li")
    late = samples.now.astimezone(CHINA).date() - dt.timedelta(days=9)
    assert register(li, "食用植物油", late.strftime("%Y%m%d")) == 303
    words = li.get("/samples/").words
    assert "食用植物油" in words
    assert "超期 9 天" in words
    assert "张晓梅" in words


def test_a_refused_form_comes_back_filled(samples: Bureau) -> None:
    li = samples.sign_in("li")
    li.get(NEW)
    fields = {"name": "食用植物油", "store": "dry", "pieces": "许多", "keep_until": "31-31"}
    answer = li.post(NEW, fields)
    assert answer.status == 422
    assert 'value="食用植物油"' in answer.text
    assert 'value="许多"' in answer.text
    assert 'value="31-31"' in answer.text


def test_the_list_is_filtered_sorted_and_paged_by_its_address(samples: Bureau) -> None:
    li = samples.sign_in("li")
    for number in range(23):
        until = samples.now.date() + dt.timedelta(days=number + 1)
        register(li, f"样品{number:02}", until.isoformat())
    first = li.get("/samples/").words
    assert "样品00" in first
    assert "样品22" not in first
    assert "样品22" in li.get("/samples/?page=2").words
    assert "样品22" in li.get("/samples/?sort=-name").words
    assert "样品07" in li.part("/samples/?q=07").words
    assert "没有符合条件的留样" in li.get("/samples/?store=dry").words


@pytest.mark.parametrize("fields", [{"sample": ["1"]}, {"select_all": "1"}])
def test_bulk_disposal_takes_the_chosen_or_all(
    samples: Bureau, fields: dict[str, str | list[str]]
) -> None:
    li = samples.sign_in("li")
    register(li, "甲", "2030-01-01")
    register(li, "乙", "2030-01-02")
    li.get("/samples/")
    assert li.post("/samples/disposal", fields).status == 303
    words = li.get("/samples/").words
    assert "甲" not in words
    assert ("乙" in words) is ("sample" in fields)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1366, 360])
def test_its_pages_look_right_in_every_mode(samples: Bureau, width: int) -> None:
    li = samples.sign_in("li")
    for place, name in enumerate(("食用植物油", "压力锅", "电热毯", "插座", "安全帽", "燃气软管")):
        until = samples.now.date() + dt.timedelta(days=place * 6 - 9)
        register(li, f"{name}（留样）", until.isoformat())
    with served(samples.app) as url, opened_browser() as browser:
        context = browser.new_context(
            viewport={"width": width, "height": 768}, locale="zh-CN", reduced_motion="reduce"
        )
        context.add_cookies([{"name": "session", "value": li.cookies["session"], "url": url}])
        seen = context.new_page()
        for address, name in (("/samples/", "pages-list"), (NEW, "pages-form")):
            seen.goto(url + address)
            if width == 1366:
                kept = Path(os.environ.get("OPENBUREAU_SCREENSHOTS", "var/screenshots")).parent
                seen.screenshot(path=kept / "write-a-plugin" / f"{name}.png")
            for scheme, size in MODES:
                seen.evaluate(
                    "([scheme, size]) => Object.assign(document.documentElement.dataset,"
                    " {scheme, size})",
                    [scheme, size],
                )
                wide = "document.documentElement.scrollWidth > innerWidth"
                assert not seen.evaluate(wide), (address, scheme, size)
                found = Axe().run(seen, options={"runOnly": ["color-contrast", "label"]})
                assert found.violations_count == 0, found.generate_report()
