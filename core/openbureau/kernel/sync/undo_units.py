"""The units' part of taking a synchronisation back."""

from typing import Any

from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.sync.undo_draft import Draft
from openbureau.kernel.sync.undo_plan import CHANGED_SINCE, HAS_PEOPLE, HAS_UNITS, UNIT_CLOSED
from openbureau.kernel.units.models import Unit


def decide_units(draft: Draft) -> None:
    """Which units become what they were; what somebody changed since stays."""
    for image in draft.before.changed.get("unit", ()):
        if draft.is_touched("unit", image):
            draft.leave("unit", image.id, CHANGED_SINCE)
    for unit_id in draft.before.created.get("unit", ()):
        if draft.is_made_touched("unit", unit_id):
            draft.leave("unit", unit_id, CHANGED_SINCE)
    draft.leave_taken("unit", "code")
    for image in draft.unit_images:
        if image.before.get("is_active") is True:
            draft.open_units.add(image.id)
    for image in draft.unit_images:
        parent = image.before.get("parent")
        if parent is not None and parent not in draft.open_units:
            draft.leave("unit", image.id, UNIT_CLOSED)


def keep_used_units(draft: Draft) -> None:
    """Leaves open what would be closed and still has people or units in it."""
    closing = {image.id for image in draft.unit_images if image.before.get("is_active") is False}
    closing |= {unit_id for unit_id in draft.made_units if unit_id in draft.open_units}
    if not closing:
        return
    staffed, above = _staffed(draft), _parents(draft)
    while True:
        below = {above[unit_id] for unit_id in draft.open_units - closing}
        kept = {unit_id for unit_id in closing if unit_id in staffed or unit_id in below}
        if not kept:
            return
        for unit_id in sorted(kept):
            draft.leave("unit", unit_id, HAS_PEOPLE if unit_id in staffed else HAS_UNITS)
        closing -= kept


def _parents(draft: Draft) -> dict[int, int | None]:
    rows: Any = Unit.select(Unit.id, Unit.parent).tuples()
    above: dict[int, int | None] = dict(rows)
    for image in draft.unit_images:
        if "parent" in image.before:
            above[image.id] = image.before["parent"]
    return above


def _staffed(draft: Draft) -> set[int]:
    """The units with somebody in use in them afterwards."""
    going = {key for key, person in draft.people.items() if draft.is_going(key, person)}
    moved = {post_id for post_id in draft.post_places if draft.is_decided(post_id)}
    rows: Any = (
        Post.select(Post.id, Post.account, Post.unit)
        .join(Account)
        .where(Post.is_active & (Account.state == "active"))
        .tuples()
    )
    found = {
        unit_id
        for post_id, account_id, unit_id in rows
        if account_id not in going and post_id not in moved
    }
    for image in draft.restored_posts:
        account_id, unit_id = draft.post_places[image.id]
        is_active = image.before.get("is_active", draft.rows["post"][image.id]["is_active"])
        if is_active and account_id not in going:
            found.add(unit_id)
    return found
