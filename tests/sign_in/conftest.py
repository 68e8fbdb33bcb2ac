"""A directory that watches over passwords."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau.testing.slapd import Slapd, missing
from openbureau.testing.slapd_policy import running_policy_slapd


@pytest.fixture
def policy_slapd(tmp_path: Path) -> Iterator[Slapd]:
    """One person for every state of a password, in a server of the test's own."""
    if reason := missing():
        pytest.skip(f"slapd: {reason}")
    with running_policy_slapd(tmp_path / "slapd", dt.datetime.now(dt.UTC)) as server:
        yield server
