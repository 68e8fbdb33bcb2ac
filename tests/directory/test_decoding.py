"""Raw attributes: other encodings, rubbish, Active Directory's shapes."""

import uuid
from typing import Any

import pytest

from openbureau.kernel.directory.decoding import Unreadable, dn_key, text
from openbureau.kernel.directory.entrance import decoded_snapshot
from openbureau.kernel.directory.profiles import AD, OPENLDAP
from openbureau.kernel.directory.reading import read_directory
from openbureau.kernel.directory.snapshot import Incomplete, PersonEntry, Snapshot
from openbureau.testing.directory import config_for
from openbureau.testing.fault_proxy import Fault, FaultProxy

BASE = "dc=bureau,dc=example"


def raw_person(**attributes: Any) -> tuple[str, dict[str, list[bytes]]]:
    given = {
        "objectClass": [b"inetOrgPerson"],
        "entryUUID": [str(uuid.uuid4()).encode()],
        "uid": [b"li"],
        "cn": ["李四".encode()],
    }
    return f"uid=li,{BASE}", given | attributes


def raw_unit(dn: str, *names: str, **attributes: Any) -> tuple[str, dict[str, list[bytes]]]:
    given = {
        "objectClass": [b"organizationalUnit"],
        "entryUUID": [str(uuid.uuid4()).encode()],
        "ou": [name.encode() for name in names],
    }
    return dn, given | attributes


def one_person(**attributes: Any) -> PersonEntry:
    snapshot = decoded_snapshot([raw_person(**attributes)], OPENLDAP)
    assert isinstance(snapshot, Snapshot)
    return snapshot.people[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("张三".encode(), "张三"),
        ("张三".encode("gb18030"), "张三"),
        (b" Li \r\n Si ", "Li Si"),
        ("㐂𠀀".encode(), "㐂𠀀"),
        ("\ue863".encode(), "\ue863"),
        (b"", ""),
    ],
)
def test_text(value: bytes, expected: str) -> None:
    assert text(value) == expected


@pytest.mark.parametrize(
    "value",
    [b"\xff\xfe\x00\x01", b"a\x00b", b"\x1b[31m", "a\u202eb".encode(), b"\x80", b"\x81\x30"],
)
def test_rubbish_is_not_text(value: bytes) -> None:
    with pytest.raises(Unreadable):
        text(value)


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        ({"cn": [b"\xff\xff"]}, "unreadable:cn"),
        ({"telephoneNumber": [b"\x00\x01"]}, "unreadable:telephoneNumber"),
        ({"uid": []}, "no-login"),
        ({"cn": [b"  "]}, "no-name"),
        ({"cn": ["长".encode() * 101]}, "too-long:name"),
        ({"uid": [b"u" * 81]}, "too-long:login"),
    ],
)
def test_unusable_person_says_why(attributes: dict[str, Any], fault: str) -> None:
    assert one_person(**attributes).fault == fault


def test_login_of_several_is_the_one_in_the_name() -> None:
    assert one_person(uid=[b"alias", b"LI"]).login == "li"


def test_chinese_name_goes_before_a_latin_one() -> None:
    assert one_person(cn=[b"Li Si"], displayName=["李四".encode()]).name == "李四"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, False),
        ({"employeeType": [b"Disabled"]}, True),
        ({"employeeType": ["离职".encode()]}, True),
        ({"employeeType": ["正式".encode()]}, False),
        ({"nsAccountLock": [b"true"]}, True),
        ({"pwdAccountLockedTime": [b"000001010000Z"]}, True),
        ({"pwdAccountLockedTime": [b"20250303090000Z"]}, False),
    ],
)
def test_who_is_disabled(attributes: dict[str, Any], *, expected: bool) -> None:
    assert one_person(**attributes).is_disabled is expected


@pytest.mark.parametrize("identity", [[], [b"rubbish"], [b"a", b"b"]])
def test_entry_without_identity_spoils_the_whole_answer(identity: list[bytes]) -> None:
    answer = decoded_snapshot([raw_person(), raw_person(entryUUID=identity)], OPENLDAP)
    assert isinstance(answer, Incomplete)
    assert answer.reason == "no-identity"


def test_unit_codes_and_names() -> None:
    units = [
        raw_unit(f"ou=昆明市局,{BASE}", "昆明市局", destinationIndicator=[b"530100"]),
        raw_unit(f"ou=530300,{BASE}", "530300", description=["曲靖市局".encode()]),
        raw_unit(f"ou=无码局,{BASE}", "无码局", l=["昆明".encode()], postalCode=[b"650000"]),
    ]
    snapshot = decoded_snapshot(units, OPENLDAP)
    assert isinstance(snapshot, Snapshot)
    assert [(entry.code, entry.name) for entry in snapshot.units] == [
        ("530100", "昆明市局"),
        ("530300", "曲靖市局"),
        ("", "无码局"),
    ]


def test_container_at_the_top_is_no_unit() -> None:
    units = [
        raw_unit(f"ou=units,{BASE}", "units"),
        raw_unit(f"ou=昆明市局,ou=units,{BASE}", "昆明市局", destinationIndicator=[b"530100"]),
        raw_unit(f"ou=people,ou=昆明市局,ou=units,{BASE}", "people"),
    ]
    snapshot = decoded_snapshot(units, OPENLDAP)
    assert isinstance(snapshot, Snapshot)
    assert [(entry.name, entry.parent) for entry in snapshot.units] == [
        ("昆明市局", None),
        ("people", snapshot.units[0].external_id),
    ]


def test_person_belongs_to_the_nearest_unit_above() -> None:
    place = raw_unit(f"ou=甲\\2C 乙局,{BASE}", "甲, 乙局")
    dn, attributes = raw_person()
    snapshot = decoded_snapshot(
        [place, (f"uid=li,cn=drawer,OU=甲\\, 乙局,{BASE.upper()}", attributes)], OPENLDAP
    )
    assert isinstance(snapshot, Snapshot)
    assert snapshot.people[0].unit == snapshot.units[0].external_id
    assert dn.startswith("uid=li")


def test_dn_key_tells_an_escaped_comma_from_a_real_one() -> None:
    assert dn_key("ou=a\\, b,dc=x") == dn_key("OU=a\\2c b, DC=X")
    assert dn_key("ou=a\\,b,dc=x") != dn_key("ou=a,b,dc=x")


def test_active_directory_shapes() -> None:
    guid = uuid.UUID("01020304-0506-0708-090a-0b0c0d0e0f10")
    entry = (
        f"CN=李四,{BASE}",
        {
            "objectClass": [b"top", b"user"],
            "objectGUID": [guid.bytes_le],
            "sAMAccountName": [b"LiSi"],
            "displayName": ["李四".encode()],
            "userAccountControl": [b"514"],
        },
    )
    snapshot = decoded_snapshot([entry], AD)
    assert isinstance(snapshot, Snapshot)
    found = snapshot.people[0]
    assert (found.external_id, found.login, found.is_disabled) == (str(guid), "lisi", True)
    enabled = {**entry[1], "userAccountControl": [b"512"]}
    again = decoded_snapshot([(entry[0], enabled)], AD)
    assert isinstance(again, Snapshot)
    assert not again.people[0].is_disabled


@pytest.mark.slapd
class TestOverTheWire:
    """A real server's answer with bytes replaced on the way."""

    def test_gb18030_name_is_read(self, proxy: FaultProxy) -> None:
        proxy.fault = Fault(swap=("科员".encode(), "王力丰".encode("gb18030")))
        snapshot = read_directory(config_for(proxy))
        assert isinstance(snapshot, Snapshot)
        assert {entry.title for entry in snapshot.people} == {"王力丰"}

    def test_binary_rubbish_in_every_title_is_named(self, proxy: FaultProxy) -> None:
        proxy.fault = Fault(swap=("科员".encode(), b"\xff\x00\xfe\x01\xfd\x02"))
        snapshot = read_directory(config_for(proxy))
        assert isinstance(snapshot, Snapshot)
        assert {entry.fault for entry in snapshot.people} == {"unreadable:title"}
