"""What an explanation is made of: lines that can be said in any language."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from openbureau.base.context import CHINA
from openbureau.base.i18n import N_, Catalogue
from openbureau.kernel.units.queries import UnitTree

Effect = Literal["allow", "deny", "neutral"]


@dataclass(frozen=True, slots=True)
class Words:
    """A message id with its values, which may be words themselves."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def said(self, catalogue: Catalogue) -> str:
        """The sentence in a language."""
        return catalogue.gettext(
            self.text, **{name: _said(value, catalogue) for name, value in self.params.items()}
        )


def _said(value: Any, catalogue: Catalogue) -> Any:
    if isinstance(value, Words):
        return value.said(catalogue)
    if isinstance(value, tuple):
        return catalogue.gettext("、").join(str(_said(each, catalogue)) for each in value)
    return catalogue.gettext(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: what it does, the sentence, where it comes from, since when, by whom.

    `kind` is one of KINDS. `source` names the row or declaration: `grant:12`, `role:x`.
    """

    effect: Effect
    kind: str
    words: Words
    source: str
    since: dt.date | None = None
    by: str = ""


KINDS: Mapping[str, str] = {
    "account": N_("账号"),
    "page": N_("页面"),
    "administrator": N_("管理员分设"),
    "plugin": N_("业务模块"),
    "role": N_("角色"),
    "grant": N_("授权"),
    "delegation": N_("授权代办"),
    "record": N_("记录"),
    "participant": N_("参与"),
    "separation": N_("岗位分离"),
    "token": N_("接口令牌"),
}


def line(
    effect: Effect,
    kind: str,
    text: str,
    source: str,
    since: dt.datetime | dt.date | None = None,
    by: str | None = None,
    /,
    **params: Any,
) -> Line:
    """A line from a message id and its values."""
    return Line(effect, kind, Words(text, params), source, day_of(since), by or "")


def day_of(value: dt.datetime | dt.date | None) -> dt.date | None:
    """The day in China of an instant; a day stays what it is."""
    return value.astimezone(CHINA).date() if isinstance(value, dt.datetime) else value


def scope_words(unit_id: int, reach: str, tree: UnitTree) -> Words:
    """`昆明市局`, `昆明市局及全部下属` or `全省`."""
    if reach == "province":
        return Words(N_("全省"))
    name = tree.by_id[unit_id].short_name
    return Words(N_("%(unit)s及全部下属"), {"unit": name}) if reach == "subtree" else Words(name)
