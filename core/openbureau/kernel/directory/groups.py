"""Groups with their members, those of groups within groups included.

Members are followed here and not by the server: `memberOf` is empty after a restore, and a
server's own way of following is slow and not everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from openbureau.kernel.directory.client import pages, whole_values
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.deadline import Deadline
from openbureau.kernel.directory.decoding import Attributes, dn_key, identity, lenient
from openbureau.kernel.directory.profiles import Profile
from openbureau.kernel.directory.snapshot import GroupEntry, PersonEntry, Snapshot

BY_NAME = ("member", "uniqueMember")
BY_LOGIN = "memberUid"


@dataclass(frozen=True, slots=True)
class RawGroup:
    """A group as the directory has it: names of its members, and login names (posixGroup)."""

    external_id: str
    dn: str
    name: str
    members: tuple[str, ...]
    logins: tuple[str, ...]


def read_groups(
    connection: Any, config: DirectoryConfig, snapshot: Snapshot, deadline: Deadline
) -> Snapshot:
    """The snapshot with the directory's groups. Raises Fault: they were not read whole."""
    layout = config.layout
    attributes = (layout.identity, "cn", *BY_NAME, BY_LOGIN)
    base = layout.group_base or config.base
    raw = []
    for dn, values in pages(
        connection, base, layout.group_filter, attributes, deadline, layout.harmless_referrals
    ):
        raw.append(raw_group(dn, whole_values(connection, dn, values, deadline), layout))
    return msgspec.structs.replace(snapshot, groups=flattened(raw, snapshot.people))


def raw_group(dn: str, attributes: Attributes, profile: Profile) -> RawGroup:
    """One group's entry, decoded."""
    names = [lenient(value) for name in BY_NAME for value in attributes.get(name) or ()]
    return RawGroup(
        external_id=identity(attributes, profile),
        dn=dn,
        name=next((lenient(value) for value in attributes.get("cn") or ()), dn),
        # A unique member may carry an identifier after its name (RFC 4517, 3.3.21).
        members=tuple(name.split("#", 1)[0] for name in names),
        logins=tuple(lenient(value).lower() for value in attributes.get(BY_LOGIN) or ()),
    )


def flattened(raw: Sequence[RawGroup], people: Sequence[PersonEntry]) -> tuple[GroupEntry, ...]:
    """The groups with everybody in them. A group that contains itself is followed once."""
    if not raw:
        return ()
    by_name = {dn_key(group.dn): group for group in raw}
    persons = {dn_key(person.dn): person.external_id for person in people}
    logins = {person.login: person.external_id for person in people if person.login}
    return tuple(
        GroupEntry(
            group.external_id, group.dn, group.name, _members(group, by_name, persons, logins)
        )
        for group in sorted(raw, key=lambda group: group.dn)
    )


def _members(
    start: RawGroup,
    by_name: Mapping[str, RawGroup],
    persons: Mapping[str, str],
    logins: Mapping[str, str],
) -> frozenset[str]:
    found: set[str] = set()
    visited = {dn_key(start.dn)}
    waiting = [start]
    while waiting:
        group = waiting.pop()
        found.update(logins[login] for login in group.logins if login in logins)
        for member in group.members:
            key = dn_key(member)
            if key in persons:
                found.add(persons[key])
            elif key in by_name and key not in visited:
                visited.add(key)
                waiting.append(by_name[key])
    return frozenset(found)
