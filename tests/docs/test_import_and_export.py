"""The plugin of the page is built as it stands, and its tests are run."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.base.plugins import Source
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

from .documents import ROOT, fences

PAGE = ROOT / "docs/write-a-plugin/import-and-export.md"
ENGLISH = ROOT / "docs/write-a-plugin/import-and-export.en.md"
PACKAGES = ("openbureau_scales", "scale_tests")


@pytest.fixture
def scales(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau with the page's plugin; zhang registers scales in her county."""
    folder = tmp_path / "scales"
    for fence in fences(PAGE):
        path = folder / fence.file.replace("tests/", "scale_tests/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fence.content, "utf-8")
    sys.path.insert(0, str(folder))
    bureau = open_bureau(tmp_path / "data", sources=[Source("scales", "openbureau_scales")])
    bureau.enable("scales")
    bureau.grant("zhang", "scales.registrar", "530102", "unit")
    yield bureau
    close_bureau()
    sys.path.remove(str(folder))
    for name in [n for n in sys.modules if n.partition(".")[0] in PACKAGES]:
        del sys.modules[name]


def test_both_languages_show_the_same_code() -> None:
    assert list(fences(PAGE)) == list(fences(ENGLISH))
    assert all(fence.file for fence in fences(PAGE))


@pytest.mark.parametrize("module", ["test_scales", "test_export", "test_bulk"])
def test_the_page_s_tests_pass(scales: Bureau, module: str) -> None:
    found = vars(__import__(f"scale_tests.{module}", fromlist=[module]))
    tests = [value for name, value in found.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test(scales)
