"""Where a directory is, and what a sign-in against it can end in."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from openbureau.base.settings import Settings
from openbureau.kernel.directory.deadline import Fault
from openbureau.kernel.directory.profiles import (
    AS_THE_PROFILE,
    PROFILES,
    Mapping,
    Profile,
    ProfileName,
    mapped_profile,
)

READ_DEADLINE_S = 120.0
_OUTAGES = frozenset({"unreachable", "timed-out", "cut-off", "busy", "unavailable", "bad-answer"})

SignInReason = Literal[
    "ok",
    "refused-input",
    "wrong",
    "ambiguous",
    "disabled",
    "expired",
    "locked",
    "must-change",
    "account-expired",
    "not-now",
    "fault",
]
ChangeReason = Literal[
    "ok",
    "refused-input",
    "wrong",
    "expired",
    "not-allowed",
    "needs-old",
    "too-weak",
    "too-short",
    "too-young",
    "used-before",
    "too-long",
    "fault",
]


@dataclass(frozen=True, slots=True)
class DirectoryConfig:
    """Where the directory is and who reads it.

    `ldap://` is encrypted by StartTLS unless the host is this machine (and no CA file is
    given) or `is_insecure` says so. `deadline_s` bounds a whole read. `ca_certificate` is the
    authority as text, `ca_file` as a file. `mapping` is what differs from the profile.
    """

    url: str
    bind_dn: str
    password: str = field(repr=False)
    base: str
    profile: ProfileName = "openldap"
    ca_file: str = ""
    is_insecure: bool = False
    deadline_s: float = READ_DEADLINE_S
    ca_certificate: str = ""
    mapping: Mapping = AS_THE_PROFILE
    reads_photos: bool = False
    reads_groups: bool = False

    @property
    def layout(self) -> Profile:
        """Which attribute means what in this directory."""
        return mapped_profile(PROFILES[self.profile], self.mapping)


@dataclass(frozen=True, slots=True)
class BindResult:
    """Whether a person proved to be who they say, and whose entry it is.

    `external_id` is the stable identity to find the account by: never use the login name
    for that. `fault` is a key of `reasons.REASONS` when `reason` is `fault`.

    An accepted password may have to be changed first (`must_change`); `grace_left` sign-ins
    are left with one that has expired, or `expires_in_s` seconds until it does. The reasons
    from `disabled` on are only given for the right password; `locked` whenever the server
    says so.
    """

    reason: SignInReason
    external_id: str = ""
    dn: str = ""
    fault: str = ""
    must_change: bool = False
    grace_left: int | None = None
    expires_in_s: int | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the directory accepted the password."""
        return self.reason == "ok"

    @property
    def is_unavailable(self) -> bool:
        """Whether the password could not be tried, right or wrong."""
        return self.reason == "fault"


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """Whether the directory took a new password, or why not."""

    reason: ChangeReason
    fault: str = ""


def is_outage(reason: str, fault: str) -> bool:
    """Whether the directory itself failed, so that the next attempt would too."""
    return reason == "fault" and fault in _OUTAGES


def address(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a directory URL. Raises Fault: it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise Fault("bad-url") from fault
    if parts.scheme not in {"ldap", "ldaps"} or not parts.hostname:
        raise Fault("bad-url")
    return parts.scheme, parts.hostname, port or (636 if parts.scheme == "ldaps" else 389)


def is_start_tls(config: DirectoryConfig) -> bool:
    """Whether an `ldap://` connection turns to encryption before the first password."""
    if config.ca_file or config.ca_certificate:
        return True
    host = urlsplit(config.url).hostname or ""
    return not (config.is_insecure or host == "localhost" or _is_loopback(host))


def is_encrypted(config: DirectoryConfig) -> bool:
    """Whether nobody on the way can read what is sent."""
    return config.url.startswith("ldaps://") or is_start_tls(config)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def directory_config(settings: Settings) -> DirectoryConfig:
    """The installation's directory as its settings name it.

    A password file that cannot be read gives an empty password, which no server is asked
    to accept: the attempt then ends as a fault.
    """
    try:
        password = read_password(Path(settings.ldap_password_file))
    except OSError:
        password = ""
    return DirectoryConfig(
        url=settings.ldap_url,
        bind_dn=settings.ldap_bind_dn,
        password=password,
        base=settings.ldap_base,
        profile=settings.ldap_profile,
        ca_file=settings.ldap_ca_file,
    )


def read_password(path: Path) -> str:
    """The first line of a password file. Raises OSError: it cannot be read."""
    return path.read_text("utf-8", "surrogateescape").partition("\n")[0].rstrip("\r")
