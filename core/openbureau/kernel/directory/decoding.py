"""What raw attributes mean: text, names, identities. Pure: bytes in, no network.

The client library's own conversions are not used: they change type with the schema, and
one bad value would fail the whole read.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache

from openbureau.kernel.directory.profiles import Profile

Attributes = Mapping[str, Sequence[bytes]]
RawEntry = tuple[str, Attributes]

CODE = re.compile(r"(?=.*[0-9])[0-9A-Za-z][0-9A-Za-z._-]{2,31}")
LOGIN_LENGTH = 100
AD_DISABLED_BIT = 2
LOCKED_FOR_GOOD = b"000001010000Z"

_FIRST_PART = re.compile(r"(?:[^\\,]|\\.)*")
_ESCAPE = re.compile(rb"\\(?:([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_PRIVATE_USE = range(0xE000, 0xF900)


class Unreadable(ValueError):
    """A value is not text, or holds control characters."""


@lru_cache(maxsize=4096)
def text(value: bytes) -> str:
    """A value as text with its white space reduced to single spaces.

    UTF-8 as the standard demands; GB18030 where the bytes are plain Chinese in it, as
    some old directories send.
    Raises Unreadable: neither, or with control or direction-changing characters.
    """
    try:
        decoded = value.decode("utf-8")
    except UnicodeDecodeError:
        decoded = _chinese(value)
    decoded = " ".join(decoded.split())
    # Rare names live in the private use area on old systems; it counts as printable here.
    if not all(c.isprintable() or ord(c) in _PRIVATE_USE for c in decoded):
        raise Unreadable
    return decoded


def _chinese(value: bytes) -> str:
    try:
        decoded = value.decode("gb18030")
    except UnicodeDecodeError as fault:
        raise Unreadable from fault
    if not all(" " <= c <= "~" or "\u4e00" <= c <= "\u9fff" for c in decoded):
        raise Unreadable
    return decoded


def parent_dn(dn: str) -> str:
    """The name of the entry above; empty at the top."""
    match = _FIRST_PART.match(dn)
    return dn[match.end() + 1 :].lstrip() if match else ""


@lru_cache(maxsize=4096)
def dn_key(dn: str) -> str:
    """A form in which two spellings of one DN are equal: case, blanks, escapes."""
    parts = []
    rest = dn
    while rest:
        match = _FIRST_PART.match(rest)
        first = match.group(0) if match else rest
        parts.append(_unescaped(first.strip()))
        rest = rest[len(first) + 1 :]
    return "\0".join(parts)


def _unescaped(part: str) -> str:
    kind, _, value = part.partition("=")
    raw = _ESCAPE.sub(
        lambda m: bytes.fromhex(m[1].decode()) if m[1] else m[2],
        value.strip().encode("utf-8", "surrogateescape"),
    )
    return f"{kind.strip()}={raw.decode('utf-8', 'replace')}".casefold()


def identity(attributes: Attributes, profile: Profile) -> str:
    """The stable id in lower case, or an empty string when the entry shows none."""
    values = attributes.get(profile.identity) or ()
    if len(values) != 1:
        return ""
    try:
        if profile.is_identity_guid:
            return str(uuid.UUID(bytes_le=bytes(values[0])))
        return str(uuid.UUID(values[0].decode("ascii")))
    except ValueError:
        return ""


def is_disabled(attributes: Attributes, profile: Profile) -> bool:
    """Whether the directory says this person may not work any more."""
    if profile.name == "ad":
        flags = (attributes.get("userAccountControl") or (b"0",))[0]
        is_off = flags.isdigit() and bool(int(flags) & AD_DISABLED_BIT)
        return is_off or _says_left(attributes, profile.disabled, profile)
    if LOCKED_FOR_GOOD in (attributes.get("pwdAccountLockedTime") or ()):
        return True
    if _says_left(attributes, profile.disabled, profile):
        return True
    if any(value.upper() == b"TRUE" for value in attributes.get("nsAccountLock") or ()):
        return True
    return _says_left(attributes, ("employeeType",), profile)


def _says_left(attributes: Attributes, names: Sequence[str], profile: Profile) -> bool:
    values = (value for name in names for value in attributes.get(name) or ())
    words = (value.decode("utf-8", "replace").strip().lower() for value in values)
    return any(word in profile.disabled_words or word == "true" for word in words)


def unit_places(
    raw_units: Sequence[tuple[str, str, Attributes]], profile: Profile
) -> dict[str, str]:
    """Stable id of each unit by its DN's key, without mere containers at the top
    (`ou=people`): they are drawers of the directory, not units of the bureau."""
    places = {dn_key(dn): external_id for external_id, dn, _ in raw_units}
    for _, dn, attributes in sorted(raw_units, key=lambda raw: len(dn_key(raw[1]).split("\0"))):
        names = {lenient(value).casefold() for value in attributes.get("ou") or ()}
        has_code = any(CODE.fullmatch(lenient(v)) for v in attributes.get(profile.unit_code[0], ()))
        if (
            names & profile.containers
            and not has_code
            and unit_above(parent_dn(dn), places) is None
        ):
            del places[dn_key(dn)]
    return places


def unit_above(dn: str, places: Mapping[str, str]) -> str | None:
    """Stable id of the nearest unit at this name or above it."""
    while dn:
        found = places.get(dn_key(dn))
        if found is not None:
            return found
        dn = parent_dn(dn)
    return None


def lenient(value: bytes) -> str:
    """A value as text; empty when it is none."""
    try:
        return text(value)
    except Unreadable:
        return ""
