"""The rows the measurements run on: the demo bureau with a long register or many bulletins."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.base.database import (
    db,
    from_instant,
    is_postgresql,
    reading,
    to_instant,
    writing,
)
from openbureau.base.plugins import Source, installed_plugins
from openbureau.base.settings import Settings
from openbureau.kernel.access.actions import grant_role
from openbureau.kernel.accounts.actions import token_digest
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.enablement.actions import bump_epoch, set_plugin_state
from openbureau.kernel.units.models import Unit
from openbureau.shell.bench import items, subject
from openbureau.shell.demo.bureau import ROOT, Scale
from openbureau.shell.demo.prepare import prepare_demo
from openbureau.shell.installation import open_installation
from openbureau.testing.synthetic import synthetic_plugins

PREFECTURE, COUNTY = "530100", "530102"
SPACING_MS = 60_000
UNREAD = 10
PLUGINS = 15
ENTRIES = 4
_SUBJECTS = ("电梯安全专项检查", "计量检定收费管理", "信息化二期工程培训", "第四季度统计报表")
_VERBS = ("关于开展{}的通知", "关于做好{}工作的通知", "关于印发{}规定的通知")


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in member of staff of one county, who receives every bulletin."""

    account_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A filled installation. `newest_at` is the instant of the bulletin with the id `total`;
    records of a register are spread over `access_units`."""

    settings: Settings
    visitors: Sequence[Visitor]
    author: Visitor
    units: Mapping[str, int]
    total: int
    newest_at: int
    access_units: int

    def at(self, bulletin_id: int) -> int:
        """When a bulletin was published."""
        return self.newest_at - (self.total - bulletin_id) * SPACING_MS


def measured_plugins(total: int = PLUGINS, entries: int = ENTRIES, pages: int = 20) -> list[Source]:
    """The measured register and installed plugins, made up to `total` with synthetic ones."""
    chosen = [items.stock(), *installed_plugins()][:total]
    return [*chosen, *synthetic_plugins(total - len(chosen), pages, entries)]


def stocked(settings: Settings, sources: Sequence[Source], scale: Scale, total: int) -> Ground:
    """An empty data directory as a bureau with `total` records in the measured register, as
    many in every access unit."""
    ground = _founded(settings, sources, scale, total)
    with writing():
        if is_postgresql():
            db.execute_sql("SET LOCAL statement_timeout = 0")
        units = [unit.id for unit in Unit.select(Unit.id).where(Unit.is_access_unit)]
        _let_author(ground, items.REGISTRAR)
        now = from_instant(ground.newest_at)
        insert_rows(items.TABLE, items.COLUMNS, items.rows(total, units, now))
        follow_keys((items.TABLE,))
    with reading():
        db.execute_sql("ANALYZE")
    return ground


def filled(settings: Settings, sources: Sequence[Source], scale: Scale, total: int) -> Ground:
    """An empty data directory as a bureau with `total` published bulletins."""
    ground = _founded(settings, sources, scale, total)
    with writing():
        if is_postgresql():
            db.execute_sql("SET LOCAL statement_timeout = 0")
        _let_author(ground, subject.PUBLISHER_ROLE)
        insert_rows(subject.TABLE, subject.COLUMNS, _bulletins(ground))
        _take_part(ground)
        _give_todos(ground)
        follow_keys((subject.TABLE, "participant", "todo"))
    with reading():
        db.execute_sql("ANALYZE")
    return ground


def _founded(settings: Settings, sources: Sequence[Source], scale: Scale, total: int) -> Ground:
    """A bureau with its people, every plugin switched on, and nothing in them."""
    now = dt.datetime.now(dt.UTC)
    opened = open_installation(settings, sources)
    prepare_demo(scale, lambda *_: None, now)
    with writing():
        items.make_table()
        bump_epoch("units")
        for plugin in opened.plugins.loaded:
            set_plugin_state(plugin.slug, "on", f"subtree:{ROOT}", now=now)
        units = {unit.code: unit.id for unit in Unit.select(Unit.code, Unit.id)}
        spread = Unit.select().where(Unit.is_access_unit).count()
        visitors = _visitors(units[COUNTY], now)
        author = _author(units[ROOT], now)
    return Ground(settings, visitors, author, units, total, to_instant(now) - SPACING_MS, spread)


def _visitors(county: int, now: dt.datetime) -> list[Visitor]:
    people: Any = (
        Post.select(Post.id, Post.account.alias("account_id"))
        .where((Post.unit == county) & Post.is_primary)
        .order_by(Post.id)
        .tuples()
    )
    return [_signed_in(account, post, now) for post, account in people]


def _signed_in(account_id: int, post_id: int, now: dt.datetime) -> Visitor:
    visitor = Visitor(account_id, f"bench-{account_id}")
    Session.create(
        token_hash=token_digest(visitor.token),
        account=account_id,
        post=post_id,
        created_at=now,
        seen_at=now,
        ends_at=now + dt.timedelta(hours=12),
    )
    return visitor


def crowd(ground: Ground, total: int) -> list[Visitor]:
    """Signed-in people of all units, who may write in the register of their own unit."""
    now = dt.datetime.now(dt.UTC)
    posts = list(Post.select().where(Post.is_primary).order_by(Post.uid).limit(total))
    known = {visitor.account_id: visitor for visitor in (*ground.visitors, ground.author)}
    people = []
    for post in posts:
        grant_role(items.REGISTRAR, post.unit.access_unit, "unit", now=now, account=post.account)
        people.append(known.get(post.account_id) or _signed_in(post.account_id, post.id, now))
    return people


def _let_author(ground: Ground, role: str) -> None:
    """The author holds a role everywhere."""
    account = Account.get_by_id(ground.author.account_id)
    root = Unit.get_by_id(ground.units[ROOT])
    grant_role(role, root, "province", now=dt.datetime.now(dt.UTC), account=account)


def _author(unit_id: int, now: dt.datetime) -> Visitor:
    """Somebody of the province."""
    sections = Unit.select(Unit.id).where(Unit.access_unit == unit_id)
    post = Post.select().where(Post.unit.in_(sections) & Post.is_primary).order_by(Post.id).get()
    return _signed_in(post.account_id, post.id, now)


def title_of(number: int) -> str:
    """The invented title of a bulletin: 15 to 20 characters."""
    words = _VERBS[number % len(_VERBS)].format(_SUBJECTS[number % len(_SUBJECTS)])
    return f"{words}〔{number}〕"


def write_drafts(ground: Ground, total: int) -> list[int]:
    """Drafts of the author, each for one county; their ids."""
    numbers = range(ground.total + 1, ground.total + total + 1)
    rows = (_bulletin(ground, number, "draft", f"unit:{COUNTY}", None) for number in numbers)
    with writing():
        insert_rows(subject.TABLE, subject.COLUMNS, rows)
        follow_keys((subject.TABLE,))
    return list(numbers)


def _bulletins(ground: Ground) -> Iterator[tuple[Any, ...]]:
    for number in range(1, ground.total + 1):
        yield _bulletin(ground, number, "published", f"subtree:{ROOT}", ground.at(number))


def _bulletin(
    ground: Ground, number: int, state: str, receivers: str, published_at: int | None
) -> tuple[Any, ...]:
    """A row in the order of the columns."""
    at = published_at or ground.newest_at
    return (
        number,
        f"{number:032x}",
        title_of(number),
        "各单位：\n请按要求办理，并于月底前报送情况。" * 3,
        number % 17 == 0,
        json.dumps([receivers]),
        state,
        ground.units[ROOT],
        ground.author.account_id,
        at,
        at,
        published_at,
        "",
    )


def _take_part(ground: Ground) -> None:
    """Half of the bulletins go to the province, the others to a prefecture or one county."""
    units = ground.units
    holders = [
        f"subtree:{units[ROOT]}",
        f"subtree:{units[PREFECTURE]}",
        f"subtree:{units[ROOT]}",
        f"unit:{units[COUNTY]}",
    ]
    rows = (
        (subject.REALM, n, holders[n % 4], subject.KIND, ground.at(n))
        for n in range(1, ground.total + 1)
    )
    insert_rows("participant", ("realm", "record_id", "holder", "kind", "at"), rows)
    totals: dict[str, int] = {}
    for place, holder in enumerate(holders):
        numbers = range(place or 4, ground.total + 1, 4)
        totals[holder] = totals.get(holder, 0) + len(numbers)
    insert_rows(
        "participant_total",
        ("holder", "realm", "kind", "total"),
        ((holder, subject.REALM, subject.KIND, total) for holder, total in totals.items()),
    )


def _give_todos(ground: Ground) -> None:
    columns = "uid kind plugin realm record_id account_id unit_id title step state arrived_at"
    first = max(1, ground.total - UNREAD + 1)
    insert_rows(
        "todo",
        columns.split(),
        (
            (
                hashlib.md5(f"{visitor.account_id}-{number}".encode()).hexdigest(),  # noqa: S324 - a name, no secret
                "read",
                subject.SLUG,
                subject.REALM,
                number,
                visitor.account_id,
                ground.units[COUNTY],
                title_of(number),
                "",
                "open",
                ground.at(number),
            )
            for visitor in ground.visitors
            for number in range(first, ground.total + 1)
        ),
    )


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes rows in bulk, in the caller's transaction."""
    names = ", ".join(f'"{name}"' for name in columns)
    cursor = db.connection().cursor()
    if is_postgresql():
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        places = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608 - constant names


def follow_keys(tables: Iterable[str]) -> None:
    """PostgreSQL gives out keys behind those that were written by hand."""
    if is_postgresql():
        for table in tables:
            db.execute_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "  # noqa: S608 - constant names
                f"COALESCE((SELECT MAX(id) FROM {table}), 1))"
            )
