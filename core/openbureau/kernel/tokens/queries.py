"""Reads of tokens: who one speaks for, and which there are."""

import hashlib
from types import SimpleNamespace
from typing import Any

import msgspec
from peewee import Query

from openbureau.base.context import Context, Reach
from openbureau.base.database import param, statement
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.enablement.models import Epoch
from openbureau.kernel.tokens.models import ApiToken
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitTree

POWER = "core.manage_tokens"
REALM = "core/token"


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@statement
def token_row() -> Query:
    """The token of a digest with its account, its unit and the change counters."""
    return (
        ApiToken.select(
            ApiToken.id,
            ApiToken.digest,
            ApiToken.name.alias("token_name"),
            ApiToken.unit.alias("unit_id"),
            ApiToken.reach,
            ApiToken.scopes,
            ApiToken.per_minute,
            ApiToken.ends_on,
            ApiToken.revoked_at,
            Account.id.alias("account_id"),
            Account.uid,
            Account.login,
            Account.name,
            Account.administrator,
            Account.state,
            Unit.is_active,
            Epoch.plugins.alias("plugins_epoch"),
            Epoch.units.alias("units_epoch"),
            Epoch.access.alias("access_epoch"),
        )
        .join(Account, on=(ApiToken.account == Account.id))
        .switch(ApiToken)
        .join(Unit, on=(ApiToken.unit == Unit.id))
        .join(Epoch, on=(Epoch.id == Epoch.id))
        .where(ApiToken.digest == param("digest"))
    )


def refusal_of(row: Any, today: str) -> tuple[str, str]:
    """(code, message id) of why a token is not taken on a day; empty when it is."""
    if row is None:
        return "TOK-001", N_("没有这个令牌。")
    if row.revoked_at is not None:
        return "TOK-002", N_("这个令牌已经撤销。")
    if str(row.ends_on) < today:
        return "TOK-003", N_("这个令牌已经到期。")
    if row.state != "active":
        return "TOK-004", N_("令牌所代表的账号已经停用。")
    if not row.is_active:
        return "TOK-005", N_("令牌所在的单位已经撤销。")
    return "", ""


def token_state_row(token: ApiToken) -> Any:
    """A token with its account and unit, as `refusal_of` looks at it."""
    return SimpleNamespace(
        revoked_at=token.revoked_at,
        ends_on=token.ends_on,
        state=token.account.state,
        is_active=token.unit.is_active,
    )


def scopes_of(text: str) -> list[str]:
    """The permissions a token was given, of its column."""
    return msgspec.json.decode(text, type=list[str])


def units_of(reach: str, unit_id: int, tree: UnitTree) -> Reach:
    """Where a token acts: its unit, or that and all below."""
    if reach != "subtree" or unit_id not in tree.by_id:
        return Reach(frozenset({unit_id}))
    if [root.id for root in tree.roots] == [unit_id]:
        return Reach(is_everywhere=True)
    below = tree.subtree(unit_id)
    return Reach(frozenset(node.id for node in below if node.is_access_unit))


def common_reach(one: Reach, other: Reach) -> Reach:
    """Where both hold."""
    if one.is_everywhere:
        return other
    if other.is_everywhere:
        return one
    return Reach(one.units & other.units)


def tokens_listed(reach: Reach, words: str = "", state: str = "") -> Any:
    """Tokens of the units in reach, the newest first, narrowed by name or account and by state
    (`live` or `over`, the rest is for whoever knows the day). Rows join account and unit."""
    query: Any = (
        ApiToken.select(ApiToken, Account, Unit)
        .join(Account, on=(ApiToken.account == Account.id))
        .switch(ApiToken)
        .join(Unit, on=(ApiToken.unit == Unit.id))
        .order_by(ApiToken.id.desc())
    )
    if not reach.is_everywhere:
        query = query.where(ApiToken.unit.in_(sorted(reach.units)))
    if words:
        query = query.where(
            ApiToken.name.contains(words)
            | Account.name.contains(words)
            | (Account.login == words.lower())
            | ApiToken.shown.startswith(words)
        )
    if state:
        query = query.where(ApiToken.revoked_at.is_null(state == "live"))
    return query


def token_within(ctx: Context, uid: str) -> ApiToken:
    """A token of a unit in which this administrator manages tokens. Raises NotFound."""
    found: ApiToken | None = ApiToken.get_or_none(ApiToken.uid == uid)
    if found is None or not ctx.may_in(POWER, found.unit_id):
        raise NotFound
    return found
