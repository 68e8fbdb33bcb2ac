"""The hooks: this file is the manual. Twenty at most, in order of a plugin's life.

A plugin writes `@hookimpl` before a function of the same name and takes the
arguments it needs. Four kinds:

declare     once at start; returns frozen values from `openbureau`; a mistake
            parks this plugin and nobody else
contribute  per request or job; returns values for somebody else's page; a fault
            is named and counted, the others' results still arrive
after       after the commit, in the worker, at least once; returns nothing and
            cannot veto
ask         one question before a switch
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from openbureau.base.declarations import (
    Check,
    DeskTile,
    Job,
    MenuEntry,
    Page,
    Permissions,
    RecordKind,
    Service,
    Setting,
    Slot,
    SlotFill,
)

if TYPE_CHECKING:
    from openbureau.base.context import Context

PROJECT = "openbureau"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


# --- declare -----------------------------------------------------------------


@hookspec
def permissions() -> Permissions:  # type: ignore[empty-body]
    """Permissions, role templates and separation rules of this plugin."""


@hookspec
def settings() -> Sequence[Setting]:  # type: ignore[empty-body]
    """Values an administrator may change, per unit, with inheritance down the tree.

    Shown under 系统设置 and by `openbureau setting`; `ctx.setting(key)` gives the value that
    holds in the acting unit.
    """


@hookspec
def pages() -> Sequence[Page]:  # type: ignore[empty-body]
    """The pages below `/<slug>/`. Every page names its permission."""


@hookspec
def menu() -> Sequence[MenuEntry]:  # type: ignore[empty-body]
    """Menu lines, shown where the plugin is on and the permission held."""


@hookspec
def records() -> Sequence[RecordKind]:  # type: ignore[empty-body]
    """Kinds of record other parts may refer to, attach files to or find."""


@hookspec
def registers() -> Sequence[Any]:  # type: ignore[empty-body]
    """Registers (台账) from which the kit makes pages, import, export and API.

    Collected; this release makes nothing of them yet.
    """


@hookspec
def flows() -> Sequence[Any]:  # type: ignore[empty-body]
    """Flows (流程) as BPMN files of this plugin.

    Collected; this release runs none yet.
    """


@hookspec
def jobs() -> Sequence[Job]:  # type: ignore[empty-body]
    """Handlers of background jobs. They are called at least once per job."""


@hookspec
def services() -> Sequence[Service]:  # type: ignore[empty-body]
    """Functions other plugins may call by name, passing plain values."""


@hookspec
def slots() -> Sequence[Slot]:  # type: ignore[empty-body]
    """Named places in this plugin's pages that other plugins may fill."""


@hookspec
def checks() -> Sequence[Check]:  # type: ignore[empty-body]
    """Lines this plugin adds to `openbureau check`."""


@hookspec
def commands() -> Sequence[Any]:  # type: ignore[empty-body]
    """Click commands added under `openbureau <slug>`."""


# --- contribute --------------------------------------------------------------


@hookspec
def desk_tiles(ctx: "Context") -> Sequence[DeskTile]:  # type: ignore[empty-body]
    """Tiles of this person's desk. One second at most; late tiles come afterwards."""


@hookspec
def slot_fills(  # type: ignore[empty-body]
    ctx: "Context", slot: str, subject: str
) -> Sequence[SlotFill]:
    """What to show in `slot` of a page about `subject` (`realm:id`)."""


@hookspec
def metrics(ctx: "Context", period: str) -> Mapping[str, float]:  # type: ignore[empty-body]
    """Figures of this plugin for a period such as `2026-11`.

    Not called by this release yet.
    """


@hookspec(firstresult=True)
def authenticate(request: Any) -> int | None:
    """The account id a foreign sign-in proves, or None to leave it to the next.

    Asked by the sign-in page, when it is shown and again when the person goes on, of every
    loaded plugin in turn, each alone and with a breaker of its own; nobody is signed in, so
    the unit's plugin states do not count. Look at `request.headers`, `request.cookies` and
    `request.address`; trust a header only from an address of your own setting. Write nothing
    and keep the wait short. The answer stands for the password alone: a second factor is
    still asked for where one is required, and the sign-in is recorded with your slug.
    """


@hookspec
def deliver(envelope: Mapping[str, Any], unit: str) -> bool:  # type: ignore[empty-body]
    """Takes a package for a unit that lacks the sending plugin; True when taken.

    Not called by this release yet.
    """


# --- after -------------------------------------------------------------------


@hookspec
def after_event(ctx: Any, event: Any) -> None:
    """Told of every committed event, in order per record, at least once."""


@hookspec
def unit_state_changed(ctx: Any, unit: str, old: str, new: str) -> None:
    """Told that this plugin's state changed for a unit.

    Not called by this release yet.
    """


# --- ask ---------------------------------------------------------------------


@hookspec
def can_enable(ctx: Any, unit: str) -> str | None:
    """None, or the reason why this plugin must not be switched on for the unit."""
