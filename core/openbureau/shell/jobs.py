"""What the job consumer of an installation can do: its plugins' handlers and subscribers."""

from typing import Any

from openbureau.base.database import reading
from openbureau.base.plugins import PluginRecord, Plugins
from openbureau.kernel.enablement.models import Epoch
from openbureau.kernel.enablement.queries import enablement
from openbureau.kernel.events.routing import OutboxEvent
from openbureau.kernel.jobs.dispatch import Handler, JobContext, Registry, Subscriber
from openbureau.kernel.units.queries import unit_tree


def job_registry(plugins: Plugins, core: dict[str, Handler]) -> Registry:
    """Handlers by kind and subscribers in loading order; `core` are the core's own handlers.

    A job of a unit where its plugin is off is parked; one without a unit always runs.
    """
    handlers: dict[str, Handler] = dict(core)
    for record in plugins.loaded:
        handlers.update({job.kind: job.handler for job in record.declared.jobs})
    slugs = tuple(record.slug for record in plugins.loaded)

    def may_run(kind: str, unit_id: int | None) -> bool:
        slug = kind.partition(".")[0]
        if unit_id is None or slug not in slugs:
            return True
        with reading():
            epoch = Epoch.select().get()
            unit = unit_tree(epoch.units).by_id.get(unit_id)
            states = enablement(epoch.plugins, epoch.units, slugs)
        if unit is None or unit.access_unit_id is None:
            return False
        return states.state(slug, unit.access_unit_id) != "off"

    subscribed = set(plugins.executor.plugins_with("after_event"))
    subscribers = [(r.slug, _subscriber(r)) for r in plugins.loaded if r.slug in subscribed]
    return Registry(handlers, subscribers, may_run)


def _subscriber(record: PluginRecord) -> Subscriber:
    """The plugin's `after_event`, called directly: a fault must reach the ledger."""
    hook: Any = vars(record.module)["after_event"]

    def deliver(context: JobContext, event: OutboxEvent) -> None:
        hook(ctx=context, event=event)

    return deliver
