"""Writing the demo bureau into an empty, migrated database."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from openbureau.base.database import Table, new_uid, writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.passwords import password_hash
from openbureau.kernel.search.core_records import index_people, index_units
from openbureau.kernel.units.actions import import_units
from openbureau.kernel.units.models import Node, Unit
from openbureau.shell.demo.bureau import PASSWORD, Bureau, DemoPerson, Scale, bureau

Progress = Callable[[int, int, str], None]
_CHUNK_ROWS = 400
NODE_NAME = "云南省质量技术监督局"


def prepare_demo(
    scale: Scale,
    progress: Progress,
    now: dt.datetime,
    grant: Callable[[Mapping[str, int]], None] | None = None,
) -> Mapping[str, int]:
    """Fills an empty database with the demo bureau in one transaction.

    `progress(done, total, what)` is called between steps; `grant(accounts)` is called
    last, inside the transaction. Returns account ids by login.
    """
    model = bureau(scale)
    hashed = password_hash(PASSWORD)
    total = len(model.units) + len(model.people)
    with writing():
        progress(0, total, "单位 units")
        units = _write_units(model)
        accounts = _write_accounts(model, hashed, now, progress)
        progress(total, total, "职务 posts")
        _insert(Post, list(_posts(model, units, accounts)))
        progress(total, total, "检索 search index")
        index_units(now)
        index_people()
        if grant is not None:
            grant(accounts)
    return accounts


def _write_units(model: Bureau) -> dict[str, int]:
    node = Node.create(name=NODE_NAME, is_self=True, is_demo=True)
    import_units(model.units, node)
    return {unit.code: unit.id for unit in Unit.select(Unit.code, Unit.id)}


def _write_accounts(
    model: Bureau, hashed: str, now: dt.datetime, progress: Progress
) -> dict[str, int]:
    total = len(model.units) + len(model.people)
    remaining = iter(model.people)
    done = len(model.units)
    while chunk := list(islice(remaining, _CHUNK_ROWS)):
        progress(done, total, "人员 people")
        _insert(Account, [_account(person, hashed, now) for person in chunk])
        done += len(chunk)
    return {account.login: account.id for account in Account.select(Account.login, Account.id)}


def _account(person: DemoPerson, hashed: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "uid": new_uid(),
        "login": person.login,
        "name": person.name,
        "pinyin": person.pinyin,
        "initials": person.initials,
        "password_hash": hashed,
        "administrator": person.administrator,
        "phone": person.phone,
        "mobile": person.mobile,
        "mail": person.mail,
        "room": person.room,
        "created_at": now,
    }


def _posts(
    model: Bureau, units: Mapping[str, int], accounts: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    for person in model.people:
        for index, post in enumerate(person.posts):
            yield {
                "uid": new_uid(),
                "account": accounts[person.login],
                "unit": units[post.unit],
                "title": post.title,
                "rank": post.rank,
                "is_primary": index == 0,
                "is_leader": post.is_leader,
            }


def _insert(table: type[Table], rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _CHUNK_ROWS):
        table.insert_many(rows[start : start + _CHUNK_ROWS]).execute()
