"""The people's part of a plan: by stable id only, local accounts never touched."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from openbureau.kernel.directory.plan import (
    DISABLED_BY_DIRECTORY,
    SYNCED,
    AccountRow,
    Action,
    Change,
    Current,
    Value,
)
from openbureau.kernel.directory.plan_posts import first_posts, post_changes
from openbureau.kernel.directory.plan_titles import Ranks, arranged, has_open_order, title_ranks
from openbureau.kernel.directory.plan_units import UnitDraft, ref_id
from openbureau.kernel.directory.snapshot import PersonEntry

FIELDS = ("login", "name", "phone", "mobile", "mail", "room")
LOGIN_LENGTH = 100
_OF_OTHER_SOURCE = "login-of-other-source"

Values = list[tuple[str, Value, Value]]


@dataclass(slots=True)
class PeopleDraft:
    """The people's changes while they are being decided. `homes` says where each person of
    the directory who has an account, or gets one, will be: a unit's reference by stable id."""

    changes: list[Change] = field(default_factory=list)
    renamed_entries: list[tuple[int, str]] = field(default_factory=list)
    homes: dict[str, str] = field(default_factory=dict)
    unchanged: int = 0


class _Context:
    """What a person's line depends on besides the entry itself."""

    def __init__(
        self,
        entries: Sequence[PersonEntry],
        current: Current,
        units: UnitDraft,
        excluded: Collection[str],
    ) -> None:
        self.current = current
        self.units = units
        self.excluded = excluded
        self.by_external_id: dict[str, AccountRow] = {}
        self.elsewhere: dict[str, AccountRow] = {}
        for row in current.accounts:
            if row.source == SYNCED and row.external_id:
                if current.may_take(row):
                    self.by_external_id[row.external_id] = row
                else:
                    self.elsewhere[row.external_id] = row
        self.by_login = {row.login: row for row in current.accounts}
        self.shared_mails = _twice(_lower(entry.mail) for entry in entries if entry.mail)
        self.needs_homes = bool(current.group_roles)
        self.notes: dict[str, str] = {}
        self._ranks: Ranks | None = None

    def row(self, entry: PersonEntry) -> AccountRow | None:
        return self.by_external_id.get(entry.external_id)

    def arranged(self, entry: PersonEntry) -> PersonEntry:
        """The entry with its main title first; why is kept for its line."""
        if not has_open_order(entry):
            return entry
        if self._ranks is None:
            self._ranks = title_ranks(self.current)
        unit_id = ref_id(_ref(entry, self.units))
        found, self.notes[entry.external_id] = arranged(
            entry, self.row(entry), unit_id, self._ranks
        )
        return found

    def is_shared(self, entry: PersonEntry) -> bool:
        """Whether another person of the directory has the same address."""
        return bool(self.shared_mails) and _lower(entry.mail) in self.shared_mails

    def mail(self, entry: PersonEntry) -> str:
        """The address to store. A shared one is nobody's, unless somebody has it already."""
        if not self.is_shared(entry):
            return entry.mail
        row = self.row(entry)
        return row.mail if row is not None else ""


def _lower(text: str) -> str:
    """The text in lower case; the same object where it is: there are many of them."""
    return text if text.islower() else text.lower()


def _twice(texts: Iterable[str]) -> frozenset[str]:
    """Those that occur more than once."""
    seen: set[str] = set()
    found: set[str] = set()
    for text in texts:
        (found if text in seen else seen).add(text)
    return frozenset(found)


def draft_people(
    entries: Sequence[PersonEntry],
    current: Current,
    units: UnitDraft,
    excluded: Collection[str] = frozenset(),
) -> PeopleDraft:
    """What becomes of every person of the directory and of every synchronised account."""
    context = _Context(entries, current, units, excluded)
    entries = [context.arranged(entry) for entry in entries]
    conflicts = _conflicts(entries, context)
    reused = {
        holder.id
        for entry in entries
        if entry.external_id not in conflicts
        and (holder := _other_holder(entry, context)) is not None
    }
    draft = PeopleDraft()
    for entry in sorted(entries, key=lambda entry: entry.external_id):
        _decide(entry, conflicts.get(entry.external_id), context, draft)
    _leave(entries, context, reused, draft)
    return draft


def _decide(entry: PersonEntry, reason: str | None, context: _Context, draft: PeopleDraft) -> None:
    row = context.row(entry)
    if reason:
        if row is not None and row.unit_id is not None:
            draft.homes[entry.external_id] = f"unit:{row.unit_id}"
        line = _refused(entry, row, reason, context)
        if line is None:
            draft.unchanged += 1
        else:
            draft.changes.append(line)
        return
    if context.needs_homes:
        draft.homes[entry.external_id] = _ref(entry, context.units)
    change = _creation(entry, context) if row is None else _difference(entry, row, context)
    if change is not None:
        draft.changes.append(_explained(change, context.notes.get(entry.external_id, "")))
    if row is not None and entry.dn != row.dn:
        draft.renamed_entries.append((row.id, entry.dn))
    if context.is_shared(entry) and context.mail(entry) != entry.mail:
        shared = f"duplicate-mail:{entry.mail}"
        draft.changes.append(_conflict(entry, row, shared, _home(entry, row, context)))
    elif change is None:
        draft.unchanged += 1


def _explained(change: Change, note: str) -> Change:
    """The line with why a title is the main one, where it speaks of titles."""
    is_about = bool(change.posts) or change.after("title") is not None
    return msgspec.structs.replace(change, reason=note) if note and is_about else change


def _refused(
    entry: PersonEntry, row: AccountRow | None, reason: str, context: _Context
) -> Change | None:
    """The line of an entry that is not taken; None when it would change nothing anyway."""
    home = _home(entry, row, context)
    if reason != "excluded":
        return _conflict(entry, row, reason, home)
    change = _creation(entry, context) if row is None else _difference(entry, row, context)
    if change is None:
        return None
    return _conflict(entry, row, f"excluded:{change.action}", home)


def _home(entry: PersonEntry, row: AccountRow | None, context: _Context) -> str:
    if row is not None and row.unit_id is not None:
        return f"unit:{row.unit_id}"
    return _ref(entry, context.units)


def _conflicts(entries: Sequence[PersonEntry], context: _Context) -> dict[str, str]:
    """Why entries cannot be taken, by stable id."""
    wanted = _twice(entry.login for entry in entries if entry.login)
    found = {}
    for entry in entries:
        reason = entry.fault or _place_conflict(entry, context.units)
        row = context.row(entry)
        is_kept = row is not None and row.login == entry.login
        if not reason and entry.external_id in context.elsewhere:
            name = context.current.source_name(context.elsewhere[entry.external_id])
            reason = f"identity-of-other-source:{name}"
        if not reason and entry.login in wanted and not is_kept:
            reason = f"duplicate-login:{entry.login}"
        if not reason and entry.external_id in context.excluded:
            reason = "excluded"
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
    claims = [
        (entry, holder)
        for entry in entries
        if (holder := _other_holder(entry, context)) is not None
    ]
    if not claims:
        return
    logins = {entry.external_id: entry.login for entry in entries}
    is_settled = False
    while not is_settled:
        is_settled = True
        for entry, holder in claims:
            if entry.external_id in found:
                continue
            reason = _held(entry, holder, logins, found, context)
            if reason:
                name = context.current.source_name(holder)
                subject = f"{entry.login}，{name}" if reason == _OF_OTHER_SOURCE else entry.login
                found[entry.external_id] = f"{reason}:{subject}"
                is_settled = False


def _held(
    entry: PersonEntry,
    holder: AccountRow,
    logins: dict[str, str],
    found: dict[str, str],
    context: _Context,
) -> str:
    """Why the holder of a login name keeps it; empty when it becomes free."""
    external_id = holder.external_id or ""
    if holder.source != SYNCED or not external_id:
        return "login-of-local-account"
    if not context.current.is_own(holder):
        return _OF_OTHER_SOURCE
    is_kept = (
        external_id in found or logins[external_id] == entry.login
        if external_id in logins
        else external_id in context.excluded
    )
    return "login-in-use" if is_kept else ""


def _conflict(entry: PersonEntry, row: AccountRow | None, reason: str, home: str) -> Change:
    return Change(
        action="conflict",
        external_id=entry.external_id,
        row_id=row.id if row else None,
        name=entry.name,
        key=entry.login or entry.dn,
        reason=reason,
        home=home,
    )


def _ref(entry: PersonEntry, units: UnitDraft) -> str:
    if entry.unit is not None:
        return units.refs.get(entry.unit, "")
    return f"unit:{units.root.id}" if units.root else ""


def _creation(entry: PersonEntry, context: _Context) -> Change:
    ref = _ref(entry, context.units)
    values: Values = [("unit", None, ref)]
    if context.mail(entry) != entry.mail:
        values.append(("mail", None, context.mail(entry)))
    return Change(
        action="create",
        external_id=entry.external_id,
        row_id=None,
        name=entry.name,
        key=entry.login,
        place=context.units.names.get(ref, ""),
        values=tuple(values),
        posts=post_changes(entry, ref, None, context.units),
        home=ref,
        entry=entry,
    )


def _difference(entry: PersonEntry, row: AccountRow, context: _Context) -> Change | None:
    """What the directory says otherwise than the account; None when nothing."""
    first = first_posts(entry, row, _ref(entry, context.units))
    values = _changed_fields(entry, row, context) + first.values
    state = _state(entry, row)
    if state != row.state:
        values.append(("state", row.state, state))
    posts = post_changes(entry, first.ref, row, context.units)
    if not values and not posts:
        return None
    action: Action = "move" if first.is_moved else "update"
    return Change(
        action="disable" if row.state == "active" and state != "active" else action,
        external_id=entry.external_id,
        row_id=row.id,
        name=entry.name,
        key=entry.login,
        place=context.units.names.get(first.ref, "") if first.is_moved else "",
        values=tuple(values),
        posts=posts,
        home=f"unit:{row.unit_id}" if row.unit_id else first.ref,
    )


def _changed_fields(entry: PersonEntry, row: AccountRow, context: _Context) -> Values:
    wanted = {name: getattr(entry, name) for name in FIELDS} | {"mail": context.mail(entry)}
    values: Values = [
        (name, getattr(row, name), value)
        for name, value in wanted.items()
        if getattr(row, name) != value
    ]
    if entry.photo is not None and entry.photo != row.photo:
        values.append(("photo", row.photo, entry.photo))
    if row.directory_id != context.current.directory_id:
        values.append(("directory", row.directory_id, context.current.directory_id))
    return values


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
    gone = [
        row
        for key, row in context.by_external_id.items()
        if key not in present and context.current.is_own(row)
    ]
    for row in sorted(gone, key=lambda row: row.id):
        values: Values = []
        if row.state == "active":
            values.append(("state", "active", "disabled"))
        if row.id in reused:
            suffix = f"~{row.id}"
            values.append(("login", row.login, row.login[: LOGIN_LENGTH - len(suffix)] + suffix))
        if values:
            draft.changes.append(_departure(row, values, context))


def _departure(row: AccountRow, values: Values, context: _Context) -> Change:
    action: Action = "disable" if row.state == "active" else "update"
    is_excluded = (row.external_id or "") in context.excluded
    return Change(
        action="conflict" if is_excluded else action,
        external_id=row.external_id or "",
        row_id=row.id,
        name=row.name,
        key=row.login,
        place=context.units.names.get(f"unit:{row.unit_id}", ""),
        reason=f"excluded:{action}" if is_excluded else "",
        values=() if is_excluded else tuple(values),
        home=f"unit:{row.unit_id}" if row.unit_id else "",
    )
