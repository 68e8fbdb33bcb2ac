"""The documents of this repository and what stands in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [
        ROOT / "README.md",
        ROOT / "README.zh-CN.md",
        ROOT / "core/README.md",
        *ROOT.glob("plugins/*/README.md"),
        *ROOT.glob("themes/*/README.md"),
        *ROOT.glob("docs/**/*.md"),
    ]
)
_FENCE = re.compile(r"^ *```(?P<language>\w*)\n(?P<content>.*?)^ *```$", re.M | re.S)
_NAMED = re.compile(r"(?:# |\{# |/\* )(?P<name>[\w./-]+\.\w+)(?: #\}| \*/)?$")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced example: its language, its text, and the file it names in its first line."""

    language: str
    content: str
    file: str = ""


def fences(document: Path) -> Iterator[Fence]:
    """Every fenced example of a document."""
    return fences_of(document.read_text("utf-8"))


def fences_of(text: str) -> Iterator[Fence]:
    """Every fenced example of a text."""
    for match in _FENCE.finditer(text):
        first = match["content"].partition("\n")[0]
        named = _NAMED.match(first)
        yield Fence(match["language"], match["content"], named["name"] if named else "")
