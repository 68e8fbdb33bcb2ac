"""One synchronisation from reading to writing, and what there is to say about it."""

import datetime as dt
from typing import Any

import msgspec

from openbureau.base.database import reading
from openbureau.kernel.directory.apply import PlanChanged, apply_plan
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.plan import ACTIONS, Change, Plan
from openbureau.kernel.directory.planning import make_plan
from openbureau.kernel.directory.queries import current_rows
from openbureau.kernel.directory.reading import read_directory
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.snapshot import Incomplete

DONE, INCOMPLETE, BLOCKED = 0, 3, 4

_ACTION_WORDS = {
    "create": ("新增", "new"),
    "update": ("变更", "changed"),
    "move": ("调动", "moved"),
    "disable": ("停用", "disabled"),
    "conflict": ("冲突", "conflict"),
}


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found. `people` and `units` count by action and `unchanged`.

    `incomplete` and `blocked` are reasons (keys of `reasons.REASONS`, several joined by
    `; `), or None. `lines` are the differences in both languages.
    """

    people: dict[str, int]
    units: dict[str, int]
    incomplete: str | None = None
    blocked: str | None = None
    plan: str | None = None
    detail: str = ""
    is_applied: bool = False
    lines: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """0 done, 3 incomplete, 4 blocked."""
        return INCOMPLETE if self.incomplete else BLOCKED if self.blocked else DONE

    def contract(self) -> dict[str, Any]:
        """The figures operators script against."""
        return {
            **self.people,
            "incomplete": self.incomplete,
            "blocked": self.blocked,
            "plan": self.plan,
            "units": self.units,
        }


def synchronise(
    config: DirectoryConfig,
    *,
    is_dry_run: bool,
    now: dt.datetime,
    expected_plan: str | None = None,
) -> Report:
    """Reads the directory, plans, and unless it is a dry run writes the plan.

    Nothing is written when the answer is incomplete, a gate is tripped, or the plan is not
    the `expected_plan` of an earlier preview. A run without differences writes nothing.
    """
    snapshot = read_directory(config)
    if isinstance(snapshot, Incomplete):
        return _incomplete(snapshot)
    with reading():
        plan = make_plan(snapshot, current_rows())
    if isinstance(plan, Incomplete):
        return _incomplete(plan)
    if expected_plan is not None and plan.hash != expected_plan:
        return _report(plan, ("plan-changed",), is_applied=False)
    if is_dry_run or plan.blocked:
        return _report(plan, plan.blocked, is_applied=False)
    try:
        apply_plan(plan, snapshot, now)
    except PlanChanged:
        return _report(plan, ("plan-changed",), is_applied=False)
    return _report(plan, (), is_applied=True)


def _incomplete(found: Incomplete) -> Report:
    none: dict[str, int] = dict.fromkeys((*ACTIONS, "unchanged"), 0)
    return Report(people=none, units=none, incomplete=found.reason, detail=found.detail)


def _report(plan: Plan, blocked: tuple[str, ...], *, is_applied: bool) -> Report:
    return Report(
        people=plan.counts(plan.people, plan.unchanged_people),
        units=plan.counts(plan.units, plan.unchanged_units),
        blocked="; ".join(blocked) or None,
        plan=plan.hash,
        is_applied=is_applied,
        lines=tuple(map(line, (*plan.units, *plan.people))),
    )


def line(change: Change) -> str:
    """One difference in words, both languages."""
    zh, en = _ACTION_WORDS[change.action]
    subject = f"{change.key} {change.name}".strip()
    place = f" → {change.place}" if change.place and change.action in {"create", "move"} else ""
    details = "; ".join(
        f"{name}: {before} → {after}"
        for name, before, after in change.values
        if change.action != "create" and name not in {"unit", "parent"}
    )
    reason_zh, reason_en = reason_words(change.reason) if change.reason else ("", "")
    reason = f" {reason_zh} / {reason_en}" if change.reason else ""
    return f"{zh} {en}: {subject}{place}{f' ({details})' if details else ''}{reason}"
