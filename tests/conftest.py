"""Tests of the core that walk a plugin's pages are skipped by name where it is not installed."""

from functools import cache
from pathlib import Path

import pytest

from openbureau.base.plugins import installed_plugins

ROOT = Path(__file__).resolve().parent.parent
ABSENT = {p.parent.name for p in ROOT.glob("plugins/*/pyproject.toml")} - {
    source.slug for source in installed_plugins()
}


@cache
def needed(path: Path) -> frozenset[str]:
    """Absent plugins that a test module, or the conftest beside it, names; the bench measures
    whatever plugin offers itself."""
    if path.parent.name == "bench":
        return frozenset(ABSENT)
    texts = [p.read_text("utf-8") for p in (path, path.with_name("conftest.py")) if p.is_file()]
    return frozenset(slug for slug in ABSENT if any(slug in text for text in texts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what cannot run."""
    for item in items:
        for slug in sorted(needed(item.path)) if item.path.parent != ROOT / "tests" else ():
            item.add_marker(pytest.mark.skip(reason=f"openbureau-{slug} is not installed"))
