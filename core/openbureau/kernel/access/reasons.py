"""The lines of an explanation about the person and their roles."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openbureau.base.context import CHINA, ActingPost, Context
from openbureau.base.i18n import N_
from openbureau.base.plugins import Plugins
from openbureau.kernel.access.administration import KIND_LABELS, POWERS
from openbureau.kernel.access.contexts import Moment
from openbureau.kernel.access.evidence import default_roles_with, delegations_to, grants_with
from openbureau.kernel.access.reckoning import covered, is_in_force
from openbureau.kernel.access.wording import Effect, Line, Words, line, scope_words
from openbureau.kernel.units.queries import UnitTree

_POWERS = {power.code: power for power in POWERS}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a permission, perhaps in a unit, perhaps on a record.

    `slug` is the plugin whose page or permission it is, `core` for the core's own.
    """

    permission: str
    slug: str
    unit_id: int | None = None
    realm: str = ""
    record_id: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A question about an account, as it stands. `place_id` is the unit that counts: the
    asked one's access unit, or the one a record belongs to."""

    question: Question
    account: Any
    ctx: Context
    at: Moment
    plugins: Plugins
    tree: UnitTree
    place_id: int | None
    is_reading: bool

    @property
    def place(self) -> str:
        """The short name of the unit that counts."""
        return self.tree.by_id[self.place_id].short_name if self.place_id is not None else ""

    @property
    def is_business(self) -> bool:
        """Whether a plugin's permission is asked for, not a page anybody opens."""
        return self.question.slug != "core" and "." in self.question.permission


def account_lines(case: Case) -> Iterator[Line]:
    """Whether the person can sign in, and in whose place they act."""
    account, ctx = case.account, case.ctx
    if account.state == "active":
        text = N_("账号 %(login)s 在用。")
        yield line("neutral", "account", text, "account", account.created_at, login=account.login)
    elif account.state == "disabled":
        yield line("deny", "account", N_("账号已停用，不能登录。"), "account", account.disabled_at)
    else:
        yield line("deny", "account", N_("账号已归档，不能登录。"), "account", account.archived_at)
    if ctx.on_behalf_of is not None:
        until = next(each.until for each in ctx.identities if each.post == ctx.post)
        text = N_("正在代%(name)s办理，至 %(until)s；以下是%(name)s的权限。")
        name = ctx.on_behalf_of.name
        source, since = delegation_of(case, ctx.on_behalf_of.id, ctx.post)
        yield line("allow", "delegation", text, source, since, name=name, until=str(until))


def delegation_of(
    case: Case, lender_id: int, post: ActingPost | None
) -> tuple[str, dt.datetime | None]:
    """The delegation by which somebody acts for another today, and since when."""
    for row in delegations_to(case.account.id, case.at.today):
        is_for = row.post_id is None or (post is not None and row.post_id == post.id)
        if row.account_id == lender_id and row.starts_on <= case.at.today and is_for:
            return f"delegation:{row.id}", row.created_at
    return "delegation", None


def page_lines(case: Case) -> Iterator[Line]:
    """What pages open to more people say."""
    if case.question.permission == "public":
        text = N_("这个页面不需要登录，对所有人开放。")
        yield line("allow", "page", text, "page")
    elif case.question.permission == "signed-in":
        yield line("allow", "page", N_("这个页面对所有登录的人开放。"), "page")
    elif case.question.permission == "administrator":
        effect: Effect = "allow" if case.account.administrator else "deny"
        yield line(effect, "page", N_("这个页面只对管理员开放。"), "page")


def administrator_lines(case: Case) -> Iterator[Line]:
    """What the separation of the three administrators says."""
    account, power = case.account, _POWERS.get(case.question.permission)
    if power is None:
        if account.administrator and case.is_business:
            text = N_("管理员只管理系统，没有业务权限。")
            yield line("deny", "administrator", text, f"administrator:{account.administrator}")
        return
    source = f"administrator:{power.kind}"
    kind = KIND_LABELS[power.kind]
    if not account.administrator:
        yield line("deny", "administrator", N_("这项管理权限只属于%(kind)s。"), source, kind=kind)
    elif account.administrator != power.kind:
        text = N_("这项管理权限属于%(kind)s；三类管理员互不兼任，本人是%(own)s。")
        own = KIND_LABELS[account.administrator]
        yield line("deny", "administrator", text, source, kind=kind, own=own)
    elif account.administrator_unit_id is None:
        text = N_("%(kind)s拥有这项管理权限，范围为全省。")
        yield line("allow", "administrator", text, source, kind=kind)
    else:
        yield _delegated(case, kind, source, is_local=power.is_local)


def _delegated(case: Case, kind: str, source: str, *, is_local: bool) -> Line:
    unit_id = case.account.administrator_unit_id
    unit = case.tree.by_id[unit_id].short_name
    if not is_local:
        text = N_("本人是%(unit)s的受托%(kind)s；这项权限不能委托。")
        return line("deny", "administrator", text, source, unit=unit, kind=kind)
    if case.place_id is None or case.place_id in case.tree.subtree_ids(unit_id):
        text = N_("受托%(kind)s拥有这项管理权限，范围为%(unit)s及全部下属。")
        return line("allow", "administrator", text, source, unit=unit, kind=kind)
    text = N_("受托%(kind)s的范围是%(unit)s及全部下属，不含%(place)s。")
    return line("deny", "administrator", text, source, unit=unit, kind=kind, place=case.place)


def role_lines(case: Case) -> list[Line]:
    """What roles of all staff and grants say; the last line sums up when nothing allows."""
    if case.account.administrator or not case.is_business:
        return []
    found = [*_default_lines(case), *_grant_lines(case)]
    if any(each.effect == "allow" for each in found):
        return found
    if not case.ctx.may(case.question.permission):
        text = N_("没有任何有效的角色或授权包含这项权限。")
        return [*found, line("deny", "role", text, "role")]
    text = N_("以上角色和授权都不及于%(unit)s。")
    effect = "neutral" if case.is_reading and case.question.record_id is not None else "deny"
    return [*found, line(effect, "role", text, "role", unit=case.place)]  # type: ignore[arg-type]


def _default_lines(case: Case) -> Iterator[Line]:
    own = dict.fromkeys(post.access_unit_id for post in case.ctx.posts)
    units = tuple(case.tree.by_id[unit_id].short_name for unit_id in own)
    for row in default_roles_with(case.question.permission):
        source, role = f"role:{row.code}", row.name
        if not row.is_active:
            text = N_("全员角色「%(role)s」已停用。")
            yield line("neutral", "role", text, source, role=role)
        elif not units:
            text = N_("全员角色「%(role)s」只在任职的单位有效，本人没有任职。")
            yield line("neutral", "role", text, source, role=role)
        elif case.place_id is None or case.place_id in own:
            text = N_("全员角色「%(role)s」包含这项权限，范围为任职的%(units)s。")
            yield line("allow", "role", text, source, role=role, units=units)
        else:
            text = N_("全员角色「%(role)s」只及于任职的%(units)s，不含%(place)s。")
            yield line("neutral", "role", text, source, role=role, units=units, place=case.place)


def _grant_lines(case: Case) -> Iterator[Line]:
    for row in grants_with(case.question.permission, case.ctx.principal_id):
        lapse = _lapse(case, row)
        role = row.role_name
        facts = {"role": role, "scope": scope_words(row.unit_id, row.reach, case.tree)}
        source, since, by = f"grant:{row.id}", row.starts_on or row.granted_at, row.by
        if lapse is not None:
            text = N_("授权「%(role)s」（%(scope)s）无效：%(reason)s。")
            yield line("neutral", "grant", text, source, since, by, **facts, reason=lapse)
        elif not _covers(case, row):
            text = N_("授权「%(role)s」只及于%(scope)s，不含%(place)s。")
            yield line("neutral", "grant", text, source, since, by, **facts, place=case.place)
        elif row.post_id is not None:
            text = N_("授权「%(role)s」随职务「%(title)s」，范围为%(scope)s。")
            title = row.post_title
            yield line("allow", "grant", text, source, since, by, **facts, title=title)
        else:
            text = N_("授权「%(role)s」，范围为%(scope)s。")
            yield line("allow", "grant", text, source, since, by, **facts)


def _covers(case: Case, row: Any) -> bool:
    if case.place_id is None or row.reach == "province":
        return True
    return case.place_id in covered(row.unit_id, row.reach, case.tree)


def _lapse(case: Case, row: Any) -> Words | None:
    """Why a grant does not count today; None when it does."""
    today = case.at.today
    if row.ended_at is not None:
        return Words(N_("已于 %(on)s 收回"), {"on": str(row.ended_at.astimezone(CHINA).date())})
    if row.starts_on is not None and row.starts_on > today:
        return Words(N_("自 %(on)s 起才生效"), {"on": str(row.starts_on)})
    if row.ends_on is not None and row.ends_on < today:
        return Words(N_("已于 %(on)s 到期"), {"on": str(row.ends_on)})
    if not row.is_role_active:
        return Words(N_("角色已停用"))
    if row.post_id is not None and not _is_held(row, today):
        return Words(N_("所随的职务现在不再担任"))
    ctx = case.ctx
    if ctx.is_limited and (ctx.post is None or row.post_id != ctx.post.id):
        return Words(N_("只代办一个职务，这项授权不随该职务"))
    return None


def _is_held(row: Any, today: dt.date) -> bool:
    return row.post_is_active and is_in_force(row.post_starts_on, row.post_ends_on, today)


def coming_delegations(case: Case) -> Iterator[Line]:
    """Delegations that begin later."""
    for row in delegations_to(case.account.id, case.at.today):
        if row.starts_on > case.at.today:
            text = N_("自 %(on)s 起可以代%(name)s办理。")
            source = f"delegation:{row.id}"
            on = str(row.starts_on)
            yield line("neutral", "delegation", text, source, row.created_at, on=on, name=row.name)
