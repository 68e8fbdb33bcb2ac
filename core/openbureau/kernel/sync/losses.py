"""What somebody would lose by being disabled or moved, before it happens."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from peewee import fn

from openbureau.base.context import Context
from openbureau.base.i18n import N_
from openbureau.kernel.access.models import Delegation, RoleGrant
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.directory.images import grouped
from openbureau.kernel.directory.plan import SYNCED
from openbureau.kernel.drafts.models import FormDraft
from openbureau.kernel.todos.models import Todo

LOSS_LABELS: Mapping[str, str] = {
    "todos": N_("待办"),
    "grants": N_("角色"),
    "posts": N_("职务"),
    "drafts": N_("草稿"),
    "sessions": N_("登录"),
    "delegations": N_("代办授权"),
    "administrator": N_("管理员身份"),
}


@dataclass(frozen=True, slots=True)
class Loss:
    """Something a person would lose and how much of it. `title` is a message id, or the words
    of the plugin that named it; `url` leads there, where it does."""

    kind: str
    title: str
    count: int
    url: str = ""


def losses_of(account_ids: Collection[int], action: str) -> dict[int, tuple[Loss, ...]]:
    """What these people would lose: everything by `disable`; by `move` the roles and duties
    of the synchronised post that ends."""
    found: dict[int, list[Loss]] = defaultdict(list)
    for group in grouped(sorted(account_ids)):
        counted = _of_post(group) if action == "move" else _of_account(group)
        for kind, query in counted.items():
            for account_id, count in query.tuples():
                found[account_id].append(Loss(kind, LOSS_LABELS[kind], count))
    return {account_id: tuple(losses) for account_id, losses in found.items()}


def _of_account(ids: Collection[int]) -> dict[str, Any]:
    """Counting queries, one for each kind: account id and how many."""
    live = RoleGrant.ended_at.is_null()
    return {
        "todos": _count(Todo, Todo.account, ids, Todo.state == "open"),
        "grants": _count(RoleGrant, RoleGrant.account, ids, live),
        "posts": _count(Post, Post.account, ids, Post.is_active),
        "drafts": _count(FormDraft, FormDraft.account, ids, None),
        "sessions": _count(Session, Session.account, ids, Session.ended_at.is_null()),
        "delegations": _count(Delegation, Delegation.delegator, ids, Delegation.ended_at.is_null()),
        "administrator": _count(Account, Account.id, ids, Account.administrator.is_null(False)),
    }


def losses_with_posts(post_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """What the holders of these posts would lose with them, by account and kind: the same as
    when a directory moves somebody."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for group in grouped(sorted(post_ids)):
        for kind, query in _with_posts(Post.id.in_(group)).items():
            for account_id, count in query.tuples():
                found[account_id][kind] = count
    return dict(found)


def _of_post(ids: Collection[int]) -> dict[str, Any]:
    is_ending = Post.is_active & (Post.source == SYNCED) & Post.is_primary
    return _with_posts(Post.account.in_(ids) & is_ending)


def _with_posts(is_ending: Any) -> dict[str, Any]:
    granted = (
        RoleGrant.select(Post.account, fn.COUNT(RoleGrant.id))
        .join(Post, on=(RoleGrant.post == Post.id))
        .where(is_ending & RoleGrant.ended_at.is_null())
        .group_by(Post.account)
    )
    waiting = (
        Todo.select(Post.account, fn.COUNT(Todo.id))
        .join(Post, on=(Todo.post == Post.id))
        .where(is_ending & (Todo.state == "open"))
        .group_by(Post.account)
    )
    return {"todos": waiting, "grants": granted}


def _count(table: Any, holder: Any, ids: Collection[int], condition: Any) -> Any:
    where = holder.in_(ids) if condition is None else holder.in_(ids) & condition
    return table.select(holder, fn.COUNT(table.id)).where(where).group_by(holder)


def service_losses(ctx: Context, account_id: int) -> tuple[Loss, ...]:
    """What plugins say the person holds with them (mailbox, files, duties), asked one by one
    of the service `<slug>.handover/1`; a plugin that offers none says nothing."""
    found = []
    for slug in sorted(ctx.plugins):
        provide = ctx.service(f"{slug}.handover/1")
        if provide is not None:
            for row in provide({"operation": "list", "account": account_id}):
                url = str(row.get("url", ""))
                found.append(Loss(str(row["kind"]), str(row["title"]), int(row["count"]), url))
    return tuple(found)
