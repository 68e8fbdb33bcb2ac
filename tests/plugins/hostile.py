"""Plugins that do everything wrong, made in memory or as packages on disk."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from openbureau import MenuEntry, Page, Permission, Permissions, Request, hookimpl, page
from openbureau.base.plugins import Manifest, Source

MANIFEST = """
slug = "{slug}"
version = "1.0"
api = "{api}"
vendor = "Example"
phase = 2

[name]
zh = "示例模块"
"""


def manifest(slug: str, **changes: Any) -> Manifest:
    fields: dict[str, Any] = {
        "slug": slug,
        "name": {"zh": "示例模块", "en": "Example"},
        "version": "1.0",
        "api": ">=1,<2",
        "vendor": "Example",
        "phase": 2,
    }
    return Manifest(**{**fields, **changes})


def plugin(slug: str, *hooks: Callable[..., Any], **changes: Any) -> Source:
    """A plugin of these hook functions, besides a permission, a page and a menu line."""
    module = ModuleType(f"example_{slug}")
    for hook in (*_honest(slug), *hooks):
        setattr(module, hook.__name__, hookimpl(hook))
    return Source(slug, module.__name__, module, manifest(slug, **changes))


def _empty_page(request: Request) -> Any:
    return page("core/notices.html", notices=[])


def _honest(slug: str) -> tuple[Callable[..., Any], ...]:
    def permissions() -> Permissions:
        return Permissions([Permission(f"{slug}.list_thing", "查看")])

    def pages() -> list[Page]:
        return [Page("", _empty_page, f"{slug}.list_thing")]

    def menu() -> list[MenuEntry]:
        return [MenuEntry("示例", f"/{slug}/", f"{slug}.list_thing")]

    return permissions, pages, menu


def package(folder: Path, slug: str, code: str, toml: str | None = None) -> Source:
    """A plugin on disk, importable while `folder` is on the path."""
    name = f"openbureau_{slug}"
    home = folder / name
    home.mkdir(parents=True)
    (home / "__init__.py").write_text(code, "utf-8")
    text = MANIFEST.format(slug=slug, api=">=1,<2") if toml is None else toml
    if text:
        (home / "plugin.toml").write_text(text, "utf-8")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return Source(slug, name)
