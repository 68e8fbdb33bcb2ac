"""What speed rests on, counted instead of timed: statements of a page and bytes of the desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.base.database import db, open_database
from openbureau.base.settings import Settings
from openbureau.shell.app import create_app
from openbureau.shell.bench import items, subject
from openbureau.shell.bench.desk import weight
from openbureau.shell.bench.inprocess import statements_of
from openbureau.shell.bench.rows import Ground, filled, measured_plugins, stocked
from openbureau.testing.client import Client


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Ground]]:
    """Installations with ten and with a thousand bulletins."""
    places = {total: tmp_path_factory.mktemp(f"rows{total}") for total in (10, 1000)}
    yield {total: ground(place, total) for total, place in places.items()}
    db.close()


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Ground]]:
    """Installations with ten and with five thousand records in a register."""
    places = {total: tmp_path_factory.mktemp(f"items{total}") for total in (10, 5000)}
    yield {
        total: stocked(Settings(data=place), measured_plugins(), "small", total)
        for total, place in places.items()
    }
    db.close()


def ground(place: Path, total: int) -> Ground:
    return filled(Settings(data=place), measured_plugins(), "small", total)


def opened(ground: Ground) -> tuple[Client, str]:
    """A browser on a filled installation, and the token of one of its visitors."""
    db.close()
    db.initialize(open_database(ground.settings.database_url))
    client = Client(create_app(ground.settings, measured_plugins()))
    token = ground.visitors[0].token
    client.cookies["session"] = token
    return client, token


def statements(ground: Ground, path: str) -> int:
    client, token = opened(ground)
    application = client._app.state.openbureau  # type: ignore[attr-defined]
    assert client.get(path).status == 200
    return statements_of(application, path, token)


def test_list_takes_six_statements_however_many_rows(grounds: dict[int, Ground]) -> None:
    taken = {total: statements(ground, subject.LIST_URL) for total, ground in grounds.items()}
    assert taken[10] == taken[1000] <= 6


@pytest.mark.parametrize("query", ["", "?kind=lift&state=used", "?sort=due_on&size=100"])
def test_list_of_a_register_takes_six_statements_however_many_rows(
    registers: dict[int, Ground], query: str
) -> None:
    taken = {
        total: statements(ground, f"{items.LIST_URL}{query}") for total, ground in registers.items()
    }
    assert taken[10] == taken[5000] <= 6


def test_frame_takes_three_statements(grounds: dict[int, Ground]) -> None:
    assert statements(grounds[10], "/synth01/") <= 3


def test_desk_is_light_at_first_and_lighter_again(grounds: dict[int, Ground]) -> None:
    client, _ = opened(grounds[1000])
    found = weight(
        lambda url, headers: (client.get(url, headers).headers, client.get(url, headers).body),
        lambda url: client.get(url).text,
    )
    assert found.first_bytes <= 60 * 1024
    assert found.requests <= 8
    assert found.again_bytes <= 15 * 1024
