"""Reading a directory whole, or not at all."""

from openbureau.kernel.directory.client import explained, pages, searcher
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.deadline import Deadline, Fault
from openbureau.kernel.directory.entrance import Entrance, KeepPhoto
from openbureau.kernel.directory.groups import read_groups
from openbureau.kernel.directory.snapshot import Incomplete, Snapshot


def read_directory(
    config: DirectoryConfig, keep_photo: KeepPhoto | None = None
) -> Snapshot | Incomplete:
    """Every unit and person below the base, or why the answer cannot be trusted.

    The whole is read in pages of 500 and then counted again by name alone; both must
    agree. Nothing is returned unless every page ended with result code zero. Pictures go to
    `keep_photo`, which returns their digest; without it none are asked for.
    """
    deadline = Deadline(config.deadline_s)
    try:
        snapshot = _read(config, deadline, keep_photo)
    except Exception as fault:  # noqa: BLE001 - whatever a server or the library does, nothing may be written
        found = explained(fault, deadline)
        return Incomplete(found.reason, found.detail)
    return snapshot if snapshot.people else Incomplete("empty")


def _read(config: DirectoryConfig, deadline: Deadline, keep_photo: KeepPhoto | None) -> Snapshot:
    layout = config.layout
    photos = layout.photo if keep_photo is not None else ()
    entrance = Entrance(layout, keep_photo)
    harmless = layout.harmless_referrals
    with deadline, searcher(config, deadline) as connection:
        wanted = layout.search_filter
        attributes = (*layout.attributes, *photos)
        for dn, values in pages(connection, config.base, wanted, attributes, deadline, harmless):
            entrance.take(dn, values)
        counted = 0
        for dn, _ in pages(connection, config.base, wanted, ("1.1",), deadline, harmless):
            counted += 1
            if dn not in entrance.names:
                raise Fault("changed-meanwhile", dn)
        if counted != len(entrance.names):
            raise Fault("changed-meanwhile", f"{len(entrance.names)} / {counted}")
        snapshot = entrance.snapshot()
        if config.reads_groups:
            snapshot = read_groups(connection, config, snapshot, deadline)
        _ = deadline.remaining_s
    return snapshot
