"""Names of units in a plan: two open units of one name are a conflict, sections excepted."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from openbureau.kernel.directory.plan import Change, Current, UnitRow
from openbureau.kernel.directory.snapshot import UnitEntry

SECTION = "office"
_SECTION_NAME = re.compile(r"(处|科|室|股|队|组|办)$")
_INSTITUTE_NAME = re.compile(r"(院|所|中心|站)$")
_ZONE_NAME = re.compile(r"开发区|合作区|度假区|分局")
_SECTION_CODE = re.compile(r"\d{6}-\d{2}")


def guessed_kind(code: str, name: str, *, is_top: bool) -> str:
    """The kind of a unit the directory says nothing about, from its code and name."""
    if _SECTION_CODE.fullmatch(code) or _SECTION_NAME.search(name):
        return SECTION
    if _ZONE_NAME.search(name):
        return "zone"
    if _INSTITUTE_NAME.search(name):
        return "institute"
    if is_top or code.endswith("0000"):
        return "province"
    return "prefecture" if code.endswith("00") else "county"


class UnitNames:
    """The names open units have, and will have when the directory is followed."""

    def __init__(
        self, entries: Sequence[UnitEntry], current: Current, known: Mapping[str, UnitRow]
    ) -> None:
        """`known` are the rows that entries stood for before, by stable id."""
        by_code = {row.code: row for row in current.units}
        plain = (entry.name for entry in entries if _says_nothing(entry))
        self._shared = {name for name, count in Counter(plain).items() if count > 1}
        self._wanted = Counter(
            (entry.parent, entry.name)
            for entry in entries
            if not self._is_section(entry, known.get(entry.external_id) or by_code.get(entry.code))
        )
        wanted = {entry.external_id: entry.name for entry in entries}
        self._current = current
        self._parents = {entry.external_id: entry.parent for entry in entries}
        self._held: dict[str, list[UnitRow]] = defaultdict(list)
        for row in current.units:
            if row.is_active and row.access_unit_id == row.id and _stays(row, wanted, current):
                self._held[row.name].append(row)

    def kind(self, entry: UnitEntry, *, is_top: bool) -> str:
        """What kind of unit an entry is. Without kind and code, a name that several have is a
        section's, as every county has an office of its own."""
        if entry.kind:
            return entry.kind
        if _says_nothing(entry) and entry.name in self._shared:
            return SECTION
        return guessed_kind(entry.code, entry.name, is_top=is_top)

    def conflict(self, entry: UnitEntry, change: Change, row: UnitRow | None) -> str:
        """Why the entry cannot have its name: another unit has it or wants it; empty when it
        can, or has it already."""
        is_named = change.after("name") is not None or change.after("is_active") is True
        if not is_named or self._is_section(entry, row):
            return ""
        own_id = None if row is None else row.id
        is_held = any(
            holder.id != own_id and not self._is_told_apart(holder, entry)
            for holder in self._held[entry.name]
        )
        # Two counties may both have a zone branch of one name; the directory tells them apart.
        is_twice = self._wanted[entry.parent, entry.name] > 1
        return f"duplicate-name:{entry.name}" if is_held or is_twice else ""

    def _is_told_apart(self, holder: UnitRow, entry: UnitEntry) -> bool:
        """Whether the directory itself has both units, neither above nor beside the other."""
        if not holder.external_id or not self._current.is_own(holder):
            return False
        above = entry.parent
        if above is not None and above == self._parents.get(holder.external_id):
            return False
        passed: set[str] = set()
        while above is not None and above != holder.external_id and above not in passed:
            passed.add(above)
            above = self._parents.get(above)
        return above != holder.external_id

    def _is_section(self, entry: UnitEntry, row: UnitRow | None) -> bool:
        if row is not None:
            return row.access_unit_id != row.id
        return self.kind(entry, is_top=entry.parent is None) == SECTION


def _says_nothing(entry: UnitEntry) -> bool:
    return not entry.kind and not entry.code and entry.parent is not None


def _stays(row: UnitRow, wanted: Mapping[str, str], current: Current) -> bool:
    """Whether an open unit keeps its name when the directory is followed: it is not one of
    this source that gets another name there or is not there any more."""
    if not row.external_id or not current.may_take(row):
        return True
    name = wanted.get(row.external_id)
    return name in (row.name, row.short_name) if name is not None else not current.is_own(row)
