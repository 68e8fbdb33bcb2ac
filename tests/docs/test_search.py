"""The examples of the search chapter run upon the tutorial's plugin."""

import datetime as dt
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.base.database import reading, writing
from openbureau.base.plugins import Source
from openbureau.kernel.search.building import build_index
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

from .documents import ROOT, fences

TUTORIAL = ROOT / "docs/write-a-plugin/README.md"
PAGE = ROOT / "docs/write-a-plugin/search.md"
ENGLISH = ROOT / "docs/write-a-plugin/search.en.md"
PACKAGE = "openbureau_visits"


@pytest.fixture
def visits(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau with the tutorial's plugin, widened by the examples of the chapter."""
    for document in (TUTORIAL, PAGE):
        for fence in fences(document):
            if fence.file:
                path = tmp_path / "visits" / fence.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(fence.content, "utf-8")
    sys.path.insert(0, str(tmp_path / "visits"))
    yield open_bureau(tmp_path / "data", sources=[Source("visits", PACKAGE)])
    close_bureau()
    sys.path.remove(str(tmp_path / "visits"))
    for name in [n for n in sys.modules if n.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_both_languages_show_the_same_code() -> None:
    assert list(fences(PAGE)) == list(fences(ENGLISH))


def test_visits_are_found_and_their_index_is_built_anew(visits: Bureau) -> None:
    visits.enable("visits")
    models = importlib.import_module(f"{PACKAGE}.models")
    finding = importlib.import_module(f"{PACKAGE}.finding")
    kinds = importlib.import_module(f"{PACKAGE}.kinds")
    zhang = visits.context("zhang")
    with writing():
        for visitor, months_ago in (("王先生", 0), ("赵女士", 3)):
            models.Visit.create(
                visitor=visitor,
                purpose="联系电梯检验",
                unit=zhang.unit_id,
                account=zhang.account.id,
                created_at=visits.now - dt.timedelta(days=31 * months_ago),
            )
    assert build_index(models.REALM, kinds.VISIT.findable).written == 2
    with reading():
        [found] = finding.found_this_month(zhang, "电梯检验")
        assert models.Visit.get_by_id(found).visitor == "王先生"
        assert finding.found_this_month(visits.context("zhao"), "电梯检验") == []
