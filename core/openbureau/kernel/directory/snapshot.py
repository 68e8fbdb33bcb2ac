"""What a directory said, decoded; nothing here knows the network or the database."""

import msgspec


class UnitEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An organisational unit. `parent` is the stable id of the unit above, or None.

    `code` is empty when the directory gives none. `fault` names why the entry cannot be
    used (`unreadable:ou`, `too-long:ou` …), empty when it can.
    """

    external_id: str
    dn: str
    parent: str | None
    code: str = ""
    name: str = ""
    kind: str = ""
    fault: str = ""


class PersonEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A person. `unit` is the stable id of the nearest unit above the entry, or None."""

    external_id: str
    dn: str
    unit: str | None
    login: str = ""
    name: str = ""
    title: str = ""
    phone: str = ""
    mobile: str = ""
    mail: str = ""
    room: str = ""
    is_disabled: bool = False
    fault: str = ""


class Snapshot(msgspec.Struct, frozen=True):
    """All units and people of one complete answer."""

    units: tuple[UnitEntry, ...]
    people: tuple[PersonEntry, ...]


class Incomplete(msgspec.Struct, frozen=True):
    """The answer cannot be trusted to be whole, so it must change nothing.

    `reason` is a key of `reasons.REASONS`; `detail` is for the operator's log.
    """

    reason: str
    detail: str = ""
