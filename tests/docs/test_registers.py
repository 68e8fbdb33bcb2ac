"""The plugin of the chapter on registers is built as it stands and used."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.base.plugins import Source
from openbureau.testing.bureau import Bureau, Client, close_bureau, open_bureau

from .documents import ROOT, fences

PAGE = ROOT / "docs/write-a-plugin/register.md"
ENGLISH = ROOT / "docs/write-a-plugin/register.en.md"
PACKAGES = ("openbureau_licences", "openbureau_checks")
LIST = "/licences/licence"


@pytest.fixture
def licences(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau with both plugins of the page; zhang registers in her county."""
    for fence in fences(PAGE):
        path = tmp_path / "plugins" / fence.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fence.content, "utf-8")
    sys.path.insert(0, str(tmp_path / "plugins"))
    sources = [Source(name.partition("_")[2], name) for name in PACKAGES]
    bureau = open_bureau(tmp_path / "data", sources=sources)
    bureau.enable("licences")
    bureau.grant("zhang", "licences.registrar", "530102", "unit")
    yield bureau
    close_bureau()
    sys.path.remove(str(tmp_path / "plugins"))
    for name in [n for n in sys.modules if n.partition(".")[0] in PACKAGES]:
        del sys.modules[name]


def save(client: Client, **changes: str) -> str:
    fields = {"number": "滇许 1", "holder": "昆明气瓶厂", "kind": "make", "unit": "530102"}
    client.get(f"{LIST}/new")
    answer = client.post(f"{LIST}/new", {**fields, **changes})
    return answer.location or answer.words


def test_both_languages_show_the_same_code() -> None:
    assert list(fences(PAGE)) == list(fences(ENGLISH))
    assert all(fence.file for fence in fences(PAGE))


def test_its_own_list_stands_where_the_made_one_would(licences: Bureau) -> None:
    zhang = licences.sign_in("zhang")
    for number in ("1", "2"):
        due = licences.context("zhang").today.isoformat()
        url = save(zhang, number=number, valid_until_on=due, phone="087112345678")
    shown = zhang.get(LIST)
    assert "共 2 件" in shown.words
    assert "剩 0 天" in shown.words
    assert "高级查询" not in shown.words
    assert "共 0 件" in zhang.get(f"{LIST}?kind=fill").words
    assert "共 1 件" in zhang.get(f"{LIST}?field=number&op=is&value=2").words
    assert zhang.get(f"{LIST}?sort=valid_until_on").status == 200
    assert "变更记录" in zhang.get(url).words
    assert "087112345678" in zhang.get(url).words


def test_its_check_refuses_what_no_column_can_tell(licences: Bureau) -> None:
    zhang = licences.sign_in("zhang")
    assert "充装许可须填写有效期。" in save(zhang, kind="fill")


def test_another_plugin_speaks_on_the_record(licences: Bureau) -> None:
    zhang = licences.sign_in("zhang")
    url = save(zhang)
    assert "检查记录" not in zhang.get(url).words
    licences.enable("checks")
    assert "检查记录" in licences.sign_in("zhang").get(url).words
