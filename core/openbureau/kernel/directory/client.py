"""Talking to a directory server. With `binding`, the only module that knows the client library.

What the library leaves to chance is settled here: certificates are always checked,
referrals never followed, the result code of every page must be zero, and one deadline
runs outside the library and closes the socket, because the library's own timeouts start
again with every received byte.
"""

import contextlib
import ssl
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from ldap3 import BASE, NONE, SIMPLE, SUBTREE, SYNC, Connection, Server, Tls
from ldap3.core.exceptions import (
    LDAPException,
    LDAPInvalidFilterError,
    LDAPObjectClassError,
    LDAPStartTLSError,
)
from ldap3.operation.search import parse_filter
from ldap3.utils.conv import escape_filter_chars

from openbureau.kernel.directory.config import (
    DirectoryConfig,
    address,
    is_start_tls,
)
from openbureau.kernel.directory.deadline import Deadline, Fault
from openbureau.kernel.directory.decoding import (
    LOGIN_LENGTH,
    Attributes,
    RawEntry,
)
from openbureau.kernel.directory.profiles import Profile

PAGE_SIZE = 500
CONNECT_TIMEOUT_S = 3
RECEIVE_TIMEOUT_S = 3
PASSWORD_MAX_BYTES = 1024

_PAGING = "1.2.840.113556.1.4.319"
_RESULTS = {
    3: "time-limit",
    4: "size-limit",
    9: "referral",
    10: "referral",
    11: "admin-limit",
    12: "refused",
    32: "wrong-base",
    34: "wrong-base",
    49: "refused-credentials",
    50: "refused",
    51: "busy",
    52: "unavailable",
    53: "refused",
}


class _CheckedTls(Tls):  # type: ignore[misc]
    """Certificate, host name and dates checked by OpenSSL, with the deadline on the socket."""

    def __init__(self, config: DirectoryConfig, deadline: Deadline) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._ca_file = config.ca_file
        self._ca_certificate = config.ca_certificate
        self._deadline = deadline

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        self._deadline.watch(connection.socket)
        try:
            context = ssl.create_default_context(
                cafile=self._ca_file or None, cadata=self._ca_certificate or None
            )
            connection.socket = context.wrap_socket(
                connection.socket, server_hostname=connection.server.host
            )
        except (ssl.SSLCertVerificationError, FileNotFoundError):
            self._deadline.is_certificate_refused = True
            raise


def is_usable(login: str, password: str) -> bool:
    """Whether both may be sent to a server at all: not empty (an empty password binds
    anonymously on some servers), no NUL, no lone surrogate, not oversized; a login name
    without control characters, which directories ignore when they compare."""
    return (
        login.isprintable()
        and is_sendable(login, LOGIN_LENGTH)
        and is_sendable(password, PASSWORD_MAX_BYTES)
    )


def is_sendable(typed: str, max_bytes: int) -> bool:
    """Whether a text may be sent at all: not empty, no NUL, no lone surrogate, not oversized."""
    try:
        size = len(typed.encode("utf-8"))
    except UnicodeEncodeError:
        return False
    return 0 < size <= max_bytes and "\0" not in typed


def pages(
    connection: Any,
    base: str,
    wanted: str,
    attributes: Sequence[str],
    deadline: Deadline,
    harmless: Sequence[str] | None,
) -> Iterator[RawEntry]:
    """Every entry below the base that the filter `wanted` finds, in pages of 500.

    Raises Fault: a page did not end with result code zero, or an answer refers elsewhere.
    """
    cookie: bytes | None = None
    while True:
        connection.search(
            base,
            wanted,
            SUBTREE,
            attributes=list(attributes),
            time_limit=int(deadline.remaining_s) + 1,
            paged_size=PAGE_SIZE,
            paged_criticality=True,
            paged_cookie=cookie,
        )
        if connection.result["result"] != 0:
            raise result_fault(connection.result)
        yield from entries_of(connection.response, harmless)
        control = (connection.result.get("controls") or {}).get(_PAGING)
        if control is None:
            raise Fault("bad-answer", "no paging control")
        cookie = control["value"]["cookie"]
        if not cookie:
            return


def whole_values(
    connection: Any, dn: str, attributes: Attributes, deadline: Deadline
) -> Attributes:
    """The attributes with every value. Active Directory gives 1,500 values of an attribute and
    says so only in its name (`member;range=0-1499`). Raises Fault: the rest was not given.
    """
    cut = next((name for name in attributes if ";range=" in name), None)
    if cut is None:
        return attributes
    name = cut.partition(";")[0]
    values = list(attributes[cut])
    while not cut.endswith("*"):
        asked = f"{name};range={len(values)}-*"
        connection.search(
            dn,
            "(objectClass=*)",
            BASE,
            attributes=[asked],
            time_limit=int(deadline.remaining_s) + 1,
        )
        if connection.result["result"] != 0:
            raise result_fault(connection.result)
        found = dict(next((more for _, more in entries_of(connection.response, None)), {}))
        cut = next((key for key in found if key.startswith(f"{name};range=")), "")
        if not cut or not found[cut]:
            raise Fault("bad-answer", asked)
        values += found[cut]
    return {**attributes, name: values}


def identity_filter(external_ids: Sequence[str], profile: Profile) -> str:
    """The filter that finds entries by their stable ids."""
    values = (
        "".join(f"\\{byte:02x}" for byte in uuid.UUID(each).bytes_le)
        if profile.is_identity_guid
        else escape_filter_chars(each)
        for each in external_ids
    )
    return "(|{})".format("".join(f"({profile.identity}={value})" for value in values))


def is_authority(text: str) -> bool:
    """Whether a text holds certificates of an authority (PEM)."""
    try:
        return text.isascii() and bool(ssl.create_default_context(cadata=text).get_ca_certs())
    except (ssl.SSLError, ValueError):
        return False


def is_filter(text: str) -> bool:
    """Whether a search filter can be understood (RFC 4515)."""
    try:
        parse_filter(text, None, True, True, None, False)
    except LDAPException:
        return False
    return True


def entries_of(response: Any, harmless: Sequence[str] | None) -> Iterator[RawEntry]:
    """The entries of an answer. Raises Fault: it refers to another server, `harmless` parts
    of addresses aside; None is not to look at that."""
    for answer in response or ():
        if answer["type"] == "searchResEntry":
            yield answer["dn"], answer["raw_attributes"]
        elif answer["type"] == "searchResRef" and harmless is not None:
            for uri in answer["uri"]:
                if not any(part in uri for part in harmless):
                    raise Fault("referral", uri)


@contextlib.contextmanager
def searcher(config: DirectoryConfig, deadline: Deadline) -> Iterator[Any]:
    """A connection signed in with the search account."""
    if not config.bind_dn or not is_sendable(config.password, PASSWORD_MAX_BYTES):
        raise Fault("no-search-account")
    with opened(config, deadline) as connection:
        bind_as(connection, config.bind_dn, config.password)
        yield connection


@contextlib.contextmanager
def opened(config: DirectoryConfig, deadline: Deadline) -> Iterator[Any]:
    """An open connection, encrypted where it must be; nothing secret was sent yet."""
    scheme, host, port = address(config.url)
    server = Server(
        host,
        port=port,
        use_ssl=scheme == "ldaps",
        tls=_CheckedTls(config, deadline),
        get_info=NONE,
        connect_timeout=min(CONNECT_TIMEOUT_S, deadline.remaining_s),
    )
    connection = Connection(
        server,
        authentication=SIMPLE,
        user="-",
        password="-",  # noqa: S106 - never sent: `bind_as` puts the real pair in
        client_strategy=SYNC,
        auto_referrals=False,
        check_names=False,
        auto_escape=False,
        return_empty_attributes=False,
        receive_timeout=RECEIVE_TIMEOUT_S,
    )
    try:
        connection.open(read_server_info=False)
        if scheme == "ldap":
            deadline.watch(connection.socket)
            if is_start_tls(config):
                connection.start_tls(read_server_info=False)
        yield connection
    finally:
        with contextlib.suppress(LDAPException, OSError, AttributeError):
            connection.unbind()
        # A connection that never opened keeps its socket otherwise.
        if connection.socket is not None:
            connection.socket.close()


def bind_as(connection: Any, dn: str, password: str, controls: Any = None) -> None:
    """Signs in on an open connection. Raises Fault: the server did not take the pair."""
    connection.user = dn
    connection.password = password
    is_bound = connection.bind(read_server_info=False, controls=controls)
    if connection.result["result"] != 0:
        raise result_fault(connection.result)
    if not is_bound or not connection.bound:
        raise Fault("refused-credentials")


def result_fault(result: Any) -> Fault:
    """The fault a result code other than zero means."""
    code = result["result"]
    return Fault(_RESULTS.get(code, "bad-answer"), f"{code} {result.get('description', '')}")


def explained(fault: Exception, deadline: Deadline) -> Fault:
    """What an error of the library or the network means."""
    detail = f"{type(fault).__name__}: {fault}"[:300]
    if isinstance(fault, Fault):
        return fault
    if deadline.is_certificate_refused:
        return Fault("untrusted-certificate", detail)
    if deadline.has_passed or isinstance(fault, TimeoutError | BlockingIOError):
        return Fault("timed-out", detail)
    if isinstance(fault, LDAPStartTLSError):
        return Fault("no-tls", detail)
    if isinstance(fault, LDAPInvalidFilterError | LDAPObjectClassError):
        return Fault("bad-filter", detail)
    kind = type(fault).__name__
    if "SocketOpen" in kind:
        return Fault("unreachable", detail)
    is_cut = any(word in kind for word in ("Socket", "Terminated", "Response"))
    return Fault("cut-off" if is_cut else "bad-answer", detail)
