"""Without any plugin the core serves every page it has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.testing.bureau import Bureau, close_bureau, open_bureau


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau without plugins."""
    yield open_bureau(tmp_path / "data", sources=[])
    close_bureau()


def test_every_page_without_values_in_its_address_answers(alone: Bureau) -> None:
    client = alone.sign_in("system")
    paths = [
        route.url
        for route in alone.application.routes.all
        if "GET" in route.page.methods and "{" not in route.url
    ]
    assert len(paths) > 8
    answers = {path: client.get(path).status for path in paths}
    assert set(answers.values()) <= {200, 303}, answers
