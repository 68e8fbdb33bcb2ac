"""What a directory itself says about locking accounts and about passwords, where the search
account may read it.

OpenLDAP and 389 keep it in policy entries (draft-behera-ldap-password-policy, section 5.2),
Active Directory on the domain's own entry (MS-ADA1, lockoutThreshold).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ldap3 import BASE, SUBTREE

from openbureau.kernel.directory.client import entries_of, searcher
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.deadline import Deadline

DEADLINE_S = 5.0
POLICIES = 50
TICKS_PER_MIN = 600_000_000
FEWEST = 3
_POLICY = ("pwdLockout", "pwdMaxFailure", "pwdFailureCountInterval", "pwdMinLength")
_DOMAIN = ("lockoutThreshold", "lockOutObservationWindow")


@dataclass(frozen=True, slots=True)
class FoundRule:
    """After how many wrong passwords an account is locked (0: never), and how many minutes they
    are remembered (0: until a right one)."""

    after: int
    window_min: int


def found_rule(config: DirectoryConfig) -> FoundRule | None:
    """The strictest rule of the directory's policies; None: none can be read. Never raises."""
    deadline = Deadline(DEADLINE_S)
    try:
        with deadline, searcher(config, deadline) as connection:
            if config.profile == "ad":
                return _domain_rule(connection, config.base)
            return _strictest(policies(connection, config.base))
    except Exception:  # noqa: BLE001 - whatever a server or the library does, there is no rule
        return None


def policies(connection: Any, base: str) -> Sequence[Mapping[str, Any]]:
    """The password policies below a base, as raw attributes; empty: none can be read."""
    connection.search(
        base, "(objectClass=pwdPolicy)", SUBTREE, attributes=list(_POLICY), size_limit=POLICIES
    )
    if connection.result["result"] != 0:
        return []
    return [attributes for _, attributes in entries_of(connection.response, None)]


def shortest_password(found: Sequence[Mapping[str, Any]]) -> int:
    """Fewest characters that any of these policies takes; 0: it is not known."""
    return min((_number(policy, "pwdMinLength") for policy in found), default=0)


def _strictest(found: Sequence[Mapping[str, Any]]) -> FoundRule | None:
    if not found:
        return None
    locking = [p for p in found if _text(p, "pwdLockout") == "TRUE" and _number(p, "pwdMaxFailure")]
    windows_s = [_number(policy, "pwdFailureCountInterval") for policy in locking]
    if not locking:
        return FoundRule(0, 0)
    after = max(FEWEST, min(_number(policy, "pwdMaxFailure") for policy in locking))
    return FoundRule(after, 0 if 0 in windows_s else -(-max(windows_s) // 60))


def _domain_rule(connection: Any, base: str) -> FoundRule | None:
    connection.search(base, "(objectClass=domainDNS)", BASE, attributes=list(_DOMAIN))
    found = [attributes for _, attributes in entries_of(connection.response, None)]
    if connection.result["result"] != 0 or not found or not found[0].get("lockoutThreshold"):
        return None
    after = _number(found[0], "lockoutThreshold")
    window_min = -(-abs(_number(found[0], "lockOutObservationWindow")) // TICKS_PER_MIN)
    return FoundRule(max(FEWEST, after) if after else 0, window_min)


def _text(attributes: Mapping[str, Any], name: str) -> str:
    values = attributes.get(name) or [b""]
    return bytes(values[0]).decode("ascii", "replace").upper()


def _number(attributes: Mapping[str, Any], name: str) -> int:
    try:
        return int(_text(attributes, name) or 0)
    except ValueError:
        return 0
