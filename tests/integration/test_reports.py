"""What operators script against: help in both languages, JSON, and a plugin that is broken."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from openbureau.base.settings import Settings
from openbureau.shell.cli.root import root
from openbureau.testing.client import Client

from .running import ADMINISTRATOR, PASSWORD, Installation, Served, needs_bulletins, served

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH_SENTENCE_LAST = re.compile(r"[A-Za-z][\x20-\x7e\n]*\.$")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    own = Installation(tmp_path_factory.mktemp("reports") / "data")
    own.init_small()
    return own


def _commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*above, name))


COMMANDS = sorted(_commands(root))


def _command(path: tuple[str, ...]) -> click.Command:
    found: click.Command = root
    for name in path:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    return found


def test_every_command_of_the_contract_is_there() -> None:
    names = {path[0] for path in COMMANDS}
    wanted = "demo init serve worker migrate backup restore sync plugin config check bench"
    assert names >= {*wanted.split(), "accounts", "units", "routes"}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_is_in_both_languages_down_to_each_option(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(root, [*path, "--help"])
    assert done.exit_code == 0
    texts = [_command(path).help or ""]
    texts += [p.help or "" for p in _command(path).params if isinstance(p, click.Option)]
    for text in texts:
        assert CHINESE.search(text), text
        assert ENGLISH_SENTENCE_LAST.search(text), text


@pytest.mark.parametrize(
    "line",
    [
        "accounts",
        "audit verify",
        "check",
        "config",
        "migrate",
        "migrate --status",
        "plugin list",
        "role list",
        "routes",
        "units",
    ],
)
def test_report_is_one_json_document_and_nothing_else(small: Installation, line: str) -> None:
    done = small.run(*line.split(), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert isinstance(json.loads(done.stdout), list | dict)


def test_setting_names_its_source_in_the_order_of_precedence(tmp_path: Path) -> None:
    own = Installation(tmp_path / "data")
    own.data.mkdir()
    file = own.data / "openbureau.toml"
    file.write_text('bureau_name = "文件局"\nworkers = 3\nthreads = 5\n', "utf-8")
    own.settings = {"OPENBUREAU_WORKERS": "2"}
    done = own.run("--data", str(own.data), "config", "--json")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert set(rows) == set(Settings.__dataclass_fields__)
    found = {name: (rows[name]["value"], rows[name]["source"]) for name in rows}
    assert found["data"] == (str(own.data), "command line")
    assert found["workers"] == (2, "environment")
    assert found["threads"] == (5, str(file))
    assert found["bureau_name"] == ("文件局", str(file))
    assert found["job_threads"] == (2, "default")
    assert not (own.data / "openbureau.sqlite3").exists()


@pytest.fixture(scope="module")
def routes(small: Installation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = small.report("routes")
    return found


@pytest.fixture(scope="module")
def running(small: Installation) -> Iterator[Served]:
    with served(small) as server:
        yield server


def test_every_page_has_path_methods_zone_plugin_and_permission(
    routes: list[dict[str, Any]],
) -> None:
    assert len(routes) > 20
    for row in routes:
        assert set(row) == {"path", "methods", "zone", "plugin", "permission"}
        assert row["path"].startswith("/")
        is_api = row["zone"] == "api"
        assert row["path"].startswith("/api/v1/") == is_api
        assert set(row["methods"]) <= ({"GET", "POST", "PATCH"} if is_api else {"GET", "POST"})
        assert row["methods"]
        assert row["zone"] in {"staff", "public", "api"}
        assert row["plugin"]
        assert row["permission"]
    pairs = [(row["path"], method) for row in routes for method in row["methods"]]
    assert len(pairs) == len(set(pairs))


def test_pages_are_served_and_closed_as_listed(
    routes: list[dict[str, Any]], running: Served
) -> None:
    for row in routes:
        if "GET" not in row["methods"] or "{" in row["path"]:
            continue
        answer = running.visitor().get(row["path"])
        is_open = row["permission"] == "public" and row["path"] not in STEPS_OF_SIGNING_IN
        wanted = (200, False) if is_open else (303, True)
        if row["zone"] == "api":
            wanted = (401, False)
        assert (answer.status, "/-/sign-in" in answer.location) == wanted, row


STEPS_OF_SIGNING_IN = {"/-/password", "/-/second-factor"}

BROKEN = {
    "raising": "raise RuntimeError('not today')\n",
    "exiting": "import sys\nsys.exit(3)\n",
    "importing": "import a_module_nobody_has\n",
}


def _install(folder: Path, slug: str, source: str) -> None:
    """What pip leaves behind of a distribution with this plugin."""
    package = folder / f"broken_{slug}"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(source)
    manifest = f'slug = "{slug}"\nversion = "1.2.3"\napi = ">=1,<2"\nvendor = "X"\nphase = 1\n'
    manifest += f'[name]\nzh = "坏的{slug}"\nen = "Broken {slug}"\n'
    assert tomllib.loads(manifest)
    (package / "plugin.toml").write_text(manifest, "utf-8")
    metadata = folder / f"broken_{slug}-1.2.3.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: broken-{slug}\nVersion: 1\n")
    points = f"[openbureau.plugins]\n{slug} = broken_{slug}\n"
    (metadata / "entry_points.txt").write_text(points)


@pytest.fixture(scope="module")
def with_broken(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("broken")
    for slug, source in BROKEN.items():
        _install(folder / "site", slug, source)
    own = Installation(folder / "data", {"PYTHONPATH": str(folder / "site")})
    own.init_small()
    return own


def test_list_says_why_each_is_not_loaded(with_broken: Installation) -> None:
    rows = {row["slug"]: row for row in with_broken.report("plugin", "list")}
    for slug, reason in (
        ("raising", "not today"),
        ("exiting", "SystemExit"),
        ("importing", "a_module_nobody_has"),
    ):
        row = rows[slug]
        assert (row["state"], row["version"]) == ("refused", "1.2.3")
        assert reason in row["problem"]


@needs_bulletins
def test_the_others_are_loaded(with_broken: Installation) -> None:
    rows = {row["slug"]: row for row in with_broken.report("plugin", "list")}
    assert (rows["bulletins"]["state"], rows["bulletins"]["problem"]) == ("loaded", None)


def test_check_names_them_as_errors(with_broken: Installation) -> None:
    done = with_broken.run("check", "--json")
    found = [row for row in json.loads(done.stdout) if row["level"] == "error"]
    assert done.returncode == 1
    assert len(found) == len(BROKEN)
    assert {row["name"] for row in found} == {"plugin"}


def test_everything_else_serves(with_broken: Installation) -> None:
    with served(with_broken) as server:
        visitor: Client = server.visitor()
        assert visitor.sign_in(ADMINISTRATOR, PASSWORD).status == 200
        for path in ("/-/units", "/-/console/plugins", "/-/search?q=省局"):
            assert visitor.get(path).status == 200
        assert "坏的raising" in visitor.get("/-/console/plugins").words
