"""Background work of bulletins."""

from typing import Any

from openbureau import (
    N_,
    Job,
    bump_stamp,
    current_tree,
    give_todos,
    participants_of,
    reading,
    writing,
)
from openbureau.kit import people_of_receivers

from .actions import FAN_OUT
from .models import PUBLISHED, REALM, Bulletin

PEOPLE_PER_TRANSACTION = 300


def give_reading_todos(job: Any) -> None:
    """Gives every receiver of a published bulletin a todo to read it; repeating is harmless."""
    with reading():
        bulletin = Bulletin.get_by_id(job.payload["bulletin"])
        holders = participants_of(REALM, bulletin.id, "reader")
        people = people_of_receivers(current_tree(), holders)
    for first in range(0, len(people), PEOPLE_PER_TRANSACTION):
        group = people[first : first + PEOPLE_PER_TRANSACTION]
        with writing():
            current = Bulletin.get_by_id(bulletin.id)
            if current.state != PUBLISHED:
                return
            give_todos(
                "read",
                realm=REALM,
                record_id=bulletin.id,
                people=group,
                title=bulletin.title,
                now=bulletin.published_at,
                source_unit_id=bulletin.unit_id,
            )
            bump_stamp("bulletins")
        job.advance(first + len(group), len(people))


JOBS = (Job(FAN_OUT, give_reading_todos, N_("发送待阅")),)
