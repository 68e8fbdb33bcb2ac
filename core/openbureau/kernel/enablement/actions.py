"""Writes of enablement rules and change counters."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from peewee import Query, fn

from openbureau.base.database import is_postgresql, param, statement
from openbureau.base.errors import OperatorError
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.enablement.models import PLUGIN_STATES, Epoch, PluginRule, Stamp
from openbureau.kernel.units.models import KINDS, Unit


def hold_rights(*, is_alone: bool = False) -> None:
    """Keeps rights, units and plugins as they are until the caller's transaction ends, so that
    nothing done in it is dated after a right ended; `is_alone` for whoever may change them.

    The first statement of a transaction: who waits here holds nothing others wait for. SQLite
    has one writer at a time anyway.
    """
    if is_postgresql():
        _held(is_alone=is_alone).value()


@statement
def _held(*, is_alone: bool) -> Query:
    held: Any = Epoch.select(Epoch.id)
    return held.for_update("FOR UPDATE" if is_alone else "FOR SHARE")


def bump_epoch(name: str) -> None:
    """Makes every process rebuild a snapshot: `plugins`, `units` or `access`."""
    field = getattr(Epoch, name)
    Epoch.update({field: field + 1}).execute()


@statement
def _stamping() -> Query:
    return Stamp.insert(name=param("name"), version=1).on_conflict(
        conflict_target=[Stamp.name], update={Stamp.version: Stamp.version + 1}
    )


def bump_stamp(name: str) -> None:
    """Marks what `name` stands for as changed, so its pages are made anew."""
    _stamping().run(name=name)


def set_plugin_state(
    plugin: str,
    state: str,
    scope: str,
    *,
    now: dt.datetime,
    people: Sequence[int] = (),
    is_cap: bool = False,
    reason: str = "",
    account_id: int | None = None,
) -> PluginRule:
    """Sets one rule, replacing the one for the same place; live everywhere at once.

    `scope` is `unit:CODE`, `subtree:CODE` or `kind:KIND`.
    Raises OperatorError: the state, the scope or the unit is unknown.
    """
    kind, unit = parsed_scope(scope)
    _check_state(state, scope, is_cap=is_cap)
    place = {"plugin": plugin, "scope": scope.partition(":")[0], "unit": unit, "kind": kind}
    before = _removed_rule(place, is_cap=is_cap)
    rule = PluginRule.create(
        **place,
        state=state,
        is_cap=is_cap,
        people=json.dumps(sorted(people)),
        reason=reason,
        decided_by=account_id,
        decided_at=now,
    )
    _audit_rule(rule, scope, before)
    bump_epoch("plugins")
    return rule


def _check_state(state: str, scope: str, *, is_cap: bool) -> None:
    if state not in PLUGIN_STATES:
        raise OperatorError(
            "PLUG-002",
            f"没有名为 {state} 的状态。没有任何改动。可用：{'、'.join(PLUGIN_STATES)}。",
            f"There is no state {state}. Nothing changed. Use one of {', '.join(PLUGIN_STATES)}.",
        )
    if is_cap and (not scope.startswith("subtree:") or state == "pilot"):
        raise OperatorError(
            "PLUG-004",
            "上级限定只能用于 subtree:代码，状态为 off、readonly 或 on。没有任何改动。",
            "A cap takes subtree:CODE and one of off, readonly, on. Nothing changed.",
        )


def _audit_rule(rule: PluginRule, scope: str, before: str | None) -> None:
    record_audit(
        action="core.set_plugin_state",
        at=rule.decided_at,
        account_id=rule.decided_by_id,
        unit_id=rule.unit_id,
        realm="core/plugin_rule",
        record_id=rule.id,
        detail={
            "plugin": rule.plugin,
            "scope": scope,
            "before": before,
            "after": rule.state,
            "cap": rule.is_cap,
            "reason": rule.reason,
        },
    )


def _removed_rule(place: Mapping[str, Any], *, is_cap: bool) -> str | None:
    """Removes the rule standing at a place; the state it had. The audit line keeps it."""
    condition = PluginRule.is_cap == is_cap
    for name, value in place.items():
        field = getattr(PluginRule, name)
        condition &= field.is_null() if value is None else field == value
    rule = PluginRule.get_or_none(condition)
    if rule is None:
        return None
    rule.delete_instance()
    return str(rule.state)


def parsed_scope(scope: str) -> tuple[str, Unit | None]:
    """(unit kind, None) or ("", unit) of a scope. Raises OperatorError: it means nothing."""
    kind, _, place = scope.partition(":")
    if kind == "kind" and place in KINDS:
        return place, None
    if kind in {"unit", "subtree"}:
        unit = Unit.get_or_none(fn.LOWER(Unit.code) == place.lower())
        if unit is not None:
            return "", unit
        raise OperatorError(
            "UNIT-001",
            f"没有代码为 {place} 的单位。没有任何改动。openbureau units 列出全部代码。",
            f"There is no unit with code {place}. Nothing changed. "
            "`openbureau units` lists all codes.",
        )
    raise OperatorError(
        "PLUG-003",
        f"范围 {scope} 无法识别。没有任何改动。请写 unit:代码、subtree:代码 或 kind:类别。",
        f"Cannot understand the scope {scope}. Nothing changed. "
        "Use unit:CODE, subtree:CODE or kind:KIND.",
    )
