"""Moving what a person holds to their successor; each kind in its own way.

Nothing is deleted: what cannot go over because the successor has it already stays, closed.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.kernel.access.actions import add_participant
from openbureau.kernel.access.delegations import end_delegation
from openbureau.kernel.access.models import Delegation, Participant
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.drafts.models import FormDraft
from openbureau.kernel.preferences.contacts import NAME_LENGTH
from openbureau.kernel.preferences.models import ContactGroup
from openbureau.kernel.todos.models import Involvement, Todo
from openbureau.kernel.units.models import Unit


@dataclass(frozen=True, slots=True)
class Hands:
    """From whom to whom, on which day, and by which administrator."""

    leaver: Account
    successor: Account
    today: dt.date
    by: By

    @property
    def now(self) -> dt.datetime:
        """The moment everything is moved at."""
        return self.by.now

    @property
    def units(self) -> list[int]:
        """The access units of the successor's posts, that of the first one first."""
        rows: Any = (
            Post.select(Unit.access_unit)
            .join(Unit)
            .where((Post.account == self.successor) & Post.is_active)
            .order_by(Post.is_primary.desc(), Post.rank, Post.id)
            .tuples()
        )
        return [unit_id for (unit_id,) in rows]


def move_todos(hands: Hands, ids: Sequence[int]) -> None:
    """Open todos become the successor's, who may see their records as the leaver did; one the
    successor has or had already is closed. A todo stays with its unit where the successor has
    a post there."""
    units = hands.units
    for todo in Todo.select().where(Todo.id.in_(list(ids)) & (Todo.state == "open")):
        same = (
            (Todo.realm == todo.realm)
            & (Todo.record_id == todo.record_id)
            & (Todo.kind == todo.kind)
            & (Todo.account == hands.successor)
        )
        if Todo.select().where(same).exists():
            Todo.update(state="cancelled", done_at=hands.now).where(Todo.id == todo.id).execute()
            continue
        Todo.update(
            account=hands.successor,
            unit=todo.unit_id if todo.unit_id in units or not units else units[0],
            handed_over_by=hands.leaver,
            opened_at=None,
        ).where(Todo.id == todo.id).execute()
        _share_record(hands, todo.realm, todo.record_id)


def _share_record(hands: Hands, realm: str, record_id: int) -> None:
    kinds: Any = (
        Participant.select(Participant.kind)
        .where(
            (Participant.realm == realm)
            & (Participant.record_id == record_id)
            & (Participant.holder == f"account:{hands.leaver.id}")
        )
        .tuples()
    )
    for (kind,) in list(kinds):
        add_participant(realm, record_id, kind, f"account:{hands.successor.id}", hands.now)


def move_drafts(hands: Hands, ids: Sequence[int]) -> None:
    """Unsent forms become the successor's, except where they have one of the same page."""
    taken = {row.page for row in FormDraft.select().where(FormDraft.account == hands.successor)}
    for draft in FormDraft.select().where(FormDraft.id.in_(list(ids))):
        if draft.page not in taken:
            FormDraft.update(account=hands.successor).where(FormDraft.id == draft.id).execute()


def copy_groups(hands: Hands, ids: Sequence[int]) -> None:
    """Contact groups are copied under names the successor does not use yet."""
    mine = ContactGroup.select().where(ContactGroup.account == hands.successor)
    taken = {row.name for row in mine}
    for group in ContactGroup.select().where(ContactGroup.id.in_(list(ids))):
        names = (group.name, *(f"{group.name[: NAME_LENGTH - 4]} {n}" for n in range(2, 100)))
        name = next((name for name in names if name not in taken), None)
        if name is not None:
            taken.add(name)
            ContactGroup.create(account=hands.successor, name=name, members=group.members)


def copy_followed(hands: Hands, ids: Sequence[int]) -> None:
    """The successor follows what the leaver followed."""
    for row in Involvement.select().where(Involvement.id.in_(list(ids))):
        Involvement.insert(
            account=hands.successor.id,
            kind="followed",
            plugin=row.plugin,
            realm=row.realm,
            record_id=row.record_id,
            title=row.title,
            source_unit=row.source_unit_id,
            at=hands.now,
        ).on_conflict_ignore().execute()


def end_delegations(hands: Hands, ids: Sequence[int]) -> None:
    """Standing in ends on both sides; both are told."""
    open_ones = Delegation.id.in_(list(ids)) & Delegation.ended_at.is_null()
    for delegation in list(Delegation.select().where(open_ones)):
        end_delegation(hands.by, delegation)


def end_posts(hands: Hands, ids: Sequence[int], passed: Sequence[int]) -> None:
    """Posts end today; those in `passed` become the successor's, with todos given to them."""
    has_post = Post.select().where((Post.account == hands.successor) & Post.is_active).exists()
    for post in Post.select().where(Post.id.in_(list(ids)) & Post.is_active):
        Post.update(is_active=False, ends_on=hands.today).where(Post.id == post.id).execute()
        if post.id not in passed:
            continue
        new = Post.create(
            account=hands.successor,
            unit=post.unit_id,
            title=post.title,
            rank=post.rank,
            is_leader=post.is_leader,
            is_primary=not has_post,
            starts_on=hands.today,
        )
        has_post = True
        Todo.update(post=new, handed_over_by=hands.leaver).where(
            (Todo.post == post) & (Todo.state == "open")
        ).execute()
    _keep_a_primary(hands.leaver)


def _keep_a_primary(account: Account) -> None:
    """The first post left is the primary one where the primary one ended."""
    left = Post.select().where((Post.account == account) & Post.is_active)
    first = left.order_by(Post.is_primary.desc(), Post.rank, Post.id).first()
    if first is not None and not first.is_primary:
        Post.update(is_primary=True).where(Post.id == first.id).execute()


MOVES: Mapping[str, Callable[[Hands, Sequence[int]], None]] = {
    "todo": move_todos,
    "draft": move_drafts,
    "group": copy_groups,
    "followed": copy_followed,
    "delegation": end_delegations,
}
