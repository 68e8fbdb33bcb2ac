"""Looking at office documents with LibreOffice itself: what it makes of sound, broken and
locked ones, and of two at once."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.kernel.files.storage import store_root
from openbureau.shell import conversion
from openbureau.testing.bureau import Bureau, Client

from .test_previews import attached

SOFFICE = conversion.converter()
pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(SOFFICE is None, reason="previews: LibreOffice is not installed"),
]
HERE = Path(__file__).parent
TEXT = "设备检验报告\n云南省质量技术监督局 2026 年第 31 号\n"
ROWS = "设备代码,产品名称\n31105300002004000001,蒸汽锅炉\n"
KINDS = {"docx": TEXT, "doc": TEXT, "odt": TEXT, "xlsx": ROWS, "xls": ROWS, "ods": ROWS}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A document of each kind, written by LibreOffice."""
    folder = tmp_path_factory.mktemp("documents")
    found = {}
    for kind, text in KINDS.items():
        source = folder / ("source.csv" if text is ROWS else "source.txt")
        source.write_text(text, "utf-8")
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [str(SOFFICE), profile, "--headless", "--convert-to", kind, source.name]
        # A text only becomes a document of Writer by name.
        if text is TEXT:
            command[3:3] = ["--infilter=Text (encoded):UTF8"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        found[kind] = (folder / f"source.{kind}").read_bytes()
    return found


@pytest.fixture
def li(bureau: Bureau) -> Iterator[Client]:
    """Publishes in the province."""
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    yield bureau.sign_in("li")
    shutil.rmtree(store_root() / "derived", ignore_errors=True)


def seen(bureau: Bureau, client: Client, *named: tuple[str, bytes]) -> list[str]:
    """The addresses of these files after somebody asked to look at them."""
    urls = []
    for name, content in named:
        url = attached(bureau, client, name, content)
        client.get(f"{url}/view")
        assert client.post(f"{url}/view", {}).status == 303
        urls.append(url)
    return urls


def left_over() -> list[str]:
    """What a conversion forgot to remove."""
    return [path.name for path in (store_root() / "derived").iterdir() if path.name[0] == "."]


def test_every_kind_becomes_a_pdf_with_its_words(
    bureau: Bureau, li: Client, documents: dict[str, bytes]
) -> None:
    urls = seen(bureau, li, *((f"报告.{kind}", content) for kind, content in documents.items()))
    bureau.run_jobs()
    for url in urls:
        assert "<iframe" in li.get(f"{url}/view").text, url
        shown = li.get(f"{url}?view")
        assert (shown.status, shown.headers["content-type"]) == (200, "application/pdf")
        assert shown.body.startswith(b"%PDF-")
        assert len(shown.body) > 2000
    assert left_over() == []


def test_broken_and_locked_documents_are_said_to_be_unreadable(
    bureau: Bureau, li: Client, documents: dict[str, bytes]
) -> None:
    locked = (HERE / "locked.odt").read_bytes()
    half = documents["doc"][: len(documents["doc"]) // 3]
    urls = seen(bureau, li, ("加密.odt", locked), ("半份.doc", half))
    bureau.run_jobs()
    assert "没有转换成功" in li.get(f"{urls[0]}/view").words
    # LibreOffice may still read the first part of a document that was cut off.
    assert any(word in li.get(f"{urls[1]}/view").text for word in ("没有转换成功", "<iframe"))
    assert left_over() == []


def test_two_are_made_at_once_and_one_takes_no_longer_than_it_may(
    tmp_path: Path, documents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(kind: str) -> bool:
        work = tmp_path / kind
        work.mkdir(exist_ok=True)
        (work / f"document.{kind}").write_bytes(documents[kind])
        assert SOFFICE is not None
        options = conversion._options(work)
        conversion._run(work, [SOFFICE, *options, str(work / f"document.{kind}")])
        return (work / "document.pdf").is_file()

    results: dict[str, bool] = {}
    threads = [
        threading.Thread(target=lambda kind=kind: results.update({kind: made(kind)}))
        for kind in ("docx", "xlsx")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"docx": True, "xlsx": True}
    monkeypatch.setattr(conversion, "TIME_S", 0.05)
    assert not made("odt")
