"""Without any plugin the core serves every page it has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.base.routing import API
from openbureau.kernel.accounts.models import ADMINISTRATORS
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau without plugins."""
    yield open_bureau(tmp_path / "data", sources=[])
    close_bureau()


def test_every_page_without_values_in_its_address_answers(alone: Bureau) -> None:
    clients = [alone.sign_in(login) for login in ADMINISTRATORS]
    paths = [
        route.url
        for route in alone.application.routes.all
        if "GET" in route.page.methods and "{" not in route.url
    ]
    interface = {path for path in paths if path.startswith(API)}
    assert len(paths) > 8
    assert {client.get(path).status for path in interface for client in clients} == {401}
    answers = {
        path: [client.get(path).status for client in clients]
        for path in paths
        if path not in interface
    }
    assert {status for found in answers.values() for status in found} <= {200, 303, 403}
    assert [path for path, found in answers.items() if set(found) == {403}] == []
