"""授权: who holds which role where; giving and taking back after a look at the effect."""

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.context import NOWHERE
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.actors import AccessRefused, Actor
from openbureau.kernel.access.grants import (
    POWER,
    STATES,
    Giving,
    GrantsWanted,
    check_ending,
    check_giving,
    end_grant,
    give,
    grant_within,
    grants_listed,
)
from openbureau.kernel.access.models import Role, RoleGrant
from openbureau.kernel.access.roles import role_rows
from openbureau.kernel.access.simulation import loaded_tables
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.calendar.fields import DateField
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.paging import paging
from openbureau.kit.picker import PartiesField
from openbureau.shell.console import lending
from openbureau.shell.console.effects import effect_page, is_confirmed, tried
from openbureau.shell.console.grant_lines import STATE_LABELS, grant_lines

LIST = "/-/console/grants"
REACH_LABELS = {
    "unit": N_("只在这个单位"),
    "subtree": N_("这个单位及全部下属"),
    "province": N_("全省"),
}


class GrantForm(Form):
    """Who gets which role, where, from when to when, on what basis."""

    subjects = PartiesField(N_("授予"), [InputRequired()], kinds=("person", "post"), within=POWER)
    role = SelectField(N_("角色"), [InputRequired()])
    unit = PartiesField(
        N_("单位"), [InputRequired()], kinds=("unit",), multiple=False, within=POWER
    )
    reach = SelectField(N_("范围"), [InputRequired()], default="unit")
    starts_on = DateField(N_("开始日期"), description=N_("不填则立即生效。"))
    ends_on = DateField(N_("结束日期"), nearest="future", description=N_("不填则长期有效。"))
    basis = StringField(N_("依据"), [InputRequired(), Length(max=200)])


class EndForm(Form):
    """Why a grant is taken back."""

    reason = StringField(N_("理由"), [InputRequired(), Length(max=200)])


def list_grants(request: Request) -> Any:
    """Grants where this administrator may give them, narrowed by name, role, state, unit."""
    ctx = request.person
    wanted, given = _wanted(request)
    rows = grants_listed(ctx, wanted, ctx.today)
    paged = paging(request, rows.count())
    filters = [
        _filter(request, "state", N_("状态"), given, STATE_LABELS),
        _filter(request, "role", N_("角色"), given, {row.code: row.name for row in role_rows()}),
    ]
    return page(
        "core/console_grants.html",
        fragment="rows",
        given=given,
        filters=filters,
        is_narrowed=bool(given["q"] or given["role"] or given["state"] != "current"),
        lines=grant_lines(request, rows.limit(paged.per_page).offset(paged.offset)),
        paging=paged,
    )


def _wanted(request: Request) -> tuple[GrantsWanted, dict[str, str]]:
    state = request.query.get("state", "current")
    given = {
        "q": request.query.get("q", "").strip()[:60],
        "role": request.query.get("role", "")[:60],
        "state": state if state in STATES else "",
    }
    unit = unit_tree(request.person.tree_version).by_code.get(request.query.get("unit", ""))
    unit_ids = None if unit is None else [unit.id]
    return GrantsWanted(given["q"], given["role"], given["state"], unit_ids), given


def _filter(
    request: Request, name: str, label: str, given: dict[str, str], options: Any
) -> dict[str, Any]:
    say = request.catalogue.gettext
    return {
        "name": name,
        "label": say(label),
        "value": given[name],
        "options": [("", say("全部")), *((code, say(text)) for code, text in options.items())],
    }


def _form(request: Request) -> GrantForm:
    say = request.catalogue.gettext
    form = GrantForm(request)
    rows = [row for row in role_rows() if row.is_active and not row.is_default]
    form.role.choices = [("", say("请选择")), *((row.code, say(row.name)) for row in rows)]
    is_everywhere = request.person.reach.get(POWER, NOWHERE).is_everywhere
    form.reach.choices = [
        (code, say(text))
        for code, text in REACH_LABELS.items()
        if is_everywhere or code != "province"
    ]
    return form


def new_grant(request: Request) -> Any:
    """The form that gives a role."""
    return _form_page(request, _form(request))


def _form_page(request: Request, form: GrantForm, status: int = 200) -> Any:
    return page("core/console_grant_form.html", status=status, form=form)


def create_grant(request: Request) -> Any:
    """Shows what the grant would do; gives it once that very effect is confirmed."""
    ctx = request.person
    form = _form(request)
    if not form.validate():
        return _form_page(request, form, status=422)
    giving, within = _giving(form), ctx.reach.get(POWER, NOWHERE)
    try:
        check_giving(Actor.of(ctx), giving, within)
    except AccessRefused as refused:
        form.add_error(refused.field, refused.what, **refused.params)
        return _form_page(request, form, status=422)
    hidden = _hidden(form)
    before = loaded_tables()
    after = before.with_grants(giving.rows())
    effect = tried(request, before, after, f"give:{hidden}", giving.starts_on)
    if not is_confirmed(request, effect):
        heading = ctx.gettext(N_("授予「%(role)s」"), role=ctx.gettext(giving.role.name))
        notes = _notes(request, giving)
        return effect_page(request, heading, effect, hidden, f"{LIST}/new", notes)
    made = give(Actor.of(ctx), giving, within)
    return redirect(LIST, ctx.gettext(N_("已授予 %(total)s 项，立即生效。"), total=len(made)))


def _giving(form: GrantForm) -> Giving:
    uids = [value.partition(":")[2] for value in form.subjects.data if value[:7] == "person:"]
    posts = [value.split(":", 2) for value in form.subjects.data if value[:5] == "post:"]
    return Giving(
        Role.get(Role.code == form.role.data),
        Unit.get(Unit.code == form.unit.data[0].partition(":")[2]),
        form.reach.data,
        list(Account.select().where(Account.uid.in_(uids)).order_by(Account.id)),
        [post for _, code, title in posts for post in _posts(code, title)],
        form.starts_on.data,
        form.ends_on.data,
        (form.basis.data or "").strip(),
    )


def _posts(code: str, title: str) -> list[Post]:
    """Everybody's post of a title in a unit."""
    return list(
        Post.select()
        .join(Unit)
        .switch(Post)
        .join(Account)
        .where(
            (Unit.code == code)
            & (Post.title == title)
            & Post.is_active
            & (Account.state == "active")
            & Account.administrator.is_null()
        )
        .order_by(Post.id)
    )


def _hidden(form: GrantForm) -> list[tuple[str, str]]:
    found = [("subjects", value) for value in form.subjects.data]
    found += [("unit", form.unit.data[0]), ("role", form.role.data), ("reach", form.reach.data)]
    for field in (form.starts_on, form.ends_on):
        found.append((field.name, str(field.data or "")))
    return [*found, ("basis", form.basis.data or "")]


def _notes(request: Request, giving: Giving) -> Sequence[str]:
    say = request.catalogue.gettext
    if giving.starts_on is not None and giving.starts_on > request.person.today:
        return [say("以下是 %(on)s 生效时的影响。", on=str(giving.starts_on))]
    return []


def edit_end(request: Request) -> Any:
    """Asks why a grant is taken back."""
    return _end_page(request, EndForm(request))


def _end_page(request: Request, form: EndForm, status: int = 200) -> Any:
    ctx = request.person
    grant = grant_within(ctx, request.params["id"])
    check_ending(grant)
    rows = grants_listed(ctx, GrantsWanted(), ctx.today).where(RoleGrant.id == grant.id)
    [line] = grant_lines(request, rows)
    return page(
        "core/confirm.html",
        status=status,
        heading=ctx.gettext(N_("收回授权")),
        action=f"{LIST}/{grant.id}/end",
        hidden=[],
        lines=[f"{line['person']} · {line['role']} · {line['scope']}"],
        form=form,
        submit_label=ctx.gettext(N_("下一步：看影响")),
        cancel_url=LIST,
    )


def delete_grant(request: Request) -> Any:
    """Shows what ending the grant would do; ends it once that very effect is confirmed."""
    ctx = request.person
    grant = grant_within(ctx, request.params["id"])
    form = EndForm(request)
    if not form.validate():
        return _end_page(request, form, status=422)
    check_ending(grant)
    before = loaded_tables()
    effect = tried(request, before, before.without_grants([grant.id]), f"end:{grant.id}")
    reason = form.reason.data or ""
    if not is_confirmed(request, effect):
        heading = ctx.gettext(N_("收回「%(role)s」"), role=ctx.gettext(grant.role.name))
        return effect_page(request, heading, effect, [("reason", reason)], LIST)
    end_grant(Actor.of(ctx), grant, reason)
    return redirect(LIST, N_("授权已收回，立即生效。"))


PAGES: tuple[Page, ...] = (
    Page("console/grants", list_grants, POWER),
    Page("console/grants/new", new_grant, POWER),
    Page("console/grants/new", create_grant, POWER, methods=("POST",)),
    Page("console/grants/{id:int}/end", edit_end, POWER),
    Page("console/grants/{id:int}/end", delete_grant, POWER, methods=("POST",)),
    *lending.PAGES,
)
MENU: tuple[MenuEntry, ...] = (
    MenuEntry(N_("授权"), LIST, POWER, N_("权限与安全"), "user-check", 951),
    *lending.MENU,
)
