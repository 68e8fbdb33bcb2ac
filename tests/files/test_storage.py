"""Content on disk: what is taken, what is refused, what is left behind."""

import datetime as dt
import io
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.base.database import reading, writing
from openbureau.base.errors import NotFound, Problem
from openbureau.kernel.files import storage
from openbureau.kernel.files.actions import attach, remove_attachment, sweep_orphans
from openbureau.kernel.files.models import StoredFile
from openbureau.kernel.files.names import cleaned_name, content_disposition
from openbureau.kernel.files.queries import attachment, attachments_of
from openbureau.kernel.files.storage import Stored, content_path, open_store, store

NOW = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
PDF = b"%PDF-1.7\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    open_store(tmp_path / "files")
    yield
    storage._Store.root = None


def kept(content: bytes, name: str = "通知.pdf", limit: int = 1 << 20) -> Stored:
    return store(io.BytesIO(content), name, limit, NOW)


def archive(*names: str, content: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, content)
    return buffer.getvalue()


def left(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_content_is_kept_once_under_its_digest(tmp_path: Path) -> None:
    first, second = kept(PDF), kept(PDF, "另一个名字.pdf")
    assert first.digest == second.digest
    assert left(tmp_path) == [content_path(first.digest)]
    assert content_path(first.digest).read_bytes() == PDF
    assert (first.size_bytes, first.media_type) == (len(PDF), "application/pdf")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", archive("[Content_Types].xml", "word/document.xml")),
        ("a.wps", OLE),
        ("a.et", archive("[Content_Types].xml", "xl/workbook.xml")),
        ("a.ofd", archive("OFD.xml", "Doc_0/Document.xml")),
        ("a.zip", archive("资料/一.pdf")),
        ("a.PNG", PNG),
        ("a.csv", "编号,名称\n1,示例".encode("gb18030")),
        ("a.txt", "说明".encode()),
    ],
)
def test_office_files_are_taken(name: str, content: bytes) -> None:
    assert kept(content, name).size_bytes == len(content)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("空.pdf", b"", "FILE-001"),
        ("大.pdf", PDF + b"x" * 200, "FILE-002"),
        ("脚本.svg", b"<svg onload=alert(1)>", "FILE-003"),
        ("网页.html", b"<html>", "FILE-003"),
        ("没有扩展名", PDF, "FILE-003"),
        ("报告.pdf.exe", b"MZ\0\0", "FILE-003"),
        ("冒充.pdf", b"MZ\0\0", "FILE-004"),
        ("冒充.docx", archive("x"), "FILE-004"),
        ("损坏.zip", archive("x")[:-10], "FILE-004"),
        ("图片.jpg", PNG, "FILE-004"),
        ("二进制.txt", b"a\0b", "FILE-004"),
        ("乱码.csv", b"\xff\xff\xff", "FILE-004"),
    ],
)
def test_refused_files_leave_nothing(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    with pytest.raises(Problem) as refused:
        kept(content, name, limit=150)
    assert refused.value.code == code
    assert name in str(refused.value)
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        (
            "宏.docx",
            archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
            "FILE-011",
        ),
        ("宏.xlsm", b"PK", "FILE-011"),
        (
            "宏.odt",
            archive("mimetype", "content.xml", "META-INF/manifest.xml", "Basic/x"),
            "FILE-011",
        ),
        ("炸弹.zip", archive("a", "b", content=bytes(40 << 20)), "FILE-005"),
        ("成员过多.zip", archive(*(str(number) for number in range(10_001))), "FILE-005"),
        # An end record that claims a directory of 3 GiB.
        (
            "目录.zip",
            b"PK\x03\x04" + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 3 << 30, 0, 0),
            "FILE-005",
        ),
    ],
)
def test_dangerous_archives_are_refused(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    with pytest.raises(Problem) as refused:
        kept(content, name, limit=8 << 20)
    assert refused.value.code == code
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("hostile", "clean"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\报告\\一.pdf", "一.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ("公告\u202efdp.exe", "公告fdp.exe"),
        ("\ud800通知.pdf", "通知.pdf"),
        ("NUL.txt", "_NUL.txt"),
        (".pdf", "未命名.pdf"),
        ("...", "未命名"),
        ("e\u0301.txt", "é.txt"),
        ("通" * 300 + ".docx", "通" * 145 + ".docx"),
    ],
)
def test_hostile_names_become_harmless(hostile: str, clean: str) -> None:
    assert cleaned_name(hostile) == clean


def test_the_download_header_is_ascii_and_carries_the_name() -> None:
    header = content_disposition('通知"一".pdf')
    assert header.isascii()
    assert header.endswith("filename*=UTF-8''%E9%80%9A%E7%9F%A5%22%E4%B8%80%22.pdf")
    assert 'filename="file.pdf"' in header


def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    if os.geteuid() == 0 and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            with Path("/dev/full").open("wb", buffering=0) as full:
                full.write(b"x")
            return b""

    with pytest.raises(Problem) as refused:
        store(Broken(), "通知.pdf", 100, NOW)
    assert (refused.value.code, refused.value.status) == ("FILE-007", 503)
    assert left(tmp_path) == []


def test_attachments_come_in_order_and_leave_the_list_when_removed(database: str) -> None:
    with writing():
        first = attach("demo/note", 7, kept(PDF, "一.pdf"), None, NOW)
        attach("demo/note", 7, kept(PNG, "二.png"), None, NOW)
        attach("demo/note", 8, kept(PDF, "三.pdf"), None, NOW)
    with reading():
        assert [row.name for row in attachments_of("demo/note", 7)] == ["一.pdf", "二.png"]
        assert attachment(first.uid).media_type == "application/pdf"
        assert StoredFile.select().count() == 2
    with writing():
        remove_attachment("demo/note", 7, first.uid, NOW)
    with reading():
        assert [row.name for row in attachments_of("demo/note", 7)] == ["二.png"]
        with pytest.raises(NotFound):
            attachment(first.uid)


def test_a_file_cannot_be_taken_off_another_record(database: str) -> None:
    with writing():
        mine = attach("demo/note", 7, kept(PDF), None, NOW)
    with pytest.raises(NotFound), writing():
        remove_attachment("demo/note", 8, mine.uid, NOW)


def test_the_sweep_takes_only_old_content_without_a_row(database: str, tmp_path: Path) -> None:
    used, orphan = kept(PDF), kept(PNG, "图.png")
    (tmp_path / "files" / "tmp" / "half").write_bytes(b"x")
    os.utime(tmp_path / "files" / "tmp" / "half", (0, 0))
    with writing():
        attach("demo/note", 7, used, None, NOW)
    assert sweep_orphans(NOW + dt.timedelta(hours=23)) == 1
    assert content_path(orphan.digest).exists()
    assert sweep_orphans(NOW + dt.timedelta(hours=25)) == 1
    assert left(tmp_path) == [content_path(used.digest)]


def test_swept_content_cannot_be_attached(database: str) -> None:
    stored = kept(PDF)
    sweep_orphans(NOW + dt.timedelta(days=2))
    with pytest.raises(Problem) as refused, writing():
        attach("demo/note", 7, stored, None, NOW)
    assert refused.value.code == "FILE-006"
