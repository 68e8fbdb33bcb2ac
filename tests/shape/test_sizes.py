"""Sizes that keep every page's code findable. An exception needs a line with its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES, FUNCTION_LINES, CLASS_LINES = 400, 40, 200
TEMPLATE_LINES, STYLE_LINES = 150, 300


def tracked(pattern: str) -> list[Path]:
    skipped = {".venv", "var", "dist", "vendor", "node_modules"}
    return [
        path
        for top in ("core", "plugins", "themes", "tests", "deploy")
        for path in sorted((ROOT / top).glob(pattern))
        if not skipped & set(path.relative_to(ROOT).parts)
    ]


def long_parts(source: str) -> Iterator[str]:
    """Functions and classes longer than allowed, docstrings and signatures included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            limit = CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > limit:
                yield f"{node.name}: {lines} lines"


def test_the_rule_sees_a_long_function_and_lets_a_short_one_pass() -> None:
    assert list(long_parts("def f():\n" + "    x = 1\n" * 45)) == ["f: 46 lines"]
    assert list(long_parts("def f():\n    x = 1\n")) == []


def test_python_files_functions_and_classes_stay_short() -> None:
    # Migrations are frozen copies of tables, released once and never edited.
    paths = [path for path in tracked("**/*.py") if "migrations" not in path.parts]
    assert len(paths) > 100
    found = []
    for path in paths:
        source = path.read_text("utf-8")
        parts = list(long_parts(source))
        if len(source.splitlines()) > FILE_LINES:
            parts.append("file")
        found += [f"{path.relative_to(ROOT)}: {part}" for part in parts]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "limit"), [("**/*.html", TEMPLATE_LINES), ("**/*.css", STYLE_LINES)]
)
def test_templates_and_styles_stay_short(pattern: str, limit: int) -> None:
    paths = tracked(pattern)
    assert paths
    found = [
        str(p.relative_to(ROOT)) for p in paths if len(p.read_text("utf-8").splitlines()) > limit
    ]
    assert found == []
