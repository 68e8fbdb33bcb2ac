"""The jobs of synchronisation. A killed one is run again: every step looks at the state first."""

from collections.abc import Callable, Mapping

from openbureau.base.database import reading
from openbureau.base.settings import Settings
from openbureau.kernel.jobs.dispatch import JobContext
from openbureau.kernel.sync.actions import APPLY_JOB, READ_JOB
from openbureau.kernel.sync.carrying import carry_out
from openbureau.kernel.sync.locking import held
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.runs import read_run
from openbureau.kernel.sync.schedule import SCHEDULED_JOB, run_scheduled

Handler = Callable[[JobContext], None]


def sync_handlers(settings: Settings) -> Mapping[str, Handler]:
    """The handlers by kind of job."""

    # The run is looked at again once it is this process's turn: a command may have done it.
    def read(context: JobContext) -> None:
        with held(_run(context).source_id, settings):
            read_run(_run(context), settings, context.now, context.advance)

    def apply(context: JobContext) -> None:
        with held(_run(context).source_id, settings):
            carry_out(_run(context), settings, context.now)

    def scheduled(context: JobContext) -> None:
        source_id = int(context.payload["source"])
        with held(source_id, settings):
            run_scheduled(source_id, str(context.payload["scope"]), settings, context.now)

    return {READ_JOB: read, APPLY_JOB: apply, SCHEDULED_JOB: scheduled}


def _run(context: JobContext) -> SyncRun:
    with reading():
        return SyncRun.get_by_id(int(context.payload["run"]))
