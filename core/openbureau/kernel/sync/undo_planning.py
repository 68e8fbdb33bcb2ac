"""Deciding what taking a synchronisation back changes. Whatever somebody has touched since, a
person with everything that belongs to them, stays as it is and is named."""

import datetime as dt

from openbureau.kernel.directory.gates import counted_since, tripped_gates
from openbureau.kernel.directory.images import decoded_before
from openbureau.kernel.directory.plan import Change, RoleChange
from openbureau.kernel.directory.queries import current_rows
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.undo_draft import Draft
from openbureau.kernel.sync.undo_people import decide_grants, decide_people
from openbureau.kernel.sync.undo_plan import UndoPlan
from openbureau.kernel.sync.undo_rows import grants_of
from openbureau.kernel.sync.undo_units import decide_units, keep_used_units


def plan_undo(run: SyncRun, planned_at: dt.datetime) -> UndoPlan:
    """What taking the run back would change now. The gates count whom the source has disabled
    in the 24 hours before `planned_at`, and since."""
    draft = Draft(run, decoded_before(run.before))
    decide_units(draft)
    decide_people(draft)
    keep_used_units(draft)
    decide_grants(draft)
    return _guarded(run, draft, planned_at)


def _guarded(run: SyncRun, draft: Draft, planned_at: dt.datetime) -> UndoPlan:
    """The plan with the gates it trips: those of every other plan."""
    current = current_rows(run.source, counted_since(planned_at))
    disabled = draft.disabled
    changes = [
        Change(action="disable", external_id="", row_id=account_id, name="", key="")
        for account_id in disabled
    ]
    return UndoPlan(
        run=run.uid,
        restored=draft.restored,
        ended=draft.ended,
        left=draft.lefts(),
        disabled=disabled,
        blocked=tripped_gates(changes, current, _role_changes(draft)),
        recent=len(current.recent),
    )


def _role_changes(draft: Draft) -> list[RoleChange]:
    found = grants_of({image.id for image in draft.grants} | set(draft.made_grants))
    ended = set(draft.made_grants)
    return [
        RoleChange(
            action="revoke" if grant.id in ended else "grant",
            external_id="",
            grant_id=grant.id,
            holder=f"account:{grant.account_id}",
            name="",
            key="",
            role_id=grant.role_id,
            role_code=grant.role.code,
            unit=f"unit:{grant.unit_id}",
            reach=grant.reach,
            group=grant.group,
        )
        for grant in found.values()
    ]
