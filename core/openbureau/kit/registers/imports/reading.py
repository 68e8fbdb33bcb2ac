"""Reading the cells of a table, a column of a thousand rows at a time: what is told apart by
looking at all of them at once need not be asked of each."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from openbureau.kit.registers.kinds import Kind, Line, Surroundings, Unreadable
from openbureau.kit.registers.plain import PLAIN, SCIENTIFIC

_REMEMBERED = 4096
_BETWEEN = "\0"
_BLANKS = "".join(mark for mark in map(chr, range(0x3001)) if mark.isspace() and mark != " ")
_NOT_PLAIN = re.compile(f"[{re.escape(_BLANKS + ''.join(map(chr, PLAIN)))}]")
_MAYBE_SCIENTIFIC = re.compile(r"[eE]\+?\d\d")
_ONE_SCIENTIFIC = re.compile(rf"(?:\A|\0){SCIENTIFIC}(?:\0|\Z)")


class CellReader:
    """Reads the cells of one column."""

    def __init__(self, place: int, name: str, kind: Kind, around: Surroundings) -> None:
        self.place = place
        self.name = name
        self._kind = kind
        self._around = around
        # Most columns hold few different values. Equal is not the same: 1 and True.
        self._read: dict[Any, Any] = {}

    def read(self, cells: Sequence[Any]) -> tuple[Sequence[Any], Mapping[int, Unreadable]]:
        """The value of each cell, "" or None for an empty one, and by its place why a cell
        cannot be read."""
        if type(self._kind) is Line and are_plain(cells, self._kind.longest):
            return cells, {}
        keys = [cell if type(cell) is str else (type(cell), cell) for cell in cells]
        if len(self._read) > _REMEMBERED:
            self._read.clear()
        known = self._read
        for cell, key in zip(cells, keys, strict=True):
            if key not in known:
                known[key] = self._one(cell)
        values = [known[key] for key in keys]
        faults = {place: value for place, value in enumerate(values) if type(value) is Unreadable}
        for place in faults:
            values[place] = None
        return values, faults

    def _one(self, cell: Any) -> Any:
        if cell == "" or cell is None:
            return None
        try:
            return self._kind.read(cell, self._around)
        except Unreadable as refused:
            return refused


def are_plain(cells: Sequence[Any], longest: int | None) -> bool:
    """Whether every cell is a line of text as it is kept, none too long and none a number that
    a spreadsheet program has shortened."""
    if set(map(type, cells)) != {str} or (longest and max(map(len, cells)) > longest):
        return False
    text = _BETWEEN.join(cells)
    if text.count(_BETWEEN) >= len(cells) or _NOT_PLAIN.search(text):
        return False
    if "  " in text or "\0 " in text or " \0" in text or text[:1] == " " or text[-1:] == " ":
        return False
    return not (_MAYBE_SCIENTIFIC.search(text) and _ONE_SCIENTIFIC.search(text))


def columns_of(rows: Sequence[Sequence[Any]], places: Sequence[int]) -> list[Sequence[Any]]:
    """The cells at these places, a column for each; "" where a row is shorter."""
    if min(map(len, rows)) > max(places):
        columns = list(zip(*rows, strict=False))
        return [columns[place] for place in places]
    return [[row[place] if place < len(row) else "" for row in rows] for place in places]
