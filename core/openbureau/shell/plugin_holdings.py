"""What plugins' own parts say a person holds, and moving it.

A plugin offers the service `<slug>.handover/1`: it is given `{"operation": "list" | "move",
"from": account id, "to": account id or None}` and answers a list of `{"kind", "title", "count",
"url"}`. A plugin that fails is named; the others go on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from openbureau.base.context import Context
from openbureau.base.database import db
from openbureau.base.plugins import PluginRecord, Plugins

SERVICE = "handover/1"


class HeldLine(msgspec.Struct, frozen=True):
    """One line of a plugin's answer."""

    kind: str
    title: str
    count: int = 1
    url: str = ""


@dataclass(frozen=True, slots=True)
class PluginHoldings:
    """One plugin's lines; None when it failed."""

    slug: str
    label: str
    lines: list[HeldLine] | None

    @property
    def total(self) -> int:
        """How many things its lines count."""
        return sum(line.count for line in self.lines or ())

    def plain(self) -> list[Mapping[str, Any]]:
        """Its lines as a handover keeps them."""
        if self.lines is None:
            return [{"plugin": self.slug, "kind": "", "title": self.label, "outcome": "failed"}]
        return [
            {"plugin": self.slug, "kind": line.kind, "title": line.title, "count": line.count,
             "url": line.url, "outcome": "moved"}
            for line in self.lines
        ]  # fmt: skip


def plugin_holdings(ctx: Context, plugins: Plugins, leaver_id: int) -> list[PluginHoldings]:
    """What every loaded plugin says the person holds; plugins with nothing are left out."""
    return _asked(ctx, plugins, {"operation": "list", "from": leaver_id, "to": None})


def move_plugin_holdings(
    ctx: Context, plugins: Plugins, leaver_id: int, successor_id: int, slugs: list[str]
) -> list[PluginHoldings]:
    """Lets these plugins move what they hold, each in a savepoint of the caller's transaction."""
    asked = {"operation": "move", "from": leaver_id, "to": successor_id}
    return _asked(ctx, plugins, asked, slugs)


def _asked(
    ctx: Context,
    plugins: Plugins,
    asked: Mapping[str, Any],
    slugs: list[str] | None = None,
) -> list[PluginHoldings]:
    offered = [
        (record, service.provide)
        for record in plugins.loaded
        if slugs is None or record.slug in slugs
        for service in record.declared.services
        if service.name == f"{record.slug}.{SERVICE}"
    ]
    found = [_answered(ctx, plugins, record, provide, asked) for record, provide in offered]
    return [held for held in found if held.lines is None or held.lines]


def _answered(
    ctx: Context, plugins: Plugins, record: PluginRecord, provide: Any, asked: Mapping[str, Any]
) -> PluginHoldings:
    label = record.label(ctx.language)
    try:
        with db.atomic():
            answer = provide(ctx, dict(asked))
            return PluginHoldings(record.slug, label, msgspec.convert(answer, list[HeldLine]))
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - foreign code may raise anything
        plugins.executor.record(record.slug, SERVICE, fault)
        return PluginHoldings(record.slug, label, None)
