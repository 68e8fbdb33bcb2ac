"""What of an address cannot be used is told, on every page that reads one."""

import pytest

from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

from .test_pages import LIST, saved


@pytest.fixture
def zhang(devices: Bureau) -> Client:
    """Registers devices in her county."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return devices.sign_in("zhang")


REVERSED = "「2026-12-31..2026-01-01」的第一天在最后一天之后"


@pytest.mark.parametrize(
    "query",
    [
        "due_on=2026-12-31..2026-01-01",
        "field=due_on&op=is&value=2026-12-31..2026-01-01",
        "field=due_on&op=from&value=2026-12-31..2026-01-01",
    ],
)
def test_span_that_ends_before_it_begins_is_told(zhang: Client, query: str) -> None:
    saved(zhang)
    shown = zhang.get(f"{LIST}?{query}").words
    assert REVERSED in shown
    assert "蒸汽锅炉" in shown
    assert REVERSED not in zhang.get(f"{LIST}?{query.replace('12-31..', '01-01..')}").words
