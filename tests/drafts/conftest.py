"""Bulletins switched on; li, wang and zhang may draft them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

from .drafting import switched_on


@pytest.fixture
def on(bureau: Bureau) -> Bureau:
    """A bureau where bulletins can be drafted."""
    return switched_on(bureau)


@pytest.fixture
def either_on(either_bureau: Bureau) -> Bureau:
    """The same, once on each database."""
    return switched_on(either_bureau)


@pytest.fixture
def small_uploads(tmp_path: Path) -> Iterator[Bureau]:
    """The same, where an attachment has at most 1 MB."""
    yield switched_on(open_bureau(tmp_path / "data", upload_max_mb=1))
    close_bureau()
