"""One synchronisation from reading to writing, and what there is to say about it."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from openbureau.base.database import reading
from openbureau.kernel.directory.apply import Order, PlanChanged, apply_plan
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.delta import read_since
from openbureau.kernel.directory.entrance import KeepPhoto
from openbureau.kernel.directory.gates import counted_since
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.photos import photo_shelf
from openbureau.kernel.directory.plan import ACTIONS, Change, Plan, PostChange, RoleChange, Value
from openbureau.kernel.directory.planning import make_plan
from openbureau.kernel.directory.queries import current_rows
from openbureau.kernel.directory.reading import read_directory
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.snapshot import Incomplete, Snapshot

DONE, INCOMPLETE, BLOCKED = 0, 3, 4

_ACTION_WORDS = {
    "create": ("新增", "new"),
    "update": ("变更", "changed"),
    "move": ("调动", "moved"),
    "disable": ("停用", "disabled"),
    "conflict": ("冲突", "conflict"),
    "grant": ("授予角色", "role given"),
    "revoke": ("收回角色", "role taken back"),
}


_FIELD_WORDS = {
    "login": "登录名 login",
    "name": "名称 name",
    "code": "代码 code",
    "title": "职务 title",
    "rank": "排名 rank",
    "phone": "电话 phone",
    "mobile": "手机 mobile",
    "mail": "邮箱 mail",
    "room": "房间 room",
    "state": "状态 state",
    "is_active": "在用 in use",
    "external_id": "目录标识 stable id",
    "directory": "目录来源 source",
}
_UNTOLD = frozenset({"unit", "parent", "photo"})


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found. `people` and `units` count by action and `unchanged`.

    `incomplete` and `blocked` are reasons (keys of `reasons.REASONS`, several joined by
    `; `), or None.
    """

    people: dict[str, int]
    units: dict[str, int]
    incomplete: str | None = None
    blocked: str | None = None
    plan: str | None = None
    detail: str = ""
    is_applied: bool = False
    made: Plan | None = None

    @property
    def lines(self) -> Iterator[str]:
        """The differences in words, both languages."""
        if self.made is not None:
            yield from map(line, (*self.made.units, *self.made.people))
            yield from map(role_line, self.made.roles)
            if self.made.recent:
                yield recent_words(self.made.recent)

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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A complete answer of the directory and the plan made from it."""

    snapshot: Snapshot
    plan: Plan


def prepare(
    config: DirectoryConfig,
    now: dt.datetime,
    *,
    source: DirectorySource | None = None,
    excluded: Collection[str] = frozenset(),
    is_delta: bool = False,
    planned_at: dt.datetime | None = None,
) -> Prepared | Incomplete:
    """Reads the directory and plans; nothing is written but new pictures, which are swept away
    when no account names them. A delta that cannot be trusted becomes a full reading.

    The gates count whom the source has disabled in the 24 hours before `planned_at`, when the
    plan was made that is made again, and since; `now` otherwise.
    """
    keep_photo = photo_shelf(now) if config.reads_photos else None
    snapshot = _read(config, source, keep_photo, is_delta=is_delta)
    if isinstance(snapshot, Incomplete):
        return snapshot
    with reading():
        plan = make_plan(snapshot, current_rows(source, counted_since(planned_at or now)), excluded)
    return plan if isinstance(plan, Incomplete) else Prepared(snapshot, plan)


def _read(
    config: DirectoryConfig,
    source: DirectorySource | None,
    keep_photo: KeepPhoto | None,
    *,
    is_delta: bool,
) -> Snapshot | Incomplete:
    if is_delta and source is not None:
        with reading():
            current = current_rows(source)
        found = read_since(config, source.high_water, current, keep_photo)
        if found is not None:
            return found
    return read_directory(config, keep_photo)


def synchronise(
    config: DirectoryConfig,
    *,
    is_dry_run: bool,
    now: dt.datetime,
    expected_plan: str | None = None,
    order: Order | None = None,
    is_delta: bool = False,
    on_stopped: Callable[[Prepared | Incomplete], object] = lambda found: None,
) -> Report:
    """Reads the directory, plans, and unless it is a dry run writes the plan.

    Nothing is written when the answer is incomplete, a gate is tripped, or the plan is not
    the `expected_plan` of an earlier preview. A run without differences writes nothing.
    `on_stopped` is told of an answer or a plan that was to be applied and was not, or that
    has nothing to write.
    """
    order = order or Order()
    prepared = prepare(config, now, source=order.source, excluded=order.excluded, is_delta=is_delta)
    if isinstance(prepared, Incomplete):
        if not is_dry_run:
            on_stopped(prepared)
        return incomplete_report(prepared)
    plan = prepared.plan
    if unknown := _unknown(order.excluded, prepared):
        return plan_report(plan, unknown, is_applied=False)
    if expected_plan is not None and plan.hash != expected_plan:
        return plan_report(plan, ("plan-changed",), is_applied=False)
    if not is_dry_run and (plan.blocked or plan.is_empty):
        on_stopped(prepared)
    if is_dry_run or plan.blocked:
        return plan_report(plan, plan.blocked, is_applied=False)
    try:
        apply_plan(plan, prepared.snapshot, now, replace(order, disabled_since=counted_since(now)))
    except PlanChanged:
        return plan_report(plan, ("plan-changed",), is_applied=False)
    return plan_report(plan, (), is_applied=True)


def _unknown(excluded: Collection[str], prepared: Prepared) -> tuple[str, ...]:
    """Exclusions that name nothing: whoever was meant would not be spared."""
    plan, snapshot = prepared.plan, prepared.snapshot
    known: set[str] = set()
    for part in (snapshot.units, snapshot.people, plan.units, plan.people, plan.roles):
        known.update(line.external_id for line in part)
    return tuple(f"unknown-exclusion:{name}" for name in sorted(set(excluded) - known))


def incomplete_report(found: Incomplete) -> Report:
    """The report of an answer that may change nothing."""
    none: dict[str, int] = dict.fromkeys((*ACTIONS, "unchanged"), 0)
    return Report(people=none, units=none, incomplete=found.reason, detail=found.detail)


def plan_report(plan: Plan, blocked: tuple[str, ...], *, is_applied: bool) -> Report:
    """The report of a plan."""
    return Report(
        people=plan.counts(plan.people, plan.unchanged_people),
        units=plan.counts(plan.units, plan.unchanged_units),
        blocked="; ".join(blocked) or None,
        plan=plan.hash,
        is_applied=is_applied,
        made=plan,
    )


def line(change: Change) -> str:
    """One difference in words, both languages."""
    zh, en = _ACTION_WORDS[change.action]
    subject = f"{change.key} {change.name}".strip()
    place = f" → {change.place}" if change.place and change.action in {"create", "move"} else ""
    details = [
        f"{_FIELD_WORDS.get(name, name)} {_shown(before)} → {_shown(after)}"
        for name, before, after in change.values
        if change.action != "create" and name not in _UNTOLD
    ]
    details += map(_post_words, change.posts)
    told = f"（{'；'.join(details)}）" if details else ""
    return f"{zh} {en}: {subject}{place}{told}{_why(change.reason)}"


def _post_words(post: PostChange) -> str:
    title = post.title or "-"
    if post.unit is None:
        return f"不再兼任 further post ends: {title}"
    if post.row_id is not None:
        return f"兼任改为 further post: {title}"
    return f"兼任 further post: {title}"


def _shown(value: Value) -> str:
    return "-" if value in (None, "") else str(value)


def recent_words(recent: int) -> str:
    """What the gates count besides the plan, both languages."""
    return (
        f"近 24 小时已停用 {recent} 人，一并计入。"
        f"Disabled in the last 24 hours: {recent}; the limits count them too."
    )


def role_line(change: RoleChange) -> str:
    """One role given or taken back in words, both languages."""
    zh, en = _ACTION_WORDS[change.action]
    subject = f"{change.key} {change.name}".strip()
    return f"{zh} {en}: {subject} {change.role_code} ← {change.group}{_why(change.reason)}"


def _why(reason: str) -> str:
    """The reason after a dash: a subject of its own, never run into what stands before it."""
    zh, en = reason_words(reason) if reason else ("", "")
    return f" —— {zh} / {en}" if reason else ""
