"""Which synchronised posts begin, change and end. Posts made here are never touched."""

from collections.abc import Sequence
from dataclasses import dataclass

from openbureau.kernel.directory.plan import AccountRow, PostChange, PostRow, Value
from openbureau.kernel.directory.plan_units import UnitDraft, ref_id
from openbureau.kernel.directory.snapshot import PersonEntry


@dataclass(frozen=True, slots=True)
class FirstPost:
    """Where a person's first post will be, and what changes about it."""

    ref: str
    is_moved: bool
    values: list[tuple[str, Value, Value]]


def first_posts(entry: PersonEntry, row: AccountRow, ref: str) -> FirstPost:
    """The first post: another unit ends the old one and begins a new one; title and rank
    change in place."""
    values: list[tuple[str, Value, Value]] = []
    if row.title != entry.title:
        values.append(("title", row.title, entry.title))
    if entry.rank is not None and entry.rank != row.rank:
        values.append(("rank", row.rank, entry.rank))
    is_moved = row.unit_id is None or ref_id(ref) != row.unit_id
    if is_moved:
        values.append(("unit", f"unit:{row.unit_id}" if row.unit_id else "", ref))
    return FirstPost(ref, is_moved, values)


def post_changes(
    entry: PersonEntry, first_ref: str, row: AccountRow | None, units: UnitDraft
) -> tuple[PostChange, ...]:
    """What becomes of the further posts. One in the same unit is the same post, whatever its
    title; those without a partner begin or end."""
    left = list(row.more_posts) if row is not None else []
    unmatched = []
    for ref, title in _wanted(entry, first_ref, units):
        if _taken(left, ref, title) is None:
            unmatched.append((ref, title))
    changes = []
    for ref, title in unmatched:
        held = _taken(left, ref, None)
        changes.append(PostChange(row_id=held.id if held else None, unit=ref, title=title))
    changes += [PostChange(row_id=post.id, unit=None, title=post.title) for post in left]
    return tuple(changes)


def _taken(left: list[PostRow], ref: str, title: str | None) -> PostRow | None:
    """Takes the post in this unit out of those left; with a title only one that has it."""
    for post in left:
        if ref_id(ref) == post.unit_id and title in (None, post.title):
            left.remove(post)
            return post
    return None


def _wanted(entry: PersonEntry, first_ref: str, units: UnitDraft) -> Sequence[tuple[str, str]]:
    """The further posts by unit and title. One in a unit that is in conflict is left out."""
    found = []
    for post in entry.posts:
        ref = first_ref if post.unit is None else units.refs.get(post.unit, "")
        if ref and (ref, post.title) != (first_ref, entry.title):
            found.append((ref, post.title))
    return sorted(dict.fromkeys(found))
