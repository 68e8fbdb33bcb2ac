"""One person looked up in a directory, as it has them now."""

from ldap3 import BASE

from openbureau.kernel.directory.binding import people_of
from openbureau.kernel.directory.client import entries_of, explained, is_sendable, searcher
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.deadline import Deadline, Fault
from openbureau.kernel.directory.decoding import LOGIN_LENGTH, RawEntry, parent_dn
from openbureau.kernel.directory.entrance import Entrance, is_unit
from openbureau.kernel.directory.snapshot import Incomplete, PersonEntry

LOOKUP_DEADLINE_S = 10.0
MOST_LEVELS = 20


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
