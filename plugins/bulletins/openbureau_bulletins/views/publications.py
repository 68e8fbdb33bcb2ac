"""Publishing, withdrawing, and who has read a bulletin."""

from typing import Any

from openbureau import (
    Context,
    NotFound,
    Request,
    page,
    reading_by_person,
    reading_by_unit,
    redirect,
    unit_tree,
)
from openbureau.kit import holder_labels, people_of_receivers, receivers
from openbureau_bulletins import queries
from openbureau_bulletins.actions import publish_bulletin, withdraw_bulletin
from openbureau_bulletins.forms import WithdrawalForm
from openbureau_bulletins.models import DRAFT, REALM, WITHDRAWN, Bulletin

from .drafts import PUBLISH, own_draft
from .lists import bulletin_url


def confirm_publication(request: Request) -> Any:
    """Who will receive it, counted, before anything is sent."""
    return page(
        "bulletins/confirm_publish.html", **confirmation(request.person, own_draft(request))
    )


def confirmation(ctx: Context, draft: Bulletin) -> dict[str, Any]:
    """Who would receive a draft: units, people, and what to know before sending."""
    chosen = receivers(ctx, PUBLISH, queries.chosen_receivers(draft))
    people = people_of_receivers(unit_tree(ctx.tree_version), chosen.holders)
    warnings = []
    if not chosen.holders:
        warnings.append(ctx.gettext("还没有选择发送范围。"))
    if chosen.refused:
        warnings.append(
            ctx.gettext(
                "有 %(total)s 个范围不在您的发布权限内，请返回修改后再发布。",
                total=len(chosen.refused),
            )
        )
    if chosen.holders and not people:
        warnings.append(ctx.gettext("所选单位目前没有在用的账号。"))
    return {
        "bulletin": {
            "url": bulletin_url(draft.id),
            "title": draft.title,
            "is_urgent": draft.is_urgent,
        },
        "labels": holder_labels(ctx, chosen.holders),
        "units": chosen.units,
        "unit_total": len(chosen.units),
        "people_total": len(people),
        "warnings": warnings,
        "may_publish": bool(chosen.holders) and not chosen.refused,
    }


def create_publication(request: Request) -> Any:
    """Publishes a draft."""
    ctx = request.person
    draft = queries.bulletin(ctx, request.params["id"])
    chosen = receivers(ctx, PUBLISH, queries.chosen_receivers(draft))
    if not chosen.holders or chosen.refused:
        return redirect(f"/bulletins/bulletin/{draft.id}/edit", "请选择发送范围后再发布。")
    publish_bulletin(ctx, draft, chosen.holders)
    return redirect(f"/bulletins/bulletin/{draft.id}", "已发布。")


def confirm_withdrawal(request: Request) -> Any:
    """Asks why a bulletin is withdrawn."""
    return _withdrawal_page(request, WithdrawalForm(request))


def create_withdrawal(request: Request) -> Any:
    """Withdraws a bulletin."""
    form = WithdrawalForm(request)
    if not form.validate():
        return _withdrawal_page(request, form, status=422)
    bulletin = queries.bulletin(request.person, request.params["id"])
    withdraw_bulletin(request.person, bulletin, str(form.reason.data).strip())
    return redirect(f"/bulletins/bulletin/{bulletin.id}", "已撤回。")


def _withdrawal_page(request: Request, form: WithdrawalForm, status: int = 200) -> Any:
    ctx = request.person
    bulletin = queries.bulletin(ctx, request.params["id"])
    if bulletin.state in {DRAFT, WITHDRAWN} or not ctx.may_in(PUBLISH, bulletin.unit_id):
        raise NotFound
    return page(
        "core/confirm.html",
        status=status,
        heading=ctx.gettext("撤回通知公告"),
        lines=[bulletin.title, ctx.gettext("撤回后，接收人只能看到标题、撤回时间和理由。")],
        action=f"/bulletins/bulletin/{bulletin.id}/withdraw",
        hidden=[],
        submit_label=ctx.gettext("撤回"),
        cancel_url=f"/bulletins/bulletin/{bulletin.id}",
        form=form,
    )


def show_progress(request: Request) -> Any:
    """Who has read it, by unit; one unit's people when it is opened."""
    ctx = request.person
    bulletin = queries.bulletin(ctx, request.params["id"])
    if bulletin.state == DRAFT or not ctx.may_in(PUBLISH, bulletin.unit_id):
        raise NotFound
    code = request.query.get("unit", "")
    if request.is_part:
        people = unit_readers(ctx, bulletin, code)
        return page("bulletins/progress.html", fragment="people", people=people)
    return page("bulletins/progress.html", **reading_progress(ctx, bulletin, code))


def reading_progress(ctx: Context, bulletin: Bulletin, code: str) -> dict[str, Any]:
    """Readers by unit in official order; the people of one unit when its code is given."""
    tree = unit_tree(ctx.tree_version)
    order = {unit.id: number for number, unit in enumerate(tree.access_units())}
    rows = sorted(reading_by_unit(REALM, bulletin.id), key=lambda row: order.get(row.unit_id, 0))
    opened = tree.by_code.get(code)
    people = unit_readers(ctx, bulletin, code)
    return {
        "bulletin": {"url": bulletin_url(bulletin.id), "title": bulletin.title},
        "receiver_total": sum(row.total for row in rows),
        "read_total": sum(row.done for row in rows),
        "rows": [
            {
                "code": tree.by_id[row.unit_id].code,
                "unit_name": tree.by_id[row.unit_id].name,
                "receiver_total": row.total,
                "read_total": row.done,
                "url": f"{bulletin_url(bulletin.id)}/progress?unit={tree.by_id[row.unit_id].code}",
                "people": people if opened is not None and row.unit_id == opened.id else None,
            }
            for row in rows
        ],
    }


def unit_readers(ctx: Context, bulletin: Bulletin, code: str) -> list[dict[str, Any]]:
    """The receivers in one unit, in official order, with when they read it."""
    unit = unit_tree(ctx.tree_version).by_code.get(code)
    found = reading_by_person(REALM, bulletin.id, unit.id) if unit else ()
    return [{"name": row.name, "title": row.title or "", "read_at": row.done_at} for row in found]
