"""Trying a person's password at a directory, and changing it there.

What the server says about the password besides right or wrong is handed on only where the
password was right; a wrong one is wrong, and nothing more.
"""

from collections.abc import Sequence
from typing import Any

from ldap3 import BASE, MODIFY_ADD, MODIFY_DELETE, SUBTREE
from ldap3.utils.conv import escape_filter_chars

from openbureau.kernel.directory.client import (
    PASSWORD_MAX_BYTES,
    bind_as,
    entries_of,
    explained,
    is_sendable,
    is_usable,
    opened,
    result_fault,
    searcher,
)
from openbureau.kernel.directory.config import (
    BindResult,
    ChangeReason,
    ChangeResult,
    DirectoryConfig,
    SignInReason,
    is_encrypted,
)
from openbureau.kernel.directory.deadline import Deadline, Fault
from openbureau.kernel.directory.decoding import RawEntry, dn_key, identity, is_disabled
from openbureau.kernel.directory.locking import policies, shortest_password
from openbureau.kernel.directory.password_policy import (
    NOTHING_SAID,
    POLICY_CONTROL,
    PolicyAnswer,
    active_directory_state,
    policy_answer,
)
from openbureau.kernel.directory.profiles import Profile

PROTOCOL_ERROR = 2
SIGN_IN_DEADLINE_S = 5.0
# The library needs a moment to notice a closed socket; the caller's limit is the round figure.
SIGN_IN_MARGIN_S = 0.3
_ASKING = [(POLICY_CONTROL, False, None)]
# States in which a server refuses the right password.
_REFUSED_STATES: dict[str, SignInReason] = {
    "expired": "expired",
    "locked": "locked",
    "must-change": "must-change",
    "disabled": "disabled",
    "account-expired": "account-expired",
    "not-now": "not-now",
}


def bind(
    config: DirectoryConfig, login: str, password: str, deadline_s: float = SIGN_IN_DEADLINE_S
) -> BindResult:
    """Whether this login name and password belong to exactly one person of the directory.

    The entry is searched with the search account, the password tried on a connection of
    its own, and the server asked who it takes us for. Answers within `deadline_s`, never
    raises. Unusable names and passwords are refused before any network.
    """
    if not is_usable(login, password):
        return BindResult("refused-input")
    deadline = Deadline(deadline_s - SIGN_IN_MARGIN_S)
    try:
        with deadline:
            return _bind(config, login, password, deadline)
    except Exception as fault:  # noqa: BLE001 - an unknown fault is not a proof of identity
        return BindResult("fault", fault=explained(fault, deadline).reason)


def change_password(
    config: DirectoryConfig,
    login: str,
    former: str,
    wanted: str,
    deadline_s: float = SIGN_IN_DEADLINE_S,
) -> ChangeResult:
    """Changes a person's password in the directory, proved by the former one.

    The server's own rules decide whether the new one will do. Answers within `deadline_s`,
    never raises. Source: RFC 3062; for Active Directory, MS-ADTS 3.1.1.3.1.5.
    """
    if not is_usable(login, former) or not is_sendable(wanted, PASSWORD_MAX_BYTES):
        return ChangeResult("refused-input")
    deadline = Deadline(deadline_s - SIGN_IN_MARGIN_S)
    try:
        with deadline:
            found = people_of(config, login, deadline)
            if len(found) != 1:
                return ChangeResult("wrong")
            change = _changed_in_ad if config.profile == "ad" else _changed
            return change(config, found[0][0], former, wanted, deadline)
    except Exception as fault:  # noqa: BLE001 - an unknown fault is no change
        return ChangeResult("fault", explained(fault, deadline).reason)


def _changed(
    config: DirectoryConfig, dn: str, former: str, wanted: str, deadline: Deadline
) -> ChangeResult:
    """One attempt with the former password proves the person; it may be their last.

    What the server is known to refuse is refused before it. Where the former password has
    expired it is proved all the same, and the search account changes it if it may.
    """
    profile = config.layout
    with searcher(config, deadline) as connection:
        if len(wanted) < shortest_password(policies(connection, config.base)):
            return ChangeResult("too-short")
    with opened(config, deadline) as connection:
        answer = _tried(connection, dn, former, profile)
        if answer is None or answer.state == "locked":
            return ChangeResult("wrong")
        if connection.result["result"] == 0:
            return _taken(connection, dn, former, wanted, profile)
    if answer.state != "expired":
        return ChangeResult("not-allowed")
    with searcher(config, deadline) as connection:
        change = _taken(connection, dn, former, wanted, profile)
    return ChangeResult("expired") if change.reason == "not-allowed" else change


def _taken(connection: Any, dn: str, former: str, wanted: str, profile: Profile) -> ChangeResult:
    connection.extend.standard.modify_password(dn, former, wanted, controls=_ASKING)
    if connection.result["result"] == 0:
        return ChangeResult("ok")
    return _refusal(connection.result["result"], _policy_of(connection, profile).refusal)


def _changed_in_ad(
    config: DirectoryConfig, dn: str, former: str, wanted: str, deadline: Deadline
) -> ChangeResult:
    """The search account sends both: who must change cannot sign in to do it, and the server
    compares the former one."""
    if not is_encrypted(config):
        raise Fault("no-tls")
    with searcher(config, deadline) as connection:
        changes = [(MODIFY_DELETE, [_quoted(former)]), (MODIFY_ADD, [_quoted(wanted)])]
        connection.modify(dn, {"unicodePwd": changes})
        code, message = connection.result["result"], str(connection.result.get("message", ""))
        if code == 19 and "00000056" in message:  # ERROR_INVALID_PASSWORD: the former one
            return ChangeResult("wrong")
        return ChangeResult("ok") if code == 0 else _refusal(code, "")


def _quoted(password: str) -> bytes:
    return f'"{password}"'.encode("utf-16-le")


def _refusal(code: int, refused: str) -> ChangeResult:
    """Why the server did not take it: its policy's words, or the result code alone."""
    if refused:
        reason: ChangeReason = refused  # type: ignore[assignment]
        return ChangeResult(reason)
    if code == 19:  # constraintViolation
        return ChangeResult("too-weak")
    if code in {50, 53}:
        return ChangeResult("not-allowed")
    raise result_fault({"result": code})


def _bind(config: DirectoryConfig, login: str, password: str, deadline: Deadline) -> BindResult:
    profile = config.layout
    found = people_of(config, login, deadline)
    if len(found) != 1:
        return BindResult("ambiguous" if found else "wrong")
    dn, attributes = found[0]
    external_id = identity(attributes, profile)
    if not dn or not external_id:
        raise Fault("no-identity", dn)
    with opened(config, deadline) as connection:
        answer = _tried(connection, dn, password, profile)
        if answer is None:
            return BindResult("wrong")
        if connection.result["result"] != 0:
            return BindResult(_REFUSED_STATES[answer.state], external_id, dn)
        # Who has to change the password first may ask nothing else, not even this.
        if answer.state != "must-change" and not _is_whom(connection, dn, login, profile):
            return BindResult("wrong")
    if is_disabled(attributes, profile):
        return BindResult("disabled", external_id, dn)
    _ = deadline.remaining_s
    return BindResult(
        "ok",
        external_id,
        dn,
        must_change=answer.state == "must-change",
        grace_left=answer.grace_left,
        expires_in_s=answer.expires_in_s,
    )


def _tried(connection: Any, dn: str, password: str, profile: Profile) -> PolicyAnswer | None:
    """What the server says to a password; None: it is wrong. Raises Fault: it says neither."""
    try:
        bind_as(connection, dn, password, [(POLICY_CONTROL, False, None)])
    except Fault as fault:
        if fault.reason != "refused-credentials":
            raise
        answer = _policy_of(connection, profile)
        return answer if answer.state in _REFUSED_STATES else None
    return _policy_of(connection, profile)


def _policy_of(connection: Any, profile: Profile) -> PolicyAnswer:
    """What the last answer says about the password. Unreadable, it says nothing."""
    if profile.name == "ad" and connection.result["result"] != 0:
        return PolicyAnswer(active_directory_state(str(connection.result.get("message", ""))))
    control = (connection.result.get("controls") or {}).get(POLICY_CONTROL)
    if control is None:
        return NOTHING_SAID
    try:
        return policy_answer(bytes(control["value"] or b""))
    except (ValueError, TypeError):
        return NOTHING_SAID


def people_of(
    config: DirectoryConfig, login: str, deadline: Deadline, attributes: Sequence[str] = ()
) -> list[RawEntry]:
    """The people of this login name, as the search account sees them; two stand for several.
    Without `attributes` their identity and state alone. Raises Fault: no answer."""
    profile = config.layout
    wanted = f"(&{profile.person_filter}({profile.login}={escape_filter_chars(login)}))"
    with searcher(config, deadline) as connection:
        connection.search(
            config.base,
            wanted,
            SUBTREE,
            attributes=list(attributes) or [profile.identity, *profile.state_attributes],
            size_limit=2,
        )
        found = list(entries_of(connection.response, None))
        # A second hit makes the name ambiguous: the limit itself is no fault here.
        if connection.result["result"] not in (0, 4):
            raise result_fault(connection.result)
    return found


def _is_whom(connection: Any, dn: str, login: str, profile: Profile) -> bool:
    answer = connection.extend.standard.who_am_i() or ""
    if connection.result["result"] == PROTOCOL_ERROR and profile.name == "ad":
        # Samba's controller does not know the question; strangers may read nothing there.
        return _may_read_itself(connection, dn, profile)
    if connection.result["result"] != 0:
        raise result_fault(connection.result)
    kind, _, name = answer.partition(":")
    if kind == "dn":
        return dn_key(name) == dn_key(dn)
    return (
        profile.name == "ad"
        and kind == "u"
        and name.rpartition("\\")[2].casefold() == login.casefold()
    )


def _may_read_itself(connection: Any, dn: str, profile: Profile) -> bool:
    connection.search(dn, "(objectClass=*)", BASE, attributes=[profile.identity])
    found = [name for name, _ in entries_of(connection.response, None)]
    return connection.result["result"] == 0 and [dn_key(name) for name in found] == [dn_key(dn)]
