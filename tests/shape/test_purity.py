"""The core names no plugin, plugins use no private door, the public API is pinned."""

import re
from pathlib import Path

import pytest

import openbureau
import openbureau.kit

ROOT = Path(__file__).resolve().parents[2]
SLUGS = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/pyproject.toml"))
PRIVATE = re.compile(r"from openbureau\.(base|kernel|shell)|import openbureau\.(base|kernel|shell)")


def names_plugin(text: str, slug: str) -> bool:
    """Whether a text of the core names a plugin by module, template or permission."""
    return bool(re.search(rf"openbureau_{slug}\b|[\"']{slug}/|\b{slug}\.[a-z]+_", text))


def test_the_rule_knows_names_from_words() -> None:
    assert names_plugin('page("mail/list.html")', "mail")
    assert names_plugin("import openbureau_mail", "mail")
    assert names_plugin('may("mail.send_message")', "mail")
    assert not names_plugin("account.mail = entry.mail", "mail")


@pytest.mark.parametrize("slug", SLUGS)
def test_core_names_no_plugin(slug: str) -> None:
    files = [p for p in (ROOT / "core").rglob("*") if p.suffix in {".py", ".html", ".toml", ".css"}]
    assert len(files) > 100
    found = [str(p.relative_to(ROOT)) for p in files if names_plugin(p.read_text("utf-8"), slug)]
    assert found == []


@pytest.mark.parametrize("slug", SLUGS)
def test_plugins_import_only_the_public_api(slug: str) -> None:
    package = ROOT / "plugins" / slug / f"openbureau_{slug}"
    found = [str(p) for p in package.rglob("*.py") if PRIVATE.search(p.read_text("utf-8"))]
    assert found == []


def test_public_names_are_pinned() -> None:
    pinned = (ROOT / "tests/shape/public_api.txt").read_text("utf-8").split()
    current = [f"openbureau.{name}" for name in sorted(openbureau.__all__)]
    current += [f"openbureau.kit.{name}" for name in sorted(openbureau.kit.__all__)]
    assert current == pinned


def test_every_public_name_says_what_it_is() -> None:
    modules = (openbureau, openbureau.kit)
    silent = [
        name
        for module in modules
        for name in module.__all__
        if callable(getattr(module, name)) and not getattr(module, name).__doc__
    ]
    assert silent == []
