"""Advanced query (高级查询): rows of field, comparison and value, joined by 且 or 或.

The rows live in the address, so a query can be kept, sent and printed. Adding and removing
a row are submit buttons of the same form.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from openbureau.base.request import Address

OPERATORS = ("has", "is", "not", "from", "to", "empty")
JOINERS = ("and", "or")
MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class Condition:
    """One row; `value` is in half-width characters."""

    field: str
    op: str
    value: str

    @property
    def is_stated(self) -> bool:
        """Whether it says something already."""
        return bool(self.value) or self.op == "empty"


@dataclass(frozen=True, slots=True)
class Conditions:
    """All rows of the form; `joiner` is `and` or `or`. `stated` leaves out unfinished rows."""

    rows: Sequence[Condition]
    joiner: str

    @property
    def stated(self) -> list[Condition]:
        """Rows that say something."""
        return [row for row in self.rows if row.is_stated]


def conditions(address: Address, fields: Sequence[str]) -> Conditions:
    """The rows in the address, after adding or removing the one asked for; at least one row.

    Unknown fields and comparisons are dropped, not guessed.
    """
    query = address.query
    given = zip(query.getlist("field"), query.getlist("op"), query.getlist("value"), strict=False)
    rows = [
        Condition(field, op, unicodedata.normalize("NFKC", value).strip())
        for field, op, value in given
        if field in fields and op in OPERATORS
    ][:MOST_ROWS]
    gone = query.get("remove", "")
    if gone.isascii() and gone.isdigit() and int(gone) < len(rows):
        del rows[int(gone)]
    if ("add" in query and len(rows) < MOST_ROWS) or not rows:
        rows.append(Condition(fields[0], OPERATORS[0], ""))
    asked = query.get("joiner", "")
    return Conditions(rows, asked if asked in JOINERS else JOINERS[0])
