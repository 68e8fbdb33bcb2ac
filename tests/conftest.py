"""Tests of the core that walk a plugin's pages are skipped by name where it is not installed."""

import ast
from functools import cache
from pathlib import Path

import pytest

from openbureau.base.plugins import installed_plugins

ROOT = Path(__file__).resolve().parent.parent
ABSENT = {p.parent.name for p in ROOT.glob("plugins/*/pyproject.toml")} - {
    source.slug for source in installed_plugins()
}


@cache
def named(path: Path) -> dict[str, frozenset[str]]:
    """Absent plugins that each test of a module names, and under "" those that the module
    names outside its tests, or the conftest beside it; the bench measures whatever plugin
    offers itself."""
    if path.parent.name == "bench":
        return {"": frozenset(ABSENT)}
    lines = path.read_text("utf-8").splitlines()
    found: dict[str, frozenset[str]] = {}
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
            found[node.name] = slugs_in(lines[first : node.end_lineno])
            lines[first : node.end_lineno] = [""] * ((node.end_lineno or first) - first)
    beside = path.with_name("conftest.py")
    shared = beside.read_text("utf-8").splitlines() if beside.is_file() else []
    return {**found, "": slugs_in([*lines, *shared])}


def slugs_in(lines: list[str]) -> frozenset[str]:
    return frozenset(slug for slug in ABSENT if any(slug in line for line in lines))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what cannot run."""
    for item in items if ABSENT else []:
        if item.path.parent == ROOT / "tests":
            continue
        by_test = named(item.path)
        for slug in sorted(by_test[""] | by_test.get(item.name.partition("[")[0], frozenset())):
            item.add_marker(pytest.mark.skip(reason=f"openbureau-{slug} is not installed"))
