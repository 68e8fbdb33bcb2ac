"""The tutorial's plugin is built from its page, loaded, switched on and tested by its own test."""

import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.base.plugins import Source
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

from .documents import ROOT, Fence, fences

PAGE = ROOT / "docs/write-a-plugin/README.md"
ENGLISH = ROOT / "docs/write-a-plugin/README.en.md"
PACKAGE = "openbureau_visits"


def named(document: Path) -> list[Fence]:
    """The examples that name their file."""
    return [fence for fence in fences(document) if fence.file]


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """The tutorial's distribution, written as the page has it."""
    for fence in named(PAGE):
        path = tmp_path / "visits" / fence.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fence.content, "utf-8")
    sys.path.insert(0, str(tmp_path / "visits"))
    yield tmp_path / "visits"
    sys.path.remove(str(tmp_path / "visits"))
    for name in [n for n in sys.modules if n.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def visits(package: Path, tmp_path: Path) -> Iterator[Bureau]:
    """A bureau whose only plugin is the tutorial's."""
    yield open_bureau(tmp_path / "data", sources=[Source("visits", PACKAGE)])
    close_bureau()


def test_both_languages_show_the_same_code() -> None:
    assert named(PAGE) == named(ENGLISH)
    assert len(named(PAGE)) >= 14


def test_every_python_example_names_its_file() -> None:
    assert [f.content for f in fences(PAGE) if f.language == "python" and not f.file] == []


def test_the_tutorial_plugin_opens_for_a_clerk(visits: Bureau) -> None:
    assert [(r.slug, r.problem) for r in visits.installation.plugins.records.values()] == [
        ("visits", "")
    ]
    assert visits.sign_in("li").get("/visits/").status == 404
    visits.enable("visits")
    page = visits.sign_in("li").get("/visits/")
    assert page.status == 200
    assert "来访登记" in page.words


def test_the_tutorial_plugin_stands_on_the_desk(visits: Bureau) -> None:
    visits.enable("visits")
    li = visits.sign_in("li")
    assert "还没有来访登记" in li.get("/").words + li.get("/-/desk/tiles?late=visits").words


def test_the_tutorials_own_tests_pass(package: Path, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "tutorial_tests", package / "tests/test_create_visit.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = [f for n, f in inspect.getmembers(module, inspect.isfunction) if n.startswith("test_")]
    assert len(tests) == 3
    for test in tests:
        bureau = open_bureau(tmp_path / test.__name__, sources=[Source("visits", PACKAGE)])
        test(bureau)
        close_bureau()
