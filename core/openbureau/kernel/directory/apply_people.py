"""The people's part of writing a plan: accounts, posts and the roles groups bring."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import Query

from openbureau.base.context import CHINA
from openbureau.base.database import new_uid, param, statement, to_instant
from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.directory.apply_units import unit_id_of
from openbureau.kernel.directory.images import Recorder, grouped
from openbureau.kernel.directory.plan import DISABLED_BY_DIRECTORY, SYNCED, Change, Plan, RoleChange

ACCOUNT_FIELDS = ("login", "name", "phone", "mobile", "mail", "room", "photo", "directory")
FURTHER_RANK = 200
_ACCOUNT_COLUMNS = (
    *ACCOUNT_FIELDS,
    "uid",
    "pinyin",
    "initials",
    "state",
    "external_id",
    "directory_dn",
    "disabled_at",
    "disabled_reason",
    "created_at",
)

Sounds = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Writing:
    """What every step of one application shares."""

    source_id: int | None
    unit_ids: Mapping[str, int]
    sounds: Sounds
    now: dt.datetime
    recorder: Recorder

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(CHINA).date()


def write_people(plan: Plan, writing: Writing) -> None:
    """Writes accounts and posts, then the roles."""
    changed = [change for change in plan.people if change.action != "conflict"]
    known = [change for change in changed if change.row_id is not None]
    known_ids = {change.row_id for change in known if change.row_id is not None}
    posts_before = _post_ids(known_ids)
    writing.recorder.look("account", known_ids | {row_id for row_id, _ in plan.renamed_entries})
    writing.recorder.look("post", posts_before)
    _free_logins(known)
    for change in known:
        _update_person(change, writing)
    for account_id, dn in plan.renamed_entries:
        Account.update(directory_dn=dn).where(Account.id == account_id).execute()
    holders = {line.holder.removeprefix("entry:") for line in plan.roles}
    fresh = [change for change in changed if change.row_id is None]
    created = _create_people(fresh, holders, writing)
    writing.recorder.note_created("post", _post_ids(known_ids) - posts_before)
    _write_roles(plan.roles, created, writing)


def _post_ids(account_ids: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for group in grouped(sorted(account_ids)):
        rows: Any = Post.select(Post.id).where(Post.account.in_(group)).tuples()
        found |= {post_id for (post_id,) in rows}
    return found


def _free_logins(changes: Sequence[Change]) -> None:
    """Takes the old name off everybody who gets another: names may be exchanged."""
    for change in changes:
        if change.after("login") is not None:
            Account.update(login=f"~{new_uid()}").where(Account.id == change.row_id).execute()


def _update_person(change: Change, writing: Writing) -> None:
    after = {name: value for name, _, value in change.values}
    fields: dict[str, Any] = {name: after[name] for name in ACCOUNT_FIELDS if name in after}
    if "name" in after:
        fields |= _sound_fields(str(after["name"]), writing.sounds)
    if "state" in after:
        is_ending = after["state"] != "active"
        fields |= {
            "state": after["state"],
            "disabled_at": writing.now if is_ending else None,
            "disabled_reason": DISABLED_BY_DIRECTORY if is_ending else "",
            "archived_at": None,
        }
        if is_ending:
            _end_sessions(change.row_id, writing.now)
    if fields:
        Account.update(**fields).where(Account.id == change.row_id).execute()
    _write_first_post(change, after, writing)
    _write_further_posts(change, writing)


def _sound_fields(name: str, sounds: Sounds) -> dict[str, str]:
    pinyin, initials = sounds[name]
    return {"pinyin": pinyin[:200], "initials": initials[:40]}


def _end_sessions(account_id: int | None, now: dt.datetime) -> None:
    Session.update(ended_at=now, end_reason="disabled").where(
        (Session.account == account_id) & Session.ended_at.is_null()
    ).execute()


def _first_post(account_id: int | None) -> Post | None:
    return (
        Post.select()
        .where((Post.account == account_id) & (Post.source == SYNCED) & Post.is_active)
        .order_by(Post.is_primary.desc(), Post.id)
        .first()
    )


def _write_first_post(change: Change, after: Mapping[str, Any], writing: Writing) -> None:
    """Another unit ends the old post and begins a new one: what was done in the old unit stays
    there, and rights given to the old post do not travel."""
    given = {name: after[name] for name in ("title", "rank") if name in after}
    if "unit" not in after and not given:
        return
    old = _first_post(change.row_id)
    if "unit" not in after:
        if old is not None:
            Post.update(**given).where(Post.id == old.id).execute()
        return
    if old is not None:
        _end_post(old.id, writing)
    Post.create(
        account=change.row_id,
        unit=unit_id_of(after["unit"], writing.unit_ids),
        title=given.get("title", old.title if old else ""),
        rank=given.get("rank", old.rank if old else 100),
        source=SYNCED,
        starts_on=writing.today,
    )


def _end_post(post_id: int, writing: Writing) -> None:
    Post.update(is_active=False, ends_on=writing.today).where(Post.id == post_id).execute()


def _write_further_posts(change: Change, writing: Writing) -> None:
    for post in change.posts:
        if post.unit is None and post.row_id is not None:
            _end_post(post.row_id, writing)
        elif post.row_id is not None:
            Post.update(title=post.title).where(Post.id == post.row_id).execute()
        else:
            Post.create(
                account=change.row_id,
                unit=unit_id_of(post.unit, writing.unit_ids),
                title=post.title,
                rank=FURTHER_RANK,
                is_primary=False,
                source=SYNCED,
                starts_on=writing.today,
            )


@statement
def _account_insertion() -> Query:
    given = {name: param(name) for name in _ACCOUNT_COLUMNS}
    fixed = {"source": SYNCED, "language": "", "must_change_password": False}
    return Account.insert(given | fixed).returning(Account.id)


@statement
def _post_insertion() -> Query:
    given = {name: param(name) for name in ("uid", "account", "unit", "title", "rank")}
    fixed = {"source": SYNCED, "nature": "regular", "is_leader": False, "is_active": True}
    return Post.insert(given | fixed | {"is_primary": param("is_primary")}).returning(Post.id)


def _create_people(
    changes: Sequence[Change], holders: Collection[str], writing: Writing
) -> dict[str, int]:
    """Creates accounts with their posts; the ids of the `holders`, by stable id."""
    found: dict[str, int] = {}
    accounts: list[int] = []
    posts: list[int] = []
    add_account, add_post = _account_insertion(), _post_insertion()
    for change in changes:
        account_id = int(add_account.value(**_account_row(change, writing)))
        accounts.append(account_id)
        posts += [
            int(add_post.value(account=account_id, **post)) for post in _post_rows(change, writing)
        ]
        if change.external_id in holders:
            found[change.external_id] = account_id
    writing.recorder.note_created("account", accounts)
    writing.recorder.note_created("post", posts)
    return found


def _account_row(change: Change, writing: Writing) -> dict[str, Any]:
    after = {name: value for name, _, value in change.all_values}
    is_disabled = after["state"] != "active"
    at = to_instant(writing.now)
    return {
        **{name: after.get(name) or "" for name in ACCOUNT_FIELDS},
        **_sound_fields(str(after["name"]), writing.sounds),
        "uid": new_uid(),
        "state": after["state"],
        "directory": writing.source_id,
        "external_id": change.external_id,
        "directory_dn": after["dn"],
        "disabled_at": at if is_disabled else None,
        "disabled_reason": DISABLED_BY_DIRECTORY if is_disabled else "",
        "created_at": at,
    }


def _post_rows(change: Change, writing: Writing) -> list[dict[str, Any]]:
    rank = change.after("rank")
    first = {
        "unit": unit_id_of(change.after("unit"), writing.unit_ids),
        "title": change.after("title"),
        "rank": 100 if rank is None else rank,
        "is_primary": True,
    }
    further = [
        {
            "unit": unit_id_of(post.unit, writing.unit_ids),
            "title": post.title,
            "rank": FURTHER_RANK,
            "is_primary": False,
        }
        for post in change.posts
    ]
    return [{"uid": new_uid(), **post} for post in (first, *further)]


def _write_roles(
    changes: Sequence[RoleChange], created: Mapping[str, int], writing: Writing
) -> None:
    ended = [line.grant_id for line in changes if line.action == "revoke" and line.grant_id]
    writing.recorder.look("role_grant", ended)
    for group in grouped(ended):
        RoleGrant.update(ended_at=writing.now).where(RoleGrant.id.in_(group)).execute()
    made = []
    for line in changes:
        if line.action == "grant":
            kind, _, key = line.holder.partition(":")
            grant = RoleGrant.create(
                account=int(key) if kind == "account" else created[key],
                role=line.role_id,
                unit=unit_id_of(line.unit, writing.unit_ids),
                reach=line.reach,
                source=SYNCED,
                group=line.group,
                granted_at=writing.now,
            )
            made.append(grant.id)
    writing.recorder.note_created("role_grant", made)
