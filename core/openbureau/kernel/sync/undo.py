"""Taking a synchronisation back: every row it changed becomes what it was, exactly."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from openbureau.base.context import CHINA
from openbureau.base.database import writing
from openbureau.base.errors import Conflict
from openbureau.base.i18n import N_
from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.accounts.oversight import is_last
from openbureau.kernel.directory.apply_units import write_unit_event
from openbureau.kernel.directory.images import (
    TRACKED,
    Before,
    RowImage,
    decoded_before,
    grouped,
    row_values,
)
from openbureau.kernel.directory.plan import DISABLED_BY_DIRECTORY
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.search.core_records import index_people, index_units
from openbureau.kernel.sync.authority import require_administrator
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.runs import keep, note
from openbureau.kernel.units.actions import rebuild_paths
from openbureau.kernel.units.models import Unit

UNDO_DAYS = 30
# Two rows may not have one of these at once.
_UNIQUE = {"account": "login", "unit": "code"}
_NAMES = {"account": Account.login, "unit": Unit.code}
_CODE_LENGTH = 32
_LOGIN_LENGTH = 100
_CHANGED_SINCE = "changed-since"
_LAST = "last-administrator"
_WHY = {
    _CHANGED_SINCE: N_("同步之后又被改动过"),
    "taken": N_("原来的名称或代码现由别人使用"),
    _LAST: N_("是该类最后一名在用的全局管理员"),
    "administrator": N_("此人现为管理员，不授予业务角色"),
}


class Left(msgspec.Struct, frozen=True):
    """A row that was not restored. `reason` is `changed-since`; `taken` when what it was
    called belongs to somebody else now; `last-administrator` when no other of the kind would
    be left; `administrator` for a role of somebody who does no business any more."""

    table: str
    id: int
    name: str
    reason: str

    @property
    def why(self) -> str:
        """The reason in words, as a message id."""
        return _WHY[self.reason]


class Undone(msgspec.Struct, frozen=True):
    """How many rows were restored, by table; how many created ones were ended; what was left."""

    restored: dict[str, int]
    ended: dict[str, int]
    left: tuple[Left, ...]


def may_undo(run: SyncRun, now: dt.datetime) -> bool:
    """Whether the run was applied within the last thirty days and not taken back."""
    return (
        run.state == "applied"
        and run.applied_at is not None
        and now - run.applied_at <= dt.timedelta(days=UNDO_DAYS)
    )


def undo_run(run: SyncRun, *, account_id: int, now: dt.datetime) -> Undone:
    """Restores accounts, posts, units and grants as they were before the run. What it created
    is ended, not deleted: accounts are disabled and their login names free. Rows somebody has
    changed since are named and left; ended sessions stay ended.

    Raises Forbidden: not a system administrator. Conflict: the run was not applied, was taken
    back, or is older than thirty days.
    """
    with writing():
        require_administrator(account_id)
        run = SyncRun.get_by_id(run.id)
        if not may_undo(run, now):
            raise Conflict(N_("这次同步不能撤销：没有写入、已经撤销，或已超过 30 天。"))
        done = _restored(decoded_before(run.before), account_id, now)
        text = msgspec.json.encode(done).decode()
        keep(run, state="undone", undone_by=account_id, undone_at=now, detail=text)
        left = [msgspec.to_builtins(line) for line in done.left]
        note(
            "core.undo_sync",
            run,
            now,
            account_id,
            restored=done.restored,
            ended=done.ended,
            left=left,
        )
        bump_epoch("units")
        bump_epoch("access")
    return done


def undone_of(run: SyncRun) -> Undone | None:
    """What taking the run back came to; None where that did not happen."""
    return msgspec.json.decode(run.detail, type=Undone) if run.state == "undone" else None


def _restored(before: Before, account_id: int | None, now: dt.datetime) -> Undone:
    left: list[Left] = []
    ended = _end_created(before.created, left, account_id, now)
    restored: Counter[str] = Counter()
    for table in TRACKED:
        images = before.changed.get(table, [])
        restorable = _unchanged(table, images, left)
        restorable = _without_taken(table, restorable, left)
        if table == "account":
            restorable = _keeping_administrators(restorable, left)
        elif table == "role_grant":
            restorable = _without_administrators(restorable, left)
        _write(table, restorable, account_id, now)
        restored[table] = len(restorable)
    rebuild_paths()
    _make_findable(before, now)
    return Undone(dict(restored), ended, tuple(left))


def _unchanged(table: str, images: Collection[RowImage], left: list[Left]) -> list[RowImage]:
    """The rows that are still as the run left them."""
    now = dict(row_values(table, [image.id for image in images]))
    found = []
    for image in images:
        row = now.get(image.id, {})
        # Archiving a leaver is the end of the same road, not somebody's other decision.
        if row.get("state") == "archived":
            row = {**row, "state": "disabled"}
        if all(row.get(name) == value for name, value in image.after.items()):
            found.append(image)
        else:
            left.append(Left(table, image.id, _name(table, image.id), _CHANGED_SINCE))
    return found


def _without_taken(table: str, images: list[RowImage], left: list[Left]) -> list[RowImage]:
    """Leaves out rows whose old login or code somebody else has now. Repeated, because a row
    that stays keeps its present one."""
    column = _UNIQUE.get(table)
    if column is None:
        return images
    field = _NAMES[table]
    while True:
        wanted = {image.before[column]: image for image in images if column in image.before}
        freed = [image.id for image in images if column in image.before]
        taken = {name for name, row_id in _holders(field, list(wanted)) if row_id not in freed}
        if not taken:
            return images
        for name in taken:
            image = wanted[name]
            left.append(Left(table, image.id, _name(table, image.id), "taken"))
        images = [image for image in images if image.before.get(column) not in taken]


def _keeping_administrators(images: list[RowImage], left: list[Left]) -> list[RowImage]:
    """Leaves out who would be disabled again as the last administrator of a kind."""
    kept: list[RowImage] = []
    going: list[int] = []
    for image in images:
        if image.before.get("state", "active") != "active":
            if is_last(Account.get_by_id(image.id), going):
                left.append(Left("account", image.id, _name("account", image.id), _LAST))
                continue
            going.append(image.id)
        kept.append(image)
    return kept


def _without_administrators(images: list[RowImage], left: list[Left]) -> list[RowImage]:
    """Leaves out roles of people who are administrators now: they do no business."""
    holders: set[int] = set()
    for group in grouped(image.id for image in images):
        rows: Any = (
            RoleGrant.select(RoleGrant.id)
            .join(Account, on=(RoleGrant.account == Account.id))
            .where(RoleGrant.id.in_(group) & Account.administrator.is_null(False))
            .tuples()
        )
        holders |= {grant_id for (grant_id,) in rows}
    left += [
        Left("role_grant", grant_id, _name("role_grant", grant_id), "administrator")
        for grant_id in sorted(holders)
    ]
    return [image for image in images if image.id not in holders]


def _holders(field: Any, names: Collection[str]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    values = sorted(names)
    for start in range(0, len(values), 500):
        some = values[start : start + 500]
        rows: Any = field.model.select(field, field.model.id).where(field.in_(some)).tuples()
        found.extend(rows)
    return found


def _name(table: str, row_id: int) -> str:
    if table == "post":
        post = Post.get_or_none(Post.id == row_id)
        return f"{post.account.login} {post.title}" if post else ""
    if table == "role_grant":
        grant = RoleGrant.get_or_none(RoleGrant.id == row_id)
        holder = grant.account if grant else None
        return f"{holder.login} {grant.role.code}" if grant and holder else ""
    row = TRACKED[table][0].get_or_none(TRACKED[table][0].id == row_id)
    return f"{row.login if table == 'account' else row.code} {row.name}" if row else ""


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


def _end_created(
    created: Mapping[str, list[int]], left: list[Left], account_id: int | None, now: dt.datetime
) -> dict[str, int]:
    today = now.astimezone(CHINA).date()
    kept = [row_id for row_id in created.get("account", []) if not _end_account(row_id, now)]
    left += [Left("account", row_id, _name("account", row_id), _LAST) for row_id in kept]
    for group in grouped(created.get("post", [])):
        Post.update(is_active=False, ends_on=today).where(
            Post.id.in_(group) & Post.is_active
        ).execute()
    for group in grouped(created.get("role_grant", [])):
        RoleGrant.update(ended_at=now, ended_by=account_id).where(
            RoleGrant.id.in_(group) & RoleGrant.ended_at.is_null()
        ).execute()
    for row_id in created.get("unit", []):
        _close_unit(row_id, account_id, now)
    counts = {table: len(ids) for table, ids in created.items()}
    return counts | {"account": counts.get("account", 0) - len(kept)}


def _end_account(row_id: int, now: dt.datetime) -> bool:
    """Whether it ended: somebody made the last administrator of a kind since stays."""
    account = Account.get_by_id(row_id)
    if is_last(account):
        return False
    suffix = f"~{row_id}"
    Account.update(
        login=account.login.removesuffix(suffix)[: _LOGIN_LENGTH - len(suffix)] + suffix,
        state="disabled",
        disabled_at=now,
        disabled_reason=DISABLED_BY_DIRECTORY,
    ).where(Account.id == row_id).execute()
    _end_sessions(row_id, now)
    return True


def _close_unit(row_id: int, account_id: int | None, now: dt.datetime) -> None:
    unit = Unit.get_by_id(row_id)
    suffix = f"~{row_id}"
    code = unit.code.removesuffix(suffix)[: _CODE_LENGTH - len(suffix)] + suffix
    Unit.update(code=code, is_active=False, closed_at=now).where(Unit.id == row_id).execute()
    write_unit_event(row_id, "closed", {"code": unit.code}, {"code": code}, now, account_id)


def _make_findable(before: Before, now: dt.datetime) -> None:
    units = {image.id for image in before.changed.get("unit", [])}
    index_units(now, units | set(before.created.get("unit", [])))
    people = {image.id for image in before.changed.get("account", [])}
    people |= set(before.created.get("account", []))
    posts = [image.id for image in before.changed.get("post", [])]
    for group in grouped(posts + before.created.get("post", [])):
        rows: Any = Post.select(Post.account).where(Post.id.in_(group)).tuples()
        people |= {account_id for (account_id,) in rows}
    for group in grouped(sorted(people)):
        index_people(group)
