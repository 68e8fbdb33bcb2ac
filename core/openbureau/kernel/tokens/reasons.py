"""What the API tokens of an account may do, and why not: lines of an explanation."""

from collections.abc import Iterator
from typing import Any

from openbureau.base.context import NOWHERE, Context
from openbureau.base.i18n import N_
from openbureau.kernel.access.contexts import context_of
from openbureau.kernel.access.reasons import Case
from openbureau.kernel.access.wording import Line, Words, line, scope_words
from openbureau.kernel.enablement.queries import enablement
from openbureau.kernel.tokens.models import ApiToken
from openbureau.kernel.tokens.queries import (
    common_reach,
    refusal_of,
    scopes_of,
    token_state_row,
    units_of,
)

MOST = 20
_WHY = N_("令牌「%(token)s」不可以：%(why)s")


def token_lines(case: Case) -> Iterator[Line]:
    """A line for each of the latest tokens that speak for the account. They change nothing for
    the account itself; a token never may more than its account."""
    if not case.is_business:
        return
    tokens = list(
        ApiToken.select()
        .where(ApiToken.account == case.account.id)
        .order_by(ApiToken.id.desc())
        .limit(MOST)
    )
    if not tokens:
        return
    # A token acts in no chosen post.
    own = context_of(case.ctx.account, case.at, case.plugins, case.ctx.catalogue)
    for token in tokens:
        why = _refused(case, token, own)
        words: dict[str, Any] = {"token": token.name}
        text = _WHY
        if why is None:
            text = N_(
                "令牌「%(token)s」也可以：在%(place)s，到 %(day)s 为止，每分钟最多 %(total)s 次。"
            )
            place = scope_words(token.unit_id, token.reach, case.tree)
            words |= {"place": place, "day": str(token.ends_on), "total": token.per_minute}
        else:
            words["why"] = why
        yield line("neutral", "token", text, f"token:{token.id}", token.created_at, **words)


def _refused(case: Case, token: ApiToken, own: Context) -> Words | None:
    """Why a token may not; None where it may. The order is that of the gate."""
    code, message = refusal_of(token_state_row(token), case.at.today.isoformat())
    if code:
        return Words(message)
    if token.minute == int(case.at.now.timestamp()) // 60 and token.taken >= token.per_minute:
        return Words(
            N_("这一分钟的 %(total)s 次请求已经用完，下一分钟恢复。"), {"total": token.per_minute}
        )
    states = enablement(case.at.plugins, case.at.units, case.plugins.slugs)
    readable, writable = states.for_person(case.account.id, (token.unit_id,))
    if case.question.slug not in readable:
        return Words(N_("令牌所在的单位没有启用这个业务模块。"))
    if not case.is_reading and case.question.slug not in writable:
        return Words(N_("令牌所在的单位只能查阅这个业务模块。"))
    permission = case.question.permission
    if permission not in scopes_of(token.scopes):
        return Words(N_("发放时没有选这项权限。"))
    held = own.reach.get(permission, NOWHERE)
    within = common_reach(held, units_of(token.reach, token.unit_id, case.tree))
    if within == NOWHERE:
        return Words(N_("账号现在在令牌所及的单位没有这项权限。"))
    if case.place_id is not None and not within.covers(case.place_id):
        place = scope_words(token.unit_id, token.reach, case.tree)
        return Words(N_("令牌只在%(place)s有效，这里不在其中。"), {"place": place})
    return None
