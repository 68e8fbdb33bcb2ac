"""Why somebody may or may not: the verdict of the gate, and every rule behind it."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openbureau.base.context import Context, Person
from openbureau.base.declarations import RecordKind
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_, Catalogue
from openbureau.base.plugins import Plugins
from openbureau.kernel.access.contexts import context_of, may_open, moment_of
from openbureau.kernel.access.evidence import acts_on
from openbureau.kernel.access.openness import plugin_lines, record_lines
from openbureau.kernel.access.reasons import (
    Case,
    Question,
    account_lines,
    administrator_lines,
    coming_delegations,
    delegation_of,
    page_lines,
    role_lines,
)
from openbureau.kernel.access.wording import Line, line
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.tokens.reasons import token_lines
from openbureau.kernel.units.queries import UnitTree, unit_tree

__all__ = ["Explanation", "Question", "explained", "record_kind"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether it is allowed at this moment, and the rules in the order they are asked."""

    question: Question
    is_allowed: bool
    lines: Sequence[Line]


def explained(
    account: Account,
    question: Question,
    plugins: Plugins,
    catalogue: Catalogue,
    now: dt.datetime,
    post_id: int | None = None,
) -> Explanation:
    """Why a person may or may not, acting in one of their posts or in a lent one.

    The verdict asks the very functions the gate asks; the lines come from the rows.
    """
    at = moment_of(now)
    person = Person(account.id, account.uid, account.login, account.name, account.administrator)
    tree = unit_tree(at.units)
    ctx = context_of(person, at, plugins, catalogue, post_id=post_id)
    kind = record_kind(plugins, question.realm)
    place_id = _place(question, kind, tree)
    is_reading = kind is None or kind.permission in {"", question.permission}
    case = Case(question, account, ctx, at, plugins, tree, place_id, is_reading)
    return Explanation(question, _is_allowed(case, kind), [*_lines(case, kind)])


def record_kind(plugins: Plugins, realm: str) -> RecordKind | None:
    """The kind of record of a realm, if a loaded plugin declares it."""
    for record in plugins.loaded:
        for kind in record.declared.records:
            if kind.realm == realm:
                return kind
    return None


def _place(question: Question, kind: RecordKind | None, tree: UnitTree) -> int | None:
    if question.record_id is not None:
        return kind.unit(question.record_id) if kind is not None and kind.unit else None
    if question.unit_id is None or question.slug == "core":
        return question.unit_id
    return tree.by_id[question.unit_id].access_unit_id


def _lines(case: Case, kind: RecordKind | None) -> Iterator[Line]:
    yield from account_lines(case)
    yield from page_lines(case)
    yield from administrator_lines(case)
    yield from plugin_lines(case)
    yield from role_lines(case)
    if kind is not None and case.question.record_id is not None:
        is_visible = _is_visible(case.ctx, kind, case.question.record_id)
        yield from record_lines(case, kind, is_visible=is_visible)
        yield from _separation_lines(case)
    yield from _other_identities(case, kind)
    yield from coming_delegations(case)
    yield from token_lines(case)


def _is_allowed(case: Case, kind: RecordKind | None) -> bool:
    question, ctx = case.question, case.ctx
    if question.permission == "public":
        return True
    if case.account.state != "active":
        return False
    if question.slug != "core" and question.slug not in ctx.plugins:
        return False
    if not may_open(ctx, question.permission):
        return False
    if question.record_id is None:
        place_id = case.place_id
        return place_id is None or ctx.may_in(question.permission, place_id)
    return kind is not None and _is_allowed_on(case, kind, question.record_id)


def _is_allowed_on(case: Case, kind: RecordKind, record_id: int) -> bool:
    """Seeing the record; and for anything but reading, the permission in its unit, a unit
    open for writing, and no separation rule against it."""
    ctx, permission = case.ctx, case.question.permission
    if not _is_visible(ctx, kind, record_id):
        return False
    if case.is_reading:
        return True
    has_reach = case.place_id is None or ctx.may_in(permission, case.place_id)
    return has_reach and case.question.slug in ctx.writable and not _conflicting(case)


def _is_visible(ctx: Context, kind: RecordKind, record_id: int) -> bool:
    try:
        return bool(kind.visible(ctx, record_id))
    except NotFound:
        return False


def _conflicting(case: Case) -> list[tuple[str, str, dt.datetime]]:
    """Who of the two, person or principal, did what a separation rule sets against this."""
    question, ctx = case.question, case.ctx
    against = ctx.separations.get(question.permission, ())
    if not against or question.record_id is None:
        return []
    bound = {ctx.account.id, ctx.principal_id}
    return [
        (row.permission, row.name, row.at)
        for row in acts_on(question.realm, question.record_id)
        if row.permission in against and bound & {row.account_id, row.on_behalf_of_id}
    ]


def _separation_lines(case: Case) -> Iterator[Line]:
    labels = case.plugins.permission_labels
    for permission, name, at in _conflicting(case):
        text = N_("%(name)s已对这条记录行使「%(done)s」；按岗位分离规则，同一人不能再行使这一项。")
        source = f"separation:{permission}|{case.question.permission}"
        done = labels.get(permission, permission)
        yield line("deny", "separation", text, source, at, name, name=name, done=done)


def _other_identities(case: Case, kind: RecordKind | None) -> Iterator[Line]:
    """What would hold in the identities lent to the person."""
    for identity in case.ctx.identities:
        if identity.on_behalf_of is None or identity.post == case.ctx.post:
            continue
        ctx = context_of(
            case.ctx.account,
            case.at,
            case.plugins,
            case.ctx.catalogue,
            post_id=identity.post.id,
        )
        other = Case(
            case.question,
            case.account,
            ctx,
            case.at,
            case.plugins,
            case.tree,
            case.place_id,
            case.is_reading,
        )
        text = N_("切换为代%(name)s的身份后也不允许。")
        if _is_allowed(other, kind):
            text = N_("切换为代%(name)s的身份后允许。")
        source, since = delegation_of(case, identity.on_behalf_of.id, identity.post)
        name = identity.on_behalf_of.name
        yield line("neutral", "delegation", text, source, since, name=name)
