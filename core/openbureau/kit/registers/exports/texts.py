"""The comma-separated table of an export."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from openbureau.kit.registers.declared import Column

# What spreadsheet programs take for a formula; with apostrophes before it, the text already
# looks like one that was made harmless.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_SUSPECT = frozenset("'=+-@\t\r")
_SUSPECT_CELL = re.compile(r"\0['=+\-@\t\r]")


def write_csv(
    path: Path, columns: Sequence[Column], batches: Iterable[Sequence[Sequence[str]]]
) -> int:
    """Writes heads and rows in UTF-8 that spreadsheet programs know as such; how many rows.
    A cell that could be a formula begins with an apostrophe, which the import takes off."""
    total = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([column.label for column in columns])
        for rows in batches:
            writer.writerows(_harmless_rows(rows))
            total += len(rows)
    return total


def _harmless_rows(rows: Sequence[Sequence[str]]) -> Iterable[Sequence[str]]:
    # Most batches hold no suspect cell at all; one look at the whole tells.
    whole = "\0".join(map("\0".join, rows))
    if whole[:1] not in _SUSPECT and not _SUSPECT_CELL.search(whole):
        return rows
    return [[harmless(text) if text[:1] in _SUSPECT else text for text in row] for row in rows]


def harmless(text: str) -> str:
    """A text that no spreadsheet program takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
