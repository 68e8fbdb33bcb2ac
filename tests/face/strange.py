"""A demo full of names and titles nobody designed for, and a plugin whose tiles misbehave."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from openbureau.testing.browser import DemoServer, running_demo

CHIEF = "wangwensong"
UNIT = "昆明市质量技术监督局" + "特种设备安全监察与产品质量监督抽查联合工作办公室" * 20
UNIT_NAME = UNIT[:500]
UNBROKEN = "A1" * 1500
STRANGE_NAMES = (
    "\u202e反向书写的名字\u202c",
    "מנהל المدير",
    "\u0007\u0001控制\u200b\u200e字符",
    "👩🏽‍⚖️🧾王",
    "\U00020087\U000201a9\U0002a6a5生僻",
    "王" * 100,
    "<b>王</b>&amp;",
)
TILES = """
import time
from openbureau import DeskTile, hookimpl

RAISES = {raises}

@hookimpl
def desk_tiles(ctx):
    if RAISES:
        raise RuntimeError("no tile")
    time.sleep(30)
    return [DeskTile("从不出现", "core/_foot.html", {{}}, "/", 1)]
"""
MANIFEST = """
slug = "{slug}"
version = "1.0"
api = ">=1,<2"
vendor = "Example"
phase = 1

[name]
zh = "{name}"
en = "Example"
"""
PLUGINS = {"hanging": ("迟迟不答的模块", False), "raising": ("总是出错的模块", True)}


def install_plugins(folder: Path) -> None:
    """Lays distributions into a folder that PYTHONPATH names."""
    for slug, (name, raises) in PLUGINS.items():
        package = folder / f"openbureau_{slug}"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(TILES.format(raises=raises), "utf-8")
        (package / "plugin.toml").write_text(MANIFEST.format(slug=slug, name=name), "utf-8")
        facts = folder / f"openbureau_{slug}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: openbureau-{slug}\nVersion: 1.0\n", "utf-8"
        )
        (facts / "entry_points.txt").write_text(
            f"[openbureau.plugins]\n{slug} = openbureau_{slug}\n", "utf-8"
        )


def distort(data: Path) -> None:
    """Puts the strange names and titles into a demo's database."""
    with closing(sqlite3.connect(data / "openbureau.sqlite3")) as file, file:
        file.execute(
            "UPDATE unit SET name = ?, short_name = ? WHERE code = '530100'",
            (UNIT_NAME, UNIT_NAME[:100]),
        )
        people = file.execute(
            "SELECT account_id FROM post WHERE unit_id = (SELECT id FROM unit WHERE code ="
            " '530100') OR unit_id IN (SELECT id FROM unit WHERE parent_id = (SELECT id FROM"
            " unit WHERE code = '530100')) LIMIT ?",
            (len(STRANGE_NAMES),),
        ).fetchall()
        for (account,), name in zip(people, STRANGE_NAMES, strict=True):
            file.execute("UPDATE account SET name = ? WHERE id = ?", (name, account))
        # Whatever plugins there are, somebody has something to read.
        file.execute(
            "INSERT INTO todo (uid, kind, plugin, realm, record_id, account_id, unit_id, title,"
            " step, state, arrived_at) SELECT ?, 'read', 'core', 'core/test', 1, account.id,"
            " post.unit_id, '', '', 'open', 1 FROM account JOIN post ON account_id = account.id"
            " WHERE login = ? AND is_primary",
            ("0" * 32, CHIEF),
        )
        file.execute("UPDATE todo SET title = ? || ?", (UNBROKEN, "".join(STRANGE_NAMES)))
        tables = {row[0] for row in file.execute("SELECT name FROM sqlite_master")}
        if "bulletins_bulletin" in tables:
            file.execute("UPDATE bulletins_bulletin SET title = ?, body = ?", (UNBROKEN,) * 2)


@contextmanager
def strange_demo(data: Path) -> Iterator[DemoServer]:
    """The demo, distorted and served again."""
    with running_demo(data) as server:
        for slug in PLUGINS:
            done = server.command("plugin", "set", slug, "on", "--scope", "subtree:530000")
            assert done.returncode == 0, done.stderr
    distort(data)
    with running_demo(data) as server:
        yield server
