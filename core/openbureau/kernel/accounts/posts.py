"""Posts as administrators keep them. Those of the directory are the directory's."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from openbureau.base.context import CHINA
from openbureau.base.errors import Conflict, Invalid, NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.acts import By, refresh
from openbureau.kernel.accounts.models import NATURES, Account, Post
from openbureau.kernel.units.models import Unit

NATURE_LABELS = {
    "regular": N_("正式"),
    "acting": N_("主持工作"),
    "in_charge": N_("代管"),
    "seconded": N_("借调"),
}


@dataclass(frozen=True, slots=True)
class Described:
    """A post as an administrator describes it; `rank` is the place in the official order."""

    unit_id: int
    title: str
    rank: int
    nature: str = "regular"
    is_leader: bool = False
    is_primary: bool = False
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None


def posts_of(account_id: int) -> list[Post]:
    """All posts of a person, active ones first."""
    return list(
        Post.select(Post, Unit)
        .join(Unit)
        .where(Post.account == account_id)
        .order_by(Post.is_active.desc(), Post.is_primary.desc(), Post.rank, Post.id)
    )


def primary_units(account_ids: Sequence[int]) -> dict[int, int]:
    """The unit of each account's primary post, or of the first one."""
    rows: Any = (
        Post.select(Post.account, Post.unit)
        .where(Post.account.in_(list(account_ids)) & Post.is_active)
        .order_by(Post.is_primary, Post.rank.desc(), Post.id.desc())
        .tuples()
    )
    return dict(rows)


def post_of(account_id: int, post_id: int) -> Post:
    """An active post of this person. Raises NotFound: it is none of theirs."""
    post = Post.get_or_none((Post.id == post_id) & (Post.account == account_id) & Post.is_active)
    if post is None:
        raise NotFound
    return post


def add_post(account: Account, described: Described, by: By) -> Post:
    """Gives a person one more post. Raises Invalid: it cannot be."""
    _check(described)
    has_others = Post.select().where((Post.account == account) & Post.is_active).exists()
    is_primary = described.is_primary or not has_others
    if is_primary:
        _no_longer_primary(account, None)
    fields = {**asdict(described), "is_primary": is_primary}
    unit_id = fields.pop("unit_id")
    post: Post = Post.create(account=account, unit=unit_id, **fields)
    by.record("core.add_post", account, post=_told(post))
    refresh(account)
    return post


def change_post(account: Account, post: Post, described: Described, by: By) -> None:
    """Changes a post of ours; another unit ends it and begins a new one.

    Raises Conflict: it is the directory's. Raises Invalid: it cannot be.
    """
    _must_be_ours(post)
    _check(described)
    before = _told(post)
    if described.unit_id != post.unit_id:
        moved = move_post(account, post, described, by)
        by.record("core.change_post", account, before=before, after=_told(moved))
        refresh(account)
        return
    if described.is_primary and not post.is_primary:
        _no_longer_primary(account, post)
    fields = asdict(described)
    fields["unit"] = fields.pop("unit_id")
    fields["is_primary"] = described.is_primary or post.is_primary
    Post.update(**fields).where(Post.id == post.id).execute()
    after = _told(Post.get_by_id(post.id))
    by.record("core.change_post", account, before=before, after=after)
    refresh(account)


def end_post(account: Account, post: Post, ends_on: dt.date, today: dt.date, by: By) -> None:
    """Ends a post: today or before at once, otherwise on that day.

    Raises Conflict: it is the directory's.
    """
    _must_be_ours(post)
    is_over = ends_on <= today
    Post.update(ends_on=ends_on, is_active=not is_over).where(Post.id == post.id).execute()
    if is_over and post.is_primary:
        _next_primary(account)
    by.record("core.end_post", account, post=_told(post), ends_on=ends_on.isoformat())
    refresh(account)


def move_post(account: Account, post: Post, described: Described, by: By) -> Post:
    """Ends a post and begins one in another unit, as when a directory moves somebody: what was
    done in the old unit stays there, and rights given to the old post do not travel."""
    today = by.now.astimezone(CHINA).date()
    Post.update(is_active=False, ends_on=today).where(Post.id == post.id).execute()
    fields = {**asdict(described), "is_primary": described.is_primary or post.is_primary}
    fields["starts_on"] = described.starts_on or today
    if fields["is_primary"]:
        _no_longer_primary(account, None)
    begun: Post = Post.create(account=account, unit=fields.pop("unit_id"), **fields)
    return begun


def _check(described: Described) -> None:
    if described.nature not in NATURES:
        raise Invalid(N_("没有这种任职性质。"))
    unit = Unit.get_or_none((Unit.id == described.unit_id) & Unit.is_active)
    if unit is None:
        raise Invalid(N_("所选单位不存在或已撤销。"))
    starts_on, ends_on = described.starts_on, described.ends_on
    if starts_on and ends_on and ends_on < starts_on:
        raise Invalid(N_("结束日期在开始日期之前。"))
    if described.nature != "regular" and ends_on is None:
        raise Invalid(N_("主持工作、代管和借调要写明结束日期，到期自动终止。"))


def _must_be_ours(post: Post) -> None:
    if post.source != "local":
        raise Conflict(
            N_("这项任职来自目录，不能在这里更改。"),
            remedy=N_("请在目录中更改，下次同步后生效。"),
        )


def _no_longer_primary(account: Account, kept: Post | None) -> None:
    others = (Post.account == account) & Post.is_active & Post.is_primary
    if kept is not None:
        others &= Post.id != kept.id
    Post.update(is_primary=False).where(others).execute()


def _next_primary(account: Account) -> None:
    following = (
        Post.select(Post.id)
        .where((Post.account == account) & Post.is_active)
        .order_by(Post.rank, Post.id)
        .first()
    )
    if following is not None:
        Post.update(is_primary=True).where(Post.id == following.id).execute()


def _told(post: Post) -> dict[str, object]:
    """A post as the audit trail keeps it."""
    return {
        "id": post.id,
        "unit": post.unit.code,
        "title": post.title,
        "rank": post.rank,
        "nature": post.nature,
        "is_leader": bool(post.is_leader),
        "is_primary": bool(post.is_primary),
        "starts_on": str(post.starts_on or ""),
        "ends_on": str(post.ends_on or ""),
    }
