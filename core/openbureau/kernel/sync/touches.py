"""What has happened to rows since a synchronisation wrote them."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from openbureau.kernel.access.models import Delegation, RoleGrant
from openbureau.kernel.accounts.models import Post
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.directory.images import decoded_before, grouped
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.undo_plan import APPOINTED, CHANGED_SINCE, GRANTED

# What people do to an account that shows it is needed as it is.
_ACTS: Mapping[str, str] = {
    "core.appoint_administrator": APPOINTED,
    "core.dismiss_administrator": CHANGED_SINCE,
    "core.add_post": CHANGED_SINCE,
    "core.change_post": CHANGED_SINCE,
    "core.end_post": CHANGED_SINCE,
    "core.move_post": CHANGED_SINCE,
    "core.issue_password": CHANGED_SINCE,
    "core.make_account_local": CHANGED_SINCE,
    "core.adopt_account": CHANGED_SINCE,
}


def entrusted_since(
    account_ids: Collection[int], since: dt.datetime, own_grants: Collection[int]
) -> dict[int, str]:
    """Who of these people was appointed, given a role or a post, or stands in for somebody,
    since that moment: the reason by account. `own_grants` do not count."""
    found: dict[int, str] = {}
    own = set(own_grants)
    for group in grouped(sorted(account_ids)):
        for account_id, action in _acts(group, since):
            found.setdefault(account_id, _ACTS[action])
        for grant_id, account_id in _granted(group, since):
            if grant_id not in own:
                found.setdefault(account_id, GRANTED)
        for account_id in _lent(group, since):
            found.setdefault(account_id, GRANTED)
    return found


def _acts(account_ids: list[int], since: dt.datetime) -> list[tuple[int, str]]:
    rows: Any = (
        AuditRecord.select(AuditRecord.record_id, AuditRecord.action)
        .where(
            (AuditRecord.realm == "core/account")
            & AuditRecord.record_id.in_(account_ids)
            & (AuditRecord.at > since)
            & (AuditRecord.outcome == "done")
            & AuditRecord.action.in_(sorted(_ACTS))
        )
        .order_by(AuditRecord.id.desc())
        .tuples()
    )
    return list(rows)


def _granted(account_ids: list[int], since: dt.datetime) -> list[tuple[int, int]]:
    is_live = RoleGrant.ended_at.is_null() & (RoleGrant.granted_at > since)
    own: Any = RoleGrant.select(RoleGrant.id, RoleGrant.account).where(
        RoleGrant.account.in_(account_ids) & is_live
    )
    of_post: Any = (
        RoleGrant.select(RoleGrant.id, Post.account)
        .join(Post, on=(RoleGrant.post == Post.id))
        .where(Post.account.in_(account_ids) & is_live)
    )
    return [*own.tuples(), *of_post.tuples()]


def _lent(account_ids: list[int], since: dt.datetime) -> set[int]:
    rows: Any = (
        Delegation.select(Delegation.delegator, Delegation.delegate)
        .where(
            (Delegation.delegator.in_(account_ids) | Delegation.delegate.in_(account_ids))
            & (Delegation.created_at > since)
            & Delegation.ended_at.is_null()
        )
        .tuples()
    )
    return {account_id for pair in rows for account_id in pair} & set(account_ids)


def touched_by_later_runs(
    run: SyncRun, rows: Collection[tuple[str, int]]
) -> frozenset[tuple[str, int]]:
    """Which of these rows a later synchronisation of any source, not taken back, has written;
    a person also by their posts and roles."""
    later: Any = (
        SyncRun.select(SyncRun.before)
        .where((SyncRun.id > run.id) & (SyncRun.state == "applied") & (SyncRun.before != ""))
        .order_by(SyncRun.id)
        .tuples()
    )
    found: set[tuple[str, int]] = set()
    for (text,) in later.iterator():
        before = decoded_before(text)
        for table, images in before.changed.items():
            found |= {(table, image.id) for image in images}
        for table, ids in before.created.items():
            found |= {(table, row_id) for row_id in ids}
    people = _holders_of({row_id for table, row_id in found if table == "post"})
    return frozenset(rows) & (found | {("account", account_id) for account_id in people})


def _holders_of(post_ids: Collection[int]) -> set[int]:
    holders: set[int] = set()
    for group in grouped(sorted(post_ids)):
        rows: Any = Post.select(Post.account).where(Post.id.in_(group)).tuples()
        holders |= {account_id for (account_id,) in rows}
    return holders
