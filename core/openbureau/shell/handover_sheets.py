"""The signed list of a handover: for both people and for the administrators."""

from collections.abc import Mapping
from typing import Any

from openbureau.base.context import Context
from openbureau.base.declarations import Page
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.verifying import installation_keys
from openbureau.kernel.handover.actions import REALM, is_authentic
from openbureau.kernel.handover.holdings import KINDS
from openbureau.kernel.handover.models import Handover
from openbureau.kernel.handover.queries import handover, handover_lines
from openbureau.kernel.todos.actions import close_todo
from openbureau.kernel.todos.models import Todo

OUTCOMES = {
    "moved": N_("已移交"),
    "copied": N_("已复制"),
    "ended": N_("已结束"),
    "passed": N_("由接收人接任"),
    "kept": N_("保留"),
    "requested": N_("已转安全管理员处理"),
    "failed": N_("模块没有应答，未移交"),
}
INTENDED = {
    **OUTCOMES,
    "moved": N_("将移交"),
    "copied": N_("将复制"),
    "ended": N_("将结束"),
    "requested": N_("将转安全管理员处理"),
    "failed": N_("模块没有应答，不能移交"),
}
READERS = ("core.hand_over_duties", "core.manage_grants", "core.read_audit")


def show_handover(request: Request) -> Any:
    """The list with its digest and signature, ready for paper."""
    ctx = request.person
    made = _visible(ctx, handover(request.params["uid"]))
    public = installation_keys(request.app.settings.data).public
    return page(
        "core/handover.html",
        handover={
            "uid": made.uid,
            "leaver": made.leaver,
            "successor": made.successor,
            "unit_name": made.unit.name if made.unit else "",
            "reason": made.reason,
            "at": made.handed_over_at,
            "administrator": _name(made.account_id),
            "digest": made.digest,
            "signature": made.signature,
        },
        is_authentic=None if public is None else is_authentic(made, public),
        rows=[sheet_line(request, line) for line in handover_lines(made)],
        has_todo=_has_todo(ctx, made),
    )


def sheet_line(
    request: Request, line: dict[str, Any], outcomes: Mapping[str, str] = OUTCOMES
) -> dict[str, Any]:
    """A line of a list as the sheet shows it, or as it will be with the words of INTENDED."""
    say = request.catalogue.gettext
    kind = line["kind"]
    if line["plugin"] == "core":
        kind = say(KINDS.get(kind, kind))
    else:
        record = request.app.plugins.records.get(line["plugin"])
        label = record.label(request.catalogue.language) if record else line["plugin"]
        kind = f"{label} {say(kind)}" if kind else label
    return {
        "kind": kind,
        "title": line["title"],
        "detail": line.get("detail", "") if line["kind"] in {"todo", "grant"} else "",
        "count": line.get("count", 1),
        "outcome": say(outcomes.get(line["outcome"], line["outcome"])),
    }


def _visible(ctx: Context, made: Handover) -> Handover:
    is_party = ctx.account.id in {made.leaver_id, made.successor_id}
    if is_party or any(_covers(ctx, code, made.unit_id) for code in READERS):
        return made
    raise NotFound


def _covers(ctx: Context, permission: str, unit_id: int | None) -> bool:
    if unit_id is None:
        return permission in ctx.reach and ctx.reach[permission].is_everywhere
    return ctx.may_in(permission, unit_id)


def _name(account_id: int | None) -> str:
    return Account.select(Account.name).where(Account.id == account_id).scalar() or ""


def _has_todo(ctx: Context, made: Handover) -> bool:
    mine = (Todo.realm == REALM) & (Todo.record_id == made.id) & (Todo.account == ctx.account.id)
    return bool(Todo.select().where(mine & (Todo.state == "open")).exists())


def open_handover(request: Request) -> Any:
    """Leads from a todo, which knows a number, to the list."""
    made = Handover.get_or_none(Handover.id == request.params["id"])
    if made is None:
        raise NotFound
    return redirect(f"/-/handovers/{_visible(request.person, made).uid}")


def finish_handover_todo(request: Request) -> Any:
    """Closes one's own todo about the roles of the person who left."""
    ctx = request.person
    made = _visible(ctx, handover(request.params["uid"]))
    if close_todo("do", REALM, made.id, ctx.account.id, ctx.now):
        record_audit(
            action="core.settle_handover_roles",
            at=ctx.now,
            account_id=ctx.account.id,
            unit_id=made.unit_id,
            realm=REALM,
            record_id=made.id,
            request_id=ctx.request_id,
            address=ctx.address,
        )
    return redirect(f"/-/handovers/{made.uid}", "已办结。")


PAGES = (
    Page("handovers/of/{id:int}", open_handover, "signed-in"),
    Page("handovers/{uid}", show_handover, "signed-in"),
    Page("handovers/{uid}/settled", finish_handover_todo, "signed-in", methods=("POST",)),
)
