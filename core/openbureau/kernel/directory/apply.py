"""Writing a plan: everything in one transaction, or nothing."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Post
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.directory.apply_people import Writing, write_people
from openbureau.kernel.directory.apply_units import write_units
from openbureau.kernel.directory.images import Recorder, grouped
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.photos import kept_photos
from openbureau.kernel.directory.plan import Plan
from openbureau.kernel.directory.planning import make_plan
from openbureau.kernel.directory.queries import current_rows
from openbureau.kernel.directory.snapshot import Snapshot
from openbureau.kernel.enablement.actions import bump_epoch, hold_rights
from openbureau.kernel.files.actions import stored_file
from openbureau.kernel.search.core_records import index_people, index_units
from openbureau.kernel.units.names import person_pinyin

REALM = "core/sync"


class PlanChanged(Exception):
    """The rows differ from those the plan was made for; nothing was written."""


@dataclass(frozen=True, slots=True)
class Order:
    """Whose synchronisation is applied: the source (None is that of the start-up settings),
    what is excluded, who said so, and since when disabled people count for the gates.

    `on_written` keeps the run with what the rows were before, as it is stored, inside the same
    transaction; it returns the run's id.
    """

    source: DirectorySource | None = None
    excluded: Collection[str] = frozenset()
    account_id: int | None = None
    disabled_since: dt.datetime | None = None
    on_written: Callable[[Plan, str], int | None] = lambda plan, before: None


def apply_plan(
    plan: Plan, snapshot: Snapshot, now: dt.datetime, order: Order | None = None
) -> None:
    """Writes exactly this plan.

    The rows are looked at once more inside the transaction. Where they differ from those the
    plan was made from, it is made again and must be the same. An empty plan writes nothing
    at all, not even an audit line.
    Raises PlanChanged: another plan would follow. Unavailable: the database cannot be written.
    """
    if plan.is_empty:
        return
    order = order or Order()
    source_id = None if order.source is None else order.source.id
    # The pronunciations cost 0.2 ms each and need no transaction.
    sounds = {
        name: person_pinyin(name)
        for change in plan.people
        if isinstance(name := change.after("name"), str)
    }
    pictures = kept_photos(str(photo) for c in plan.people if (photo := c.after("photo")))
    with writing():
        hold_rights(is_alone=True)
        plan_hash = plan.hash
        if not _still_follows(plan, plan_hash, snapshot, order):
            raise PlanChanged
        recorder = Recorder()
        unit_ids = write_units(plan.units, source_id, now, recorder)
        for picture in pictures:
            stored_file(picture, now)
        write_people(plan, Writing(source_id, unit_ids, sounds, now, recorder))
        _make_findable(plan, unit_ids, recorder.created("account"), now)
        run_id = order.on_written(plan, recorder.finished().encoded())
        _note(plan, plan_hash, run_id, order, now)


def _still_follows(plan: Plan, plan_hash: str, snapshot: Snapshot, order: Order) -> bool:
    current = current_rows(order.source, order.disabled_since)
    if current.digest == plan.base:
        return True
    again = make_plan(snapshot, current, order.excluded)
    return isinstance(again, Plan) and again.hash == plan_hash


def _make_findable(
    plan: Plan, unit_ids: Mapping[str, int], created: Collection[int], now: dt.datetime
) -> None:
    """Brings the search index up to date. People are found by their unit's name as well."""
    changed = [change for change in plan.units if change.action != "conflict"]
    ids = {change.row_id for change in changed if change.row_id is not None}
    index_units(now, ids | set(unit_ids.values()))
    renamed = [change.row_id for change in changed if change.after("name") and change.row_id]
    members: Any = Post.select(Post.account).where(Post.is_active & Post.unit.in_(renamed)).tuples()
    people = {account_id for (account_id,) in members}
    people |= {c.row_id for c in plan.people if c.row_id and c.action != "conflict"}
    # In portions: everybody at once would be a hundred thousand rows in memory.
    for group in grouped((*sorted(people), *created)):
        index_people(group)


def _note(plan: Plan, plan_hash: str, run_id: int | None, order: Order, now: dt.datetime) -> None:
    roles = [line for line in plan.roles if line.action != "conflict"]
    record_audit(
        action="core.apply_sync",
        at=now,
        account_id=order.account_id,
        realm=REALM,
        record_id=run_id,
        detail={
            "plan": plan_hash,
            "source": None if order.source is None else order.source.code,
            "people": plan.counts(plan.people, plan.unchanged_people),
            "units": plan.counts(plan.units, plan.unchanged_units),
            "disabled": [change.row_id for change in plan.people if change.action == "disable"],
            "roles": [f"{line.action} {line.role_code} {line.key}" for line in roles],
        },
    )
    if any(change.action != "conflict" for change in plan.units):
        bump_epoch("units")
    if roles or any(change.action != "conflict" for change in plan.people):
        bump_epoch("access")
