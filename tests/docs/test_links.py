"""Links between documents lead somewhere; what is published speaks of the product alone."""

import re
from pathlib import Path

import pytest

from .documents import DOCUMENTS, ROOT

_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HALF_WIDTH = re.compile(r"[一-鿿][,;:?!](?=[一-鿿])|[一-鿿]\((?=[一-鿿])")
PLUGIN_SECTIONS = ("Permissions", "Pages", "Jobs", "Removing")


def broken_links(document: Path, text: str) -> list[str]:
    """Targets that do not exist, addresses of other sites aside."""
    return [
        target
        for target in _LINK.findall(text)
        if "://" not in target and not (document.parent / target.partition("#")[0]).exists()
    ]


def test_the_rule_sees_a_broken_link() -> None:
    assert broken_links(ROOT / "README.md", "[a](LICENSE) [b](docs/nothing.md)") == [
        "docs/nothing.md"
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_resolve(document: Path) -> None:
    assert broken_links(document, document.read_text("utf-8")) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_document_has_one_title(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.S)
    titles = re.findall(r"^# ", text, re.M)
    assert len(titles) == (0 if document.parent.name == "news" else 1)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_chinese_uses_chinese_punctuation(document: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", document.read_text("utf-8"), flags=re.S)
    assert _HALF_WIDTH.findall(text) == []


def test_every_document_is_reached_from_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text("utf-8")
    linked = {(ROOT / "docs" / target).resolve() for target in _LINK.findall(index)}
    for folder in ("start", "use", "administer", "write-a-plugin"):
        missing = [p.name for p in (ROOT / "docs" / folder).glob("*.md") if p not in linked]
        assert missing == []


@pytest.mark.parametrize("plugin", sorted(ROOT.glob("plugins/*")), ids=lambda p: p.name)
def test_every_plugin_says_what_it_does_and_how_to_remove_it(plugin: Path) -> None:
    text = (plugin / "README.md").read_text("utf-8")
    assert [s for s in PLUGIN_SECTIONS if not re.search(rf"^## {s}", text, re.M)] == []
    assert f"pip uninstall openbureau-{plugin.name}" in text


def test_the_two_front_pages_are_twins() -> None:
    shapes = [
        re.findall(r"^(?:#+|```|\||!\[)", (ROOT / name).read_text("utf-8"), re.M)
        for name in ("README.md", "README.zh-CN.md")
    ]
    assert shapes[0] == shapes[1]
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120
