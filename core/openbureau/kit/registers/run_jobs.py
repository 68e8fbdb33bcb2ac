"""The jobs of work on many records and of exports. A killed one is run again."""

from collections.abc import Callable, Mapping
from functools import partial

from openbureau.base.context import Context
from openbureau.base.database import reading, writing
from openbureau.base.errors import Forbidden, Problem
from openbureau.base.plugins import Plugins
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.jobs.dispatch import JobContext
from openbureau.kit.registers.acting import NOT_ANY_MORE, lane_of, person_now, register_of
from openbureau.kit.registers.bulk.running import do_run, kept_query
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.exports.making import Order
from openbureau.kit.registers.exports.ordering import make_export
from openbureau.kit.registers.exports.wanted import wanted_of
from openbureau.kit.registers.listing import refuse_hidden
from openbureau.kit.registers.models import BulkRun
from openbureau.kit.registers.runs import EXPORT, EXPORT_JOB, RUN_JOB, WORKING, fail_run, job_kind

Handler = Callable[[JobContext], None]


def enqueue_run(ctx: Context, register: Register, run: BulkRun) -> None:
    """Asks for the job that does a run, in the caller's transaction. Work on one register
    happens one after the other, and so do exports of one."""
    kind = job_kind(run)
    enqueue(
        kind,
        {"run": run.id, "account": ctx.account.id, "post": ctx.post.id if ctx.post else None},
        now=ctx.now,
        lane=f"export {register.realm}" if run.action == EXPORT else lane_of(register),
        once=f"{kind} {run.uid}",
    )


def run_handlers(plugins: Plugins) -> Mapping[str, Handler]:
    """The handlers by kind of job, for the registers of these plugins."""
    return {RUN_JOB: partial(_run, plugins), EXPORT_JOB: partial(_export, plugins)}


def _run(plugins: Plugins, context: JobContext) -> None:
    with reading():
        run, register, who = _opened(plugins, context)
        do_run(register, run, who, context.now, context.advance)


def _export(plugins: Plugins, context: JobContext) -> None:
    with reading():
        run, register, who = _opened(plugins, context)
        if run.state not in WORKING:
            return
        try:
            ctx = who()
            if not ctx.may(register.read) or register.slug not in ctx.plugins:
                raise Forbidden(NOT_ANY_MORE)
            kept = kept_query(ctx, register, run)
            refuse_hidden(ctx, register, kept[1])
        except Problem as refused:
            with writing():
                fail_run(run, refused, context.now)
            return
        order = Order(ctx, register, *kept, wanted_of(run.params), run.unit_id)
        make_export(run, order, context.advance)


def _opened(
    plugins: Plugins, context: JobContext
) -> tuple[BulkRun, Register, Callable[[], Context]]:
    given = context.payload
    run = BulkRun.get_by_id(int(given["run"]))
    register = register_of(plugins, run.realm)

    def who() -> Context:
        return person_now(plugins, int(given["account"]), given.get("post"), context.now)

    return run, register, who
