"""The demo bureau in a real directory server, and installations that read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from openbureau.shell.demo.bureau import Scale, bureau
from openbureau.shell.demo.ldif import demo_ldif, unit_dns
from openbureau.testing.directory import suffix_entries
from openbureau.testing.ldif import ldif
from openbureau.testing.slapd import (
    READER_DN,
    READER_PASSWORD,
    SUFFIX,
    Slapd,
    missing,
    running_slapd,
)

from .running import Installation


@contextmanager
def bureau_directory(folder: Path, scale: Scale) -> Iterator[Slapd]:
    """A server with the demo's units and people; the module is skipped without slapd."""
    if reason := missing():
        pytest.skip(f"slapd: {reason}")
    content = "".join(demo_ldif(scale, SUFFIX)) + ldif(suffix_entries()[1:])
    with running_slapd(folder, content) as server:
        yield server


def installation_for(url: str, folder: Path) -> Installation:
    """An installation whose settings name the directory at this address."""
    password_file = folder / "directory.password"
    password_file.write_text(f"{READER_PASSWORD}\n")
    return Installation(
        folder / "data",
        {
            "OPENBUREAU_LDAP_URL": url,
            "OPENBUREAU_LDAP_BIND_DN": READER_DN,
            "OPENBUREAU_LDAP_BASE": SUFFIX,
            "OPENBUREAU_LDAP_PASSWORD_FILE": str(password_file),
        },
    )


def unit_dn(code: str, scale: Scale = "full") -> str:
    """The directory name of a unit."""
    return unit_dns(bureau(scale), SUFFIX)[code]


def logins_of(code: str, scale: Scale = "full") -> list[str]:
    """The login names of the people whose primary post is in this unit."""
    return [p.login for p in bureau(scale).people if p.posts[0].unit == code]


def person_dn(login: str, code: str) -> str:
    """The directory name of a person of this unit."""
    return f"uid={login},{unit_dn(code)}"
