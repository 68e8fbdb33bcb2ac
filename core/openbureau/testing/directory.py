"""A small bureau for a test directory: 26 units on three levels and 208 people."""

import datetime as dt
from typing import Any

from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.testing.fault_proxy import FaultProxy
from openbureau.testing.slapd import READER_DN, READER_PASSWORD, SUFFIX, Slapd

NOW = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)
PASSWORD = "Correct-Horse-7"
PREFECTURES = 5
COUNTIES = 4
PEOPLE_PER_UNIT = 8

Entries = list[tuple[str, dict[str, Any]]]


def suffix_entries() -> Entries:
    return [
        (SUFFIX, {"objectClass": ["dcObject", "organization"], "dc": "bureau", "o": "bureau"}),
        (
            READER_DN,
            {
                "objectClass": ["organizationalRole", "simpleSecurityObject"],
                "cn": "reader",
                "userPassword": READER_PASSWORD,
            },
        ),
    ]


def unit_entry(
    name: str, code: str, above: str = SUFFIX, **more: Any
) -> tuple[str, dict[str, Any]]:
    attributes = {"objectClass": "organizationalUnit", "ou": name, "destinationIndicator": code}
    return f"ou={name},{above}", attributes | more


def person_entry(login: str, name: str, unit_dn: str, **more: Any) -> tuple[str, dict[str, Any]]:
    attributes = {
        "objectClass": "inetOrgPerson",
        "uid": login,
        "cn": name,
        "sn": name[:1],
        "title": "科员",
        "telephoneNumber": "0871-1234567",
        "mail": f"{login}@bureau.example",
        "roomNumber": "301",
        "userPassword": PASSWORD,
    }
    return f"uid={login},{unit_dn}", attributes | more


PROVINCE_DN = f"ou=省局,{SUFFIX}"


def prefecture_dn(number: int) -> str:
    return f"ou=第{number}市局,{PROVINCE_DN}"


def county_dn(prefecture: int, number: int) -> str:
    return f"ou=第{prefecture}{number}县局,{prefecture_dn(prefecture)}"


def bureau_entries() -> Entries:
    """26 units on three levels and 208 people, eight in each unit: u0 to u207."""
    units = [unit_entry("省局", "530000")]
    for p in range(PREFECTURES):
        units.append(unit_entry(f"第{p}市局", f"530{p + 1}00", PROVINCE_DN))
        units.extend(
            unit_entry(f"第{p}{c}县局", f"530{p + 1}2{c}", prefecture_dn(p))
            for c in range(COUNTIES)
        )
    people = [
        person_entry(f"u{index}", f"张三{index}", units[index // PEOPLE_PER_UNIT][0])
        for index in range(len(units) * PEOPLE_PER_UNIT)
    ]
    return [*suffix_entries(), *units, *people]


def unit_of(index: int) -> str:
    """DN of the unit person `u<index>` was loaded under."""
    return str(bureau_entries()[2 + index // PEOPLE_PER_UNIT][0])


def dn_of(index: int) -> str:
    return f"uid=u{index},{unit_of(index)}"


def config_for(server: Slapd | FaultProxy, **changes: Any) -> DirectoryConfig:
    options: dict[str, Any] = {
        "url": server.url,
        "bind_dn": READER_DN,
        "password": READER_PASSWORD,
        "base": SUFFIX,
    }
    return DirectoryConfig(**(options | changes))
