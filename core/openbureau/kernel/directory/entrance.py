"""From raw entries to a snapshot, one entry at a time: a hundred thousand of them are
never held in their raw form. Pure but for the pictures, which go to the given shelf."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from openbureau.kernel.directory.deadline import Fault
from openbureau.kernel.directory.decoding import (
    CODE,
    Attributes,
    RawEntry,
    Unreadable,
    dn_key,
    identity,
    is_disabled,
    lenient,
    parent_dn,
    text,
    unit_above,
    unit_places,
)
from openbureau.kernel.directory.profiles import Profile
from openbureau.kernel.directory.snapshot import (
    Incomplete,
    PersonEntry,
    PostEntry,
    Snapshot,
    UnitEntry,
)
from openbureau.kernel.units.models import KINDS

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
_PERSON_CLASSES = frozenset({"person", "inetorgperson", "organizationalperson", "user", "account"})
_NUMBERED = re.compile(r"\{(\d{1,6})\}(.+)")
_POST_PARTS = ("|", "：", "/", ":")

KeepPhoto = Callable[[bytes], str]


def decoded_snapshot(entries: Iterable[RawEntry], profile: Profile) -> Snapshot | Incomplete:
    """The snapshot of a complete answer; Incomplete when an entry hides its identity."""
    entrance = Entrance(profile)
    try:
        for dn, attributes in entries:
            entrance.take(dn, attributes)
    except Fault as fault:
        return Incomplete(fault.reason, fault.detail)
    return entrance.snapshot()


class Entrance:
    """Where entries come in. A person is decoded at once; the units must all be there before
    anybody's place is known.

    `names` are the stable ids by DN; `places` those of the units by their DN's key, once the
    snapshot was made.
    """

    def __init__(self, profile: Profile, keep_photo: KeepPhoto | None = None) -> None:
        self._profile = profile
        self._keep_photo = keep_photo
        self._raw_units: list[tuple[str, str, Attributes]] = []
        self._people: list[PersonEntry] = []
        self._named_posts: dict[str, list[str]] = {}
        self._seen: set[str] = set()
        self.names: dict[str, str] = {}
        self.places: Mapping[str, str] = {}
        self.high_water = ""

    def take(self, dn: str, attributes: Attributes) -> None:
        """Takes one entry. Raises Fault: it hides its identity, or has another's."""
        external_id = identity(attributes, self._profile)
        if not external_id:
            raise Fault("no-identity", dn)
        if external_id in self._seen:
            raise Fault("duplicate-identity", dn)
        self._seen.add(external_id)
        self.names[dn] = external_id
        self.high_water = later(self.high_water, modified_at(attributes, self._profile))
        if is_unit(attributes, self._profile):
            self._raw_units.append((external_id, dn, attributes))
            return
        self._people.append(_person(external_id, dn, attributes, self._profile, self._keep_photo))
        named = [lenient(v) for name in self._profile.posts for v in attributes.get(name) or ()]
        if named:
            self._named_posts[external_id] = named

    def snapshot(self) -> Snapshot:
        """Everything that was taken, each person in the nearest unit above."""
        places = self.places = unit_places(self._raw_units, self._profile)
        units = tuple(
            _unit(external_id, dn, attributes, places, self._profile)
            for external_id, dn, attributes in self._raw_units
            if places.get(dn_key(dn)) == external_id
        )
        register = _UnitRegister(units, places)
        for position, person in enumerate(self._people):
            placed = msgspec.structs.replace(person, unit=unit_above(parent_dn(person.dn), places))
            named = self._named_posts.get(person.external_id)
            if named:
                posts = (*placed.posts, *register.posts(named, placed.unit))
                placed = msgspec.structs.replace(placed, posts=posts)
            self._people[position] = placed
        return Snapshot(units, tuple(self._people), high_water=self.high_water)


class _UnitRegister:
    """Finds the unit a value of a person's entry means: by DN, code or name."""

    def __init__(self, units: Iterable[UnitEntry], places: Mapping[str, str]) -> None:
        self._places = places
        self._named: dict[str, set[str]] = defaultdict(set)
        for unit in units:
            for name in (unit.code, unit.name):
                if name:
                    self._named[name].add(unit.external_id)

    def posts(self, values: Sequence[str], own: str | None) -> list[PostEntry]:
        """The further posts that values name: a unit, or a unit and a title after a bar,
        slash or colon. A value that names no unit says nothing."""
        found = []
        for value in values:
            unit, title = self._post(value)
            if unit is not None and (title or unit != own):
                found.append(PostEntry(None if unit == own else unit, title[: LENGTHS["title"]]))
        return found

    def _post(self, value: str) -> tuple[str | None, str]:
        unit = self._unit(value)
        for mark in _POST_PARTS:
            if unit is None and mark in value:
                name, _, title = value.rpartition(mark)
                unit = self._unit(name.strip())
                if unit is not None:
                    return unit, title.strip()
        return unit, ""

    def _unit(self, name: str) -> str | None:
        if "=" in name:
            return self._places.get(dn_key(name))
        found = self._named.get(name, set())
        return next(iter(found)) if len(found) == 1 else None


def is_unit(attributes: Attributes, profile: Profile) -> bool:
    """Whether an entry the filters found is a unit and not a person."""
    classes = {lenient(value).lower() for value in attributes.get("objectClass") or ()}
    return profile.unit_class in classes or not classes & _PERSON_CLASSES


def modified_at(attributes: Attributes, profile: Profile) -> str:
    """When the entry was last changed, in the server's own counting."""
    return lenient((attributes.get(profile.modified) or (b"",))[0])


def later(first: str, second: str) -> str:
    """The later of two marks: numbers by size, times by their digits."""
    return max(first, second, key=_mark)


def _mark(mark: str) -> tuple[int, str]:
    return (len(mark), mark) if mark.isdigit() else (0, mark)


def _unit(
    external_id: str,
    dn: str,
    attributes: Attributes,
    places: Mapping[str, str],
    profile: Profile,
) -> UnitEntry:
    parent = unit_above(parent_dn(dn), places)
    try:
        kinds = [lenient(value) for value in attributes.get("businessCategory") or ()]
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
            code = lenient(value)
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
    profile: Profile,
    keep_photo: KeepPhoto | None,
) -> PersonEntry:
    fields, titles, fault = _text_fields(dn, attributes, profile)
    # Login names are compared without case everywhere; one spelling is stored.
    fields["login"] = fields.get("login", "").lower()
    try:
        fields["name"] = _person_name(dn, attributes, profile)
    except Unreadable:
        fault = fault or f"unreadable:{profile.person_name[0]}"
    return PersonEntry(
        external_id=external_id,
        dn=dn,
        unit=None,
        is_disabled=is_disabled(attributes, profile),
        fault=fault or _field_fault(fields),
        rank=_rank(attributes, profile),
        photo=keep_photo(_photo(attributes, profile)) if keep_photo is not None else None,
        posts=tuple(PostEntry(None, title[: LENGTHS["title"]]) for title in titles),
        **fields,
    )


def _text_fields(
    dn: str, attributes: Attributes, profile: Profile
) -> tuple[dict[str, Any], list[str], str]:
    """The plain fields, the titles besides the first, and what was not readable."""
    fields: dict[str, Any] = {}
    titles: list[str] = []
    fault = ""
    for field, names in (
        ("login", (profile.login,)),
        ("title", profile.title),
        ("phone", profile.phone),
        ("mobile", profile.mobile),
        ("mail", profile.mail),
        ("room", profile.room),
    ):
        try:
            values = _values(attributes, names)
        except Unreadable:
            fault = fault or f"unreadable:{names[0]}"
            continue
        fields[field] = _own_name(dn, values) if values else ""
        if field == "title":
            titles = sorted(set(values) - {fields[field]})
            in_order = _ordered(values)
            if in_order:
                fields["title"], *titles = in_order
                fields["is_ordered"] = True
    return fields, titles, fault


def _ordered(values: Sequence[str]) -> list[str]:
    """The values in the order their numbers give (X-ORDERED, `{0}科长`); none where they have
    no numbers: a directory keeps no order of its own (RFC 4512, 2.3)."""
    numbered = [_NUMBERED.fullmatch(value) for value in values]
    found = sorted((int(match[1]), match[2]) for match in numbered if match is not None)
    return [value for _, value in found] if len(found) == len(values) else []


def _values(attributes: Attributes, names: Sequence[str]) -> list[str]:
    """The values of the first of several attributes that has any. Raises Unreadable."""
    for name in names:
        values = [each for each in map(text, attributes.get(name) or ()) if each]
        if values:
            return values
    return []


def _rank(attributes: Attributes, profile: Profile) -> int | None:
    """The place in the official order; None when the entry says nothing readable."""
    values = [lenient(value) for name in profile.rank for value in attributes.get(name) or ()]
    ranks = [int(v) for v in values if v.isascii() and v.isdecimal() and len(v) <= 4]
    return min(ranks) if ranks else None


def _photo(attributes: Attributes, profile: Profile) -> bytes:
    return next((bytes(v) for name in profile.photo for v in attributes.get(name) or ()), b"")


def _field_fault(fields: Mapping[str, Any]) -> str:
    if not fields["login"]:
        return "no-login"
    if not fields["name"]:
        return "no-name"
    long = [field for field, length in LENGTHS.items() if len(fields.get(field, "")) > length]
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
