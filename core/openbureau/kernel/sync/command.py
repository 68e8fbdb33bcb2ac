"""A synchronisation from the command line or a timer of the system: read, plan and write in
one go, kept as a run so that it can be looked at and taken back."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from openbureau.kernel.directory.apply import Order
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.plan import Plan
from openbureau.kernel.directory.snapshot import Incomplete
from openbureau.kernel.directory.sync import Prepared, Report, synchronise
from openbureau.kernel.sync.alarms import raise_alarm
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.plan_text import encoded
from openbureau.kernel.sync.runs import (
    conflict_count,
    counted,
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
    kept = _Kept(source, "delta" if is_delta else "full", excluded, now)
    return synchronise(
        config,
        is_dry_run=is_dry_run,
        now=now,
        expected_plan=expected_plan,
        order=Order(source, excluded, on_written=kept.written),
        is_delta=is_delta,
        on_stopped=kept.stopped,
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """How the run of a command is kept."""

    source: DirectorySource | None
    scope: str
    excluded: Collection[str]
    now: dt.datetime

    def written(self, plan: Plan, before: str) -> int:
        run: SyncRun = SyncRun.create(
            source=self.source,
            scope=self.scope,
            trigger="command",
            state="applied",
            plan=encoded(plan),
            plan_hash=plan.hash,
            excluded=msgspec.json.encode(sorted(self.excluded)).decode(),
            counts=counted(plan),
            before=before,
            requested_at=self.now,
            planned_at=self.now,
            applied_at=self.now,
        )
        if has_new_conflicts(run):
            raise_alarm(run, self.now, conflicts=conflict_count(plan))
        return int(run.id)

    def stopped(self, found: Prepared | Incomplete) -> None:
        record_run(
            self.source,
            found,
            self.now,
            scope=self.scope,
            trigger="command",
            excluded=self.excluded,
        )
