"""Everything of a plugin appears and vanishes together, in every process, without a restart."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.testing.bureau import Bureau, Client

from .conftest import PLUGIN, TITLE

LIVE_WITHIN_S = 1.0


def shown(client: Client, file: str) -> dict[str, bool]:
    """Which traces of the plugin this person meets."""
    desk = client.get("/").text
    return {
        "menu": 'href="/bulletins/"><' in desk,
        "tile": "card-link" in desk and ">通知公告</h2>" in desk,
        "todo": TITLE in client.get("/-/todos?tab=read").text,
        "count": 'data-count="read">1<' in desk,
        "page": client.get("/bulletins/").status == 200,
        "search": 'class="result-title"' in client.get("/-/search?q=电梯安全检查").text,
        "file": client.get(file).status == 200,
    }


def test_all_of_it_vanishes_and_comes_back_at_the_next_request(
    published: tuple[Bureau, str],
) -> None:
    bureau, file = published
    client = bureau.sign_in("zhang")
    assert all(shown(client, file).values()), shown(client, file)
    bureau.enable(PLUGIN, "unit:530102", "off")
    assert not any(shown(client, file).values()), shown(client, file)
    bureau.enable(PLUGIN, "unit:530102", "on")
    assert all(shown(client, file).values()), shown(client, file)


def test_other_units_notice_nothing(published: tuple[Bureau, str]) -> None:
    bureau, file = published
    bureau.enable(PLUGIN, "unit:530102", "off")
    assert all(shown(bureau.sign_in("sun"), file).values())


def test_readonly_keeps_everything_in_sight(published: tuple[Bureau, str]) -> None:
    bureau, file = published
    bureau.enable(PLUGIN, "subtree:530000", "readonly")
    zhang, li = bureau.sign_in("zhang"), bureau.sign_in("li")
    assert all(shown(zhang, file).values())
    assert "起草公告" not in li.get("/bulletins/").words
    assert li.get("/bulletins/bulletin/new").status == 403


class Process:
    """A real web process on the bureau's data."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            self.port = listener.getsockname()[1]
            number = listener.fileno()
            self.child = subprocess.Popen(
                [sys.executable, "-m", "openbureau.shell.web", "--fd", str(number)],
                pass_fds=[number],
                env={**os.environ, "OPENBUREAU_DATA": str(data), "OPENBUREAU_LOG_LEVEL": "error"},
            )

    def status(self, url: str, session: str) -> int:
        """The answer's status; waits in the listening queue while the process starts."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", url, headers={"cookie": f"session={session}"})
            return connection.getresponse().status
        finally:
            connection.close()

    def stop(self) -> None:
        self.child.terminate()
        self.child.wait(20)


@pytest.fixture
def processes(published: tuple[Bureau, str]) -> Iterator[list[Process]]:
    data = published[0].installation.settings.data
    started = [Process(data), Process(data)]
    yield started
    for process in started:
        process.stop()


def test_two_real_processes_follow_within_a_second(
    published: tuple[Bureau, str], processes: list[Process]
) -> None:
    bureau, file = published
    session = bureau.sign_in("zhang").cookies["session"]
    for state, expected in (("on", 200), ("off", 404), ("on", 200)):
        bureau.enable(PLUGIN, "unit:530102", state)
        ends = time.monotonic() + (LIVE_WITHIN_S if state == "off" else 30)
        for process in processes:
            for url in ("/bulletins/", file):
                while (status := process.status(url, session)) != expected:
                    assert time.monotonic() < ends, (state, url, status)
