"""A directory that fails while people work: sign-in says so in time, nobody else notices."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import as_file, files

import pytest

from openbureau.shell.demo.bureau import PASSWORD as EVERYBODYS
from openbureau.shell.demo.bureau import bureau
from openbureau.testing.client import Answer, Client
from openbureau.testing.fault_proxy import Fault, FaultProxy, Mode

from .bureau_directory import bureau_directory, installation_for
from .running import ADMINISTRATOR, PASSWORD, Served, served

pytestmark = pytest.mark.slapd

# Five seconds for the directory, and what a busy machine needs beside.
ANSWER_S = 8
OTHER_PAGES_S = 1.0
HANGING = 40
LOGINS = [person.login for person in bureau("small").people if not person.administrator]
SILENT = "目录服务器暂时没有响应，无法核对密码。已登录的同事不受影响。"
PASS = Fault()


@dataclass(frozen=True, slots=True)
class Behind:
    """A served installation whose directory stands behind a misbehaving proxy."""

    server: Served
    proxy: FaultProxy

    def ready_to_sign_in(self) -> Client:
        """A browser that shows the sign-in page."""
        visitor = self.server.visitor()
        assert visitor.get("/-/sign-in").status == 200
        return visitor

    def sign_in(self, visitor: Client, login: str, password: str) -> tuple[float, Answer]:
        """(seconds, the answer to the form)."""
        began = time.monotonic()
        answer = visitor.post("/-/sign-in", {"login": login, "password": password, "next": "/"})
        return time.monotonic() - began, answer


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("faults")
    with (
        bureau_directory(folder / "slapd", "small") as slapd,
        FaultProxy(slapd.port) as proxy,
        as_file(files("openbureau.shell.demo") / "units.csv") as unit_list,
    ):
        own = installation_for(proxy.url, folder)
        own.init(unit_list)
        own.report("sync", "--apply")
        with served(own) as server:
            yield Behind(server, proxy)


@pytest.fixture(autouse=True)
def _healed(behind: Behind) -> Iterator[None]:
    yield
    behind.proxy.fault = PASS


@pytest.mark.parametrize("mode", ["refuse", "hang", "drip", "reset"])
def test_sign_in_answers_in_time_and_says_what_is_wrong(behind: Behind, mode: Mode) -> None:
    visitor = behind.ready_to_sign_in()
    asked_before = behind.proxy.accepted
    behind.proxy.fault = Fault(mode)
    taken_s, answer = behind.sign_in(visitor, LOGINS[0], EVERYBODYS)
    assert (answer.status, SILENT in answer.words) == (503, True)
    assert taken_s < ANSWER_S
    assert "session" not in visitor.cookies
    assert behind.proxy.accepted > asked_before
    behind.proxy.fault = PASS
    _, answer = behind.sign_in(visitor, LOGINS[0], EVERYBODYS)
    assert answer.status == 303


def test_forty_waiting_sign_ins_disturb_nobody(behind: Behind) -> None:
    colleague = behind.ready_to_sign_in()
    assert behind.sign_in(colleague, LOGINS[0], EVERYBODYS)[1].status == 303
    waiting = [behind.ready_to_sign_in() for _ in range(HANGING)]
    administrator = behind.ready_to_sign_in()
    for path in ("/", "/-/units", "/-/sign-in"):
        colleague.get(path)  # what the process keeps is kept
    # The slowest fault: it takes an attempt its whole time, a silent server less.
    behind.proxy.fault = Fault("drip")
    is_over = threading.Event()
    with ThreadPoolExecutor(HANGING + 2) as threads:
        pages = threads.submit(_slowest_page, colleague, is_over)
        hanging = [
            threads.submit(behind.sign_in, visitor, login, EVERYBODYS)
            for visitor, login in zip(waiting, LOGINS[1:], strict=False)
        ]
        local = threads.submit(behind.sign_in, administrator, ADMINISTRATOR, PASSWORD)
        answers = [each.result() for each in hanging]
        taken_s, desk = local.result()
        is_over.set()
        slowest_s, asked = pages.result()
    assert {answer.status for _, answer in answers} == {503}
    assert max(seconds for seconds, _ in answers) < ANSWER_S
    assert (desk.status, taken_s < ANSWER_S) == (303, True)
    assert asked > 20, asked
    assert slowest_s < OTHER_PAGES_S


def _slowest_page(colleague: Client, is_over: threading.Event) -> tuple[float, int]:
    """(seconds of the slowest answer, how many pages) while the sign-ins hang."""
    slowest_s, asked = 0.0, 0
    while not is_over.is_set():
        for path in ("/", "/-/units", "/-/sign-in"):
            began = time.monotonic()
            assert colleague.get(path).status in {200, 303}
            slowest_s = max(slowest_s, time.monotonic() - began)
            asked += 1
    return slowest_s, asked


def test_local_administrator_signs_in_while_the_directory_is_gone(behind: Behind) -> None:
    behind.proxy.fault = Fault("refuse")
    visitor = behind.ready_to_sign_in()
    assert behind.sign_in(visitor, ADMINISTRATOR, PASSWORD)[1].status == 303
    assert "系统管理" in visitor.get("/").words
