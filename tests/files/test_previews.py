"""Looking at attachments: pictures and PDF at once, documents once LibreOffice made a PDF."""

import os
import stat
from pathlib import Path

import pytest

from openbureau.kernel.files.storage import content_path, store_root
from openbureau.shell import conversion
from openbureau.testing.bureau import Bureau, Client

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"
    b"\0\0\0\nIDATx\x9cc\0\1\0\0\5\0\1\r\n-\xb4\0\0\0\0IEND\xaeB`\x82"
)
PDF = b"%PDF-1.4\n%%EOF\n"
DOC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
NEW = "/bulletins/bulletin/new"
# Stands where LibreOffice would: writes what a test wants to the folder it is given.
PROGRAM = """#!/bin/sh
echo "$@" > "{log}"
while [ $# -gt 0 ]; do
  case "$1" in --outdir) shift; out="$1";; esac
  shift
done
{act}
"""


@pytest.fixture
def li(bureau: Bureau) -> Client:
    """Publishes in the province."""
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    return bureau.sign_in("li")


def attached(bureau: Bureau, client: Client, name: str, content: bytes) -> str:
    """A file hanging on a bulletin of the client; its address."""
    client.get(NEW)
    fields = {"title": "附件", "body": "正文", "receivers": "subtree:530000"}
    assert client.post(NEW, fields, [("files", name, content)]).status == 303
    [(uid,)] = bureau.rows("SELECT uid FROM attachment ORDER BY id DESC LIMIT 1")
    return f"/-/files/{uid}"


@pytest.mark.parametrize(
    ("name", "content", "part"), [("照片.png", PNG, "<img"), ("报告.pdf", PDF, "<iframe")]
)
def test_pictures_and_pdf_are_shown(
    bureau: Bureau, li: Client, name: str, content: bytes, part: str
) -> None:
    url = attached(bureau, li, name, content)
    page = li.get(f"{url}/view")
    assert f'{part} class="preview' in page.text
    assert f'src="{url}?view"' in page.text
    shown = li.get(f"{url}?view")
    assert shown.body == content
    assert shown.headers["content-disposition"].startswith("inline")
    assert "script" not in shown.headers["content-security-policy"]
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert shown.headers["x-content-type-options"] == "nosniff"
    kept = li.get(url)
    assert kept.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in kept.headers["content-security-policy"]
    other = bureau.sign_in("zhao")
    assert other.get(f"{url}/view").status == other.get(f"{url}?view").status


def test_what_cannot_be_shown_is_offered_for_saving(
    bureau: Bureau, li: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for name, content in (
        ("说明.txt", "你好".encode()),
        ("旧文.doc", DOC),
        ("包.zip", b"PK\5\6" + b"\0" * 18),
    ):
        url = attached(bureau, li, name, content)
        assert "请下载后打开" in li.get(f"{url}/view").words
        assert li.get(f"{url}?view").headers["content-disposition"].startswith("attachment")
        li.get(f"{url}/view")
        assert li.post(f"{url}/view", {}).status == 303
    assert bureau.rows("SELECT kind FROM job WHERE kind = 'core.convert_document'") == []


def program(folder: Path, act: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts a program in LibreOffice's place; where it notes how it was called."""
    folder.mkdir()
    log = folder / "called"
    path = folder / "soffice"
    path.write_text(PROGRAM.format(log=log, act=act), "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return log


def test_document_is_converted_once_and_shown(
    bureau: Bureau, li: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = 'printf "%%PDF-1.4 made" > "$out/document.pdf"'
    log = program(tmp_path / "bin", act.replace("%%", "%%"), monkeypatch)
    url = attached(bureau, li, "旧文.doc", DOC)
    assert "转换后预览" in li.get(f"{url}/view").words
    assert li.post(f"{url}/view", {}).location == f"{url}/view"
    assert "正在转换" in li.get(f"{url}/view").words
    li.get(url + "/view")
    li.post(f"{url}/view", {})
    assert bureau.rows("SELECT COUNT(*) FROM job WHERE kind = 'core.convert_document'") == [(1,)]
    bureau.run_jobs()
    assert "UserInstallation=file://" in log.read_text("utf-8")
    assert "<iframe" in li.get(f"{url}/view").text
    shown = li.get(f"{url}?view")
    assert shown.body == b"%PDF-1.4 made"
    assert shown.headers["content-type"] == "application/pdf"
    assert li.get(url).body == DOC
    assert conversion.sweep_derived() == 0
    [(digest,)] = bureau.rows("SELECT digest FROM stored_file ORDER BY id DESC LIMIT 1")
    assert [path.name for path in conversion.derived_path(digest).parent.iterdir()] == [
        f"{digest}.pdf"
    ]
    content_path(digest).unlink()
    assert conversion.sweep_derived() == 1


@pytest.mark.parametrize("act", ["exit 3", 'echo nonsense > "$out/document.pdf"', "sleep 60"])
def test_conversion_that_fails_says_so_and_leaves_nothing(
    bureau: Bureau, li: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    monkeypatch.setattr(conversion, "TIME_S", 0.5)
    program(tmp_path / "bin", act, monkeypatch)
    url = attached(bureau, li, "旧文.doc", DOC)
    li.get(f"{url}/view")
    li.post(f"{url}/view", {})
    bureau.run_jobs()
    assert "没有转换成功" in li.get(f"{url}/view").words
    root = store_root() / "derived"
    assert list(root.iterdir()) == []
