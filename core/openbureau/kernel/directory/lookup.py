"""One person or group looked up in a directory, as it has them now."""

from ldap3 import BASE
from ldap3.core.exceptions import LDAPInvalidDnError

from openbureau.kernel.directory.binding import people_of
from openbureau.kernel.directory.client import (
    entries_of,
    explained,
    is_sendable,
    result_fault,
    searcher,
)
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.deadline import Deadline, Fault
from openbureau.kernel.directory.decoding import LOGIN_LENGTH, RawEntry, dn_key, parent_dn
from openbureau.kernel.directory.entrance import Entrance, is_unit
from openbureau.kernel.directory.groups import BY_LOGIN, BY_NAME, RawGroup, raw_group
from openbureau.kernel.directory.snapshot import Incomplete, PersonEntry

LOOKUP_DEADLINE_S = 10.0
MOST_LEVELS = 20
DN_LENGTH = 500
# noSuchObject, invalidDNSyntax (RFC 4511, 4.1.9)
_NO_SUCH_NAME = frozenset((32, 34))


def people_named(
    config: DirectoryConfig, login: str
) -> tuple[tuple[PersonEntry, str], ...] | Incomplete:
    """The people of this login name, each with the name of the unit they are in (empty where
    there is none); two stand for several. Nothing is written. Never raises: a directory that
    gives no whole answer is Incomplete."""
    if not login.isprintable() or not is_sendable(login, LOGIN_LENGTH):
        return ()
    deadline = Deadline(LOOKUP_DEADLINE_S)
    try:
        with deadline:
            found = people_of(config, login, deadline, config.layout.attributes)
            return tuple(_placed(config, entry, deadline) for entry in found)
    except Exception as fault:  # noqa: BLE001 - the screen says what a server or the library did
        explanation = explained(fault, deadline)
        return Incomplete(explanation.reason, explanation.detail)


def group_named(config: DirectoryConfig, dn: str) -> RawGroup | Incomplete | None:
    """The group of this name; None where the part of the directory that is synchronised has no
    such group. Never raises: a directory that gives no whole answer is Incomplete."""
    layout = config.layout
    base = dn_key(layout.group_base or config.base)
    if not is_sendable(dn, DN_LENGTH) or not dn_key(dn).endswith(base):
        return None
    deadline = Deadline(LOOKUP_DEADLINE_S)
    attributes = [layout.identity, "cn", *BY_NAME, BY_LOGIN]
    try:
        with deadline, searcher(config, deadline) as connection:
            connection.search(dn, layout.group_filter, BASE, attributes=attributes)
            found = [raw_group(*entry, layout) for entry in entries_of(connection.response, None)]
            code = connection.result["result"]
            if not found and code not in {0, *_NO_SUCH_NAME}:
                raise result_fault(connection.result)
            return found[0] if found else None
    except LDAPInvalidDnError:
        return None
    except Exception as fault:  # noqa: BLE001 - the screen says what a server or the library did
        explanation = explained(fault, deadline)
        return Incomplete(explanation.reason, explanation.detail)


def _placed(
    config: DirectoryConfig, entry: RawEntry, deadline: Deadline
) -> tuple[PersonEntry, str]:
    entrance = Entrance(config.layout)
    entrance.take(*entry)
    for unit in _units_above(config, entry[0], deadline):
        entrance.take(*unit)
    snapshot = entrance.snapshot()
    if len(snapshot.people) != 1:
        raise Fault("bad-answer", entry[0])
    person = snapshot.people[0]
    return person, next((u.name for u in snapshot.units if u.external_id == person.unit), "")


def _units_above(config: DirectoryConfig, dn: str, deadline: Deadline) -> list[RawEntry]:
    """The units of the entries above, from below; those the search account may not see, and
    those above its base, are not there."""
    layout, found = config.layout, []
    with searcher(config, deadline) as connection:
        above = parent_dn(dn)
        for _ in range(MOST_LEVELS):
            if not above:
                break
            connection.search(above, layout.unit_filter, BASE, attributes=list(layout.attributes))
            found += [e for e in entries_of(connection.response, None) if is_unit(e[1], layout)]
            above = parent_dn(above)
    return found
