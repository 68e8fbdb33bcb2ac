"""Writing a plan: everything in one transaction, or nothing."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from openbureau.base.database import new_uid, to_instant, writing
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.directory.plan import DISABLED_BY_DIRECTORY, SYNCED, Change, Plan
from openbureau.kernel.directory.plan_units import ref_id
from openbureau.kernel.directory.planning import make_plan
from openbureau.kernel.directory.queries import current_rows
from openbureau.kernel.directory.snapshot import Snapshot
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.search.core_records import index_people, index_units
from openbureau.kernel.units.actions import rebuild_paths, sounds_of
from openbureau.kernel.units.models import Node, Unit
from openbureau.kernel.units.names import person_pinyin

ROWS_PER_STATEMENT = 100
MOST_INDEXED_SINGLY = 500
ACCOUNT_FIELDS = ("login", "name", "phone", "mobile", "mail", "room")

Sounds = Mapping[str, tuple[str, str]]


class PlanChanged(Exception):
    """The rows differ from those the plan was made for; nothing was written."""


def apply_plan(plan: Plan, snapshot: Snapshot, now: dt.datetime) -> None:
    """Writes exactly this plan.

    The plan is made once more inside the transaction; another hash means that somebody
    changed the rows since. An empty plan writes nothing at all, not even an audit line.
    Raises PlanChanged: the hashes differ. Unavailable: the database cannot be written.
    """
    if plan.is_empty:
        return
    # The pronunciations cost 0.2 ms each and need no transaction.
    sounds = {
        name: person_pinyin(name)
        for change in plan.people
        if isinstance(name := change.after("name"), str)
    }
    with writing():
        again = make_plan(snapshot, current_rows())
        if not isinstance(again, Plan) or again.hash != plan.hash:
            raise PlanChanged
        unit_ids = _write_units(plan.units, now)
        _write_people(plan, unit_ids, sounds, now)
        _make_findable(plan, unit_ids, now)
        _note(plan, now)


def _make_findable(plan: Plan, unit_ids: Mapping[str, int], now: dt.datetime) -> None:
    """Brings the search index up to date. People are found by their unit's name as well."""
    changed = [change for change in plan.units if change.action != "conflict"]
    ids = {change.row_id for change in changed if change.row_id is not None}
    index_units(now, ids | set(unit_ids.values()))
    renamed = [change.row_id for change in changed if change.after("name") and change.row_id]
    people = [change for change in plan.people if change.action != "conflict"]
    if len(people) > MOST_INDEXED_SINGLY or len(renamed) > MOST_INDEXED_SINGLY:
        index_people()
        return
    entries = [change.external_id for change in people]
    found = Account.select(Account.id).where(Account.external_id.in_(entries))
    members: Any = Post.select(Post.account).where(Post.is_active & Post.unit.in_(renamed)).tuples()
    index_people({row.id for row in found} | {account_id for (account_id,) in members})


def _note(plan: Plan, now: dt.datetime) -> None:
    record_audit(
        action="core.apply_sync",
        at=now,
        realm="core/sync",
        detail={
            "plan": plan.hash,
            "people": plan.counts(plan.people, plan.unchanged_people),
            "units": plan.counts(plan.units, plan.unchanged_units),
            "disabled": [change.row_id for change in plan.people if change.action == "disable"],
        },
    )
    if any(change.action != "conflict" for change in plan.units):
        bump_epoch("units")
    if any(change.action != "conflict" for change in plan.people):
        bump_epoch("access")


def _write_units(changes: Sequence[Change], now: dt.datetime) -> dict[str, int]:
    """Writes the units in the plan's order; returns the ids of the created ones by reference."""
    created: dict[str, int] = {}
    written = [change for change in changes if change.action != "conflict"]
    if not written:
        return created
    node = _home_node()
    for change in written:
        fields = _unit_fields(change, created, now)
        if change.row_id is None:
            unit = Unit.create(
                **fields, home_node=node, source=SYNCED, external_id=change.external_id
            )
            created[f"entry:{change.external_id}"] = unit.id
        else:
            Unit.update(**fields).where(Unit.id == change.row_id).execute()
    rebuild_paths()
    return created


def _home_node() -> Node:
    node = Node.get_or_none(Node.is_self == True)  # noqa: E712 - SQL
    return node or Node.create(name="OpenBureau", is_self=True)


def _unit_fields(change: Change, created: Mapping[str, int], now: dt.datetime) -> dict[str, Any]:
    fields: dict[str, Any] = {name: after for name, _, after in change.values}
    if "parent" in fields:
        fields["parent"] = _unit_id(fields["parent"], created)
    if "name" in fields:
        name = str(fields["name"])
        fields |= {"short_name": name, "is_name_assumed": False, **sounds_of(name, name)}
    if "is_active" in fields:
        fields["closed_at"] = None if fields["is_active"] else now
    return fields


def _unit_id(ref: str, created: Mapping[str, int]) -> int | None:
    return created[ref] if ref in created else ref_id(ref)


def _write_people(
    plan: Plan, unit_ids: Mapping[str, int], sounds: Sounds, now: dt.datetime
) -> None:
    changed = [change for change in plan.people if change.action != "conflict"]
    known = [change for change in changed if change.row_id is not None]
    _free_logins(known)
    for change in known:
        _update_person(change, unit_ids, sounds, now)
    for account_id, dn in plan.renamed_entries:
        Account.update(directory_dn=dn).where(Account.id == account_id).execute()
    _create_people([change for change in changed if change.row_id is None], unit_ids, sounds, now)


def _free_logins(changes: Sequence[Change]) -> None:
    """Takes the old name off everybody who gets another: names may be exchanged."""
    for change in changes:
        if change.after("login") is not None:
            Account.update(login=f"~{new_uid()}").where(Account.id == change.row_id).execute()


def _update_person(
    change: Change, unit_ids: Mapping[str, int], sounds: Sounds, now: dt.datetime
) -> None:
    after = {name: value for name, _, value in change.values}
    fields: dict[str, Any] = {name: after[name] for name in ACCOUNT_FIELDS if name in after}
    if "name" in after:
        fields |= _sound_fields(str(after["name"]), sounds)
    if "state" in after:
        is_ending = after["state"] != "active"
        fields |= {
            "state": after["state"],
            "disabled_at": now if is_ending else None,
            "disabled_reason": DISABLED_BY_DIRECTORY if is_ending else "",
        }
        if is_ending:
            _end_sessions(change.row_id, now)
    if fields:
        Account.update(**fields).where(Account.id == change.row_id).execute()
    if "unit" in after:
        _move(change, _unit_id(str(after["unit"]), unit_ids), now)
    elif "title" in after:
        _synced_posts(change.row_id, Post.update(title=after["title"]))


def _sound_fields(name: str, sounds: Sounds) -> dict[str, str]:
    pinyin, initials = sounds[name]
    return {"pinyin": pinyin[:200], "initials": initials[:40]}


def _end_sessions(account_id: int | None, now: dt.datetime) -> None:
    Session.update(ended_at=now, end_reason="disabled").where(
        (Session.account == account_id) & Session.ended_at.is_null()
    ).execute()


def _synced_posts(account_id: int | None, update: Any) -> None:
    update.where(
        (Post.account == account_id) & (Post.source == SYNCED) & (Post.is_active == True)  # noqa: E712 - SQL
    ).execute()


def _move(change: Change, unit_id: int | None, now: dt.datetime) -> None:
    """Ends the old post and begins a new one: what was done in the old unit stays there,
    and rights given to the old post do not travel."""
    old = Post.get_or_none(
        (Post.account == change.row_id) & (Post.source == SYNCED) & (Post.is_active == True)  # noqa: E712 - SQL
    )
    _synced_posts(change.row_id, Post.update(is_active=False, ends_on=_day(now)))
    title = change.after("title")
    Post.create(
        account=change.row_id,
        unit=unit_id,
        title=title if title is not None else old.title if old else "",
        source=SYNCED,
        starts_on=_day(now),
    )


def _day(now: dt.datetime) -> dt.date:
    return now.astimezone(dt.timezone(dt.timedelta(hours=8))).date()


def _create_people(
    changes: Sequence[Change], unit_ids: Mapping[str, int], sounds: Sounds, now: dt.datetime
) -> None:
    at = to_instant(now)
    rows = []
    for change in changes:
        after = {name: value for name, _, value in change.values}
        is_disabled = after["state"] != "active"
        rows.append(
            {
                **{name: after[name] for name in ACCOUNT_FIELDS},
                **_sound_fields(str(after["name"]), sounds),
                "uid": new_uid(),
                "state": after["state"],
                "source": SYNCED,
                "external_id": change.external_id,
                "directory_dn": after["dn"],
                "disabled_at": at if is_disabled else None,
                "disabled_reason": DISABLED_BY_DIRECTORY if is_disabled else "",
                "created_at": at,
            }
        )
    _insert(Account, rows)
    stored = Account.select(Account.external_id, Account.id).where(Account.source == SYNCED)
    ids = {row.external_id: row.id for row in stored}
    _insert(
        Post,
        [
            {
                "uid": new_uid(),
                "account": ids[change.external_id],
                "unit": _unit_id(str(change.after("unit")), unit_ids),
                "title": change.after("title"),
                "source": SYNCED,
            }
            for change in changes
        ],
    )


def _insert(table: Any, rows: Iterable[Mapping[str, Any]]) -> None:
    remaining = iter(rows)
    while batch := list(islice(remaining, ROWS_PER_STATEMENT)):
        table.insert_many(batch).execute()
