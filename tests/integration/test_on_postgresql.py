"""The whole application on PostgreSQL: web process and consumer share one server."""

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from openbureau.testing.browser import DemoServer, running_demo
from openbureau.testing.client import Client
from openbureau.testing.postgresql import Postgresql

from .publishing import PUBLISHER, READER, attached, publish, withdraw
from .running import eventually, needs_bulletins, needs_proc, visitor

pytestmark = [pytest.mark.postgresql, needs_bulletins]

WAITING = 12  # more than the threads of a web process
ANSWER_S, BACK_S = 10.5, 10.0
FILE = ("files", "设备台账.txt", "一份附件".encode())


@pytest.fixture(scope="module")
def demo(postgresql: Postgresql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENBUREAU_DATABASE", postgresql.new_database())
        with running_demo(tmp_path_factory.mktemp("postgresql-demo") / "data") as server:
            yield server


def _signed_in(demo: DemoServer, login: str) -> Client:
    person = visitor(demo.url)
    answer = person.sign_in(login, demo.people[login])
    assert (answer.status, "工作台" in answer.words) == (200, True)
    return person


def _readers(author: Client, address: str) -> str:
    """The first fraction of the progress page: who read it, of all."""
    found = re.search(r"\d+/\d+", author.get(f"{address}/progress").words)
    assert found is not None
    return found[0]


def test_nothing_is_kept_in_a_file(demo: DemoServer) -> None:
    assert not (demo.data / "openbureau.sqlite3").exists()


def test_bulletin_from_draft_to_withdrawal(demo: DemoServer) -> None:
    title = "关于开展锅炉普查的通知"
    author, reader = _signed_in(demo, PUBLISHER), _signed_in(demo, READER)
    address = publish(author, title, FILE)
    eventually(lambda: title in reader.get("/-/todos?tab=read").text)
    assert _readers(author, address).startswith("0/")
    assert attached(reader, address) == [FILE[2]]
    assert _readers(author, address).startswith("1/")
    assert "五华区" in author.get(f"{address}/progress").words
    for words in ("锅炉", "普查"):
        assert title in reader.get(f"/-/search?q={words}").words
    withdraw(author, address, "附件有误")
    page = reader.get(address).words
    assert ("附件有误" in page, "本月二十日前" in page) == (True, False)
    found = reader.get("/-/search?q=锅炉").text
    assert title not in found.partition("<main")[2]  # its tab, opened above, still names it


def test_people_and_units_are_found_by_two_characters(demo: DemoServer) -> None:
    reader = _signed_in(demo, READER)
    assert "张晓梅" in reader.get("/-/search?q=晓梅").words
    assert "五华区" in reader.get("/-/units?q=五华").words


@pytest.fixture
def frozen(postgresql: Postgresql) -> Iterator[Callable[[int], None]]:
    """Sends a signal to every process of the server; they run again at the end."""
    pid_file = postgresql.folder / "cluster" / "postmaster.pid"

    def send(number: int) -> None:
        parent = int(pid_file.read_text().split()[0])
        listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in (parent, *map(int, listed)):
            os.kill(pid, number)

    yield send
    send(signal.SIGCONT)


@needs_proc
def test_silent_server_costs_a_bounded_wait_and_nothing_afterwards(
    demo: DemoServer, frozen: Callable[[int], None]
) -> None:
    reader = _signed_in(demo, READER)
    (sheet, *_) = re.findall(r'href="(/static/[^"]+\.css)"', reader.get("/").text)
    frozen(signal.SIGSTOP)
    with ThreadPoolExecutor(WAITING) as threads:
        waiting = [threads.submit(_timed, visitor(demo.url), reader, "/") for _ in range(WAITING)]
        assert _timed(visitor(demo.url), reader, sheet)[1] == 200
        answers = [each.result() for each in waiting]
    assert {status for _, status in answers} == {503}
    assert max(seconds for seconds, _ in answers) < ANSWER_S
    frozen(signal.SIGCONT)
    eventually(lambda: reader.get("/").status == 200, BACK_S)


def _timed(other: Client, signed_in: Client, path: str) -> tuple[float, int]:
    """(seconds, status) of a page asked for in another window of the same browser."""
    other.cookies = dict(signed_in.cookies)
    began = time.monotonic()
    status = other.get(path).status
    return time.monotonic() - began, status


def test_server_that_restarts_is_found_again(demo: DemoServer, postgresql: Postgresql) -> None:
    author, reader = _signed_in(demo, PUBLISHER), _signed_in(demo, READER)
    postgresql.restart()
    eventually(lambda: reader.get("/").status == 200, BACK_S)
    title = "数据库重启之后的公告"
    publish(author, title)
    eventually(lambda: title in reader.get("/-/todos?tab=read").text)


def test_check_finds_no_error(demo: DemoServer) -> None:
    done = demo.command("check", "--json")
    findings = json.loads(done.stdout)
    assert [row for row in findings if row["level"] == "error"] == []
    assert done.returncode == 0
