"""Carrying out what was ordered: a plan of a directory, or the taking back of one."""

import datetime as dt

from openbureau.base.settings import Settings
from openbureau.kernel.sync.models import UNDO, SyncRun
from openbureau.kernel.sync.runs import carry_out_plan
from openbureau.kernel.sync.undo import carry_out_undo


def carry_out(run: SyncRun, settings: Settings, now: dt.datetime) -> SyncRun:
    """Writes an ordered run if its plan still follows; otherwise it is refused and nothing is
    written. A run that is not ordered, or is done, is returned as it is."""
    if run.scope == UNDO:
        return carry_out_undo(run, now)
    return carry_out_plan(run, settings, now)
