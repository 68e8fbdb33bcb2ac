"""The people's part of taking a synchronisation back, and their roles."""

from collections.abc import Collection
from typing import Any

from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.oversight import is_last
from openbureau.kernel.directory.images import grouped
from openbureau.kernel.sync.touches import entrusted_since
from openbureau.kernel.sync.undo_draft import Draft, Person
from openbureau.kernel.sync.undo_plan import (
    ADMINISTRATOR,
    APPOINTED,
    CHANGED_SINCE,
    LAST,
    UNIT_CLOSED,
)
from openbureau.kernel.sync.undo_rows import does_no_business, grant_key, grants_of, held_by


def decide_people(draft: Draft) -> None:
    """Which people become what they were, with their posts."""
    ending = {
        account_id
        for account_id, person in draft.people.items()
        if account_id in draft.rows["account"] and person.ends(draft.rows["account"][account_id])
    }
    entrusted = entrusted_since(
        ending, draft.run.applied_at, draft.before.created.get("role_grant", ())
    )
    for account_id, person in draft.people.items():
        reason = _person_reason(draft, account_id, person, is_ending=account_id in ending)
        reason = reason or entrusted.get(account_id, "")
        if reason:
            draft.leave("account", account_id, reason)
    _leave_extra_posts(draft)
    draft.leave_taken("account", "login")
    _keep_administrators(draft, ending)


def _person_reason(draft: Draft, account_id: int, person: Person, *, is_ending: bool) -> str:
    row = draft.rows["account"].get(account_id, {})
    image = person.account
    is_touched = (
        (person.is_created and draft.is_made_touched("account", account_id))
        or (image is not None and draft.is_touched("account", image, is_whole=is_ending))
        or any(draft.is_touched("post", post) for post in person.posts)
        or any(draft.is_made_touched("post", post_id) for post_id in person.made_posts)
    )
    if is_touched:
        return APPOINTED if is_ending and row.get("administrator") else CHANGED_SINCE
    for post in person.posts:
        unit_id = draft.post_places[post.id][1]
        if post.before.get("is_active") and unit_id not in draft.open_units:
            return UNIT_CLOSED
    return ""


def _leave_extra_posts(draft: Draft) -> None:
    """Somebody the run brought and who was given a further post since is needed."""
    created = sorted(draft.before.created.get("account", ()))
    known = set(draft.before.created.get("post", ()))
    for group in grouped(created):
        rows: Any = (
            Post.select(Post.id, Post.account)
            .where(Post.account.in_(group) & Post.is_active)
            .tuples()
        )
        for post_id, account_id in rows:
            if post_id not in known:
                draft.leave("account", account_id, CHANGED_SINCE)


def _keep_administrators(draft: Draft, ending: Collection[int]) -> None:
    """Leaves who would be the last administrator of a kind to go."""
    going: list[int] = []
    for account_id in sorted(ending):
        if draft.is_left("account", account_id):
            continue
        if draft.rows["account"][account_id]["administrator"] is None:
            continue
        if is_last(Account.get_by_id(account_id), going):
            draft.leave("account", account_id, LAST)
        else:
            going.append(account_id)


def decide_grants(draft: Draft) -> None:
    """Which roles are given back, and which end."""
    images = draft.before.changed.get("role_grant", ())
    made = draft.before.created.get("role_grant", ())
    found = grants_of({image.id for image in images} | set(made))
    held = held_by(found.values())
    for image in images:
        grant = found[image.id]
        if draft.is_left("account", grant.account_id):
            continue
        key = grant_key(grant)
        if does_no_business(grant):
            draft.leave("role_grant", image.id, ADMINISTRATOR)
        elif draft.is_touched("role_grant", image) or key in held:
            draft.leave("role_grant", image.id, CHANGED_SINCE)
        elif grant.unit_id not in draft.open_units:
            draft.leave("role_grant", image.id, UNIT_CLOSED)
        else:
            # Of several that were one and the same, one is given back.
            held.add(key)
            draft.grants.append(image)
    draft.made_grants = [
        grant_id
        for grant_id in made
        if found[grant_id].ended_at is None
        and not draft.is_left("account", found[grant_id].account_id)
    ]
