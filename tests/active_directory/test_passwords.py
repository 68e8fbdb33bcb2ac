"""What a real Active Directory says about passwords, and changing them in it."""

import pytest

from openbureau.kernel.directory.binding import bind, change_password
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.testing.ldif import ldif
from openbureau.testing.samba import KUNMING_DN, PASSWORD, DomainController, person_entry

pytestmark = pytest.mark.samba

NEW_PASSWORD = "Another-Horse-8"


def newcomer(domain: DomainController, login: str, **attributes: str) -> str:
    """A person of the test's own, with attributes changed; their DN."""
    dn, entry = person_entry(login, f"新人{login}", KUNMING_DN)
    domain.modify(ldif([(dn, entry)]))
    for name, value in attributes.items():
        domain.modify(f"dn: {dn}\nchangetype: modify\nreplace: {name}\n{name}: {value}\n")
    return dn


def test_a_disabled_person_is_told_so_for_the_right_password_only(
    config: DirectoryConfig,
) -> None:
    assert bind(config, "gone", PASSWORD).reason == "disabled"
    assert bind(config, "gone", "wrong").reason == "wrong"


def test_who_must_change_the_password_is_told_so(
    domain: DomainController, config: DirectoryConfig
) -> None:
    newcomer(domain, "first", pwdLastSet="0")
    assert bind(config, "first", PASSWORD).reason == "must-change"
    assert bind(config, "first", "wrong").reason == "wrong"


def test_an_expired_account_is_told_so(domain: DomainController, config: DirectoryConfig) -> None:
    newcomer(domain, "past", accountExpires="116444736000000000")
    assert bind(config, "past", PASSWORD).reason == "account-expired"
    assert bind(config, "past", "wrong").reason == "wrong"


def test_a_password_is_changed_in_the_domain(
    domain: DomainController, config: DirectoryConfig
) -> None:
    domain.tool("domain", "passwordsettings", "set", "--min-pwd-age=0", "--history-length=0")
    newcomer(domain, "changer")
    assert change_password(config, "changer", "wrong", NEW_PASSWORD).reason == "wrong"
    assert change_password(config, "changer", PASSWORD, "short").reason == "too-weak"
    assert bind(config, "changer", PASSWORD).is_accepted
    assert change_password(config, "changer", PASSWORD, NEW_PASSWORD).reason == "ok"
    assert bind(config, "changer", NEW_PASSWORD).is_accepted
