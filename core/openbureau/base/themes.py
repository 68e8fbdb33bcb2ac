"""Themes: skins as distributions. A theme is data, never code.

    openbureau_theme_public/
      theme.toml            name, version, API version, vendor
      static/css/*.css      joined after the core's sheet, wholly inside `@layer theme`
      templates/core/…      overrides; each extends the shipped one as `shipped:core/…`

A theme that is malformed or missing is left out with a reason; pages then use the
default theme, or the core's own plain look when even that is not installed.
"""

import importlib.metadata
import importlib.util
import logging
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

log = logging.getLogger("openbureau.themes")

ENTRY_POINTS = "openbureau.themes"
API_VERSION = "1.0"
PLAIN = ""
DEFAULTS = {"staff": "default", "public": "public"}


class ThemeManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`theme.toml`."""

    slug: str
    name: dict[str, str]
    version: str
    api: str
    vendor: str
    summary: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Theme:
    """One installed theme and where its files lie."""

    slug: str
    folder: Path
    manifest: ThemeManifest

    def label(self, language: str) -> str:
        """The theme's name in a language, or its slug."""
        names = self.manifest.name
        return names.get(language) or names.get("zh") or self.slug


def installed_themes() -> dict[str, Theme]:
    """The usable themes of the installed distributions, by slug."""
    points = importlib.metadata.entry_points(group=ENTRY_POINTS)
    return usable_themes((point.name, _folder(point.value)) for point in points)


def usable_themes(places: Iterable[tuple[str, Path | None]]) -> dict[str, Theme]:
    """Themes by slug out of (slug, folder) pairs; who cannot be read is named in the log."""
    found: dict[str, Theme] = {}
    for slug, folder in sorted(places, key=lambda place: place[0]):
        problem = "claimed twice" if slug in found else ""
        manifest = None
        if folder is None:
            problem = "its package cannot be found"
        elif not problem:
            manifest, problem = _manifest(slug, folder)
        if manifest is None or folder is None:
            log.error("theme %s is left out: %s", slug, problem)
        else:
            found[slug] = Theme(slug, folder, manifest)
    return found


def default_theme(zone: str, themes: Iterable[str]) -> str:
    """The theme of a site nobody chose one for."""
    installed = set(themes)
    for slug in (DEFAULTS.get(zone, ""), "default"):
        if slug in installed:
            return slug
    return PLAIN


def _folder(package: str) -> Path | None:
    # The package is found, not imported: a theme has nothing to run.
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin).parent if spec and spec.origin else None


def _manifest(slug: str, folder: Path) -> tuple[ThemeManifest | None, str]:
    try:
        text = (folder / "theme.toml").read_text("utf-8")
        manifest = msgspec.convert(tomllib.loads(text), ThemeManifest)
    except (OSError, ValueError, msgspec.ValidationError) as fault:
        return None, f"theme.toml: {fault}"
    if manifest.slug != slug:
        return None, f"theme.toml says {manifest.slug}"
    if manifest.api != API_VERSION:
        return None, f"made for API {manifest.api}, this is {API_VERSION}"
    return manifest, ""
