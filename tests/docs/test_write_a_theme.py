"""The theme of the page is written out as it stands, loaded and looked at."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

from .documents import ROOT, fences

PAGE = ROOT / "docs/write-a-theme/README.md"
ENGLISH = ROOT / "docs/write-a-theme/README.en.md"


@pytest.fixture
def jade(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau in which the page's theme is the only one, chosen for the province."""
    for fence in fences(PAGE):
        path = tmp_path / fence.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fence.content, "utf-8")
    bureau = open_bureau(tmp_path / "data", themes=[("jade", tmp_path / "openbureau_theme_jade")])
    client = bureau.sign_in("system")
    client.get("/-/console/appearance")
    fields = {"unit": "530000", "zone": "staff", "theme": "jade", "name": ""}
    assert client.post("/-/console/appearance", fields).status == 303
    yield bureau
    close_bureau()


def test_both_languages_show_the_same_files() -> None:
    assert list(fences(PAGE)) == list(fences(ENGLISH))
    assert all(fence.file for fence in fences(PAGE))


def test_pages_have_its_colours_and_its_override(jade: Bureau) -> None:
    page = jade.sign_in("zhang").get("/-/units/nowhere")
    assert "（青绿）" in page.words
    sheet = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    css = jade.client().get(sheet[0]).text
    assert "--color-brand: #0b5f52" in css
    assert css.index("--color-ink: #1d2733") < css.index("--color-brand: #0b5f52")


def test_a_chosen_theme_that_is_gone_leaves_the_default(jade: Bureau, tmp_path: Path) -> None:
    from openbureau.shell.app import create_app

    jade.app = create_app(jade.installation.settings, themes={})
    page = jade.sign_in("zhang").get("/")
    assert page.status == 200
    assert "core/core.css" in page.text
    assert "未安装" in jade.sign_in("system").get("/-/console/appearance").words
