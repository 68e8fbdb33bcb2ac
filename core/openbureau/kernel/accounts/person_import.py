"""People of units without a directory, from a table: checked first, then all at once.

Source: columns as counties keep their lists; login and unit code identify a line.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from openbureau.base.context import Reach
from openbureau.base.database import new_uid
from openbureau.base.i18n import N_
from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.names import HIDDEN, is_shown
from openbureau.kernel.accounts.posts import Described, move_post
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.search.core_records import index_people
from openbureau.kernel.sync.losses import losses_with_posts
from openbureau.kernel.units.names import person_pinyin
from openbureau.kernel.units.queries import UnitTree

COLUMNS: Mapping[str, str] = {
    "login": N_("账号"),
    "name": N_("姓名"),
    "unit": N_("单位代码"),
    "title": N_("职务"),
    "rank": N_("排名"),
    "mobile": N_("手机"),
    "phone": N_("电话"),
    "mail": N_("邮箱"),
    "room": N_("房间"),
}
NEEDED = ("login", "name", "unit")
LENGTHS = {"name": 100, "title": 100, "mobile": 60, "phone": 60, "mail": 200, "room": 60}
LINES = 5000
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
CONTACT = ("name", "phone", "mobile", "mail", "room")
DEFAULT_RANK = 100
_CHUNK_ROWS = 200
Problem = tuple[str, Mapping[str, Any]]


@dataclass(slots=True)
class Line:
    """One line of the table. `action` is new, change, same or error; `account_id` and
    `post_id` are what an existing person has. `changes` are (column, before, after); by a move
    into another unit the old post ends, with the `losses` by kind; roles given to the person
    in the old unit stay (`kept_grants`)."""

    number: int
    values: dict[str, str]
    action: str = "new"
    problems: list[Problem] = field(default_factory=list)
    account_id: int | None = None
    post_id: int | None = None
    unit_id: int = 0
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    losses: dict[str, int] = field(default_factory=dict)
    kept_grants: int = 0
    old_unit_id: int = 0

    @property
    def is_move(self) -> bool:
        """Whether somebody leaves a unit for another."""
        return self.post_id is not None and any(name == "unit" for name, _, _ in self.changes)

    def refuse(self, message: str, **params: Any) -> None:
        """Notes why the line cannot be taken."""
        self.action = "error"
        self.problems.append((message, params))


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked table: its lines, and what keeps the whole from being read (a message)."""

    lines: Sequence[Line]
    fault: Problem | None = None

    def total(self, action: str) -> int:
        """How many lines have this action."""
        return sum(line.action == action for line in self.lines)

    @property
    def digest(self) -> str:
        """Changes with anything an import would do."""
        facts = [
            [line.number, line.action, line.account_id, line.values, line.changes, line.losses]
            for line in self.lines
            if line.action in {"new", "change"}
        ]
        return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()


def checked_table(rows: Sequence[Sequence[Any]], reach: Reach, tree: UnitTree) -> Checked:
    """What importing these rows would do. Nothing is written."""
    if not rows:
        return Checked((), (N_("这张表是空的。"), {}))
    heads = {text(cell): place for place, cell in enumerate(rows[0]) if text(cell)}
    places = {name: heads[label] for name, label in COLUMNS.items() if label in heads}
    missing = [COLUMNS[name] for name in NEEDED if name not in places]
    if missing:
        return Checked(
            (),
            (
                N_("第一行缺少这些列：%(columns)s。请使用下载的模板。"),
                {"columns": "、".join(missing)},
            ),
        )
    if len(rows) - 1 > LINES:
        return Checked((), (N_("一次最多导入 %(total)s 人，请分几次。"), {"total": LINES}))
    lines = [
        Line(number, {name: text(row[place]) for name, place in places.items() if place < len(row)})
        for number, row in enumerate(rows[1:], start=2)
        if any(text(cell) for cell in row)
    ]
    if not lines:
        return Checked((), (N_("表中没有人员。"), {}))
    _check_lines(lines, reach, tree)
    return Checked(lines)


def text(cell: Any) -> str:
    """A cell as the person sees it: whole numbers without a point, no outer blanks."""
    if isinstance(cell, bool) or cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(unicodedata.normalize("NFC", str(cell)).split())


def _check_lines(lines: Sequence[Line], reach: Reach, tree: UnitTree) -> None:
    seen: dict[str, int] = {}
    for line in lines:
        values = line.values
        values["login"] = values.get("login", "").lower()
        _check_values(line)
        if (first := seen.setdefault(values["login"], line.number)) != line.number:
            line.refuse(N_("账号与第 %(line)s 行相同"), line=first)
        unit = tree.by_code.get(values.get("unit", ""))
        if unit is None or not unit.is_active:
            line.refuse(N_("没有这个单位代码"))
        elif not reach.covers(unit.id):
            line.refuse(N_("这个单位不在您的管理范围内"))
        else:
            line.unit_id = unit.id
    _compare([line for line in lines if line.action != "error"], reach, tree)


def _check_values(line: Line) -> None:
    values = line.values
    if not LOGIN.fullmatch(values["login"]):
        line.refuse(N_("账号只能用字母、数字和 . _ -，2 到 60 位"))
    if not values.get("name"):
        line.refuse(N_("没有姓名"))
    for name, longest in LENGTHS.items():
        if len(values.get(name, "")) > longest:
            line.refuse(
                N_("「%(column)s」超过 %(total)s 个字"), column=COLUMNS[name], total=longest
            )
    rank = values.get("rank", "")
    if rank and not (rank.isascii() and rank.isdecimal() and 1 <= int(rank[:9]) <= 9999):
        line.refuse(N_("「排名」应为 1 到 9999 的整数"))
    if not all(is_shown(value) for value in values.values()):
        line.refuse(HIDDEN)


def _compare(lines: Sequence[Line], reach: Reach, tree: UnitTree) -> None:
    """Finds the people there are already, and what would change."""
    accounts = _accounts([line.values["login"] for line in lines])
    posts = _posts([account.id for account in accounts.values()])
    for line in lines:
        account = accounts.get(line.values["login"])
        if account is None:
            continue
        held = posts.get(account.id, [])
        line.account_id = account.id
        if account.administrator or not _is_near(held, reach):
            line.refuse(N_("这个账号已被使用，不在您可以导入的范围内"))
        elif account.source != "local":
            line.refuse(N_("此人来自目录，由目录维护"))
        elif account.state != "active":
            line.refuse(N_("账号已停用，请先恢复使用"))
        elif len(held) > 1 and all(post.unit_id != line.unit_id for post in held):
            line.refuse(N_("此人有几项任职，请在其页面上更改"))
        else:
            _judge(line, account, held, tree)
    _note_losses([line for line in lines if line.is_move])


def _is_near(held: Sequence[Any], reach: Reach) -> bool:
    """Whether a person is the importer's: somebody elsewhere, and somebody without a post,
    reads the same as an administrator, so that nobody is found out by trying names."""
    if reach.is_everywhere:
        return True
    return bool(held) and all(reach.covers(post.unit_id) for post in held)


def _judge(line: Line, account: Any, held: Sequence[Any], tree: UnitTree) -> None:
    values = line.values
    post = next((p for p in held if p.unit_id == line.unit_id), held[0] if held else None)
    before = {name: str(getattr(account, name)) for name in CONTACT}
    before |= {"unit": "", "title": "", "rank": ""}
    if post is not None:
        line.post_id, line.old_unit_id = post.id, post.unit_id
        old = tree.by_id.get(post.unit_id)
        before |= {"unit": old.code if old else "", "title": post.title, "rank": str(post.rank)}
    for name in COLUMNS:
        wanted = values.get(name, "")
        if name == "rank" and wanted:
            wanted = str(int(wanted))
        if name != "login" and wanted and wanted != before[name]:
            line.changes.append((name, before[name], wanted))
    line.action = "change" if line.changes else "same"


def _note_losses(lines: Sequence[Line]) -> None:
    """What those who move lose with the old post, and which roles stay with them."""
    losses = losses_with_posts([line.post_id for line in lines if line.post_id is not None])
    for line in lines:
        line.losses = losses.get(line.account_id or 0, {})
        granted = (RoleGrant.account == line.account_id) & (RoleGrant.unit == line.old_unit_id)
        line.kept_grants = RoleGrant.select().where(granted & RoleGrant.ended_at.is_null()).count()


def _accounts(logins: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(logins), _CHUNK_ROWS):
        chunk = list(logins[start : start + _CHUNK_ROWS])
        found.update({a.login: a for a in Account.select().where(Account.login.in_(chunk))})
    return found


def _posts(account_ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for start in range(0, len(account_ids), _CHUNK_ROWS):
        chunk = list(account_ids[start : start + _CHUNK_ROWS])
        rows = (
            Post.select()
            .where(Post.account.in_(chunk) & Post.is_active)
            .order_by(Post.is_primary.desc(), Post.rank, Post.id)
        )
        for post in rows:
            found.setdefault(post.account_id, []).append(post)
    return found


def import_people(checked: Checked, by: By) -> int:
    """Writes what was checked: new people and changes, inside the caller's transaction; how
    many lines. One audit line names the batch and the digest of what it changed."""
    new = [line for line in checked.lines if line.action == "new"]
    changed = [line for line in checked.lines if line.action == "change"]
    _insert(new, by)
    for line in changed:
        _update(line, by)
    logins = [line.values["login"] for line in (*new, *changed)]
    record_audit(
        action="core.import_people",
        at=by.now,
        account_id=by.account_id,
        post_id=by.post_id,
        unit_id=by.unit_id,
        realm="core/account",
        detail={
            "digest": checked.digest,
            "new": [line.values["login"] for line in new],
            "changed": [line.values["login"] for line in changed],
        },
        request_id=by.request_id,
        address=by.address,
    )
    if logins:
        index_people([account.id for account in _accounts(logins).values()])
        bump_epoch("access")
    return len(logins)


def _insert(lines: Sequence[Line], by: By) -> None:
    for start in range(0, len(lines), _CHUNK_ROWS):
        chunk = lines[start : start + _CHUNK_ROWS]
        Account.insert_many([_account_row(line, by) for line in chunk]).execute()
    ids = {login: a.id for login, a in _accounts([ln.values["login"] for ln in lines]).items()}
    for start in range(0, len(lines), _CHUNK_ROWS):
        chunk = lines[start : start + _CHUNK_ROWS]
        Post.insert_many([_post_row(line, ids[line.values["login"]]) for line in chunk]).execute()


def _account_row(line: Line, by: By) -> dict[str, Any]:
    values = line.values
    pinyin, initials = person_pinyin(values["name"])
    contact = {name: values.get(name, "") for name in CONTACT}
    return {
        "uid": new_uid(),
        "login": values["login"],
        "pinyin": pinyin,
        "initials": initials,
        "created_at": by.now,
        **contact,
    }


def _post_row(line: Line, account_id: int) -> dict[str, Any]:
    return {
        "uid": new_uid(),
        "account": account_id,
        "unit": line.unit_id,
        "title": line.values.get("title", ""),
        "rank": int(line.values.get("rank") or DEFAULT_RANK),
    }


def _update(line: Line, by: By) -> None:
    values = line.values
    account = Account.get_by_id(line.account_id)
    contact = {name: after for name, _, after in line.changes if name in CONTACT}
    if "name" in contact:
        contact["pinyin"], contact["initials"] = person_pinyin(values["name"])
    if contact:
        Account.update(**contact).where(Account.id == account.id).execute()
    _update_post(line, account, by)
    by.record(
        "core.change_account",
        account,
        before={name: before for name, before, _ in line.changes},
        after={name: after for name, _, after in line.changes},
    )


def _update_post(line: Line, account: Account, by: By) -> None:
    given: dict[str, Any] = {
        name: int(after) if name == "rank" else after
        for name, _, after in line.changes
        if name in {"title", "rank"}
    }
    if line.post_id is None:
        Post.insert_many([_post_row(line, account.id)]).execute()
    elif line.is_move:
        post = Post.get_by_id(line.post_id)
        kept = Described(
            line.unit_id,
            given.get("title", post.title),
            given.get("rank", post.rank),
            nature=post.nature,
            is_primary=post.is_primary,
            ends_on=post.ends_on,
        )
        move_post(account, post, kept, by)
    elif given:
        Post.update(**given).where(Post.id == line.post_id).execute()
