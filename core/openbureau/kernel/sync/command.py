"""A synchronisation from the command line or a timer of the system: read, plan and write in
one go, kept as a run so that it can be looked at and taken back."""

import datetime as dt
from collections.abc import Collection

import msgspec

from openbureau.kernel.directory.apply import Order
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.images import Before
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.plan import Plan
from openbureau.kernel.directory.snapshot import Incomplete
from openbureau.kernel.directory.sync import Prepared, Report, synchronise
from openbureau.kernel.sync.alarms import raise_alarm
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.runs import (
    conflict_count,
    counted,
    encoded,
    has_new_conflicts,
    record_run,
)


def commanded(
    config: DirectoryConfig,
    *,
    is_dry_run: bool,
    now: dt.datetime,
    expected_plan: str | None = None,
    source: DirectorySource | None = None,
    excluded: Collection[str] = frozenset(),
    is_delta: bool = False,
) -> Report:
    """What `synchronise` does, and the run is kept: the applied one with what the rows were
    before, the blocked one to be confirmed, the trouble with one alarm."""
    scope = "delta" if is_delta else "full"

    def on_written(plan: Plan, before: Before) -> int:
        run: SyncRun = SyncRun.create(
            source=source,
            scope=scope,
            trigger="command",
            state="applied",
            plan=encoded(plan),
            plan_hash=plan.hash,
            excluded=msgspec.json.encode(sorted(excluded)).decode(),
            counts=counted(plan),
            before=before.encoded(),
            requested_at=now,
            planned_at=now,
            applied_at=now,
        )
        if has_new_conflicts(run):
            raise_alarm(run, now, conflicts=conflict_count(plan))
        return int(run.id)

    def on_stopped(found: Prepared | Incomplete) -> None:
        record_run(source, found, now, scope=scope, trigger="command", excluded=excluded)

    return synchronise(
        config,
        is_dry_run=is_dry_run,
        now=now,
        expected_plan=expected_plan,
        order=Order(source, excluded, None, on_written),
        is_delta=is_delta,
        on_stopped=on_stopped,
    )
