"""Writes of todos and notices."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from peewee import chunked

from openbureau.base.context import Context
from openbureau.base.database import new_uid
from openbureau.base.errors import NotFound
from openbureau.kernel.todos.models import Involvement, Notice, Todo

ROWS_PER_INSERT = 60
NOTICE_LIFE = dt.timedelta(days=30)


def give_todos(
    kind: str,
    *,
    realm: str,
    record_id: int,
    people: Iterable[tuple[int, int]],
    title: str,
    now: dt.datetime,
    source_unit_id: int | None = None,
    step: str = "",
    due_on: dt.date | None = None,
) -> int:
    """Gives a todo to each (account id, access unit id); who has it already keeps it.

    Returns how many people were named. Idempotent, so a job may repeat it.
    """
    common = {
        "kind": kind,
        "plugin": realm.partition("/")[0],
        "realm": realm,
        "record_id": record_id,
        "title": title[:300],
        "source_unit": source_unit_id,
        "step": step,
        "due_on": due_on,
        "arrived_at": now,
    }
    total = 0
    for group in chunked(people, ROWS_PER_INSERT):
        known = _holding(kind, realm, record_id, [account_id for account_id, _ in group])
        fresh = [
            {**common, "uid": new_uid(), "account": account_id, "unit": unit_id}
            for account_id, unit_id in group
            if account_id not in known
        ]
        if fresh:
            Todo.insert_many(fresh).execute()
        total += len(group)
    return total


def _holding(kind: str, realm: str, record_id: int, account_ids: Sequence[int]) -> set[int]:
    """Which of these accounts have, or had, this todo already."""
    rows = Todo.select(Todo.account).where(
        (Todo.realm == realm)
        & (Todo.record_id == record_id)
        & (Todo.kind == kind)
        & Todo.account.in_(list(account_ids))
    )
    return {row.account_id for row in rows}


def close_todo(kind: str, realm: str, record_id: int, account_id: int, now: dt.datetime) -> bool:
    """Marks a person's todo as done; False when there was nothing open."""
    return bool(
        Todo.update(state="done", done_at=now)
        .where(
            (Todo.realm == realm)
            & (Todo.record_id == record_id)
            & (Todo.kind == kind)
            & (Todo.account == account_id)
            & (Todo.state == "open")
        )
        .execute()
    )


def cancel_todos(realm: str, record_id: int, now: dt.datetime) -> int:
    """Takes back every open todo of a record; the number taken back."""
    return int(
        Todo.update(state="cancelled", done_at=now)
        .where((Todo.realm == realm) & (Todo.record_id == record_id) & (Todo.state == "open"))
        .execute()
    )


def mark_started(ctx: Context, realm: str, record_id: int, title: str) -> None:
    """Lists a record under 我发起 of the person who started it. Repeating it does nothing."""
    _involve(ctx, "started", realm, record_id, title)


def follow(ctx: Context, realm: str, record_id: int, title: str) -> None:
    """Lists a record under 我关注 of a person; gives no right to see it."""
    _involve(ctx, "followed", realm, record_id, title)


def unfollow(ctx: Context, realm: str, record_id: int) -> None:
    """Takes a record off 我关注; nothing happens when it was not there."""
    Involvement.delete().where(
        (Involvement.account == ctx.account.id)
        & (Involvement.kind == "followed")
        & (Involvement.realm == realm)
        & (Involvement.record_id == record_id)
    ).execute()


def _involve(ctx: Context, kind: str, realm: str, record_id: int, title: str) -> None:
    Involvement.insert(
        account=ctx.account.id,
        kind=kind,
        plugin=realm.partition("/")[0],
        realm=realm,
        record_id=record_id,
        title=title[:300],
        source_unit=ctx.post.access_unit_id if ctx.post else None,
        at=ctx.now,
    ).on_conflict_ignore().execute()


def notify(
    account_id: int,
    text: str,
    *,
    now: dt.datetime,
    url: str = "",
    plugin: str = "",
    params: Mapping[str, Any] | None = None,
) -> None:
    """Tells a person that something happened. `text` is a message id with `params`."""
    Notice.create(
        account=account_id,
        plugin=plugin,
        text=text,
        params=json.dumps(dict(params or {}), ensure_ascii=False),
        url=url,
        at=now,
        expires_at=now + NOTICE_LIFE,
    )


def dismiss_notice(notice_id: int, account_id: int, now: dt.datetime) -> None:
    """Hides one of a person's own notices. Raises NotFound: it is not theirs."""
    touched = (
        Notice.update(dismissed_at=now)
        .where((Notice.id == notice_id) & (Notice.account == account_id))
        .execute()
    )
    if not touched:
        raise NotFound
