"""Themes are distributions of tokens and overrides; modes work in each of them."""

import re
import sys
from pathlib import Path

import pytest
import tinycss2

from openbureau.base.themes import PLAIN, Theme, default_theme, installed_themes, usable_themes
from openbureau.testing.bureau import Bureau

ROOT = Path(__file__).resolve().parents[2]
BRAND = {
    "--color-brand",
    "--color-brand-strong",
    "--color-brand-wash",
    "--color-on-brand",
    "--color-focus",
    "--color-masthead",
    "--color-masthead-ink",
    "--color-masthead-ink-2",
    "--color-masthead-field",
    "--color-masthead-line",
}
SCHEMES = (":root", '[data-scheme="dark"]', '[data-scheme="auto"]', '[data-scheme="contrast"]')
INSTALLED = sorted(installed_themes().values(), key=lambda theme: theme.slug)
MANIFEST = (
    'slug = "sample"\nname = { zh = "样例" }\nversion = "1"\napi = "1.0"\nvendor = "Sample"\n'
)


def sheets(theme: Theme) -> str:
    found = sorted((theme.folder / "static" / "css").glob("*.css"))
    texts = [re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S) for path in found]
    return "\n".join(texts)


@pytest.mark.parametrize("theme", INSTALLED, ids=lambda t: t.slug)
def test_a_theme_says_every_brand_colour_in_every_scheme(theme: Theme) -> None:
    css = sheets(theme)
    for scheme in SCHEMES:
        bodies = re.findall(re.escape(scheme) + r"\s*\{([^}]*)\}", css)
        said = {name for body in bodies for name in re.findall(r"(--[\w-]+):", body)}
        assert said >= BRAND, scheme


@pytest.mark.parametrize("theme", INSTALLED, ids=lambda t: t.slug)
def test_the_automatic_scheme_is_the_dark_one(theme: Theme) -> None:
    css = sheets(theme)
    dark, auto = (
        sorted(re.findall(r"(--[\w-]+: [^;]+);", "".join(re.findall(pattern, css))))
        for pattern in (
            r':root\[data-scheme="dark"\]\s*\{([^}]*)\}',
            r':root\[data-scheme="auto"\]\s*\{([^}]*)\}',
        )
    )
    assert dark == auto


@pytest.mark.parametrize("theme", INSTALLED, ids=lambda t: t.slug)
def test_all_rules_of_a_theme_stand_in_its_layer(theme: Theme) -> None:
    rules = tinycss2.parse_stylesheet(sheets(theme), skip_comments=True, skip_whitespace=True)
    assert {(r.type, getattr(r, "at_keyword", "")) for r in rules} <= {("at-rule", "layer")}


@pytest.mark.parametrize("theme", INSTALLED, ids=lambda t: t.slug)
def test_an_override_extends_what_it_replaces_or_is_a_partial(theme: Theme) -> None:
    for path in (theme.folder / "templates").glob("**/*.html"):
        name = path.relative_to(theme.folder / "templates").as_posix()
        first = path.read_text("utf-8").partition("\n")[0]
        assert path.name.startswith("_") or f'extends "shipped:{name}"' in first, name


def test_an_override_reaches_the_shipped_template(bureau: Bureau, tmp_path: Path) -> None:
    """The loader is the one the application builds; only the folder is the test's."""
    from openbureau.base.pages import build_environments

    folder = tmp_path / "theme"
    (folder / "templates" / "core").mkdir(parents=True)
    (folder / "theme.toml").write_text(MANIFEST, "utf-8")
    (folder / "templates/core/error.html").write_text(
        '{% extends "shipped:core/error.html" %}{% block title %}样例{% endblock %}', "utf-8"
    )
    themes = usable_themes([("sample", folder)])
    application = bureau.application
    templates = {"core": ROOT / "core/openbureau/templates/core"}
    built = build_environments(templates, application.catalogues, application.assets, themes)
    template = built["sample", "zh"].get_template("core/error.html")
    assert list(template.blocks) == ["title"]
    assert built[PLAIN, "zh"].get_template("core/error.html").blocks.keys() >= {"content"}


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        ("", "theme.toml"),
        ("slug = 1", "theme.toml"),
        (MANIFEST.replace("sample", "other"), "says other"),
        (MANIFEST.replace('"1.0"', '"9.9"'), "API 9.9"),
        (MANIFEST + "surprise = 1\n", "theme.toml"),
        ("\x00", "theme.toml"),
    ],
)
def test_a_malformed_theme_is_left_out_with_its_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, manifest: str, why: str
) -> None:
    (tmp_path / "theme.toml").write_text(manifest, "utf-8")
    assert usable_themes([("sample", tmp_path)]) == {}
    assert why in caplog.text


def test_a_theme_without_a_package_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    assert usable_themes([("sample", None)]) == {}
    assert "cannot be found" in caplog.text


def test_a_theme_is_read_without_being_imported() -> None:
    assert installed_themes()
    assert not [name for name in sys.modules if name.startswith("openbureau_theme_")]


def test_without_themes_pages_have_the_plain_look() -> None:
    assert default_theme("staff", []) == PLAIN
    assert default_theme("public", []) == PLAIN
    assert default_theme("public", ["default"]) == "default"
    assert default_theme("public", ["default", "public"]) == "public"


@pytest.mark.parametrize("scheme", ["light", "dark", "contrast"])
@pytest.mark.parametrize("size", ["normal", "large"])
def test_modes_are_a_cookie_also_before_signing_in(bureau: Bureau, scheme: str, size: str) -> None:
    client = bureau.client()
    client.get("/-/sign-in")
    client.post("/-/preferences", {"scheme": scheme, "size": size, "next": "/-/sign-in"})
    text = client.get("/-/sign-in").text
    assert f'data-scheme="{scheme}" data-size="{size}"' in text
