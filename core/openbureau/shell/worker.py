"""The job consumer's process: `openbureau worker`, or `python -m openbureau.shell.worker`."""

import datetime as dt
import logging
from collections.abc import Callable

from openbureau.base.database import db, open_database
from openbureau.base.settings import Settings, load_settings
from openbureau.kernel.audit.outside import OutsideAnchors
from openbureau.kernel.audit.seal import Sealer
from openbureau.kernel.audit.writable import require_writable_trail
from openbureau.kernel.files.storage import open_store
from openbureau.kernel.jobs.bell import open_channel
from openbureau.kernel.jobs.consumer import run_consumer
from openbureau.kernel.jobs.dispatch import Registry
from openbureau.shell.children import die_with_parent
from openbureau.shell.jobs import core_handlers, job_registry
from openbureau.shell.schema import usable_plugins
from openbureau.shell.vitals import Heartbeat


def run_worker(
    settings: Settings,
    registry: Registry | None = None,
    on_ready: Callable[[], object] = lambda: None,
) -> None:
    """Runs jobs and seals the audit trail until SIGTERM or SIGINT; the database is migrated."""
    if db.obj is None:
        db.initialize(open_database(settings.database_url))
    require_writable_trail(dt.datetime.now(dt.UTC))
    open_store(settings.data / "files")
    run_consumer(
        open_channel(settings.data, settings.redis_url),
        registry or job_registry(usable_plugins(settings), core_handlers(settings)),
        threads=settings.job_threads,
        ticks=[
            Sealer(settings.data).seal,
            OutsideAnchors(settings.data).tick,
            Heartbeat(settings.data).tick,
        ],
        on_ready=on_ready,
    )


def main() -> None:
    """A consumer whose settings come from the environment and the file."""
    die_with_parent()
    settings = load_settings().settings
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("huey").setLevel(logging.WARNING)
    run_worker(settings)


if __name__ == "__main__":
    main()
