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


class PostEntry(msgspec.Struct, frozen=True):
    """A further post: stable id of its unit, or None for that of the person's first post."""

    unit: str | None
    title: str = ""


class PersonEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person. `unit` is the stable id of the nearest unit above the entry, or None.

    `posts` are the posts besides the first one; `is_ordered` says that the directory itself
    gave its titles an order. `rank` and `photo` (digest of a stored file)
    are None where the source does not give them: then nothing is said about them.
    """

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
    rank: int | None = None
    photo: str | None = None
    posts: tuple[PostEntry, ...] = ()
    is_ordered: bool = False


class GroupEntry(msgspec.Struct, frozen=True):
    """A group with the stable ids of its members, those of the groups within it included."""

    external_id: str
    dn: str
    name: str
    members: frozenset[str]


class Snapshot(msgspec.Struct, frozen=True):
    """All units and people of one complete answer; `groups` is None where none were asked for.

    `high_water` is how far the answer reaches, for the next delta (see `delta`).
    """

    units: tuple[UnitEntry, ...]
    people: tuple[PersonEntry, ...]
    groups: tuple[GroupEntry, ...] | None = None
    high_water: str = ""


class Incomplete(msgspec.Struct, frozen=True):
    """The answer cannot be trusted to be whole, so it must change nothing.

    `reason` is a key of `reasons.REASONS`; `detail` is for the operator's log.
    """

    reason: str
    detail: str = ""
