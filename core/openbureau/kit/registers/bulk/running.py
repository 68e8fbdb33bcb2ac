"""Doing an action to many records: by hundreds, each hundred whole or not at all."""

import datetime as dt
import logging
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from peewee import InterfaceError, OperationalError
from starlette.datastructures import QueryParams

from openbureau.base.context import CHINA, Context
from openbureau.base.database import db, writing
from openbureau.base.errors import Conflict, Forbidden, Invalid, Problem, Unavailable
from openbureau.base.i18n import N_
from openbureau.base.request import Address
from openbureau.kernel.enablement.actions import hold_rights
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers import acting
from openbureau.kit.registers.asked import Asked, asked
from openbureau.kit.registers.bulk.actions import action_of
from openbureau.kit.registers.declared import BulkAction, Register
from openbureau.kit.registers.listing import refuse_hidden
from openbureau.kit.registers.matching import still_matching
from openbureau.kit.registers.models import BulkRun
from openbureau.kit.registers.phrases import address_in_words
from openbureau.kit.registers.runs import (
    WORKING,
    add_fault,
    audit_run,
    fail_run,
    locked,
    move,
    opened_run,
)

log = logging.getLogger("openbureau.registers")

BATCH = 100
MOST_RECORDS = 200_000
Who = Callable[[], Context]
Advance = Callable[[int, int], None]
GONE = N_("轮到这一条时，它已不再符合条件，没有办理。")
OUT_OF_REACH = N_("这条记录不在您的办理范围内。")


def kept_query(ctx: Context, register: Register, run: BulkRun) -> tuple[Address, Asked]:
    """The address of a run, and what it asks as on the day it was ordered."""
    address = Address(register.url, QueryParams(run.address))
    day = run.created_at.astimezone(CHINA).date()
    return address, asked(address, register, unit_tree(ctx.tree_version), day)


def order_run(
    ctx: Context,
    register: Register,
    action: BulkAction,
    ids: Sequence[int],
    address: str = "",
    reason: str = "",
    *,
    is_all: bool = False,
) -> BulkRun:
    """A run over these records, chosen among what `address` finds or all of it, in the
    caller's transaction; the caller sees that `do_run` follows.

    Raises Forbidden: not theirs to do; Invalid: no record, too many, or no reason.
    """
    if not ctx.may(action.permission):
        raise Forbidden
    if not ids:
        raise Invalid(N_("没有可以办理的记录。请先在列表中选择。"))
    if len(ids) > MOST_RECORDS:
        raise Invalid(N_("一次最多办理 %(total)s 条，请缩小范围。"), total=f"{MOST_RECORDS:,}")
    if action.needs_reason and not reason.strip():
        raise Invalid(N_("请填写事由。"))
    chosen = sorted(set(ids))
    run = opened_run(
        ctx,
        register,
        action.code,
        ctx.unit_id,
        address=address,
        chosen=msgspec.json.encode(chosen).decode(),
        reason=reason.strip()[:300],
        total=len(chosen),
    )
    words = address_in_words(ctx, register, *kept_query(ctx, register, run)) if is_all else ""
    audit_run(ctx, register, run, "bulk", {"action": action.code, "query": words})
    return run


def do_run(register: Register, run: BulkRun, who: Who, now: dt.datetime, advance: Advance) -> None:
    """Does what is still to be done of a run; goes on where it was interrupted. `who` gives
    the person as they stand now, asked for each batch: whoever may not do it any more ends
    the run as failed."""
    ids: list[int] = msgspec.json.decode(run.chosen, type=list[int])
    while count := _batch(register, run, ids, who, now):
        advance(count, len(ids))


def _batch(register: Register, run: BulkRun, ids: Sequence[int], who: Who, now: dt.datetime) -> int:
    """One transaction; how many records were dealt with so far, 0 when the run has ended."""
    with writing():
        hold_rights()
        stands = locked(run)
        if stands.state not in WORKING:
            return 0
        try:
            ctx = who()
            action = allowed_action(ctx, register, stands)
            query = kept_query(ctx, register, stands)[1]
            refuse_hidden(ctx, register, query)
        except Problem as refused:
            fail_run(run, refused, now)
            return 0
        start = bisect_right(ids, stands.last_record)
        part = ids[start : start + BATCH]
        if not part:
            move(run, WORKING, "done", ended_at=now)
            return 0
        failed = _do(ctx, register, action, stands, query, part)
        BulkRun.update(
            state="running",
            done_total=BulkRun.done_total + len(part) - failed,
            failed_total=BulkRun.failed_total + failed,
            last_record=part[-1],
        ).where(BulkRun.id == run.id).execute()
        return start + len(part)


def allowed_action(ctx: Context, register: Register, run: BulkRun) -> BulkAction:
    """The action of a run. Raises Forbidden: they may not do it any more; NotFound."""
    action = action_of(register, run.action)
    if not ctx.may(action.permission) or register.slug not in ctx.writable:
        raise Forbidden(acting.NOT_ANY_MORE)
    return action


def _do(
    ctx: Context,
    register: Register,
    action: BulkAction,
    run: BulkRun,
    query: Asked,
    ids: Sequence[int],
) -> int:
    """Does it to these records; on how many it failed."""
    meant = still_matching(ctx, register, query, ids)
    model = register.model
    rows = {row.id: row for row in model.select().where(model.id.in_(list(ids)))}
    failed = 0
    for record_id in ids:
        row = rows.get(record_id)
        problem = (
            _done(ctx, register, action, row, run.reason) if record_id in meant else Conflict(GONE)
        )
        if problem is not None:
            is_seen = row is not None and ctx.may_in(register.read, row.unit_id)
            title = register.record_title(row) if is_seen else ""
            add_fault(run, record_id, title or f"#{record_id}", problem)
            failed += 1
    return failed


def _done(
    ctx: Context, register: Register, action: BulkAction, row: Any, reason: str
) -> Problem | None:
    """Why it was not done to a record; None where it was. What it wrote before is undone."""
    if not ctx.may_in(action.permission, row.unit_id):
        return Forbidden(OUT_OF_REACH)
    try:
        with db.atomic():
            action.run(ctx, register, row, reason)
    except (Unavailable, OperationalError, InterfaceError):
        raise
    except Problem as refused:
        return refused
    except Exception:
        log.exception("批量办理出错 / bulk action failed: %s %s", register.realm, row.id)
        return Problem(N_("办理这一条时出错，已记入日志。"))
    return None
