"""The people's part of a plan: by stable id only, local accounts never touched."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openbureau.kernel.directory.plan import (
    DISABLED_BY_DIRECTORY,
    SYNCED,
    AccountRow,
    Action,
    Change,
    Value,
)
from openbureau.kernel.directory.plan_units import UnitDraft, ref_id
from openbureau.kernel.directory.snapshot import PersonEntry

FIELDS = ("login", "name", "phone", "mobile", "mail", "room")
LOGIN_LENGTH = 100


@dataclass(slots=True)
class PeopleDraft:
    """The people's changes while they are being decided."""

    changes: list[Change] = field(default_factory=list)
    renamed_entries: list[tuple[int, str]] = field(default_factory=list)
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class _Context:
    units: UnitDraft
    by_external_id: Mapping[str, AccountRow]
    by_login: Mapping[str, AccountRow]


def draft_people(
    entries: Sequence[PersonEntry], accounts: Sequence[AccountRow], units: UnitDraft
) -> PeopleDraft:
    """What becomes of every person of the directory and of every synchronised account."""
    context = _Context(
        units,
        {row.external_id: row for row in accounts if row.external_id and row.source == SYNCED},
        {row.login: row for row in accounts},
    )
    conflicts = _conflicts(entries, context)
    reused = {
        holder.id
        for entry in entries
        if entry.external_id not in conflicts
        and (holder := _other_holder(entry, context)) is not None
    }
    draft = PeopleDraft()
    for entry in sorted(entries, key=lambda entry: entry.external_id):
        reason = conflicts.get(entry.external_id)
        row = context.by_external_id.get(entry.external_id)
        if reason:
            draft.changes.append(_conflict(entry, row, reason))
        elif row is None:
            draft.changes.append(_creation(entry, context))
        else:
            _compare(entry, row, context, draft)
    _leave(entries, context, reused, draft)
    return draft


def _conflicts(entries: Sequence[PersonEntry], context: _Context) -> dict[str, str]:
    """Why entries cannot be taken, by stable id."""
    wanted = Counter(entry.login for entry in entries if entry.login)
    found = {}
    for entry in entries:
        reason = entry.fault or _place_conflict(entry, context.units)
        row = context.by_external_id.get(entry.external_id)
        is_kept = row is not None and row.login == entry.login
        if not reason and wanted[entry.login] > 1 and not is_kept:
            reason = f"duplicate-login:{entry.login}"
        if reason:
            found[entry.external_id] = reason
    _add_login_conflicts(entries, context, found)
    return found


def _place_conflict(entry: PersonEntry, units: UnitDraft) -> str:
    if entry.unit is None:
        return "" if units.root is not None else "no-unit"
    return "" if entry.unit in units.refs else "unit-in-conflict"


def _other_holder(entry: PersonEntry, context: _Context) -> AccountRow | None:
    holder = context.by_login.get(entry.login)
    is_other = holder is not None and (
        holder.source != SYNCED or holder.external_id != entry.external_id
    )
    return holder if is_other else None


def _add_login_conflicts(
    entries: Sequence[PersonEntry], context: _Context, found: dict[str, str]
) -> None:
    """Login names somebody else keeps. Repeated, since each new conflict keeps one more."""
    logins = {entry.external_id: entry.login for entry in entries}
    claims = [
        (entry, holder)
        for entry in entries
        if (holder := _other_holder(entry, context)) is not None
    ]
    is_settled = False
    while not is_settled:
        is_settled = True
        for entry, holder in claims:
            if entry.external_id in found:
                continue
            external_id = holder.external_id or ""
            if holder.source != SYNCED or not external_id:
                found[entry.external_id] = f"login-of-local-account:{entry.login}"
                is_settled = False
            elif external_id in logins and (
                external_id in found or logins[external_id] == entry.login
            ):
                found[entry.external_id] = f"login-in-use:{entry.login}"
                is_settled = False


def _conflict(entry: PersonEntry, row: AccountRow | None, reason: str) -> Change:
    return Change(
        action="conflict",
        external_id=entry.external_id,
        row_id=row.id if row else None,
        name=entry.name,
        key=entry.login or entry.dn,
        reason=reason,
    )


def _ref(entry: PersonEntry, units: UnitDraft) -> str:
    if entry.unit is not None:
        return units.refs[entry.unit]
    return f"unit:{units.root.id}" if units.root else ""


def _creation(entry: PersonEntry, context: _Context) -> Change:
    ref = _ref(entry, context.units)
    after: dict[str, Value] = {name: getattr(entry, name) for name in FIELDS}
    after |= {"title": entry.title, "unit": ref, "dn": entry.dn}
    after["state"] = "disabled" if entry.is_disabled else "active"
    return Change(
        action="create",
        external_id=entry.external_id,
        row_id=None,
        name=entry.name,
        key=entry.login,
        place=context.units.names.get(ref, ""),
        values=tuple((name, None, value) for name, value in after.items()),
    )


def _compare(entry: PersonEntry, row: AccountRow, context: _Context, draft: PeopleDraft) -> None:
    values: list[tuple[str, Value, Value]] = [
        (name, getattr(row, name), getattr(entry, name))
        for name in FIELDS
        if getattr(row, name) != getattr(entry, name)
    ]
    if row.title != entry.title:
        values.append(("title", row.title, entry.title))
    ref = _ref(entry, context.units)
    is_moved = row.unit_id is None or ref_id(ref) != row.unit_id
    if is_moved:
        values.append(("unit", f"unit:{row.unit_id}" if row.unit_id else "", ref))
    state = _state(entry, row)
    if state != row.state:
        values.append(("state", row.state, state))
    if entry.dn != row.dn:
        draft.renamed_entries.append((row.id, entry.dn))
    if not values:
        draft.unchanged += 1
        return
    action: Action = "move" if is_moved else "update"
    draft.changes.append(
        Change(
            action="disable" if row.state == "active" and state != "active" else action,
            external_id=entry.external_id,
            row_id=row.id,
            name=entry.name,
            key=entry.login,
            place=context.units.names.get(ref, "") if is_moved else "",
            values=tuple(values),
        )
    )


def _state(entry: PersonEntry, row: AccountRow) -> str:
    if entry.is_disabled:
        return "disabled" if row.state == "active" else row.state
    # What an administrator of this system disabled, only an administrator enables again.
    is_ours = row.state != "active" and row.disabled_reason == DISABLED_BY_DIRECTORY
    return "active" if is_ours else row.state


def _leave(
    entries: Sequence[PersonEntry], context: _Context, reused: set[int], draft: PeopleDraft
) -> None:
    """Disables whoever is gone. A login name that somebody else has now is taken off the old
    account, which keeps its identity and history and can never be signed in to again."""
    present = {entry.external_id for entry in entries}
    gone = [row for key, row in context.by_external_id.items() if key not in present]
    for row in sorted(gone, key=lambda row: row.id):
        values: list[tuple[str, Value, Value]] = []
        if row.state == "active":
            values.append(("state", "active", "disabled"))
        if row.id in reused:
            suffix = f"~{row.id}"
            values.append(("login", row.login, row.login[: LOGIN_LENGTH - len(suffix)] + suffix))
        if not values:
            continue
        draft.changes.append(
            Change(
                action="disable" if row.state == "active" else "update",
                external_id=row.external_id or "",
                row_id=row.id,
                name=row.name,
                key=row.login,
                place=context.units.names.get(f"unit:{row.unit_id}", ""),
                values=tuple(values),
            )
        )
