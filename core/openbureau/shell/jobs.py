"""What the job consumer of an installation can do: its plugins' handlers and subscribers."""

import datetime as dt
from typing import Any

from openbureau.base.context import CHINA
from openbureau.base.database import reading, writing
from openbureau.base.plugins import PluginRecord, Plugins
from openbureau.base.settings import Settings
from openbureau.kernel.access.delegations import end_lapsed_delegations
from openbureau.kernel.audit import verifying
from openbureau.kernel.enablement.models import Epoch
from openbureau.kernel.enablement.queries import enablement
from openbureau.kernel.events.routing import OutboxEvent
from openbureau.kernel.files.actions import sweep_orphans
from openbureau.kernel.files.pieces import sweep_uploads
from openbureau.kernel.jobs.dispatch import Handler, JobContext, Registry, Subscriber
from openbureau.kernel.submissions.actions import forget_old_submissions
from openbureau.kernel.sync.jobs import sync_handlers
from openbureau.kernel.sync.leavers import archive_leavers
from openbureau.kernel.sync.schedule import schedule_syncs
from openbureau.kernel.tokens.actions import forget_old_answers
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.imports.jobs import import_handlers
from openbureau.kit.registers.retention import ask_ends, retention_handlers
from openbureau.kit.registers.run_jobs import run_handlers
from openbureau.shell import conversion, file_check
from openbureau.shell.indexes import index_handlers


def _forget_submissions(now: dt.datetime) -> None:
    with writing():
        forget_old_submissions(now)


def _forget_answers(now: dt.datetime) -> None:
    with writing():
        forget_old_answers(now)


def _sweep_files(now: dt.datetime) -> None:
    """At three in the morning, when nobody waits for the disk."""
    local = now.astimezone(CHINA)
    if (local.hour, local.minute) == (3, 0):
        sweep_uploads(now)
        sweep_orphans(now)
        conversion.sweep_derived()


def _archive_leavers(now: dt.datetime) -> None:
    """At ten past three, after the files."""
    local = now.astimezone(CHINA)
    if (local.hour, local.minute) == (3, 10):
        archive_leavers(now)


def _end_delegations(now: dt.datetime) -> None:
    end_lapsed_delegations(now)


SWEEPS = (
    _forget_submissions,
    _forget_answers,
    _sweep_files,
    _archive_leavers,
    _end_delegations,
    schedule_syncs,
    verifying.verify_nightly,
    ask_ends,
)


def core_handlers(settings: Settings) -> dict[str, Handler]:
    """The core's own job handlers by kind."""
    return {
        verifying.KIND: verifying.verification_handler(settings.data),
        conversion.KIND: conversion.handle_conversion,
        file_check.KIND: file_check.file_check_handler(settings.data),
        **sync_handlers(settings),
    }


def job_registry(plugins: Plugins, core: dict[str, Handler]) -> Registry:
    """Handlers by kind and subscribers in loading order; `core` are the core's own handlers.

    A job of a unit where its plugin is off is parked; one without a unit always runs.
    """
    handlers: dict[str, Handler] = {
        **core,
        **import_handlers(plugins),
        **run_handlers(plugins),
        **index_handlers(plugins),
        **retention_handlers(plugins),
    }
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
    return Registry(handlers, subscribers, may_run, SWEEPS)


def _subscriber(record: PluginRecord) -> Subscriber:
    """The plugin's `after_event`, called directly: a fault must reach the ledger."""
    hook: Any = vars(record.module)["after_event"]

    def deliver(context: JobContext, event: OutboxEvent) -> None:
        hook(ctx=context, event=event)

    return deliver
