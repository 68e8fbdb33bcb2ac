"""Which posts a unit of each kind has, and how many people work where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from openbureau.kernel.units.unit_list import UnitRow

# Titles with their rank in official order; the last one is repeated as often as needed.
_LEADERS = {
    "province": (
        ("局长", 10),
        ("副局长", 20),
        ("副局长", 20),
        ("副局长", 20),
        ("副局长", 20),
        ("纪检组长", 22),
        ("总工程师", 25),
        ("副巡视员", 28),
    ),
    "office": (("处长", 30), ("副处长", 40), ("副处长", 40)),
    "institute": (
        ("院长", 10),
        ("党委书记", 12),
        ("副院长", 20),
        ("副院长", 20),
        ("总工程师", 25),
    ),
    "prefecture": (
        ("局长", 10),
        ("副局长", 20),
        ("副局长", 20),
        ("副局长", 20),
        ("纪检组长", 22),
        ("总工程师", 25),
    ),
    "county": (("局长", 10), ("副局长", 20)),
    "zone": (("分局长", 10), ("副分局长", 20)),
}
_STAFF: Mapping[str, Sequence[tuple[str, int, int]]] = {
    "province": (("调研员", 35, 1),),
    "office": (("调研员", 35, 1), ("主任科员", 50, 5), ("副主任科员", 60, 3), ("科员", 70, 4)),
    "institute": (
        ("室主任", 30, 3),
        ("高级工程师", 50, 6),
        ("工程师", 60, 12),
        ("助理工程师", 70, 7),
        ("检验员", 75, 4),
        ("科员", 80, 2),
    ),
    "prefecture": (
        ("办公室主任", 30, 1),
        ("科长", 32, 6),
        ("副科长", 40, 5),
        ("主任科员", 50, 6),
        ("副主任科员", 60, 6),
        ("科员", 70, 12),
    ),
    "county": (("股长", 40, 2), ("副主任科员", 60, 1), ("科员", 70, 4)),
    "zone": (("科长", 40, 1), ("科员", 70, 3)),
}
_SIZES = {
    "province": (10, 10),
    "office": (13, 18),
    "institute": (60, 120),
    "prefecture": (40, 70),
    "county": (8, 16),
    "zone": (6, 10),
}
TOTALS = {"full": 3200, "small": 420}


@dataclass(frozen=True, slots=True)
class Position:
    """One post to be filled: title, rank in official order, whether it leads the unit."""

    title: str
    rank: int
    is_leader: bool


def unit_sizes(rng: Random, rows: Sequence[UnitRow], total: int) -> dict[str, int]:
    """How many people each unit has, by code; the sum is `total`, each within its kind's
    bounds. Raises ValueError: the bounds do not allow that total."""
    sizes = {row.code: rng.randint(*_SIZES[row.kind]) for row in rows}
    lowest = sum(_SIZES[row.kind][0] for row in rows)
    highest = sum(_SIZES[row.kind][1] for row in rows)
    if not lowest <= total <= highest:
        raise ValueError(f"{len(rows)} units hold {lowest} to {highest} people, not {total}")
    missing = total - sum(sizes.values())
    step = 1 if missing > 0 else -1
    while missing:
        row = rng.choice(rows)
        low, high = _SIZES[row.kind]
        if low <= sizes[row.code] + step <= high:
            sizes[row.code] += step
            missing -= step
    return sizes


def positions(rng: Random, kind: str, size: int) -> Iterator[Position]:
    """The posts of a unit with `size` people, in official order."""
    leaders = _LEADERS[kind][:size]
    for title, rank in leaders:
        yield Position(title, rank, is_leader=True)
    drawn = rng.choices(
        _STAFF[kind], weights=[weight for _, _, weight in _STAFF[kind]], k=size - len(leaders)
    )
    for title, rank, _ in sorted(drawn, key=lambda place: place[1]):
        yield Position(title, rank, is_leader=False)
