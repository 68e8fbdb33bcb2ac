"""Who somebody is at this moment: the one way from an account to a Context."""

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import Any

from openbureau.base.context import CHINA, Context, Identity, Person
from openbureau.base.i18n import Catalogue
from openbureau.base.plugins import Plugins
from openbureau.kernel.access.queries import Standing, standing
from openbureau.kernel.calendar.entered import use_entered_years
from openbureau.kernel.enablement.models import Epoch
from openbureau.kernel.enablement.queries import enablement
from openbureau.kernel.settings.queries import setting_in
from openbureau.kernel.units.queries import unit_tree


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant and the change counters of the snapshots that hold at it."""

    now: dt.datetime
    units: int
    access: int
    plugins: int

    @property
    def today(self) -> dt.date:
        """The day in China."""
        return self.now.astimezone(CHINA).date()


def moment_of(now: dt.datetime) -> Moment:
    """An instant with the change counters as the database has them."""
    row = Epoch.select().get()
    return Moment(now, row.units, row.access, row.plugins)


def context_of(
    person: Person,
    at: Moment,
    plugins: Plugins,
    catalogue: Catalogue,
    *,
    post_id: int | None = None,
    request_id: str = "",
    address: str = "",
) -> Context:
    """The facts about a person acting in one of their posts, or in a lent one. A post that is
    no longer theirs, or no longer lent, gives way to their first own one."""
    use_entered_years(at.units)
    own = _standing(at, person.id)
    identities = (*(Identity(post) for post in own.posts), *own.lent)
    chosen = _chosen(identities, post_id)
    lender = chosen.on_behalf_of if chosen else None
    held = _lenders(at, chosen) if chosen is not None and lender is not None else own
    readable, writable = _open_plugins(at, plugins, lender or person, chosen, held)
    return Context(
        account=person,
        post=chosen.post if chosen else None,
        posts=held.posts,
        reach=held.reach,
        holders=held.holders,
        plugins=readable,
        writable=writable,
        catalogue=catalogue,
        now=at.now,
        request_id=request_id,
        address=address,
        tree_version=at.units,
        services=partial(_offered, plugins),
        settings=partial(setting_in, plugins, at.access),
        on_behalf_of=lender,
        is_limited=bool(chosen and chosen.is_limited),
        identities=identities,
        separations=plugins.separations,
    )


def may_open(ctx: Context, permission: str) -> bool:
    """Whether pages that demand this permission open: `signed-in` is everybody's,
    `administrator` that of all three kinds of administrators."""
    if permission == "administrator":
        return ctx.account.administrator is not None
    return permission == "signed-in" or ctx.may(permission)


def _standing(at: Moment, account_id: int, post_id: int | None = None) -> Standing:
    return standing(account_id, at.access, at.units, at.today, unit_tree(at.units), post_id)


def _lenders(at: Moment, chosen: Identity) -> Standing:
    assert chosen.on_behalf_of is not None  # noqa: S101 - asked for lent identities only
    return _standing(at, chosen.on_behalf_of.id, chosen.post.id if chosen.is_limited else None)


def _open_plugins(
    at: Moment, plugins: Plugins, person: Person, chosen: Identity | None, held: Standing
) -> tuple[frozenset[str], frozenset[str]]:
    """(plugins readable in any of the units, plugins writable in the acting one)."""
    posts = (*((chosen.post,) if chosen else ()), *held.posts)
    units = tuple(dict.fromkeys(post.access_unit_id for post in posts))
    return enablement(at.plugins, at.units, plugins.slugs).for_person(person.id, units)


def _chosen(identities: tuple[Identity, ...], post_id: int | None) -> Identity | None:
    for identity in identities:
        if identity.post.id == post_id:
            return identity
    own = (identity for identity in identities if identity.on_behalf_of is None)
    return next(own, None)


def _offered(plugins: Plugins, ctx: Context, name: str) -> Any:
    for record in plugins.loaded:
        if record.slug in ctx.plugins:
            for service in record.declared.services:
                if service.name == name:
                    return partial(service.provide, ctx)
    return None
