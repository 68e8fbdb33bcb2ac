"""Who may be chosen: people, units, posts and whole subtrees, found and named.

A choice is `person:<uid>`, `unit:<code>`, `subtree:<code>` or `post:<unit code>:<title>`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from openbureau.base.context import NOWHERE, Context, Reach
from openbureau.kernel.accounts.people import (
    folded_words,
    people_by_uid,
    people_found,
    titles_found,
)
from openbureau.kernel.units.queries import UnitNode, UnitTree, unit_tree

KINDS = ("person", "unit", "post", "subtree")
FOUND = 20
_WITH_ALL_BELOW = ("及全部下属", "及全部下级", "及下属", "及所属", "全部下级")
_EVERYWHERE = ("全省", "全部单位")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody to choose. `unit_total` counts the units meant: 1 for a unit, all of a
    subtree, 0 for people and posts."""

    value: str
    kind: str
    label: str
    detail: str = ""
    unit_total: int = 0


class Meaning(NamedTuple):
    """What a typed name means: one party for certain, or candidates to choose from."""

    party: Party | None
    candidates: Sequence[Party]


class PartyBook:
    """The parties of some kinds, in the units where `within` (a permission) is held, or
    everywhere. One book serves one request."""

    def __init__(self, ctx: Context, kinds: Sequence[str], within: str = "") -> None:
        self.ctx = ctx
        self.kinds = tuple(kind for kind in KINDS if kind in kinds)
        self.reach = ctx.reach.get(within, NOWHERE) if within else Reach(is_everywhere=True)

    @cached_property
    def tree(self) -> UnitTree:
        """The units."""
        return unit_tree(self.ctx.tree_version)

    def covers(self, unit: UnitNode) -> bool:
        """Whether the unit, or the one its section belongs to, may be chosen from."""
        return unit.access_unit_id is not None and self.reach.covers(unit.access_unit_id)

    def parties(self, values: Iterable[str]) -> list[Party]:
        """The choices that exist and may be chosen, in the given order."""
        wanted = list(dict.fromkeys(values))
        uids = [value[7:] for value in wanted if value.startswith("person:")]
        people = people_by_uid(uids) if "person" in self.kinds else {}
        posts = self._held(wanted)
        found = (self._party(value, people, posts) for value in wanted)
        return [party for party in found if party is not None]

    def _party(self, value: str, people: dict[str, Any], posts: dict[str, Party]) -> Party | None:
        kind, _, key = value.partition(":")
        if kind not in self.kinds:
            return None
        if kind == "person":
            return self.person(people[key]) if key in people else None
        if kind == "post":
            return posts.get(value)
        unit = self.tree.by_code.get(key)
        return next((p for p in self.of_unit(unit) if p.kind == kind), None) if unit else None

    def _held(self, values: Sequence[str]) -> dict[str, Party]:
        codes = {v.split(":")[1] for v in values if v.startswith("post:") and v.count(":") > 1}
        units = [self.tree.by_code[code].id for code in codes if code in self.tree.by_code]
        return {party.value: party for party in self.posts(units)} if units else {}

    def of_unit(self, unit: UnitNode) -> Iterator[Party]:
        """The unit itself and it with all below, as far as they may be chosen."""
        if not (unit.is_access_unit and unit.is_active and self.covers(unit)):
            return
        label = unit.short_name if unit.depth else unit.name
        if "unit" in self.kinds:
            detail = unit.name if unit.name != label else ""
            yield Party(f"unit:{unit.code}", "unit", label, detail, 1)
        total = sum(n.is_access_unit and n.is_active for n in self.tree.subtree(unit.id))
        if "subtree" in self.kinds:
            say = self.ctx.gettext
            whole = say("%(unit)s及全部下属", unit=unit.short_name) if unit.depth else say("全省")
            counted = say("%(total)s 个单位", total=total)
            yield Party(f"subtree:{unit.code}", "subtree", whole, counted, total)

    def offers(self, unit: UnitNode) -> list[Party]:
        """What of a unit is worth showing: all below it only where there is more than one."""
        return [p for p in self.of_unit(unit) if p.kind == "unit" or p.unit_total > 1]

    def person(self, row: Any) -> Party | None:
        """A person's row as a party; None where they may not be chosen."""
        unit = self.tree.by_id.get(row.unit_id)
        if unit is None or not self.covers(unit):
            return None
        detail = f"{self.place(unit)} {row.title}".strip()
        return Party(f"person:{row.uid}", "person", row.name, detail)

    def posts(self, unit_ids: Sequence[int] | None = None, words: str = "") -> list[Party]:
        """Posts held by somebody, as parties."""
        if "post" not in self.kinds:
            return []
        found = []
        for row in titles_found(unit_ids, words):
            unit = self.tree.by_id.get(row.unit_id)
            if unit is not None and self.covers(unit):
                value = f"post:{unit.code}:{row.title}"
                held = self.ctx.gettext("%(total)s 人", total=row.total)
                found.append(Party(value, "post", f"{self.place(unit)} {row.title}", held))
        return found

    def place(self, unit: UnitNode) -> str:
        """`五华区局`, or `省局 办公室` for a section."""
        access = self.tree.access_unit(unit.id)
        if access is None or access.id == unit.id:
            return unit.short_name
        return f"{access.short_name} {unit.short_name}"

    def found(self, words: str, limit: int = FOUND) -> list[Party]:
        """What the words could mean: units first, then people, then posts."""
        wanted = folded_words(words)
        units = [p for unit in self.tree.found(wanted, limit) for p in self.offers(unit)]
        people: list[Party | None] = []
        if "person" in self.kinds:
            near = self.ctx.post.access_unit_id if self.ctx.post else None
            people = [self.person(row) for row in people_found(wanted, near=near, limit=limit)]
        posts = self._posts_named(wanted)[:limit]
        return [*units, *(p for p in people if p is not None), *posts]

    def _posts_named(self, wanted: str) -> list[Party]:
        if "post" not in self.kinds or len(wanted) < 2:
            return []
        for unit in self.tree.nodes:
            for name in (unit.name, unit.short_name):
                if wanted.startswith(name) and wanted != name:
                    below = [
                        n.id for n in self.tree.subtree(unit.id) if n.access_unit_id == unit.id
                    ]
                    found = self.posts(below or [unit.id], wanted.removeprefix(name))
                    if found:
                        return found
        return self.posts(None, wanted)

    def meaning(self, words: str) -> Meaning:
        """What a typed name means. Certain only when exactly one party bears it in full."""
        candidates = self.found(words)
        exact = [party for party in candidates if self._bears(party, folded_words(words))]
        whole = self._whole(words)
        if whole is not None:
            return Meaning(whole, ())
        if len(exact) == 1:
            return Meaning(exact[0], ())
        return Meaning(None, exact or candidates)

    def _bears(self, party: Party, wanted: str) -> bool:
        if party.kind == "subtree":
            return wanted == folded_words(party.label)
        names = [party.label, party.detail] if party.kind == "unit" else [party.label]
        if party.kind == "unit":
            names.append(party.value.partition(":")[2])
        return wanted in {folded_words(name) for name in names}

    def _whole(self, words: str) -> Party | None:
        name = "".join(words.split())
        if name in _EVERYWHERE and self.tree.roots:
            unit: UnitNode | None = self.tree.roots[0]
        else:
            ending = next((end for end in _WITH_ALL_BELOW if name.endswith(end)), None)
            if ending is None:
                return None
            stem = name.removesuffix(ending)
            named = (u for u in self.tree.nodes if stem in {u.name, u.short_name, u.code})
            unit = next(named, None)
        parties = self.of_unit(unit) if unit else iter(())
        return next((party for party in parties if party.kind == "subtree"), None)
