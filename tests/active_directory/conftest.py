"""A small bureau in a real Active Directory domain."""

from collections.abc import Iterator
from typing import Any

import pytest

from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.testing.ldif import ldif
from openbureau.testing.samba import (
    ADMIN_DN,
    ADMIN_PASSWORD,
    SUFFIX,
    DomainController,
    domain_entries,
    missing,
    running_domain,
)


@pytest.fixture(scope="session")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DomainController]:
    reason = missing()
    if reason:
        pytest.skip(f"Samba AD: {reason}")
    with running_domain(tmp_path_factory.mktemp("samba") / "dc1") as controller:
        controller.modify(ldif(domain_entries()))
        yield controller


@pytest.fixture
def config(domain: DomainController) -> DirectoryConfig:
    """How the domain is read."""
    return DirectoryConfig(
        url=domain.url,
        bind_dn=ADMIN_DN,
        password=ADMIN_PASSWORD,
        base=SUFFIX,
        profile="ad",
        ca_file=str(domain.ca_file),
    )


@pytest.fixture
def domain_described(domain: DomainController) -> dict[str, Any]:
    """The domain as an administrator describes it."""
    return {
        "code": "domain",
        "name": "域",
        "url": domain.url,
        "bind_dn": ADMIN_DN,
        "base": SUFFIX,
        "password": ADMIN_PASSWORD,
        "profile": "ad",
        "ca_certificate": domain.ca_file.read_text("ascii"),
    }
