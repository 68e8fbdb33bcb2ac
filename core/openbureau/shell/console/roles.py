"""角色: what each role holds, who holds it, and changing it after a look at the effect."""

from collections.abc import Sequence
from typing import Any

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import NotFound
from openbureau.base.forms import CheckboxGroupField, Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.actors import AccessRefused, Actor
from openbureau.kernel.access.grants import GrantsWanted, grants_listed
from openbureau.kernel.access.models import Role
from openbureau.kernel.access.roles import (
    adopt_template,
    change_role,
    create_role,
    permissions_of,
    role_by_code,
    role_rows,
    row_of,
    set_role_active,
    template_difference,
    template_of,
)
from openbureau.kernel.access.simulation import holders_of_both, loaded_tables
from openbureau.kernel.units.queries import unit_tree
from openbureau.shell.console.effects import effect_page, is_confirmed, tried
from openbureau.shell.console.grant_lines import grant_lines

HOLDERS_SHOWN = 50
POWER = "core.manage_roles"
LIST = "/-/console/roles"


class RoleForm(Form):
    """Name, description and permissions."""

    name = StringField(N_("名称"), [InputRequired(), Length(max=100)])
    description = StringField(N_("说明"), [Length(max=300)])
    permissions = CheckboxGroupField(N_("权限"))


def _form(request: Request, role: Role | None = None) -> RoleForm:
    held = permissions_of(role.id) if role else set()
    form = RoleForm(
        request,
        name=role.name if role else "",
        description=role.description if role else "",
        permissions=sorted(held),
    )
    say, labels = request.catalogue.gettext, request.app.plugins.permission_labels
    codes = [*labels, *sorted(held - set(labels))]
    form.permissions.choices = [(code, say(labels.get(code, code))) for code in codes]
    return form


def list_roles(request: Request) -> Any:
    """Every role, and people who hold both sides of a separation rule."""
    ctx, plugins = request.person, request.app.plugins
    say = ctx.gettext
    both = holders_of_both(
        loaded_tables(), ctx.today, unit_tree(ctx.tree_version), plugins.separations
    )
    label = plugins.permission_labels
    return page(
        "core/console_roles.html",
        rows=[_line(request, row) for row in role_rows()],
        conflicts=[
            say(
                "%(name)s同时持有「%(first)s」和「%(second)s」。",
                name=name,
                first=say(label[first]),
                second=say(label[second]),
            )
            for name, first, second in both
        ],
    )


def _line(request: Request, row: Any) -> dict[str, Any]:
    record = request.app.plugins.records.get(row.template)
    return {
        "url": f"{LIST}/{row.code}",
        "name": request.catalogue.gettext(row.name),
        "code": row.code,
        "description": row.description,
        "origin": record.label(request.catalogue.language) if record else "",
        "is_edited": row.is_edited,
        "is_default": row.is_default,
        "is_active": row.is_active,
        "permission_total": row.permission_total,
        "grant_total": row.grant_total,
    }


def new_role(request: Request) -> Any:
    """The form of a new role."""
    return _form_page(request, _form(request))


def create_own_role(request: Request) -> Any:
    """Makes a role; nobody holds it yet, so there is no effect to look at."""
    form = _form(request)
    if form.validate():
        try:
            role = create_role(
                Actor.of(request.person),
                form.name.data or "",
                form.description.data or "",
                form.permissions.data or (),
                request.app.plugins,
            )
            return redirect(f"{LIST}/{role.code}", N_("已新建角色，可以授予了。"))
        except AccessRefused as refused:
            form.add_error(refused.field, refused.what, **refused.params)
    return _form_page(request, form, status=422)


def _form_page(
    request: Request, form: RoleForm, role: Role | None = None, status: int = 200
) -> Any:
    return page(
        "core/console_role_form.html",
        status=status,
        form=form,
        role=role,
        groups=_grouped(request, form),
        action=f"{LIST}/{role.code}/edit" if role else f"{LIST}/new",
        cancel_url=f"{LIST}/{role.code}" if role else LIST,
    )


def _grouped(request: Request, form: RoleForm) -> list[tuple[str, Sequence[Any]]]:
    """The boxes by plugin."""
    boxes: dict[str, list[Any]] = {}
    for option in form.permissions:
        slug = option.data.partition(".")[0]
        record = request.app.plugins.records.get(slug)
        name = record.label(request.catalogue.language) if record else slug
        boxes.setdefault(name, []).append(option)
    return list(boxes.items())


def show_role(request: Request) -> Any:
    """A role: what it holds, who holds it, how it differs from its template."""
    role = role_by_code(request.params["code"])
    ctx, plugins = request.person, request.app.plugins
    say, labels = ctx.gettext, plugins.permission_labels
    held = sorted(permissions_of(role.id))
    difference = template_difference(role, plugins)
    holders = grants_listed(ctx, GrantsWanted(role=role.code, state="current"), ctx.today)
    return page(
        "core/console_role.html",
        role=role,
        name=say(role.name),
        url=f"{LIST}/{role.code}",
        permissions=[(say(labels.get(code, code)), code) for code in held],
        difference=difference
        and {
            "more": [say(labels.get(code, code)) for code in difference.more],
            "less": [say(labels.get(code, code)) for code in difference.less],
        },
        conflicts=_own_conflicts(request, held),
        holder_total=holders.count(),
        holders=grant_lines(request, holders.limit(HOLDERS_SHOWN)),
    )


def _own_conflicts(request: Request, held: Sequence[str]) -> list[str]:
    plugins, say = request.app.plugins, request.catalogue.gettext
    return [
        say(
            "这个角色同时包含「%(first)s」和「%(second)s」；同一人不能对同一条记录两样都办。",
            first=say(plugins.permission_labels[first]),
            second=say(plugins.permission_labels[second]),
        )
        for first in held
        for second in plugins.separations.get(first, ())
        if second in held and first < second
    ]


def edit_role(request: Request) -> Any:
    """The form of a role."""
    role = role_by_code(request.params["code"])
    return _form_page(request, _form(request, role), role)


def update_role(request: Request) -> Any:
    """Shows what the change would do; saves it once that very effect is confirmed."""
    role = role_by_code(request.params["code"])
    form = _form(request, role)
    if not form.validate():
        return _form_page(request, form, role, status=422)
    wanted = sorted(form.permissions.data or ())
    before = loaded_tables()
    after = before.with_role(row_of(role, wanted))
    effect = tried(request, before, after, f"role:{role.code}:{','.join(wanted)}")
    name, description = form.name.data or "", form.description.data or ""
    if not is_confirmed(request, effect):
        hidden = [("name", name), ("description", description)]
        hidden += [("permissions", code) for code in wanted]
        heading = request.catalogue.gettext(N_("修改角色「%(name)s」"), name=name)
        return effect_page(request, heading, effect, hidden, f"{LIST}/{role.code}/edit")
    try:
        change_role(Actor.of(request.person), role, name, description, wanted, request.app.plugins)
    except AccessRefused as refused:
        form.add_error(refused.field, refused.what, **refused.params)
        return _form_page(request, form, role, status=422)
    return redirect(f"{LIST}/{role.code}", N_("角色已修改，立即生效。"))


def update_from_template(request: Request) -> Any:
    """Takes the plugin's template over, after a look at the effect."""
    role, plugins = role_by_code(request.params["code"]), request.app.plugins
    template = template_of(role, plugins)
    if template is None:
        raise NotFound
    before = loaded_tables()
    after = before.with_role(row_of(role, template.permissions))
    effect = tried(request, before, after, f"template:{role.code}")
    if not is_confirmed(request, effect):
        say = request.catalogue.gettext
        heading = say(N_("采用「%(name)s」的模板"), name=say(role.name))
        return effect_page(request, heading, effect, [], f"{LIST}/{role.code}")
    adopt_template(Actor.of(request.person), role, plugins)
    return redirect(f"{LIST}/{role.code}", N_("已采用模板，立即生效。"))


def update_role_state(request: Request) -> Any:
    """Retires a role or takes it up again, after a look at the effect."""
    role = role_by_code(request.params["code"])
    is_active = not role.is_active
    before = loaded_tables()
    after = before.with_role(row_of(role)._replace(is_active=is_active))
    effect = tried(request, before, after, f"state:{role.code}:{is_active}")
    if not is_confirmed(request, effect):
        say = request.catalogue.gettext
        text = N_("恢复角色「%(name)s」") if is_active else N_("停用角色「%(name)s」")
        heading = say(text, name=say(role.name))
        return effect_page(request, heading, effect, [], f"{LIST}/{role.code}")
    set_role_active(Actor.of(request.person), role, is_active=is_active, reason="")
    done = N_("角色已恢复。") if is_active else N_("角色已停用；授权保留在案。")
    return redirect(f"{LIST}/{role.code}", done)


PAGES: tuple[Page, ...] = (
    Page("console/roles", list_roles, POWER),
    Page("console/roles/new", new_role, POWER),
    Page("console/roles/new", create_own_role, POWER, methods=("POST",)),
    Page("console/roles/{code}", show_role, POWER),
    Page("console/roles/{code}/edit", edit_role, POWER),
    Page("console/roles/{code}/edit", update_role, POWER, methods=("POST",)),
    Page("console/roles/{code}/template", update_from_template, POWER, methods=("POST",)),
    Page("console/roles/{code}/state", update_role_state, POWER, methods=("POST",)),
)
MENU: tuple[MenuEntry, ...] = (
    MenuEntry(N_("角色"), LIST, POWER, N_("权限与安全"), "shield-check", 950),
)
