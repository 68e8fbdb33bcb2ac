"""From raw attributes to a snapshot. Pure: bytes in, entries out, no network.

The client library's own conversions are not used: they change type with the schema, and
one bad value would fail the whole read.
"""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from openbureau.kernel.directory.profiles import Profile
from openbureau.kernel.directory.snapshot import Incomplete, PersonEntry, Snapshot, UnitEntry
from openbureau.kernel.units.models import KINDS

Attributes = Mapping[str, Sequence[bytes]]
RawEntry = tuple[str, Attributes]

CODE = re.compile(r"(?=.*[0-9])[0-9A-Za-z][0-9A-Za-z._-]{2,31}")
LOGIN_LENGTH = 100
LENGTHS = {
    "login": 80,
    "name": 100,
    "title": 100,
    "phone": 60,
    "mobile": 60,
    "mail": 200,
    "room": 60,
}
UNIT_NAME_LENGTH = 100
AD_DISABLED_BIT = 2
LOCKED_FOR_GOOD = b"000001010000Z"

_FIRST_PART = re.compile(r"(?:[^\\,]|\\.)*")
_ESCAPE = re.compile(rb"\\(?:([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_PRIVATE_USE = range(0xE000, 0xF900)


class Unreadable(ValueError):
    """A value is not text, or holds control characters."""


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
        return flags.isdigit() and bool(int(flags) & AD_DISABLED_BIT)
    if LOCKED_FOR_GOOD in (attributes.get("pwdAccountLockedTime") or ()):
        return True
    if any(value.upper() == b"TRUE" for value in attributes.get("nsAccountLock") or ()):
        return True
    kinds = (value.decode("utf-8", "replace") for value in attributes.get("employeeType") or ())
    return any(kind.strip().lower() in profile.disabled_words for kind in kinds)


def decoded_snapshot(entries: Iterable[RawEntry], profile: Profile) -> Snapshot | Incomplete:
    """The snapshot of a complete answer; Incomplete when an entry hides its identity."""
    raw_units: list[tuple[str, str, Attributes]] = []
    raw_people: list[tuple[str, str, Attributes]] = []
    seen: set[str] = set()
    for dn, attributes in entries:
        external_id = identity(attributes, profile)
        if not external_id:
            return Incomplete("no-identity", dn)
        if external_id in seen:
            return Incomplete("duplicate-identity", dn)
        seen.add(external_id)
        classes = {value.lower() for value in attributes.get("objectClass") or ()}
        is_unit = profile.unit_class.encode() in classes
        (raw_units if is_unit else raw_people).append((external_id, dn, attributes))
    places = _places(raw_units, profile)
    units = tuple(
        _unit(external_id, dn, attributes, places, profile)
        for external_id, dn, attributes in raw_units
        if places.get(dn_key(dn)) == external_id
    )
    people = tuple(
        _person(external_id, dn, attributes, places, profile)
        for external_id, dn, attributes in raw_people
    )
    return Snapshot(units, people)


def _places(raw_units: Sequence[tuple[str, str, Attributes]], profile: Profile) -> dict[str, str]:
    """Stable id of each unit by its DN's key, without mere containers at the top
    (`ou=people`): they are drawers of the directory, not units of the bureau."""
    places = {dn_key(dn): external_id for external_id, dn, _ in raw_units}
    for _, dn, attributes in sorted(raw_units, key=lambda raw: len(dn_key(raw[1]).split("\0"))):
        names = {_lenient(value).casefold() for value in attributes.get("ou") or ()}
        has_code = any(
            CODE.fullmatch(_lenient(v)) for v in attributes.get(profile.unit_code[0], ())
        )
        if names & profile.containers and not has_code and _above(parent_dn(dn), places) is None:
            del places[dn_key(dn)]
    return places


def _above(dn: str, places: Mapping[str, str]) -> str | None:
    while dn:
        found = places.get(dn_key(dn))
        if found is not None:
            return found
        dn = parent_dn(dn)
    return None


def _lenient(value: bytes) -> str:
    try:
        return text(value)
    except Unreadable:
        return ""


def _unit(
    external_id: str,
    dn: str,
    attributes: Attributes,
    places: Mapping[str, str],
    profile: Profile,
) -> UnitEntry:
    parent = _above(parent_dn(dn), places)
    try:
        kinds = [_lenient(value) for value in attributes.get("businessCategory") or ()]
        name = _unit_name(dn, attributes, profile)
        fault = "no-name" if not name else "too-long:ou" if len(name) > UNIT_NAME_LENGTH else ""
        return UnitEntry(
            external_id=external_id,
            dn=dn,
            parent=parent,
            code=_unit_code(attributes, profile),
            name=name,
            kind=next((kind for kind in kinds if kind in KINDS), ""),
            fault=fault,
        )
    except Unreadable:
        return UnitEntry(external_id=external_id, dn=dn, parent=parent, fault="unreadable:ou")


def _unit_code(attributes: Attributes, profile: Profile) -> str:
    for attribute in profile.unit_code:
        for value in sorted(attributes.get(attribute) or ()):
            code = _lenient(value)
            if CODE.fullmatch(code):
                return code
    return ""


def _unit_name(dn: str, attributes: Attributes, profile: Profile) -> str:
    for attribute in profile.unit_name:
        names = [text(value) for value in attributes.get(attribute) or ()]
        spoken = [name for name in names if name and not CODE.fullmatch(name)]
        if spoken:
            return _own_name(dn, spoken)
    return next(iter(sorted(text(value) for value in attributes.get("ou") or ())), "")


def _own_name(dn: str, values: Sequence[str]) -> str:
    """Of several values the one the entry is named by, else the first in order: the
    sequence of values means nothing in a directory and may differ between two reads."""
    if len(values) == 1:
        return values[0]
    own = dn_key(dn).split("\0")[0].partition("=")[2]
    return next((value for value in values if value.casefold() == own), min(values))


def _person(
    external_id: str,
    dn: str,
    attributes: Attributes,
    places: Mapping[str, str],
    profile: Profile,
) -> PersonEntry:
    fields: dict[str, Any] = {}
    fault = ""
    for field, attribute in (
        ("login", profile.login),
        ("title", profile.title),
        ("phone", profile.phone),
        ("mobile", profile.mobile),
        ("mail", profile.mail),
        ("room", profile.room),
    ):
        try:
            values = [each for each in map(text, attributes.get(attribute) or ()) if each]
        except Unreadable:
            fault = fault or f"unreadable:{attribute}"
            continue
        fields[field] = _own_name(dn, values) if values else ""
    # Login names are compared without case everywhere; one spelling is stored.
    fields["login"] = fields.get("login", "").lower()
    try:
        fields["name"] = _person_name(dn, attributes, profile)
    except Unreadable:
        fault = fault or f"unreadable:{profile.person_name[0]}"
    return PersonEntry(
        external_id=external_id,
        dn=dn,
        unit=_above(parent_dn(dn), places),
        is_disabled=is_disabled(attributes, profile),
        fault=fault or _field_fault(fields),
        **fields,
    )


def _field_fault(fields: Mapping[str, str]) -> str:
    if not fields["login"]:
        return "no-login"
    if not fields["name"]:
        return "no-name"
    long = [field for field, length in LENGTHS.items() if len(fields[field]) > length]
    return f"too-long:{long[0]}" if long else ""


def _person_name(dn: str, attributes: Attributes, profile: Profile) -> str:
    """The name a colleague knows: the first attribute written in Chinese, else the first."""
    found = []
    for attribute in profile.person_name:
        values = [each for each in map(text, attributes.get(attribute) or ()) if each]
        spoken = [value for value in values if not value.isascii()]
        if spoken:
            return _own_name(dn, spoken)
        found.extend(values and [_own_name(dn, values)])
    return found[0] if found else ""
