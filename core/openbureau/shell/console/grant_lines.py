"""Grants as tables show them."""

from collections.abc import Iterable, Mapping
from typing import Any

from openbureau.base.i18n import N_
from openbureau.base.request import Request
from openbureau.kernel.access.grants import state_of
from openbureau.kernel.access.wording import scope_words
from openbureau.kernel.units.queries import unit_tree

STATE_LABELS: Mapping[str, str] = {
    "current": N_("有效"),
    "future": N_("未生效"),
    "expired": N_("已到期"),
    "ended": N_("已收回"),
}
_LAMPS = {"current": "ok", "future": "warn", "expired": "pause", "ended": "pause"}


def grant_lines(request: Request, rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows of `grants_listed` in the person's language; `is_open` ones can be ended."""
    ctx = request.person
    tree = unit_tree(ctx.tree_version)
    lines = []
    for row in rows:
        state = state_of(row, ctx.today)
        lines.append(
            {
                "id": row.id,
                "lamp": _LAMPS[state],
                "state": ctx.gettext(STATE_LABELS[state]),
                "person": row.person,
                "post_title": row.post_title or "",
                "role": ctx.gettext(row.role),
                "role_code": row.role_code,
                "scope": scope_words(row.unit_id, row.reach, tree).said(ctx.catalogue),
                "days": _days(row),
                "basis": row.basis,
                "by": row.by or ctx.gettext(N_("目录")) if row.source == "ldap" else row.by or "",
                "is_ldap": row.source == "ldap",
                "is_open": state in {"current", "future"} and row.source != "ldap",
            }
        )
    return lines


def _days(row: Any) -> str:
    if row.starts_on is None and row.ends_on is None:
        return ""
    return f"{row.starts_on or ''} – {row.ends_on or ''}"
