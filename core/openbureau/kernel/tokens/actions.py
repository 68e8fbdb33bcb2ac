"""Giving and revoking tokens; the answers they got, for requests that are sent again."""

import datetime as dt
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.base.context import NOWHERE, Reach
from openbureau.base.errors import Conflict, Invalid
from openbureau.base.i18n import N_
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.contexts import Moment
from openbureau.kernel.access.queries import standing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.tokens.models import ApiAnswer, ApiToken
from openbureau.kernel.tokens.queries import REALM, digest_of
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import unit_tree

PREFIX = "ob_"
SHOWN_CHARACTERS = 8
LONGEST = dt.timedelta(days=366)
PER_MINUTE = range(1, 6001)
REACHES = ("unit", "subtree")
ANSWERS_KEPT = dt.timedelta(days=2)


class TokenRefused(Invalid):
    """A token that cannot be given; `field` is where the form says so."""

    code = "TOK-010"

    def __init__(self, field: str, what: str, /, **params: Any) -> None:
        super().__init__(what, **params)
        self.field = field


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token to be given: for whom, where, for what, until when."""

    name: str
    account: Account
    unit: Unit
    reach: str
    scopes: Sequence[str]
    ends_on: dt.date
    per_minute: int = 60


def create_token(
    actor: Actor, wanted: Wanted, at: Moment, declared: Collection[str]
) -> tuple[ApiToken, str]:
    """A new token, and the text that is shown once and kept nowhere. `declared` are the
    permissions that registers ask for. Raises TokenRefused."""
    _check_parties(actor, wanted)
    _check_terms(actor, wanted)
    _check_scopes(wanted, at, declared)
    text = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken.create(
        name=wanted.name,
        digest=digest_of(text),
        shown=text[:SHOWN_CHARACTERS],
        account=wanted.account,
        unit=wanted.unit,
        reach=wanted.reach,
        scopes=json.dumps(sorted(set(wanted.scopes))),
        per_minute=wanted.per_minute,
        ends_on=wanted.ends_on,
        created_by=actor.account_id,
        created_at=actor.now,
    )
    actor.audit("core.create_token", REALM, made.id, _detail(made, wanted), made.unit_id)
    return made, text


def _check_parties(actor: Actor, wanted: Wanted) -> None:
    account, unit = wanted.account, wanted.unit
    if account.state != "active":
        raise TokenRefused("account", N_("这个账号没有在用。"))
    if account.administrator is not None:
        raise TokenRefused("account", N_("管理员不办理业务，不能为其发放令牌。"))
    if account.id == actor.account_id:
        raise TokenRefused("account", N_("不能给自己发放令牌。"))
    if not (unit.is_active and unit.is_access_unit):
        raise TokenRefused("unit", N_("请选择在用的单位，不能是处室。"))


def _check_terms(actor: Actor, wanted: Wanted) -> None:
    if wanted.reach not in REACHES:
        raise TokenRefused("reach", N_("请从列出的选项中选择。"))
    if not actor.today <= wanted.ends_on <= actor.today + LONGEST:
        raise TokenRefused("ends_on", N_("到期日应在今天之后、一年之内。"))
    if wanted.per_minute not in PER_MINUTE:
        raise TokenRefused("per_minute", N_("每分钟次数应为 1 至 6000。"))


def _check_scopes(wanted: Wanted, at: Moment, declared: Collection[str]) -> None:
    account, unit = wanted.account, wanted.unit
    if not wanted.scopes or not set(wanted.scopes) <= set(declared):
        raise TokenRefused("scopes", N_("请至少选择一项台账的权限。"))
    held = _reach_of(account, at)
    for scope in wanted.scopes:
        if not held.get(scope, NOWHERE).covers(unit.id):
            raise TokenRefused(
                "scopes",
                N_("%(account)s 在「%(unit)s」没有所选的权限（%(scope)s），令牌不能多于账号本身。"),
                account=account.name,
                unit=unit.short_name,
                scope=scope,
            )


def _reach_of(account: Account, at: Moment) -> Mapping[str, Reach]:
    tree = unit_tree(at.units)
    return standing(account.id, at.access, at.units, at.today, tree).reach


def _detail(made: ApiToken, wanted: Wanted) -> dict[str, Any]:
    return {
        "token": made.name,
        "shown": made.shown,
        "login": wanted.account.login,
        "unit": wanted.unit.code,
        "reach": made.reach,
        "scopes": sorted(set(wanted.scopes)),
        "ends_on": wanted.ends_on.isoformat(),
        "per_minute": made.per_minute,
    }


def revoke_token(actor: Actor, token: ApiToken, reason: str) -> None:
    """Ends a token at once. Raises Conflict: it was revoked before."""
    changed = (
        ApiToken.update(revoked_at=actor.now, revoked_by=actor.account_id, reason=reason)
        .where((ApiToken.id == token.id) & ApiToken.revoked_at.is_null())
        .execute()
    )
    if not changed:
        raise Conflict(N_("这个令牌已经撤销。"), remedy="")
    detail = {"token": token.name, "shown": token.shown, "reason": reason}
    actor.audit("core.revoke_token", REALM, token.id, detail, token.unit_id)


def forget_old_answers(now: dt.datetime) -> int:
    """Removes answers older than two days; the number removed."""
    return int(ApiAnswer.delete().where(ApiAnswer.at < now - ANSWERS_KEPT).execute())
