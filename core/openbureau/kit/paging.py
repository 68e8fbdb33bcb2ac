"""Pages and order of a list: addresses that keep every filter of the query."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from openbureau.base.request import Address

SIZES = (20, 50, 100)
_NEAR = 1
_PLACE = ("page", "before", "after")


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in a list we are. `query` holds the other parameters of the address, in order.

    `before` and `after` name the first and last row shown: with them the neighbouring pages
    are found as quickly at any depth, and rows added meanwhile move nothing.
    """

    total: int
    number: int
    per_page: int
    path: str
    query: Sequence[tuple[str, str]]
    before: str = ""
    after: str = ""

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.per_page))

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.number - 1) * self.per_page

    @property
    def first(self) -> int:
        """Number of the first row shown, 0 for an empty list."""
        return min(self.total, self.offset + 1)

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return min(self.total, self.offset + self.per_page)

    def url(self, number: int) -> str:
        """The address of a page."""
        beside = {self.number - 1: ("before", self.before), self.number + 1: ("after", self.after)}
        name, place = beside.get(number, ("", ""))
        # The first page is wherever the list begins.
        is_named = place and number > 1
        return self._address(number, self.per_page, [(name, place)] if is_named else [])

    @property
    def links(self) -> list[tuple[int, str] | None]:
        """(number, address) of the first, last and near pages; None where some are left out."""
        near = range(self.number - _NEAR, self.number + _NEAR + 1)
        shown = sorted({1, self.pages, *(n for n in near if 1 <= n <= self.pages)})
        if self.number <= 3:
            shown = sorted({*shown, *range(1, min(4, self.pages) + 1)})
        found: list[tuple[int, str] | None] = []
        for place, number in enumerate(shown):
            if place and number - shown[place - 1] > 1:
                found.append(None)
            found.append((number, self.url(number)))
        return found

    @property
    def sizes(self) -> list[tuple[int, str]]:
        """(rows a page, address of that choice); each starts where this page starts."""
        return [(size, self._address(self.offset // size + 1, size)) for size in SIZES]

    def _address(self, number: int, per_page: int, place: Sequence[tuple[str, str]] = ()) -> str:
        pairs = [*self.query, *place]
        if per_page != SIZES[0]:
            pairs.append(("size", str(per_page)))
        if number > 1:
            pairs.append(("page", str(number)))
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column a list is ordered. `key` is that of a column, `is_down` its direction."""

    key: str
    is_down: bool
    path: str
    query: Sequence[tuple[str, str]]

    def url(self, key: str) -> str:
        """The list ordered by a column; once more turns the order round."""
        sign = "-" if key == self.key and not self.is_down else ""
        return f"{self.path}?{urlencode([*self.query, ('sort', f'{sign}{key}')])}"

    def state(self, key: str) -> str:
        """`ascending`, `descending`, or empty for a column that does not order the list."""
        if key != self.key:
            return ""
        return "descending" if self.is_down else "ascending"


def sorting(address: Address, keys: Sequence[str], default: str) -> Sorting:
    """The order asked for by `sort` in the address (`due`, `-due`); unknown ones mean `default`."""
    asked = address.query.get("sort", default)
    if asked.removeprefix("-") not in keys:
        asked = default
    key = asked.removeprefix("-")
    kept = _kept(address, "sort", *_PLACE)
    return Sorting(key, asked.startswith("-"), address.path, kept)


def _kept(address: Address, *left_out: str) -> list[tuple[str, str]]:
    return [pair for pair in address.query.multi_items() if pair[0] not in left_out]


def paging(address: Address, total: int) -> Paging:
    """The page asked for by `page` and `size` in the address; unusable values mean the nearest."""
    asked = address.query.get("size", "")
    per_page = int(asked) if asked in {str(size) for size in SIZES} else SIZES[0]
    pages = max(1, -(-total // per_page))
    number = address.number("page", 1, 1, pages)
    return Paging(total, number, per_page, address.path, _kept(address, "size", *_PLACE))
