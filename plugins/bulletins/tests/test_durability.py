"""Acknowledged bulletins survive `kill -9` of any process, and none is published twice."""

import http.client
import os
import re
import signal
import sqlite3
import threading
from pathlib import Path
from urllib.parse import urlencode

import pytest

from openbureau.testing.browser import DemoServer, running_demo

PUBLISHED = 200
EVERY = 20
HIDDEN = re.compile(r'name="(csrf|once)" value="([^"]*)"')


class Sender:
    """Publishes bulletins over real connections, keeping what was acknowledged."""

    def __init__(self, server: DemoServer) -> None:
        self.server = server
        self.place = server.url.removeprefix("http://")
        self.cookies: dict[str, str] = {}
        self.acknowledged: set[str] = set()

    def send(
        self, method: str, path: str, fields: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """(status, location, page); status 0 when the connection broke."""
        connection = http.client.HTTPConnection(self.place, timeout=20)
        headers = {"cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if fields is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, urlencode(fields or {}), headers)
            answer = connection.getresponse()
            page = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return 0, "", ""
        finally:
            connection.close()
        for value in answer.headers.get_all("set-cookie") or ():
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, answer.headers.get("location", ""), page

    def patiently(
        self, method: str, path: str, fields: dict[str, str] | None = None
    ) -> tuple[str, str]:
        """(location, page), the same request sent again until it is answered."""
        for _ in range(400):
            status, location, page = self.send(method, path, fields)
            if status in {200, 303}:
                return location, page
            threading.Event().wait(0.05)
        raise AssertionError(f"{method} {path} was never answered")

    def sign_in(self) -> None:
        _, page = self.patiently("GET", "/-/sign-in")
        fields = {"login": "lizhihua", "password": self.server.people["lizhihua"], "next": "/"}
        self.patiently("POST", "/-/sign-in", {**dict(HIDDEN.findall(page)), **fields})

    def publish(self, title: str) -> None:
        """Drafts and publishes; repeats the very same forms whenever the server dies."""
        _, page = self.patiently("GET", "/bulletins/bulletin/new")
        fields = {"title": title, "body": "正文", "receivers": "unit:530100", "intent": "publish"}
        location, _ = self.patiently(
            "POST", "/bulletins/bulletin/new", {**dict(HIDDEN.findall(page)), **fields}
        )
        _, page = self.patiently("GET", location)
        self.patiently("POST", location, dict(HIDDEN.findall(page)))
        self.acknowledged.add(title)


def children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
def test_two_hundred_publications_under_kills(tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo") as server:
        sender = Sender(server)
        sender.sign_in()
        for number in range(PUBLISHED):
            if number % EVERY == 0:
                _kill_soon(number // EVERY)
            sender.publish(f"持久性 {number:03}")
        _wait_for_readers(server.data)
        titles = _titles(server.data)
    assert set(titles) == sender.acknowledged
    assert len(titles) == len(set(titles)) == PUBLISHED


def _kill_soon(turn: int) -> None:
    """Kills the web process or the consumer, in turn, at some moment of the next publication."""
    grown = [pid for parent in children(os.getpid()) for pid in children(parent)]
    victim = grown[turn % len(grown)]
    threading.Timer(0.003 * (turn % 7), os.kill, (victim, signal.SIGKILL)).start()


def _titles(data: Path) -> list[str]:
    with sqlite3.connect(data / "openbureau.sqlite3") as database:
        rows = database.execute(
            "SELECT title FROM bulletins_bulletin "
            "WHERE state = 'published' AND title LIKE '持久性%'"
        ).fetchall()
    return [title for (title,) in rows]


def _wait_for_readers(data: Path) -> None:
    """Until every publication has given its todos: the consumer lost no job."""
    query = "SELECT count(DISTINCT record_id) FROM todo WHERE title LIKE '持久性%'"
    for _ in range(1200):
        with sqlite3.connect(data / "openbureau.sqlite3") as database:
            if database.execute(query).fetchone()[0] == PUBLISHED:
                return
        threading.Event().wait(0.1)
    raise AssertionError("some publications never reached their readers")
