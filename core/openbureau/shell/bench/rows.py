"""The rows the measurements run on: the demo bureau and many bulletins, in bulk."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.base.database import db, is_postgresql, reading, to_instant, writing
from openbureau.base.plugins import Source, installed_plugins
from openbureau.base.settings import Settings
from openbureau.kernel.access.actions import grant_role
from openbureau.kernel.accounts.actions import token_digest
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch, set_plugin_state
from openbureau.kernel.units.models import Unit
from openbureau.shell.bench import subject
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
    """A filled installation. `newest_at` is the instant of the bulletin with the id `total`."""

    settings: Settings
    visitors: Sequence[Visitor]
    total: int
    newest_at: int

    def at(self, bulletin_id: int) -> int:
        """When a bulletin was published."""
        return self.newest_at - (self.total - bulletin_id) * SPACING_MS


def measured_plugins(total: int = PLUGINS, entries: int = ENTRIES, pages: int = 20) -> list[Source]:
    """Installed plugins, made up to `total` with synthetic ones."""
    installed = installed_plugins()
    return [*installed, *synthetic_plugins(total - len(installed), pages, entries)]


def filled(settings: Settings, sources: Sequence[Source], scale: Scale, total: int) -> Ground:
    """An empty data directory as a bureau with `total` published bulletins."""
    now = dt.datetime.now(dt.UTC)
    opened = open_installation(settings, sources)
    prepare_demo(scale, lambda *_: None, now)
    with writing():
        bump_epoch("units")
        for plugin in opened.plugins.loaded:
            set_plugin_state(plugin.slug, "on", f"subtree:{ROOT}", now=now)
        units = {unit.code: unit.id for unit in Unit.select(Unit.code, Unit.id)}
        visitors = _visitors(units[COUNTY], now)
        author = _author(units[ROOT], now)
    ground = Ground(settings, visitors, total, to_instant(now) - SPACING_MS)
    with writing():
        _insert(subject.TABLE, subject.COLUMNS, _bulletins(ground, units[ROOT], author))
        _take_part(ground, units)
        _give_todos(ground, units[COUNTY])
        _follow_keys((subject.TABLE, "participant", "todo"))
    with reading():
        db.execute_sql("ANALYZE")
    return ground


def _visitors(county: int, now: dt.datetime) -> list[Visitor]:
    people = (
        Post.select(Post.id, Post.account.alias("account_id"))
        .where((Post.unit == county) & Post.is_primary)
        .order_by(Post.id)
        .tuples()
    )
    found = [(post, Visitor(account, f"bench-{account}")) for post, account in people]
    columns = "token_hash account_id post_id created_at seen_at ends_at end_reason address browser"
    _insert("session", columns.split(), (_session(post, v, now) for post, v in found))
    return [visitor for _, visitor in found]


def _session(post_id: int, visitor: Visitor, now: dt.datetime) -> tuple[Any, ...]:
    at = to_instant(now)
    digest = token_digest(visitor.token)
    return (digest, visitor.account_id, post_id, at, at, at + 12 * 3_600_000, "", "", "")


def _author(unit_id: int, now: dt.datetime) -> int:
    """Somebody of the province who may publish everywhere."""
    sections = Unit.select(Unit.id).where(Unit.access_unit == unit_id)
    account = (
        Account.select().join(Post).where(Post.unit.in_(sections)).order_by(Account.id).first()
    )
    grant_role(
        subject.PUBLISHER_ROLE, Unit.get_by_id(unit_id), "subtree", now=now, account=account
    )
    return int(account.id)


def author_token(ground: Ground, author_id: int) -> str:
    """A session of the person who publishes."""
    now = dt.datetime.now(dt.UTC)
    visitor = Visitor(author_id, f"bench-{author_id}")
    post_id = Post.select(Post.id).where(Post.account == author_id).scalar()
    columns = "token_hash account_id post_id created_at seen_at ends_at end_reason address browser"
    with writing():
        _insert("session", columns.split(), [_session(post_id, visitor, now)])
    del ground
    return visitor.token


def title_of(number: int) -> str:
    """The invented title of a bulletin: 15 to 20 characters."""
    words = _VERBS[number % len(_VERBS)].format(_SUBJECTS[number % len(_SUBJECTS)])
    return f"{words}〔{number}〕"


def _bulletins(ground: Ground, unit_id: int, author: int) -> Iterator[tuple[Any, ...]]:
    receivers = json.dumps([f"subtree:{ROOT}"])
    body = "各单位：\n请按要求办理，并于月底前报送情况。" * 3
    for number in range(1, ground.total + 1):
        at = ground.at(number)
        yield (
            number,
            f"{number:032x}",
            title_of(number),
            body,
            number % 17 == 0,
            receivers,
            "published",
            unit_id,
            author,
            at,
            at,
            at,
            "",
        )


def _take_part(ground: Ground, units: dict[str, int]) -> None:
    """Half of the bulletins go to the province, the others to a prefecture or one county."""
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
    _insert("participant", ("realm", "record_id", "holder", "kind", "at"), rows)
    totals: dict[str, int] = {}
    for place, holder in enumerate(holders):
        numbers = range(place or 4, ground.total + 1, 4)
        totals[holder] = totals.get(holder, 0) + len(numbers)
    _insert(
        "participant_total",
        ("holder", "realm", "kind", "total"),
        ((holder, subject.REALM, subject.KIND, total) for holder, total in totals.items()),
    )


def _give_todos(ground: Ground, unit_id: int) -> None:
    columns = "uid kind plugin realm record_id account_id unit_id title step state arrived_at"
    first = max(1, ground.total - UNREAD + 1)
    _insert(
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
                unit_id,
                title_of(number),
                "",
                "open",
                ground.at(number),
            )
            for visitor in ground.visitors
            for number in range(first, ground.total + 1)
        ),
    )


def _insert(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    names = ", ".join(columns)
    cursor = db.connection().cursor()
    if is_postgresql():
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        places = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608 - constant names


def _follow_keys(tables: Iterable[str]) -> None:
    """PostgreSQL gives out keys behind those that were written by hand."""
    if is_postgresql():
        for table in tables:
            db.execute_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "  # noqa: S608 - constant names
                f"COALESCE((SELECT MAX(id) FROM {table}), 1))"
            )
