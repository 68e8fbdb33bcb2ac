"""What a handover would move, and moving exactly that: for the wizard and the command line."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from openbureau.base.context import CHINA, Context
from openbureau.base.errors import NotFound, Unavailable
from openbureau.base.i18n import N_
from openbureau.base.plugins import Plugins
from openbureau.kernel.accounts.acts import by
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.handover.actions import Order, hand_over, plan_hash
from openbureau.kernel.handover.holdings import Holding, holdings_of
from openbureau.kernel.handover.models import Handover
from openbureau.kernel.handover.moving import Hands
from openbureau.kernel.handover.queries import posted_unit_ids
from openbureau.shell.plugin_holdings import (
    PluginHoldings,
    move_plugin_holdings,
    plugin_holdings,
)

PERMISSION = "core.hand_over_duties"
POST_KIND = "post"
PLUGIN = "plugin:"


@dataclass(frozen=True, slots=True)
class Held:
    """Everything somebody holds, with the unit they leave."""

    leaver: Account
    unit_id: int
    holdings: list[Holding]
    plugins: list[PluginHoldings]

    @property
    def choosable(self) -> list[str]:
        """What may be chosen or left out: kinds of things, and plugins."""
        kinds = [held.kind for held in self.holdings if held.kind != POST_KIND]
        return [*dict.fromkeys(kinds), *(PLUGIN + held.slug for held in self.plugins)]

    @property
    def own_posts(self) -> list[Holding]:
        """The posts that can be ended here; the others are a directory's."""
        return [h for h in self.holdings if h.kind == POST_KIND and h.detail == "local"]

    def chosen(self, kinds: Collection[str]) -> list[Holding]:
        """The holdings of these kinds; posts are always listed."""
        return [held for held in self.holdings if held.kind in {*kinds, POST_KIND}]

    def chosen_plugins(self, kinds: Collection[str]) -> list[PluginHoldings]:
        """What the plugins among these kinds hold."""
        return [held for held in self.plugins if PLUGIN + held.slug in kinds]


@dataclass(frozen=True, slots=True)
class HandoverPlan:
    """What goes to whom, which posts end, and which of these the successor takes over."""

    held: Held
    successor: Account
    kinds: Collection[str]
    ended_posts: Sequence[int]
    passed_posts: Sequence[int]
    reason: str

    @property
    def digest(self) -> str:
        """Names exactly what was shown, so that what is confirmed is what was seen."""
        return plan_hash(
            [
                [[h.kind, h.id, h.title] for h in self.held.chosen(self.kinds)],
                [held.plain() for held in self.held.chosen_plugins(self.kinds)],
                self.successor.uid,
                sorted(self.ended_posts),
                sorted(self.passed_posts),
                self.reason,
            ]
        )


def held_by(ctx: Context, plugins: Plugins, leaver: Account) -> Held:
    """What somebody in this administrator's reach holds. Raises NotFound: nobody there."""
    units = posted_unit_ids(leaver.id)
    is_reached = all(ctx.may_in(PERMISSION, unit) for unit in units)
    if leaver.administrator or not units or not is_reached:
        raise NotFound
    today = ctx.now.astimezone(CHINA).date()
    return Held(
        leaver,
        units[0],
        holdings_of(leaver.id, today),
        plugin_holdings(ctx, plugins, leaver.id),
    )


def carry_out(ctx: Context, plugins: Plugins, plan: HandoverPlan, secret: bytes | None) -> Handover:
    """Moves what the plan says and writes the signed list, in the caller's transaction.

    Raises Unavailable: the audit key is missing.
    """
    if secret is None:
        raise Unavailable(
            N_("审计密钥不可用，交接清单无法签名，没有移交任何内容。"),
            remedy=N_("请从备份恢复 keys 目录后重试。"),
        )
    held, successor = plan.held, plan.successor
    slugs = [part.slug for part in held.chosen_plugins(plan.kinds)]
    moved = move_plugin_holdings(ctx, plugins, held.leaver.id, successor.id, slugs)
    order = Order(
        hands=Hands(held.leaver, successor, ctx.now.astimezone(CHINA).date(), by(ctx)),
        holdings=held.chosen(plan.kinds),
        ended_posts=plan.ended_posts,
        passed_posts=plan.passed_posts,
        plugin_lines=[line for part in moved for line in part.plain()],
        reason=plan.reason,
        unit_id=held.unit_id,
        administrator=ctx.account.login,
    )
    return hand_over(order, secret)
