"""The reference of components is complete: what is not shown there does not exist."""

import datetime as dt
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from openbureau.shell.pattern_list import PATTERNS
from openbureau.shell.pattern_samples import moments, opinions
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

CORE = Path(__file__).resolve().parents[2] / "core/openbureau"
TEMPLATES = CORE / "templates"
STYLES = CORE / "static/core/css"
NAMES = [pattern.name for pattern in PATTERNS]
MACRO = re.compile(r"{%-? macro ([a-z]\w*)\(")
IMPORT = re.compile(r'{% from "([^"]+)" import ([^%]+?) %}')
CLASS = re.compile(r"\.([a-z][a-z0-9-]*)")
CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\uffef]+")
# Furniture of single pages, not components: no vendor composes pages from it.
FURNITURE = {"pages.css", "patterns.css", "fallback.css", "print.css"}
LIVE = re.compile(r'<div class="pattern-live">(.*?)</div>\n<details class="pattern-source"', re.S)
OFFICE_HOURS = range(8, 18)


class Words(HTMLParser):
    """The words of a page outside its examples, which are Chinese in every language."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("lang", "zh-CN") in attrs or (self.depth and tag == "section"):
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self.depth and tag == "section":
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if not self.depth:
            self.words.append(data)


def words_outside_examples(text: str) -> str:
    parser = Words()
    parser.feed(text)
    return "".join(parser.words)


def component_classes() -> set[str]:
    """Every class that a component's sheet styles."""
    found: set[str] = set()
    for path in STYLES.glob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        if "@layer components" in text and path.name not in FURNITURE:
            for selector in re.findall(r"[^{};]+(?=\{)", text):
                found |= set(CLASS.findall(selector)) if "@" not in selector else set()
    return found


def shown_classes(client: Client) -> set[str]:
    """Classes that occur in the markup of any live example, or that a script gives."""
    found: set[str] = set()
    for name in NAMES:
        for live in LIVE.findall(client.get(f"/-/patterns/{name}").text):
            for classes in re.findall(r'class="([^"]*)"', live):
                found |= set(classes.split())
    scripts = "".join(p.read_text("utf-8") for p in (CORE / "static/core/js").glob("*.js"))
    return found | set(" ".join(re.findall(r'className = "([\w -]+)"', scripts)).split())


@pytest.fixture
def vendor(bureau: Bureau) -> Client:
    """Somebody without an account."""
    return bureau.client()


def test_index_lists_every_component_without_an_account(vendor: Client) -> None:
    page = vendor.get("/-/patterns")
    assert page.status == 200
    assert set(re.findall(r'href="/-/patterns/([\w-]+)"', page.text)) == set(NAMES)


def test_every_file_of_examples_is_a_page_and_the_other_way_round() -> None:
    files = {path.stem for path in (TEMPLATES / "core/patterns").glob("*.html")}
    assert files == set(NAMES)


def test_every_component_shows_examples_with_source_and_markup(vendor: Client) -> None:
    for name in NAMES:
        page = vendor.get(f"/-/patterns/{name}")
        assert page.status == 200, name
        examples = page.text.count('class="pattern-live"')
        assert examples >= 1, name
        assert page.text.count('class="pattern-source"') == 2 * examples, name


def test_unknown_component_is_not_found(vendor: Client) -> None:
    assert vendor.get("/-/patterns/nothing").status == 404
    assert vendor.get("/-/patterns/..%2f..%2fbase").status == 404


def test_every_public_macro_is_used_in_an_example() -> None:
    paths = [*(TEMPLATES / "core/macros").glob("*.html"), *(TEMPLATES / "kit").glob("*.html")]
    macros = {
        (path.relative_to(TEMPLATES).as_posix(), name)
        for path in paths
        for name in MACRO.findall(path.read_text("utf-8"))
    }
    used = {
        (template, name.strip().partition(" ")[0])
        for path in (TEMPLATES / "core/patterns").glob("*.html")
        for template, names in IMPORT.findall(path.read_text("utf-8"))
        for name in names.split(",")
    }
    assert len(macros) > 30
    missing = [f"{template}: {name}" for template, name in sorted(macros - used)]
    assert "\n".join(missing) == ""


def test_every_component_class_is_shown(vendor: Client) -> None:
    classes = component_classes() - {"frame"}  # the page around its parts
    assert len(classes) > 100
    assert " ".join(sorted(classes - shown_classes(vendor))) == ""


def test_frame_of_a_page_is_made_of_what_is_shown(bureau: Bureau) -> None:
    li = bureau.sign_in("li")
    frame = li.get("/-/drafts").text.partition('<main class="page-main"')[0]
    used = set(" ".join(re.findall(r'class="([^"]*)"', frame)).split())
    assert {"masthead", "menu-link", "page-tab"} <= used
    outer = {"frame", "page", "skip-link", "kernel-note", "strip", "popup", "popup-wide"}
    assert used - outer - shown_classes(li) == set()


def test_acts_in_the_examples_were_done_in_office_hours_one_after_another() -> None:
    rows = opinions()
    acts = [row["done_at"] for row in rows if row["done_at"]]
    assert acts == sorted(set(acts), reverse=True)
    for moment in (*moments().values(), *acts, *(row["arrived_at"] for row in rows)):
        assert moment.hour in OFFICE_HOURS
        assert moment.weekday() < 5
        assert moment.date() <= dt.date(2026, 11, 20)
    assert len(set(moments().values())) == len(moments())


@pytest.mark.parametrize(("language", "said"), [("zh", "一。二。"), ("en", "一。 二。")])
def test_sentences_are_joined_as_the_language_does(
    bureau: Bureau, language: str, said: str
) -> None:
    environment = bureau.application.environments["", language]
    assert environment.from_string("{{ v|sentences }}").render(v=["一。", "二。"]) == said


def test_a_mistake_is_said_once(vendor: Client) -> None:
    page = vendor.get("/-/patterns/fields").text
    (said,) = re.findall(r'id="refused-floors-error">([^<]*)<', page)
    assert said == "请填写整数。"


@pytest.mark.parametrize(
    ("query", "mark"),
    [("scheme=dark", 'data-scheme="dark"'), ("size=large", 'data-size="large"')],
)
def test_mode_in_the_address_changes_this_page_only(vendor: Client, query: str, mark: str) -> None:
    page = vendor.get(f"/-/patterns/lamp?{query}")
    assert mark in page.text
    assert f'href="/-/patterns/tag?{query}"' in page.text
    assert mark not in vendor.get("/-/patterns/lamp").text


@pytest.mark.parametrize("query", ["scheme=neon", "size=%22", "theme=../x", "percent=x"])
def test_unknown_mode_changes_nothing(vendor: Client, query: str) -> None:
    page = vendor.get(f"/-/patterns/lamp?{query}")
    assert 'data-scheme="auto" data-size="normal"' in page.text


def test_job_shows_its_progress_as_a_fragment_until_it_is_done(vendor: Client) -> None:
    part = vendor.part("/-/patterns/progress?percent=40")
    assert "<html" not in part.text
    assert 'hx-get="/-/patterns/progress?percent=55"' in part.text
    assert "hx-get" not in vendor.part("/-/patterns/progress?percent=100").text


def test_reference_reads_in_english(bureau: Bureau) -> None:
    vendor = bureau.client()
    vendor.cookies["language"] = "en"
    meant = ["中文", *(str(row[0]) for row in bureau.rows("SELECT name FROM node"))]
    left = {}
    for name in ["", *(f"/{name}" for name in NAMES)]:
        text = words_outside_examples(vendor.get(f"/-/patterns{name}").text)
        for word in meant:
            text = text.replace(word, "")
        left[name] = CHINESE.findall(text)
    assert {name: found for name, found in left.items() if found} == {}


@pytest.mark.parametrize(
    "call",
    [
        'tables.table([dict(label="x", width="huge")], [], caller=caller)',
        'tables.table([dict(label="x", align="middle")], [], caller=caller)',
        "tables.table([dict(width='lamp')], [], caller=caller)",
        'tables.cell("x", "bold")',
        'tables.lamp_cell("green", "x")',
        'flows.steps([dict(name="x", state="waiting")], "x")',
        'flows.timeline([dict(at=none, text="x", tone="red")])',
        'overlays.dialog_link("/", "x", look="huge")',
        'overlays.toast("x", tone="")',
    ],
)
def test_a_vendor_s_slip_fails_at_the_first_look(bureau: Bureau, call: str) -> None:
    environment = bureau.application.environments["", "zh"]
    imports = "".join(
        f'{{% import "core/macros/{name}.html" as {name} %}}'
        for name in ("tables", "flows", "overlays")
    )
    with pytest.raises(UndefinedError):
        environment.from_string(f"{imports}{{{{ {call} }}}}").render(caller=str)
