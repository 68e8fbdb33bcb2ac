"""A read-only database file and a full disk: a clear sentence, reads go on, no half writes."""

import datetime as dt
import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import pytest

from openbureau.base.database import db, writing
from openbureau.kernel.accounts.actions import open_session
from openbureau.kernel.accounts.models import Account
from openbureau.testing.bureau import PASSWORD, Answer, Bureau, Client, close_bureau, open_bureau

NEW = "/bulletins/bulletin/new"
DISK_BYTES = 12 * 1024 * 1024


def mounted(*arguments: str) -> None:
    """Mounts, or skips where this machine does not let us."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    if subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow mounting")


def unmount(place: Path) -> None:
    subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def read_only(file: Path) -> Iterator[None]:
    """The file cannot be written; its folder can."""
    if os.geteuid() != 0:
        file.chmod(0o444)
        yield
        file.chmod(0o644)
        return
    mounted("--bind", str(file), str(file))
    try:
        mounted("-o", "remount,bind,ro", str(file))
        yield
    finally:
        unmount(file)


@pytest.fixture
def reader(bureau: Bureau) -> Iterator[Client]:
    """li, signed in to a bureau whose database file is read-only since."""
    with writing():
        token = open_session(
            Account.get(Account.login == "li"),
            now=bureau.now,
            max_age=dt.timedelta(hours=1),
            address="",
            browser="",
        )
    db.close()
    client = bureau.client()
    client.cookies["session"] = token
    with read_only(bureau.installation.settings.data / "openbureau.sqlite3"):
        yield client


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau with bulletins on a disk of a few megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk))
    bureau = open_bureau(disk / "data")
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    yield bureau
    close_bureau()
    unmount(disk)


def _is_written(stream: FileIO, size: int) -> bool:
    try:
        return stream.write(b"x" * size) == size
    except OSError as fault:
        if fault.errno != errno.ENOSPC:
            raise
        return False


def filled(bureau: Bureau) -> Path:
    """Takes all the space that is left; the file that holds it."""
    filler = bureau.installation.settings.data / "filler"
    with filler.open("wb", buffering=0) as stream:
        for size in (65536, 512):
            while _is_written(stream, size):
                pass
    return filler


def sent(client: Client, files: tuple[tuple[str, str, bytes], ...] = ()) -> Answer:
    client.get(NEW)
    return client.post(NEW, {"title": "标题", "body": "正" * 49_000}, files)


def test_reading_goes_on_with_a_read_only_database(reader: Client) -> None:
    for url in ("/", "/-/units", "/-/search?q=昆明", "/-/todos"):
        assert reader.get(url).status == 200


def test_writing_to_a_read_only_database_is_refused_with_a_reason(reader: Client) -> None:
    reader.get("/")
    page = reader.post("/-/sign-out")
    assert page.status == 503
    assert "数据库文件是只读的" in page.text
    assert reader.get("/").status == 200


def test_signing_in_to_a_read_only_database_is_refused_with_a_reason(
    bureau: Bureau, reader: Client
) -> None:
    client = bureau.client()
    client.get("/-/sign-in")
    page = client.post("/-/sign-in", {"login": "li", "password": PASSWORD})
    assert page.status == 503
    assert "session" not in client.cookies


def test_full_disk_saves_nothing_says_so_and_recovers(small_disk: Bureau) -> None:
    client = small_disk.sign_in("li")
    filler = filled(small_disk)
    page = sent(client)
    assert page.status == 503
    assert "磁盘已满" in page.text
    assert small_disk.rows("SELECT count(*) FROM bulletins_bulletin") == [(0,)]
    assert client.get("/").status == 200
    filler.unlink()
    assert sent(client).status == 303
    assert small_disk.rows("PRAGMA integrity_check") == [("ok",)]


def test_full_disk_refuses_an_upload_and_the_form_comes_back(small_disk: Bureau) -> None:
    client = small_disk.sign_in("li")
    filler = filled(small_disk)
    page = sent(client, (("files", "方案.pdf", b"%PDF-1.7\n" + b"x" * 200_000),))
    assert page.status == 422
    assert "附件存储空间已满" in page.words
    assert "标题" in page.text
    filler.unlink()
    stored = [p for p in small_disk.application.files.rglob("*") if p.is_file()]
    assert stored == []
