"""A real OpenLDAP server that watches over passwords: one person for every state."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openbureau.testing.directory import PROVINCE_DN, person_entry, suffix_entries, unit_entry
from openbureau.testing.ldif import ldif
from openbureau.testing.slapd import SUFFIX, Slapd, running_slapd

POLICIES_DN = f"ou=policies,{SUFFIX}"
STRICT_DN = f"cn=strict,{POLICIES_DN}"
NO_GRACE_DN = f"cn=nograce,{POLICIES_DN}"
MAX_AGE_DAYS = 90
MOMENT = "%Y%m%d%H%M%SZ"
OPTIONS = "moduleload ppolicy\n"
EXTRA = f'overlay ppolicy\nppolicy_default "{STRICT_DN}"\nppolicy_use_lockout\n'
ACCESS = "access to attrs=userPassword by self =xw by anonymous auth by * none\n"


def _policy(name: str, grace: int) -> tuple[str, dict[str, Any]]:
    return f"cn={name},{POLICIES_DN}", {
        "objectClass": ["device", "pwdPolicy"],
        "cn": name,
        "pwdAttribute": "userPassword",
        "pwdMaxAge": str(MAX_AGE_DAYS * 86400),
        "pwdExpireWarning": str(14 * 86400),
        "pwdGraceAuthNLimit": str(grace),
        "pwdMaxFailure": "5",
        "pwdLockout": "TRUE",
        "pwdLockoutDuration": "0",
        "pwdMinLength": "10",
        "pwdCheckQuality": "2",
        "pwdInHistory": "3",
        "pwdMustChange": "TRUE",
    }


def policy_entries(now: dt.datetime) -> list[tuple[str, dict[str, Any]]]:
    """The people, by login: fine, expiring (in five days), grace (two sign-ins left), expired,
    mustchange, locked, gone (disabled)."""

    def changed(days_ago: int) -> str:
        return (now - dt.timedelta(days=days_ago)).strftime(MOMENT)

    def person(login: str, days_ago: int, **more: Any) -> tuple[str, dict[str, Any]]:
        return person_entry(
            login, f"张三{login}", PROVINCE_DN, pwdChangedTime=changed(days_ago), **more
        )

    return [
        *suffix_entries(),
        (POLICIES_DN, {"objectClass": "organizationalUnit", "ou": "policies"}),
        _policy("strict", 2),
        _policy("nograce", 0),
        unit_entry("省局", "530000"),
        person("fine", 1),
        person("expiring", MAX_AGE_DAYS - 5),
        person("grace", MAX_AGE_DAYS + 10),
        person("expired", MAX_AGE_DAYS + 10, pwdPolicySubentry=NO_GRACE_DN),
        person("mustchange", 1, pwdReset="TRUE"),
        person("locked", 1, pwdAccountLockedTime=changed(0)),
        person("gone", 1, employeeType="disabled"),
    ]


@contextlib.contextmanager
def running_policy_slapd(folder: Path, now: dt.datetime) -> Iterator[Slapd]:
    """A started server with the policy overlay and its people."""
    content = ldif(policy_entries(now))
    with running_slapd(folder, content, options=OPTIONS, access=ACCESS, extra=EXTRA) as server:
        yield server
