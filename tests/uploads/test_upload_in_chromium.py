"""Uploads in a real browser: progress, a lost network, a killed server, a reloaded page."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response

from openbureau.testing.browser import DemoServer, Walker, wait_until, walking

pytestmark = pytest.mark.browser
NEW = "/bulletins/bulletin/new"
SIZE = 4_000_000
NAME = "检验数据（示例）.txt"
UNAVOIDABLE = re.compile(r"ERR_|Failed to load|409|503|0 http")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Four megabytes that differ from place to place."""
    path = tmp_path / NAME
    path.write_bytes(b"".join(b"%07d\n" % n for n in range(SIZE // 8)))
    return path


@pytest.fixture
def walker(browser: Browser, demo_server: DemoServer) -> Iterator[Walker]:
    """A person at the form of a new bulletin, to whom a broken line is no fault."""
    with walking(browser, demo_server) as person:
        person.sign_in("lizhihua").go(NEW)
        person.page.fill("[name=title]", "上传")
        person.page.fill("[name=body]", "正文")
        yield person
        person.faults[:] = [fault for fault in person.faults if not UNAVOIDABLE.search(fault)]


class Line:
    """The line to the server: slow, and cut when the test says so."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self.cut(False)

    def cut(self, offline: bool) -> None:
        conditions = {"latency": 5, "downloadThroughput": -1, "uploadThroughput": 1_000_000}
        self._session.send("Network.emulateNetworkConditions", {**conditions, "offline": offline})


@pytest.fixture
def line(walker: Walker) -> Line:
    """The slow line of the walker."""
    return Line(walker.page)


def answered(page: Page) -> list[Response]:
    """Answers to the pieces sent from now on; filled as they come."""
    found: list[Response] = []
    page.on("response", lambda r: found.append(r) if r.url.endswith("/piece") else None)
    return found


def first_place(answers: list[Response]) -> int:
    """How much had arrived after the first of these pieces, in bytes."""
    return min(answer.json()["received_bytes"] for answer in answers if answer.ok)


def wait_for_progress(page: Page, percent: int) -> None:
    sent = "percent => document.querySelector('.upload progress').value >= percent"
    wait_until(page, sent, str(percent))


def wait_until_sent(page: Page) -> None:
    page.wait_for_selector(".upload input[name=kept_files]", state="attached", timeout=60_000)


def assert_saved_whole(walker: Walker, file: Path) -> None:
    page = walker.page
    page.click("button[value=draft]")
    page.wait_for_url("**/edit")
    with page.expect_download() as download:
        page.click(f"a:has-text('{NAME}')")
    assert download.value.suggested_filename == NAME
    assert Path(download.value.path()).read_bytes() == file.read_bytes()


def test_progress_time_left_and_a_form_that_waits(walker: Walker, line: Line, file: Path) -> None:
    page = walker.page
    page.set_input_files("[name=files]", file)
    wait_for_progress(page, 10)
    assert re.search(r"\d+% · 剩余 \d+ (秒|分钟)", page.inner_text(".upload"))
    page.click("button[value=draft]")
    assert "传完后自动提交" in page.inner_text(".upload-note")
    page.wait_for_url("**/edit", timeout=60_000)
    assert NAME in walker.text


def test_lost_network_is_said_and_the_upload_goes_on_where_it_was(
    walker: Walker, line: Line, file: Path
) -> None:
    page = walker.page
    page.set_input_files("[name=files]", file)
    wait_for_progress(page, 20)
    line.cut(True)
    page.wait_for_selector(".upload:has-text('网络中断')", timeout=30_000)
    after = answered(page)
    line.cut(False)
    wait_until_sent(page)
    assert first_place(after) >= SIZE // 10
    assert_saved_whole(walker, file)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")
def test_killed_server_loses_nothing_it_acknowledged(
    walker: Walker, line: Line, file: Path
) -> None:
    page = walker.page
    page.set_input_files("[name=files]", file)
    wait_for_progress(page, 20)
    for pid in web_processes(walker.server.data):
        os.kill(pid, signal.SIGKILL)
    wait_until_sent(page)
    assert_saved_whole(walker, file)


def web_processes(data: Path) -> list[int]:
    """The web processes of the demo in this folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes() if process.name.isdigit() else b""
            is_web = b"openbureau.shell.web" in command
            if (
                is_web
                and f"OPENBUREAU_DATA={data}\0".encode() in (process / "environ").read_bytes()
            ):
                found.append(int(process.name))
        except OSError:
            continue
    assert found
    return found


def test_reloaded_page_names_the_file_and_goes_on_with_it(
    walker: Walker, line: Line, file: Path
) -> None:
    page = walker.page
    page.set_input_files("[name=files]", file)
    wait_for_progress(page, 20)
    page.on("dialog", lambda dialog: dialog.accept())
    walker.go(NEW)
    assert f"上次没有传完：{NAME}" in page.inner_text(".upload-note")
    after = answered(page)
    page.set_input_files("[name=files]", file)
    wait_until_sent(page)
    assert first_place(after) >= SIZE // 10
    page.fill("[name=title]", "上传")
    page.fill("[name=body]", "正文")
    assert_saved_whole(walker, file)


def test_cancelled_upload_is_forgotten_by_both_sides(
    walker: Walker, line: Line, file: Path
) -> None:
    page = walker.page
    page.set_input_files("[name=files]", file)
    wait_for_progress(page, 10)
    with page.expect_response("**/cancel") as answer:
        page.press(".upload-cancel", "Enter")
    assert answer.value.status == 200
    assert page.locator(".upload").count() == 0
    assert (
        page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('upload')).length") == 0
    )


def test_refused_file_says_why_and_the_others_are_sent(
    walker: Walker, file: Path, tmp_path: Path
) -> None:
    page = walker.page
    wrong, small = tmp_path / "假.pdf", tmp_path / "说明.txt"
    wrong.write_text("不是", "utf-8")
    small.write_text("说明", "utf-8")
    page.set_input_files("[name=files]", [wrong, small])
    page.wait_for_selector(".upload[data-failed]:has-text('内容与扩展名不符')")
    page.wait_for_selector(".upload:has-text('说明.txt'):has-text('已上传')")
    assert page.locator("input[name=kept_files]").count() == 1
    walker.faults[:] = [fault for fault in walker.faults if "422" not in fault]


def test_pasted_and_dropped_files_are_taken(walker: Walker) -> None:
    page = walker.page
    page.evaluate("""() => {
        const given = (name) => {
            const data = new DataTransfer();
            data.items.add(new File(["内容"], name, { type: "text/plain" }));
            return data;
        };
        const body = document.querySelector("[name=body]");
        const clipboardData = given("粘贴.txt");
        const how = { bubbles: true, cancelable: true };
        body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, ...how }));
        const dataTransfer = given("拖入.txt");
        const field = document.querySelector("file-field");
        field.dispatchEvent(new DragEvent("drop", { dataTransfer, ...how }));
    }""")
    for name in ("粘贴.txt", "拖入.txt"):
        page.wait_for_selector(f".upload:has-text('{name}'):has-text('已上传')")


def test_without_a_script_the_plain_form_takes_files(
    browser: Browser, demo_server: DemoServer, file: Path
) -> None:
    with walking(browser, demo_server, has_script=False) as person:
        page = person.sign_in("lizhihua").go(NEW).page
        page.fill("[name=title]", "上传")
        page.fill("[name=body]", "正文")
        page.set_input_files("[name=files]", file)
        assert_saved_whole(person, file)
