"""What a person holds that somebody else has to take over."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import fn

from openbureau.base.i18n import N_
from openbureau.kernel.access.models import Delegation, Role, RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.drafts.models import FormDraft
from openbureau.kernel.preferences.models import ContactGroup
from openbureau.kernel.todos.models import Involvement, Todo
from openbureau.kernel.units.models import Unit

# In the order they are listed; what becomes of each when it is handed over.
KINDS = {
    "todo": N_("待办事项"),
    "draft": N_("没有提交的内容"),
    "post": N_("职务"),
    "grant": N_("角色"),
    "delegation": N_("授权代办"),
    "group": N_("常用组"),
    "followed": N_("关注的事项"),
}


@dataclass(frozen=True, slots=True)
class Holding:
    """One thing. `id` is its row's; `detail` says more of it."""

    kind: str
    id: int
    title: str
    detail: str = ""


def holdings_of(account_id: int, today: dt.date) -> list[Holding]:
    """Everything the core knows that a person holds, in the order of `KINDS`."""
    return [holding for find in _FINDERS for holding in find(account_id, today)]


def open_todo_totals(account_ids: Sequence[int]) -> dict[int, int]:
    """How many todos are open for each of these people; those without any are absent."""
    rows: Any = (
        Todo.select(Todo.account, fn.COUNT(Todo.id))
        .where(Todo.account.in_(list(account_ids)) & (Todo.state == "open"))
        .group_by(Todo.account)
        .tuples()
    )
    return dict(rows)


def _todos(account_id: int, today: dt.date) -> Iterator[Holding]:
    rows = (
        Todo.select(Todo.id, Todo.title, Todo.due_on)
        .where((Todo.account == account_id) & (Todo.state == "open"))
        .order_by(Todo.due_on.is_null(), Todo.due_on, Todo.id)
    )
    for row in rows:
        yield Holding("todo", row.id, row.title, row.due_on.isoformat() if row.due_on else "")


def _drafts(account_id: int, today: dt.date) -> Iterator[Holding]:
    rows = FormDraft.select().where(FormDraft.account == account_id).order_by(FormDraft.id)
    for row in rows:
        yield Holding("draft", row.id, row.title or row.page)


def _posts(account_id: int, today: dt.date) -> Iterator[Holding]:
    rows = (
        Post.select(Post.id, Post.title, Post.source, Unit.name.alias("unit_name"))
        .join(Unit)
        .where((Post.account == account_id) & Post.is_active)
        .order_by(Post.is_primary.desc(), Post.rank, Post.id)
        .namedtuples()
    )
    for row in rows:
        yield Holding("post", row.id, f"{row.unit_name} {row.title}".strip(), row.source)


def _grants(account_id: int, today: dt.date) -> Iterator[Holding]:
    rows = (
        RoleGrant.select(RoleGrant.id, Role.name, Unit.name.alias("unit_name"))
        .join(Role)
        .switch(RoleGrant)
        .join(Unit)
        .where(
            (RoleGrant.account == account_id)
            & RoleGrant.ended_at.is_null()
            & (RoleGrant.ends_on.is_null() | (RoleGrant.ends_on >= today))
        )
        .order_by(RoleGrant.id)
        .namedtuples()
    )
    for row in rows:
        yield Holding("grant", row.id, row.name, row.unit_name)


def _delegations(account_id: int, today: dt.date) -> Iterator[Holding]:
    other = Account.alias("other")
    for mine, theirs in (("delegator", "delegate"), ("delegate", "delegator")):
        rows = (
            Delegation.select(Delegation.id, Delegation.ends_on, other.name)
            .join(other, on=(getattr(Delegation, theirs) == other.id))
            .where(
                (getattr(Delegation, mine) == account_id)
                & Delegation.ended_at.is_null()
                & (Delegation.ends_on >= today)
            )
            .order_by(Delegation.id)
            .namedtuples()
        )
        for row in rows:
            yield Holding("delegation", row.id, row.name, f"{mine} {row.ends_on}")


def _groups(account_id: int, today: dt.date) -> Iterator[Holding]:
    rows = ContactGroup.select().where(ContactGroup.account == account_id).order_by(ContactGroup.id)
    for row in rows:
        yield Holding("group", row.id, row.name)


def _followed(account_id: int, today: dt.date) -> Iterator[Holding]:
    rows = (
        Involvement.select()
        .where((Involvement.account == account_id) & (Involvement.kind == "followed"))
        .order_by(Involvement.id)
    )
    for row in rows:
        yield Holding("followed", row.id, row.title)


_FINDERS: tuple[Callable[[int, dt.date], Iterator[Holding]], ...] = (
    _todos,
    _drafts,
    _posts,
    _grants,
    _delegations,
    _groups,
    _followed,
)
