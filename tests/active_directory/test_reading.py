"""Units and people read from a real Active Directory."""

import dataclasses

import pytest

from openbureau.kernel.directory.binding import bind
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.reading import read_directory
from openbureau.kernel.directory.snapshot import Incomplete, Snapshot
from openbureau.testing.samba import KUNMING_DN, PASSWORD, WUHUA_DN, DomainController

pytestmark = pytest.mark.samba


def whole(config: DirectoryConfig) -> Snapshot:
    found = read_directory(config)
    assert isinstance(found, Snapshot), found
    return found


def test_units_and_people_are_read(config: DirectoryConfig) -> None:
    found = whole(config)
    assert {unit.code: unit.name for unit in found.units} == {
        "530000": "省局",
        "530100": "昆明市局",
        "530102": "五华区局",
    }
    people = {person.login: person for person in found.people}
    ours = {f"a{n}" for n in range(11)} | {"gone"}
    assert ours <= set(people)
    assert (people["a3"].name, people["a3"].title) == ("员工3", "科员")
    units = {unit.external_id: unit.code for unit in found.units}
    assert units[people["a3"].unit or ""] == "530102"
    assert [p.login for p in found.people if p.is_disabled and p.login in ours] == ["gone"]


def test_the_identity_outlives_a_move_and_a_new_name(
    domain: DomainController, config: DirectoryConfig
) -> None:
    before = {person.login: person.external_id for person in whole(config).people}
    domain.modify(
        f"dn: CN=员工5,{WUHUA_DN}\nchangetype: modrdn\nnewrdn: CN=员工伍\n"
        f"deleteoldrdn: 1\nnewsuperior: {KUNMING_DN}\n"
    )
    after = {person.login: person for person in whole(config).people}
    assert after["a5"].external_id == before["a5"]
    assert after["a5"].dn.lower().startswith(f"cn=员工伍,{KUNMING_DN}".lower())


def test_right_and_wrong_passwords(config: DirectoryConfig) -> None:
    accepted = bind(config, "a2", PASSWORD)
    assert accepted.is_accepted
    assert accepted.external_id in {person.external_id for person in whole(config).people}
    assert bind(config, "A2", PASSWORD).is_accepted
    assert bind(config, "a2", "wrong").reason == "wrong"
    assert bind(config, "nobody", PASSWORD).reason == "wrong"
    assert bind(config, "a2", "").reason == "refused-input"
    assert bind(config, "*", PASSWORD).reason == "wrong"


def test_an_unknown_authority_is_sent_no_password(config: DirectoryConfig) -> None:
    untrusted = dataclasses.replace(config, ca_file="")
    untrusted = dataclasses.replace(untrusted, url=untrusted.url.replace("ldap://", "ldaps://"))
    found = read_directory(untrusted)
    assert isinstance(found, Incomplete)
    assert found.reason == "untrusted-certificate"


def test_a_wrong_base_changes_nothing(config: DirectoryConfig) -> None:
    found = read_directory(dataclasses.replace(config, base="DC=other,DC=example"))
    assert isinstance(found, Incomplete)
