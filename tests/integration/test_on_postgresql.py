"""The whole application on PostgreSQL: web process and consumer share one server."""

import json
import re
from collections.abc import Iterator

import pytest

from openbureau.testing.browser import DemoServer, running_demo
from openbureau.testing.client import Client
from openbureau.testing.postgresql import Postgresql

from .publishing import PUBLISHER, READER, attached, publish, withdraw
from .running import eventually, needs_bulletins, visitor

pytestmark = [pytest.mark.postgresql, needs_bulletins]

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
    assert title not in reader.get("/-/search?q=锅炉").words


def test_people_and_units_are_found_by_two_characters(demo: DemoServer) -> None:
    reader = _signed_in(demo, READER)
    assert "张晓梅" in reader.get("/-/search?q=晓梅").words
    assert "五华区" in reader.get("/-/units?q=五华").words


def test_check_finds_no_error(demo: DemoServer) -> None:
    done = demo.command("check", "--json")
    findings = json.loads(done.stdout)
    assert [row for row in findings if row["level"] == "error"] == []
    assert done.returncode == 0
