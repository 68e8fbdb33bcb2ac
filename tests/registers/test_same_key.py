"""Two people register the same device at the same moment: one of them is told."""

import threading

import pytest
from openbureau_devices.models import Device

from openbureau.base.database import reading
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

from .test_pages import FORM, NEW

RACES = 20


@pytest.fixture
def clients(devices: Bureau) -> tuple[Client, Client]:
    """Two people who register devices in the same county."""
    for login in ("zhang", "li"):
        devices.grant(login, "devices.registrar", "530102", "unit")
    return devices.sign_in("zhang"), devices.sign_in("li")


def raced(clients: tuple[Client, Client], code: str) -> list[int]:
    """Both post a new device with this code at once; the statuses they get."""
    start, statuses = threading.Barrier(2), []

    def post(client: Client) -> None:
        client.get(NEW)
        start.wait()
        statuses.append(client.post(NEW, {**FORM, "code": code}).status)

    others = [threading.Thread(target=post, args=(client,)) for client in clients]
    for other in others:
        other.start()
    for other in others:
        other.join()
    return sorted(statuses)


def test_one_of_two_at_once_is_told(clients: tuple[Client, Client]) -> None:
    assert [raced(clients, f"31{number}") for number in range(RACES)] == [[303, 422]] * RACES
    with reading():
        assert Device.select().count() == RACES
