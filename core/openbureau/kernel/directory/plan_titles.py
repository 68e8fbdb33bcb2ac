"""Which of several titles is a person's main one, where the directory gives them no order."""

from collections.abc import Mapping, Sequence

import msgspec

from openbureau.kernel.directory.plan import AccountRow, Current
from openbureau.kernel.directory.snapshot import PersonEntry, PostEntry

KEPT = "main-title-kept"
RANKED = "main-title-ranked"

Ranks = Mapping[tuple[int, str], int]


def title_ranks(current: Current) -> Ranks:
    """How high a title stands in a unit: the best official rank (排名) somebody holds it in."""
    found: dict[tuple[int, str], int] = {}
    for row in current.accounts:
        if row.unit_id is not None and row.title and row.state == "active":
            key = (row.unit_id, row.title)
            found[key] = min(found.get(key, row.rank), row.rank)
    return found


def has_open_order(entry: PersonEntry) -> bool:
    """Whether the entry has several titles in its own unit, and no order of them."""
    return not entry.is_ordered and any(
        post.unit is None and post.title != entry.title for post in entry.posts
    )


def arranged(
    entry: PersonEntry, row: AccountRow | None, unit_id: int | None, ranks: Ranks
) -> tuple[PersonEntry, str]:
    """The entry with its main title first, and why: the one held before, else the one that
    stands highest in the unit, else the first of the directory's."""
    own = [post for post in entry.posts if post.unit is None]
    titles = list(dict.fromkeys([entry.title, *(post.title for post in own)]))
    if row is not None and row.title in titles and row.unit_id == unit_id:
        return _with_first(entry, row.title, titles), KEPT
    held = [title for title in titles if unit_id is not None and (unit_id, title) in ranks]
    if not held:
        return entry, RANKED
    return _with_first(
        entry, min(held, key=lambda title: ranks[unit_id or 0, title]), titles
    ), RANKED


def _with_first(entry: PersonEntry, main: str, titles: Sequence[str]) -> PersonEntry:
    own = tuple(PostEntry(None, title) for title in titles if title != main)
    elsewhere = tuple(post for post in entry.posts if post.unit is not None)
    return msgspec.structs.replace(entry, title=main, posts=(*own, *elsewhere))
