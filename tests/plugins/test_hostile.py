"""Whatever a plugin does, the core starts, names it, and serves the rest."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openbureau import DeskTile, Page, Permission, Permissions
from openbureau.base.plugins import Source, load_plugins
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

from .hostile import MANIFEST, manifest, package, plugin

HOOKS = [
    "permissions",
    "settings",
    "pages",
    "menu",
    "records",
    "registers",
    "flows",
    "jobs",
    "services",
    "slots",
    "checks",
    "commands",
]


@pytest.fixture
def bureau_with(tmp_path: Path) -> Iterator[Callable[..., Bureau]]:
    """Opens a bureau with these plugins and an honest neighbour called `neighbour`."""

    def open_with(*sources: Source) -> Bureau:
        return open_bureau(tmp_path / "data", sources=[plugin("neighbour"), *sources])

    yield open_with
    close_bureau()


def assert_parked(bureau: Bureau, slug: str, *words: str) -> None:
    records = bureau.application.plugins.records
    assert not records[slug].is_loaded
    for word in words:
        assert word in records[slug].problem
    assert records["neighbour"].is_loaded
    assert bureau.sign_in("li").get("/").status == 200


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ImportError('gone')", ["ImportError: gone"]),
        ("import sys; sys.exit(3)", ["SystemExit"]),
        ("1/0", ["ZeroDivisionError"]),
        ("def broken(:", ["SyntaxError"]),
        (
            "from openbureau import hookimpl\n@hookimpl\ndef mnu(): return []",
            ["mnu"],
        ),
        (
            "from openbureau import hookimpl\n@hookimpl\ndef menu(colour): return []",
            ["colour"],
        ),
    ],
)
def test_fault_at_import_parks_the_plugin_alone(
    tmp_path: Path, bureau_with: Callable[..., Bureau], code: str, words: list[str]
) -> None:
    slug = f"bad{abs(hash(code)) % 10**8}"
    assert_parked(bureau_with(package(tmp_path / "packages", slug, code)), slug, *words)


@pytest.mark.parametrize(
    ("toml", "word"),
    [
        ("", "missing"),
        ("slug = ", "plugin.toml"),
        (MANIFEST.format(slug="other", api=">=1"), "other"),
        (MANIFEST.format(slug="{slug}", api=">=9"), ">=9"),
        (MANIFEST.format(slug="{slug}", api="newest"), "newest"),
        ("colour = 1\n" + MANIFEST.format(slug="{slug}", api=">=1"), "colour"),
        ("slug = 1", "slug"),
    ],
)
def test_broken_manifest_is_refused_before_any_import(
    tmp_path: Path, bureau_with: Callable[..., Bureau], toml: str, word: str
) -> None:
    slug = f"manifest{abs(hash(toml)) % 10**8}"
    code = f"open({str(tmp_path / 'imported')!r}, 'w').close()"
    source = package(tmp_path / "packages", slug, code, toml.replace("{slug}", slug))
    assert_parked(bureau_with(source), slug, word)
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("fault", [ValueError, SystemExit, KeyError])
def test_raising_in_a_declaring_hook_parks_the_plugin(
    bureau_with: Callable[..., Bureau], hook: str, fault: type[BaseException]
) -> None:
    def raising() -> Any:
        raise fault("declared badly")

    raising.__name__ = hook
    assert_parked(bureau_with(plugin("faulty", raising)), "faulty", "declared badly")


@pytest.mark.parametrize("fault", [ValueError, SystemExit, MemoryError])
def test_raising_tile_leaves_desk_and_neighbours(
    bureau_with: Callable[..., Bureau], fault: type[BaseException]
) -> None:
    def desk_tiles(ctx: Any) -> Any:
        raise fault("no tile")

    def neighbours_tile(ctx: Any) -> list[DeskTile]:
        return [DeskTile("好邻居", "core/macros/ui.html", {})]

    neighbours_tile.__name__ = "desk_tiles"
    bureau = bureau_with(plugin("faulty", desk_tiles), plugin("helpful", neighbours_tile))
    bureau.enable("faulty")
    bureau.enable("helpful")
    page = bureau.sign_in("li").get("/")
    assert page.status == 200
    assert "好邻居" in page.text
    assert "暂不可用" in page.text
    assert {f.plugin for f in bureau.application.plugins.executor.faults} == {"faulty"}


def test_five_faults_in_a_minute_give_the_hook_a_rest(bureau_with: Callable[..., Bureau]) -> None:
    calls = []

    def desk_tiles(ctx: Any) -> Any:
        calls.append(1)
        raise ValueError("again")

    bureau = bureau_with(plugin("faulty", desk_tiles))
    bureau.enable("faulty")
    client = bureau.sign_in("li")
    for _ in range(8):
        assert client.get("/").status == 200
    assert len(calls) == 5


def test_missing_and_cyclic_requirements_are_named(bureau_with: Callable[..., Bureau]) -> None:
    bureau = bureau_with(
        plugin("needy", requires=["absent"]),
        plugin("first", requires=["second"]),
        plugin("second", requires=["first"]),
    )
    assert_parked(bureau, "needy", "absent")
    assert_parked(bureau, "first", "second")
    assert_parked(bureau, "second", "first")


def test_slug_claimed_twice_is_refused_and_named() -> None:
    records = load_plugins([plugin("twin"), plugin("twin")]).records
    assert not records["twin"].is_loaded
    assert "example_twin" in records["twin"].problem


@pytest.mark.parametrize("slug", ["core", "api", "static", "Ab", "a", "with_line", "9lives"])
def test_reserved_and_malformed_slugs_are_refused(slug: str) -> None:
    source = Source(slug, "x", plugin("fine").module, manifest(slug))
    assert not load_plugins([source]).records[slug].is_loaded


def test_foreign_names_are_refused() -> None:
    def permissions() -> Permissions:
        return Permissions([Permission("other.list_thing", "查看")])

    assert (
        "other.list_thing"
        in load_plugins([plugin("greedy", permissions)]).records["greedy"].problem
    )


def test_page_without_permission_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="permission"):
        Page("", lambda request: None)  # type: ignore[call-arg]


def test_undeclared_permission_on_a_page_is_refused() -> None:
    def pages() -> list[Page]:
        return [Page("", lambda request: None, "sloppy.list_other")]

    records = load_plugins([plugin("sloppy", pages)]).records
    assert "sloppy.list_other" in records["sloppy"].problem


def test_view_that_raises_answers_with_incident_number(bureau_with: Callable[..., Bureau]) -> None:
    def pages() -> list[Page]:
        return [Page("", lambda request: 1 / 0, "faulty.list_thing")]

    bureau = bureau_with(plugin("faulty", pages))
    bureau.enable("faulty")
    bureau.grant_permission("li", "faulty.list_thing")
    answer = bureau.sign_in("li").get("/faulty/")
    assert answer.status == 500
    assert "ZeroDivisionError" not in answer.text
    assert "错误号" in answer.text


def test_safe_mode_starts_the_core_alone(tmp_path: Path) -> None:
    bureau = open_bureau(tmp_path / "data", sources=[])
    assert bureau.application.plugins.loaded == []
    assert bureau.sign_in("li").get("/").status == 200
    close_bureau()
