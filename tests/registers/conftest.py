"""A bureau with the register of devices, once on each database."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.base.plugins import Source
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

EXAMPLE = Path(__file__).parent / "example"
sys.path.insert(0, str(EXAMPLE))


@pytest.fixture
def devices(tmp_path: Path, database_url: str) -> Iterator[Bureau]:
    """A bureau in which every unit has the devices."""
    sources = [Source("devices", "openbureau_devices")]
    made = open_bureau(tmp_path / "data", database_url, sources=sources)
    made.enable("devices")
    yield made
    close_bureau()
