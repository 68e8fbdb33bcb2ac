"""Styles and scripts stay within what Chromium 99 and Firefox 98 understand."""

import re
from pathlib import Path

import pytest
import tinycss2

ROOT = Path(__file__).resolve().parents[2]
OURS = [
    p for top in ("core", "plugins", "themes") for p in sorted((ROOT / top).glob("**/static/**/*"))
]
STYLES = [p for p in OURS if p.suffix == ".css"]
SCRIPTS = [p for p in OURS if p.suffix == ".js" and "vendor" not in p.parts]
TOO_NEW_STYLE = re.compile(
    r":has\(|@container|@scope|color-mix\(|oklch\(|&[ .:>]|\bdvh\b|!important"
)
TOO_NEW_SCRIPT = re.compile(
    r"\.(findLast|findLastIndex|toSorted|toReversed|toSpliced|isWellFormed|groupBy|withResolvers)\("
    r"|\busing\s+\w+\s*=|/[dgimsuy]*v[dgimsuy]*\b\s*[;,)]|eval\(|new Function\("
)
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")
TOKEN_FILES = {"tokens.css", "modes.css", "fallback.css", "print.css"}


@pytest.mark.parametrize("text", ["a:has(b) {}", "@container x {}", "a { & b {} }"])
def test_the_rule_sees_new_styles(text: str) -> None:
    assert TOO_NEW_STYLE.search(text)


@pytest.mark.parametrize("text", ["x.findLast(f)", "using a = b", "x.toSorted()", "eval(x)"])
def test_the_rule_sees_new_scripts(text: str) -> None:
    assert TOO_NEW_SCRIPT.search(text)


@pytest.mark.parametrize("path", STYLES, ids=lambda p: p.name)
def test_style_sheet_parses_and_stays_within_the_floor(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
    rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    assert [rule.message for rule in rules if rule.type == "error"] == []
    assert TOO_NEW_STYLE.findall(text) == []


@pytest.mark.parametrize("path", STYLES, ids=lambda p: p.name)
def test_only_tokens_hold_colours(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
    assert path.name in TOKEN_FILES or COLOUR.findall(text) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_script_stays_within_the_floor(path: Path) -> None:
    assert TOO_NEW_SCRIPT.findall(path.read_text("utf-8")) == []
