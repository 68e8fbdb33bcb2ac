"""Backing up while people write, restoring elsewhere, and schemas older and newer."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from openbureau.testing.browser import running_demo
from openbureau.testing.client import Client

from .publishing import PUBLISHER, READER, attached, publish
from .running import Installation, eventually, needs_bulletins, served, visitor

FILE = ("files", "填报说明.txt", "填报说明\n".encode() * 2000)
BEFORE = "备份之前发布的公告"


@contextmanager
def _writing(author: Client) -> Iterator[list[str]]:
    """Bulletins published one after another until the end of the block; their titles."""
    is_over = threading.Event()
    titles: list[str] = []

    def write() -> None:
        while not is_over.is_set():
            title = f"备份期间的公告 {len(titles):03}"
            publish(author, title)
            titles.append(title)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield titles
    finally:
        is_over.set()
        thread.join()


@needs_bulletins
def test_backup_under_writes_serves_again_elsewhere(tmp_path: Path) -> None:
    archive = tmp_path / "bureau.backup"
    with running_demo(tmp_path / "demo") as demo:
        author = visitor(demo.url)
        assert author.sign_in(PUBLISHER, demo.people[PUBLISHER]).status == 200
        address = publish(author, BEFORE, FILE)
        with _writing(author) as titles:
            eventually(lambda: len(titles) > 2)
            acknowledged = list(titles)
            taken = demo.command("backup", str(archive), "--json")
            assert taken.returncode == 0, taken.stderr
            written_after = len(titles)
            eventually(lambda: len(titles) > written_after)
        password = demo.people[READER]
    elsewhere = Installation(tmp_path / "elsewhere")
    restored = elsewhere.report("restore", str(archive), "--verify")
    assert restored["verified"] is True
    assert restored["rows"] == json.loads(taken.stdout)["rows"]
    found = {title for (title,) in elsewhere.rows("SELECT title FROM bulletins_bulletin")}
    assert {BEFORE, *acknowledged} <= found
    with served(elsewhere) as server:
        reader = server.visitor()
        assert reader.sign_in(READER, password).status == 200
        assert BEFORE in reader.get(address).words
        assert attached(reader, address) == [FILE[2]]
        assert BEFORE in reader.get("/-/search?q=备份之前").words


@needs_bulletins
def test_older_schema_migrates_after_a_backup(tmp_path: Path) -> None:
    own = Installation(tmp_path / "data", {"OPENBUREAU_SAFE_MODE": "true"})
    own.init_small()
    assert _tables_of(own, "bulletins_%") == []
    del own.settings["OPENBUREAU_SAFE_MODE"]
    waiting = [row for row in own.report("check") if row["name"] == "schema"]
    assert [row["level"] for row in waiting] == ["ok", "warning"]
    assert not (own.data / "backups").exists()
    with served(own) as server:
        assert server.visitor().get("/-/sign-in").status == 200
    assert "bulletins_bulletin" in _tables_of(own, "bulletins_%")
    (kept,) = (own.data / "backups").iterdir()
    before = Installation(tmp_path / "before")
    before.data.mkdir()
    kept.rename(before.data / "openbureau.sqlite3")
    assert _tables_of(before, "bulletins_%") == []
    assert before.rows("SELECT login FROM account") == own.rows("SELECT login FROM account")
    assert own.report("migrate") == []


def _tables_of(installation: Installation, pattern: str) -> list[str]:
    rows = installation.rows("SELECT name FROM sqlite_master WHERE name LIKE ?", pattern)
    return [name for (name,) in rows]


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    own = Installation(tmp_path_factory.mktemp("newer") / "data")
    own.init_small()
    own.write(
        "INSERT INTO schema_migration_core (name, checksum, applied_at, release)"
        " VALUES ('9999_future', 'x', 0, '9.9')"
    )
    return own


@pytest.mark.parametrize("command", ["serve", "migrate", "accounts", "check"])
def test_newer_schema_is_refused_in_both_languages(newer: Installation, command: str) -> None:
    file = newer.data / "openbureau.sqlite3"
    before = hashlib.sha256(file.read_bytes()).digest()
    done = newer.run(command)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    for words in ("数据库比程序新", "The database is newer than the program", "9999_future"):
        assert words in said
    assert "Traceback" not in said
    assert hashlib.sha256(file.read_bytes()).digest() == before
    assert not (newer.data / "backups").exists()
