"""Long runs: every page of the route table in every theme, scheme and size; the HTML of all
of them before the Nu checker, in both languages; Lighthouse on six."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from openbureau.base.request import Application
from openbureau.base.themes import installed_themes
from openbureau.testing.browser import FLAGS, chromium
from openbureau.testing.bureau import close_bureau, open_bureau

from .looks import accessibility_faults, broken_layout, set_mode
from .places import HERE, NARROW, WIDE, Visitors
from .walk import Found, every_page

pytestmark = [pytest.mark.browser, pytest.mark.deep]
MODES = [(scheme, size) for scheme in ("light", "dark", "contrast") for size in ("normal", "large")]
TOOLS = Path(__file__).parents[2] / "var/tools/pages/node_modules"
CHECKER = TOOLS / "vnu-jar/build/dist/vnu.jar"
LIGHTHOUSE = {"desk", "list", "detail", "form", "units", "sign-in"}
CATEGORIES = ("accessibility", "best-practices")


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """The assembled application, for its route table."""

    def assembled() -> Application:
        opened = open_bureau(tmp_path_factory.mktemp("routes") / "data")
        close_bureau()
        return opened.application

    # The browser's event loop runs in this thread, and no database is used in one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(assembled).result()


@pytest.fixture(scope="module")
def found(visitors: Visitors, application: Application) -> Found:
    """Every page."""
    return every_page(visitors, application)


def test_links_lead_to_every_page(found: Found) -> None:
    assert len(found.pages) >= 15
    assert found.unreached == set()


@pytest.mark.parametrize("theme", sorted(installed_themes()))
def test_no_page_has_a_fault_in_any_mode(visitors: Visitors, found: Found, theme: str) -> None:
    faults: list[tuple[str, ...]] = []
    with visitors.dressed(theme):
        for place in found.pages:
            with visitors.window(place.account) as page:
                place.open(page, visitors.server)
                for size, width in ((WIDE, "wide"), (NARROW, "narrow")):
                    page.set_viewport_size({"width": size[0], "height": size[1]})
                    for scheme, letters in MODES if size is WIDE else MODES[:1]:
                        set_mode(page, scheme, letters)
                        seen = accessibility_faults(page) + broken_layout(page)
                        faults += [(place.path, width, scheme, letters, fault) for fault in seen]
    assert faults == []


def test_no_component_has_an_accessibility_fault(visitors: Visitors, found: Found) -> None:
    faults: list[tuple[str, ...]] = []
    for place in found.patterns:
        with visitors.window(place.account) as page:
            place.open(page, visitors.server)
            # Examples of one component stand side by side and are called alike.
            seen = [f for f in accessibility_faults(page) if not f.startswith("landmark-unique")]
            faults += [(place.path, fault) for fault in seen + broken_layout(page)]
    assert faults == []


@pytest.mark.skipif(shutil.which("java") is None, reason="java is not installed")
@pytest.mark.skipif(not CHECKER.is_file(), reason="vnu-jar is not installed")
def test_html_of_every_page_is_valid(visitors: Visitors, found: Found, tmp_path: Path) -> None:
    for language in ("zh", "en"):
        for number, place in enumerate(found.pages + found.patterns):
            with visitors.window(place.account) as page:
                url = visitors.server.url
                page.context.add_cookies([{"name": "language", "value": language, "url": url}])
                text = page.context.request.get(url + place.path).text()
            assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in text
            name = re.sub(r"\W+", "-", place.path)
            (tmp_path / f"{number}{name}{language}.html").write_text(text, "utf-8")
    assert _checked(tmp_path) == []


@pytest.mark.skipif(shutil.which("java") is None, reason="java is not installed")
@pytest.mark.skipif(not CHECKER.is_file(), reason="vnu-jar is not installed")
def test_the_html_checker_sees_a_fault(tmp_path: Path) -> None:
    text = '<!doctype html><html lang="zh-CN"><title>甲</title><p foo="1"><div></p></html>'
    (tmp_path / "page.html").write_text(text, "utf-8")
    assert len(_checked(tmp_path)) >= 2


def _checked(folder: Path) -> list[str]:
    """What the Nu checker calls errors in a folder of pages."""
    command = ["java", "-jar", str(CHECKER), "--format", "json", "--exit-zero-always", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [
        f"{Path(found['url']).name}: {found['message']} {found.get('extract', '')}"
        for found in json.loads(done.stderr)["messages"]
        if found["type"] != "info"
    ]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(not (TOOLS / "lighthouse").is_dir(), reason="lighthouse is not installed")
def test_lighthouse_gives_a_hundred(visitors: Visitors, tmp_path: Path) -> None:
    places = [place for place in HERE if place.name in LIGHTHOUSE]
    scores: dict[str, dict[str, object]] = {}
    for account in dict.fromkeys(place.account for place in places):
        urls = []
        with visitors.window(account) as page:
            for place in places:
                if place.account == account:
                    place.open(page, visitors.server)
                    urls.append(page.url)
            scores |= _scores(urls, page.context.cookies(), tmp_path)
    assert len(scores) == len(places)
    assert all(score == dict.fromkeys(CATEGORIES, 1) for score in scores.values()), scores


def _scores(
    urls: Sequence[str], cookies: Sequence[object], folder: Path
) -> dict[str, dict[str, object]]:
    """Lighthouse's scores by address; what fell short stands beside them."""
    errand = folder / "errand.json"
    wanted = {"urls": urls, "cookies": cookies, "categories": CATEGORIES}
    errand.write_text(json.dumps({**wanted, "chromium": chromium(), "flags": FLAGS}), "utf-8")
    script = Path(__file__).with_name("lighthouse.mjs")
    done = subprocess.run(
        ["node", str(script), str(TOOLS), str(errand)],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, object]] = json.loads(done.stdout)
    return found
