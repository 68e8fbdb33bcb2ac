"""The gates a plan tripped, in words."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.units.models import Unit

MOST_NAMED = 5


def gate_words(blocked: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Tripped gates in both languages, one for each kind of gate: of many units the first few
    are named and all are counted."""
    subjects: dict[str, list[str]] = defaultdict(list)
    for reason in blocked:
        key, _, subject = reason.partition(":")
        subjects[key] += [subject] if subject else []
    codes = [subject for named in subjects.values() for subject in named]
    rows: Any = Unit.select(Unit.code, Unit.name).where(Unit.code.in_(codes)).tuples()
    names = dict(rows)
    return tuple(
        _words(key, [names.get(subject, subject) for subject in named])
        for key, named in subjects.items()
    )


def _words(key: str, named: list[str]) -> tuple[str, str]:
    shown, total = named[:MOST_NAMED], len(named)
    zh, en = "、".join(shown), ", ".join(shown)
    if total > len(shown):
        zh, en = f"{zh}等 {total} 个单位", f"{en} and others, {total} units in all"
    return reason_words(f"{key}:{zh}")[0], reason_words(f"{key}:{en}")[1]
