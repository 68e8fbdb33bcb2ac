"""A live look at a directory: the first people and units as a mapping decodes them."""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from openbureau.kernel.directory.client import explained, pages, searcher
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.deadline import Deadline
from openbureau.kernel.directory.decoding import RawEntry
from openbureau.kernel.directory.entrance import Entrance
from openbureau.kernel.directory.groups import BY_LOGIN, BY_NAME, raw_group
from openbureau.kernel.directory.snapshot import Incomplete, PersonEntry, UnitEntry

SAMPLE_DEADLINE_S = 10.0


class GroupLine(msgspec.Struct, frozen=True):
    """A group that may be given a role. `members` counts those named in it directly."""

    external_id: str
    dn: str
    name: str
    members: int


class Sample(msgspec.Struct, frozen=True):
    """The first people, units and groups as they would be read.

    `faults` are (entry, reason) of what could not be used; `empty_fields` our fields that no
    person of the sample has a value for. `unit_names` are names by stable id.
    """

    people: tuple[PersonEntry, ...]
    units: tuple[UnitEntry, ...]
    groups: tuple[GroupLine, ...]
    faults: tuple[tuple[str, str], ...]
    empty_fields: tuple[str, ...]
    unit_names: dict[str, str]


def sample(config: DirectoryConfig, limit: int = 10) -> Sample | Incomplete:
    """The first `limit` people, units and groups; nothing is written.

    All units are read, so that people are shown in their unit.
    """
    deadline = Deadline(SAMPLE_DEADLINE_S)
    try:
        return _sample(config, limit, deadline)
    except Exception as fault:  # noqa: BLE001 - the screen says what a server or the library did
        found = explained(fault, deadline)
        return Incomplete(found.reason, found.detail)


def _sample(config: DirectoryConfig, limit: int, deadline: Deadline) -> Sample:
    layout = config.layout
    entrance = Entrance(layout)
    group_base = layout.group_base or config.base

    def found(base: str, wanted: str, attributes: Sequence[str]) -> Iterator[RawEntry]:
        return pages(connection, base, wanted, attributes, deadline, layout.harmless_referrals)

    with deadline, searcher(config, deadline) as connection:
        for dn, values in found(config.base, layout.unit_filter, layout.attributes):
            entrance.take(dn, values)
        people = found(config.base, layout.person_filter, layout.attributes)
        for dn, values in islice(people, limit):
            entrance.take(dn, values)
        raw = found(group_base, layout.group_filter, (layout.identity, "cn", *BY_NAME, BY_LOGIN))
        groups = [raw_group(dn, values, layout) for dn, values in islice(raw, limit * 10)]
    snapshot = entrance.snapshot()
    return Sample(
        people=snapshot.people,
        units=snapshot.units[:limit],
        groups=tuple(
            GroupLine(g.external_id, g.dn, g.name, len(g.members) + len(g.logins)) for g in groups
        ),
        faults=(
            *((unit.dn, unit.fault) for unit in snapshot.units if unit.fault),
            *((person.dn, person.fault) for person in snapshot.people if person.fault),
        ),
        empty_fields=tuple(
            field
            for field in ("title", "phone", "mobile", "mail", "room")
            if not any(getattr(person, field) for person in snapshot.people)
        ),
        unit_names={unit.external_id: unit.name for unit in snapshot.units},
    )
