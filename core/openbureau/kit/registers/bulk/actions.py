"""What can be done to many records of a register at once."""

from collections.abc import Sequence
from typing import Any

from openbureau.base.context import Context
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.kit.registers.declared import BulkAction, Register
from openbureau.kit.registers.records import void_record

VOID = "void"


def actions_of(register: Register) -> Sequence[BulkAction]:
    """The register's own actions, then 作废 unless one of them replaces it."""
    if any(action.code == VOID for action in register.actions):
        return register.actions
    return (*register.actions, BulkAction(VOID, N_("作废"), register.write, _void, True))


def offered_actions(ctx: Context, register: Register) -> list[BulkAction]:
    """Those this person may use somewhere, now."""
    if register.slug not in ctx.writable:
        return []
    return [action for action in actions_of(register) if ctx.may(action.permission)]


def action_of(register: Register, code: str) -> BulkAction:
    """One action. Raises NotFound."""
    for action in actions_of(register):
        if action.code == code:
            return action
    raise NotFound(N_("没有这项批量办理。"))


def _void(ctx: Any, register: Any, row: Any, reason: str) -> None:
    void_record(ctx, register, row.id, row.version, reason)
