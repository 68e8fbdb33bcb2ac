"""The page between a change of roles or grants and its saving: who gains and who loses."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.access.simulation import Difference, Effect, Tables, effect_of
from openbureau.kernel.units.queries import UnitTree, unit_tree

SHOWN_PEOPLE = 200
SEEN = "effect"


def tried(
    request: Request,
    before: Tables,
    after: Tables,
    subject: str,
    starts_on: dt.date | None = None,
) -> Effect:
    """The effect of a change, as of today or of the day it begins."""
    ctx = request.person
    return effect_of(
        before,
        after,
        max(ctx.today, starts_on or ctx.today),
        unit_tree(ctx.tree_version),
        ctx.separations,
        subject,
    )


def is_confirmed(request: Request, effect: Effect) -> bool:
    """Whether the sent form carries the digest of this very effect."""
    return request.form is not None and request.form.get(SEEN) == effect.digest


def effect_page(
    request: Request,
    heading: str,
    effect: Effect,
    hidden: Sequence[tuple[str, str]],
    cancel_url: str,
    notes: Sequence[str] = (),
    *,
    is_immediate: bool = True,
) -> Any:
    """What the change would do, and the button that saves it: a form with the same fields and
    the effect's digest. 409 when another effect was confirmed than the one there is now."""
    sent = request.form.get(SEEN) if request.form is not None else None
    tree = unit_tree(request.person.tree_version)
    labels = request.app.plugins.permission_labels
    return page(
        "core/console_effect.html",
        status=409 if sent else 200,
        heading=heading,
        effect=effect,
        gains=_people(request, effect.gains, tree, labels),
        losses=_people(request, effect.losses, tree, labels),
        shown=SHOWN_PEOPLE,
        conflicts=_conflicts(request, effect, labels),
        notes=notes,
        is_immediate=is_immediate,
        action=request.path,
        hidden=[*hidden, (SEEN, effect.digest)],
        cancel_url=cancel_url,
        is_outdated=bool(sent),
    )


def _people(
    request: Request,
    differences: Sequence[Difference],
    tree: UnitTree,
    labels: Mapping[str, str],
) -> list[dict[str, Any]]:
    """One line per person: name, unit, what changes and where."""
    lines: dict[int, dict[str, Any]] = {}
    for each in differences:
        if each.account_id not in lines and len(lines) >= SHOWN_PEOPLE:
            continue
        unit = tree.by_id[each.unit_id].short_name if each.unit_id is not None else ""
        found = lines.setdefault(each.account_id, {"name": each.name, "unit": unit, "what": []})
        label = request.catalogue.gettext(labels.get(each.permission, each.permission))
        found["what"].append((label, _where(request, each, tree)))
    return list(lines.values())


def _where(request: Request, each: Difference, tree: UnitTree) -> str:
    say = request.catalogue.gettext
    if each.scope.is_everywhere:
        return say("全省")
    names = [tree.by_id[unit].short_name for unit in sorted(each.scope.units)]
    listed = say("、").join(names[:3])
    if len(names) <= 3:
        return listed
    return say("%(units)s等 %(total)s 个单位", units=listed, total=len(names))


def _conflicts(request: Request, effect: Effect, labels: Mapping[str, str]) -> list[str]:
    say = request.catalogue.gettext
    return [
        say(
            "%(name)s将同时持有「%(first)s」和「%(second)s」。",
            name=name,
            first=say(labels.get(first, first)),
            second=say(labels.get(second, second)),
        )
        for name, first, second in effect.conflicts
    ]
