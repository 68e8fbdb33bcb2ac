"""Taking a synchronisation back: planned like every other change, shown, held by the same gates,
and written exactly as planned. Every row it changed becomes what it was."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from openbureau.base.context import CHINA
from openbureau.base.database import writing
from openbureau.base.errors import Conflict
from openbureau.base.i18n import N_
from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.directory.apply_units import write_unit_event
from openbureau.kernel.directory.images import TRACKED, RowImage, grouped
from openbureau.kernel.directory.plan import DISABLED_BY_DIRECTORY
from openbureau.kernel.enablement.actions import bump_epoch, hold_rights
from openbureau.kernel.search.core_records import index_people, index_units
from openbureau.kernel.sync.alarms import raise_alarm
from openbureau.kernel.sync.authority import require_administrator
from openbureau.kernel.sync.models import UNDO, SyncRun
from openbureau.kernel.sync.queries import run_by_uid
from openbureau.kernel.sync.steps import keep, note, require_applying
from openbureau.kernel.sync.undo_plan import Undone, UndoPlan, decoded_undo
from openbureau.kernel.sync.undo_planning import plan_undo
from openbureau.kernel.units.actions import rebuild_paths
from openbureau.kernel.units.models import Unit

UNDO_DAYS = 30
# Two rows may not have one of these at once.
_UNIQUE = {"account": "login", "unit": "code"}
_CODE_LENGTH = 32
_LOGIN_LENGTH = 100
_MOST_NAMED = 300
_WAITING = ("planned", "blocked")


def may_undo(run: SyncRun, now: dt.datetime) -> bool:
    """Whether the run was applied within the last thirty days and not taken back."""
    return (
        run.scope != UNDO
        and run.state == "applied"
        and run.applied_at is not None
        and now - run.applied_at <= dt.timedelta(days=UNDO_DAYS)
    )


def preview_undo(run: SyncRun, now: dt.datetime) -> UndoPlan:
    """What taking the run back would change now; nothing is written. Accounts, posts, units and
    grants become what they were before the run; what it created is ended, not deleted: accounts
    are disabled and their login names free. Whatever was touched since is named and left.

    Raises Conflict: the run was not applied, was taken back, or is older than thirty days.
    """
    if not may_undo(run, now):
        raise Conflict(N_("这次同步不能撤销：没有写入、已经撤销，或已超过 30 天。"))
    return plan_undo(run, now)


def start_undo(
    run: SyncRun, *, account_id: int, plan_hash: str, now: dt.datetime, trigger: str = "manual"
) -> SyncRun:
    """Keeps the plan of taking a run back as a run of its own: `planned`, to be ordered, or
    `blocked`, to be confirmed by another administrator. In the caller's transaction.

    Raises Forbidden: not a system administrator. Conflict: as `preview_undo`, or another plan
    than the one that was looked at.
    """
    require_administrator(account_id)
    run = SyncRun.get_by_id(run.id)
    plan = preview_undo(run, now)
    if plan.hash != plan_hash:
        raise Conflict(N_("撤销的内容在您打开页面之后有变化，请重新核对。"))
    _supersede(run)
    counts = {"disabled": len(plan.disabled), **msgspec.to_builtins(plan.undone)}
    counts["left"] = len(plan.left)
    made: SyncRun = SyncRun.create(
        source=run.source_id,
        scope=UNDO,
        trigger=trigger,
        state="blocked" if plan.blocked else "planned",
        plan=plan.encoded(),
        plan_hash=plan.hash,
        blocked=msgspec.json.encode(plan.blocked).decode(),
        counts=msgspec.json.encode(counts, order="sorted").decode(),
        requested_by=account_id,
        requested_at=now,
        planned_at=now,
    )
    note("core.start_undo", made, now, account_id, of=run.uid, blocked=list(plan.blocked))
    if plan.blocked:
        raise_alarm(made, now)
    return made


def _supersede(run: SyncRun) -> None:
    """Gives up what waits to take the same run back: a newer plan replaces it."""
    waiting = SyncRun.select().where((SyncRun.scope == UNDO) & SyncRun.state.in_(_WAITING))
    for other in waiting:
        if decoded_undo(other.plan).run == run.uid:
            keep(other, state="discarded", reason="superseded")


def carry_out_undo(made: SyncRun, now: dt.datetime) -> SyncRun:
    """Takes a run back as it was ordered: the plan is made again and must be the same;
    otherwise the order is refused and nothing is written."""
    if made.state != "applying":
        return made
    with writing():
        hold_rights(is_alone=True)
        require_applying(made)
        run = run_by_uid(decoded_undo(made.plan).run)
        plan = plan_undo(run, made.planned_at) if may_undo(run, now) else None
        if plan is None or plan.hash != made.plan_hash:
            keep(made, state="refused", reason="plan-changed")
            note("core.undo_sync", made, now, made.applied_by_id, "denied", reason="plan-changed")
            return made
        _write_plan(plan, made.applied_by_id, now)
        keep(made, state="applied", applied_at=now)
        detail = msgspec.json.encode(plan.undone).decode()
        keep(run, state="undone", undone_by=made.requested_by_id, undone_at=now, detail=detail)
        _note(run, made, plan, now)
    return made


def _note(run: SyncRun, made: SyncRun, plan: UndoPlan, now: dt.datetime) -> None:
    """Says whom it disabled and whom it gave back, by login name up to a few hundred."""
    gone = set(plan.disabled)
    back = [image.id for image in plan.restored["account"] if image.id not in gone]
    note(
        "core.undo_sync",
        run,
        now,
        made.applied_by_id,
        undo=made.uid,
        digest=plan.hash,
        author=made.requested_by_id,
        confirmed_by=made.confirmed_by_id,
        disabled=_logins(plan.disabled),
        disabled_total=len(plan.disabled),
        restored=_logins(back),
        counts=msgspec.to_builtins(plan.undone)["restored"],
        ended=plan.undone.ended,
        left=[msgspec.to_builtins(line) for line in plan.left[:_MOST_NAMED]],
    )


def _logins(ids: Iterable[int]) -> list[str]:
    some = sorted(ids)[:_MOST_NAMED]
    rows: Any = Account.select(Account.login).where(Account.id.in_(some)).order_by(Account.id)
    return [login for (login,) in rows.tuples()]


def undone_of(run: SyncRun) -> Undone | None:
    """What taking the run back came to; None where that did not happen."""
    return msgspec.json.decode(run.detail, type=Undone) if run.state == "undone" else None


def _write_plan(plan: UndoPlan, account_id: int | None, now: dt.datetime) -> None:
    _end_created(plan, account_id, now)
    for table in TRACKED:
        _write(table, plan.restored[table], account_id, now)
    rebuild_paths()
    _make_findable(plan, now)
    bump_epoch("units")
    bump_epoch("access")


def _end_created(plan: UndoPlan, account_id: int | None, now: dt.datetime) -> None:
    today = now.astimezone(CHINA).date()
    for row_id in plan.ended["account"]:
        _end_account(row_id, now)
    for group in grouped(plan.ended["post"]):
        Post.update(is_active=False, ends_on=today).where(
            Post.id.in_(group) & Post.is_active
        ).execute()
    for group in grouped(plan.ended["role_grant"]):
        RoleGrant.update(ended_at=now, ended_by=account_id).where(
            RoleGrant.id.in_(group) & RoleGrant.ended_at.is_null()
        ).execute()
    for row_id in plan.ended["unit"]:
        _close_unit(row_id, account_id, now)


def _end_account(row_id: int, now: dt.datetime) -> None:
    account = Account.get_by_id(row_id)
    suffix = f"~{row_id}"
    Account.update(
        login=account.login.removesuffix(suffix)[: _LOGIN_LENGTH - len(suffix)] + suffix,
        state="disabled",
        disabled_at=now,
        disabled_reason=DISABLED_BY_DIRECTORY,
    ).where(Account.id == row_id).execute()
    _end_sessions(row_id, now)


def _close_unit(row_id: int, account_id: int | None, now: dt.datetime) -> None:
    unit = Unit.get_by_id(row_id)
    suffix = f"~{row_id}"
    code = unit.code.removesuffix(suffix)[: _CODE_LENGTH - len(suffix)] + suffix
    Unit.update(code=code, is_active=False, closed_at=now).where(Unit.id == row_id).execute()
    write_unit_event(row_id, "closed", {"code": unit.code}, {"code": code}, now, account_id)


def _write(
    table: str, images: Collection[RowImage], account_id: int | None, now: dt.datetime
) -> None:
    model = TRACKED[table][0]
    column = _UNIQUE.get(table)
    for image in images:
        # Names may have been exchanged: none may stand in the way of another for a moment.
        if column in image.before:
            model.update({getattr(model, column): f"~~{image.id}"}).where(
                model.id == image.id
            ).execute()
    for image in images:
        restored = dict(image.before)
        if restored.get("state") == "active":
            restored["archived_at"] = None
        model.update(**restored).where(model.id == image.id).execute()
        if table == "unit":
            _write_history(image, account_id, now)
        elif image.before.get("state", "active") != "active":
            _end_sessions(image.id, now)


def _write_history(image: RowImage, account_id: int | None, now: dt.datetime) -> None:
    kinds = {"name": "renamed", "code": "recoded", "parent": "moved"}
    for name, value in image.before.items():
        kind = kinds.get(name, "")
        if name == "is_active":
            kind = "reopened" if value else "closed"
        if kind:
            after = {name: image.after[name]}
            write_unit_event(image.id, kind, after, {name: value}, now, account_id)


def _end_sessions(account_id: int, now: dt.datetime) -> None:
    Session.update(ended_at=now, end_reason="disabled").where(
        (Session.account == account_id) & Session.ended_at.is_null()
    ).execute()


def _make_findable(plan: UndoPlan, now: dt.datetime) -> None:
    units = {image.id for image in plan.restored["unit"]} | set(plan.ended["unit"])
    index_units(now, units)
    people = {image.id for image in plan.restored["account"]} | set(plan.ended["account"])
    posts = [image.id for image in plan.restored["post"]] + plan.ended["post"]
    for group in grouped(posts):
        rows: Any = Post.select(Post.account).where(Post.id.in_(group)).tuples()
        people |= {account_id for (account_id,) in rows}
    for group in grouped(sorted(people)):
        index_people(group)
