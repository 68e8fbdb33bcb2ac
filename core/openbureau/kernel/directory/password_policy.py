"""What a directory says about a password, besides right or wrong.

OpenLDAP and 389 answer with a control (draft-behera-ldap-password-policy, section 6.2), which
the client library hands over as it came; Active Directory hides a number in the message of
a refused bind.
"""

import re
from dataclasses import dataclass
from typing import Literal

POLICY_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"

BindState = Literal[
    "",
    "expired",
    "locked",
    "must-change",
    "disabled",
    "account-expired",
    "not-now",
]
ChangeRefusal = Literal[
    "not-allowed",
    "needs-old",
    "too-weak",
    "too-short",
    "too-young",
    "used-before",
    "too-long",
]

_SEQUENCE, _WARNING, _ERROR = 0x30, 0xA0, 0x81
_EXPIRES_IN, _GRACE = 0x80, 0x81
_STATES: dict[int, BindState] = {0: "expired", 1: "locked", 2: "must-change"}
_REFUSALS: dict[int, ChangeRefusal] = {
    3: "not-allowed",
    4: "needs-old",
    5: "too-weak",
    6: "too-short",
    7: "too-young",
    8: "used-before",
    9: "too-long",
}
# The number after `data` in Active Directory's message of a refused bind; 52e and 525 are a
# wrong password and an unknown person, and say nothing more.
_AD_STATES: dict[str, BindState] = {
    "530": "not-now",
    "531": "not-now",
    "532": "expired",
    "533": "disabled",
    "701": "account-expired",
    "773": "must-change",
    "775": "locked",
}
_AD_CODE = re.compile(r"\bdata ([0-9a-f]{3,4})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """What came with a bind: a state, sign-ins left with an expired password, seconds until
    it expires, why a new password was refused. Nothing is said by the empty answer."""

    state: BindState = ""
    refusal: ChangeRefusal | Literal[""] = ""
    grace_left: int | None = None
    expires_in_s: int | None = None


NOTHING_SAID = PolicyAnswer()


def policy_answer(value: bytes) -> PolicyAnswer:
    """The meaning of the control's value. Raises ValueError: it is no such value."""
    warning, error = b"", None
    tag, body, rest = _element(value)
    if tag != _SEQUENCE or rest:
        raise ValueError("a password policy answer is one sequence")
    while body:
        tag, content, body = _element(body)
        if tag == _WARNING:
            warning = content
        elif tag == _ERROR:
            error = int.from_bytes(content, "big")
    grace_left = expires_in_s = None
    if warning:
        tag, content, _ = _element(warning)
        number = int.from_bytes(content, "big")
        expires_in_s, grace_left = (number, None) if tag == _EXPIRES_IN else (None, number)
    return PolicyAnswer(
        state=_STATES.get(-1 if error is None else error, ""),
        refusal=_REFUSALS.get(-1 if error is None else error, ""),
        grace_left=grace_left,
        expires_in_s=expires_in_s,
    )


def _element(value: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first BER element, and what follows it."""
    if len(value) < 2:
        raise ValueError("cut short")
    tag, length, start = value[0], value[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(value[2:start], "big")
    if start + length > len(value):
        raise ValueError("cut short")
    return tag, value[start : start + length], value[start + length :]


def active_directory_state(message: str) -> BindState:
    """The state a refused bind's message tells; empty for a wrong password."""
    found = _AD_CODE.search(message)
    return _AD_STATES.get(found[1].lower(), "") if found else ""
