"""The jobs of imports. A killed one is run again: every step looks at the state first."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from openbureau.base.context import Context
from openbureau.base.database import reading, writing
from openbureau.base.errors import Forbidden
from openbureau.base.plugins import Plugins
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.jobs.dispatch import JobContext
from openbureau.kit.registers.acting import NOT_ANY_MORE, lane_of, person_now, register_of
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.imports.applying import Who, apply_batch
from openbureau.kit.registers.imports.batches import (
    APPLY_JOB,
    CHECK_JOB,
    UNDO_JOB,
    WORKING,
    move,
    refused_as,
)
from openbureau.kit.registers.imports.checking import check_batch
from openbureau.kit.registers.imports.undoing import undo_batch
from openbureau.kit.registers.models import ImportBatch

Handler = Callable[[JobContext], None]
Act = Callable[[Register, ImportBatch, Who, JobContext], None]


def enqueue_step(
    ctx: Context, register: Register, batch: ImportBatch, kind: str, reason: str = ""
) -> None:
    """Asks for the job that does the next step of a batch, in the caller's transaction.
    Writing to one register happens one batch after the other."""
    enqueue(
        kind,
        {
            "batch": batch.id,
            "account": ctx.account.id,
            "post": ctx.post.id if ctx.post else None,
            "reason": reason,
        },
        now=ctx.now,
        lane="" if kind == CHECK_JOB else lane_of(register),
        once=f"{kind} {batch.uid}",
    )


def import_handlers(plugins: Plugins) -> Mapping[str, Handler]:
    """The handlers by kind of job, for the registers of these plugins."""
    return {
        CHECK_JOB: _handler(plugins, _check),
        APPLY_JOB: _handler(plugins, _apply),
        UNDO_JOB: _handler(plugins, _undo),
    }


def _check(register: Register, batch: ImportBatch, who: Who, context: JobContext) -> None:
    if batch.state == "checking":
        check_batch(who(), register, batch, context.advance)


def _apply(register: Register, batch: ImportBatch, who: Who, context: JobContext) -> None:
    apply_batch(register, batch, who, context.advance)


def _undo(register: Register, batch: ImportBatch, who: Who, context: JobContext) -> None:
    undo_batch(register, batch, who, context.advance, str(context.payload.get("reason", "")))


def _handler(plugins: Plugins, act: Act) -> Handler:
    def handle(context: JobContext) -> None:
        given = context.payload
        with reading():
            batch = ImportBatch.get_by_id(int(given["batch"]))
            register = register_of(plugins, batch.realm)

            def who() -> Context:
                return _writer(plugins, register, given, context.now)

            try:
                act(register, batch, who, context)
            except Forbidden as refused:
                with writing():
                    move(batch, WORKING, "failed", problem=refused_as(refused))

    return handle


def _writer(
    plugins: Plugins, register: Register, given: Mapping[str, Any], now: dt.datetime
) -> Context:
    """Who ordered the work. Raises Forbidden: they may not do it any more."""
    ctx = person_now(plugins, int(given["account"]), given.get("post"), now)
    if not ctx.may(register.write) or register.slug not in ctx.writable:
        raise Forbidden(NOT_ANY_MORE)
    return ctx
