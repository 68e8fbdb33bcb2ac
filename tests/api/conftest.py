"""A bureau with the register of devices, and programs that use it with tokens."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openbureau.base.plugins import Source
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

from .programs import Program, given_token

EXAMPLE = Path(__file__).parents[1] / "registers/example"
sys.path.insert(0, str(EXAMPLE))


@pytest.fixture
def devices(tmp_path: Path, database_url: str) -> Iterator[Bureau]:
    """A bureau in which every unit has the devices and zhang registers those of her county."""
    sources = [Source("devices", "openbureau_devices")]
    made = open_bureau(tmp_path / "data", database_url, sources=sources)
    made.enable("devices")
    made.grant("zhang", "devices.registrar", "530102", "unit")
    yield made
    close_bureau()


@pytest.fixture
def program(devices: Bureau) -> Program:
    """A program that may do everything zhang may, in her county."""
    return Program(devices, given_token(devices, "zhang", "530102"))


@pytest.fixture
def token_for(devices: Bureau) -> Callable[..., Program]:
    """Makes a program with a token of one's own choosing."""
    return lambda *args, **options: Program(devices, given_token(devices, *args, **options))
