"""目录组授权: groups of a directory whose members hold a role (安全管理员)."""

from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import Invalid
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.models import REACHES, Role
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.sync.group_roles import end_group_role, group_roles, name_group_role
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import unit_tree

INDENT = "\N{EM SPACE}"
REACH_LABELS = {
    "unit": N_("本单位"),
    "subtree": N_("本单位及全部下属"),
    "province": N_("全省"),
}
POWER = "core.manage_roles"


class GroupRoleForm(Form):
    """Which group brings which role, where."""

    source = SelectField(N_("目录来源"), [InputRequired()])
    group_dn = StringField(
        N_("目录中的组（DN）"),
        [
            InputRequired(),
            Length(max=500),
            Regexp(
                r"[A-Za-z0-9.-]+=.+", message=N_("应写完整的 DN，例如 cn=发布人,ou=groups,dc=…。")
            ),
        ],
        description=N_("组中之组的成员也算在内。"),
    )
    role = SelectField(N_("角色"), [InputRequired()])
    unit = SelectField(N_("在哪个单位"), description=N_("不选则在各人自己所在的单位。"))
    reach = SelectField(N_("范围"), [InputRequired()])


def list_group_roles(request: Request) -> Any:
    """Every group that brings a role, and the form."""
    return _page(request, _form(request))


def create_group_role(request: Request) -> Any:
    """Names a group; the next synchronisation grants."""
    ctx = request.person
    form = _form(request)
    if not form.validate():
        return _page(request, form, status=422)
    unit = Unit.get(Unit.code == form.unit.data) if form.unit.data else None
    try:
        name_group_role(
            DirectorySource.get(DirectorySource.code == form.source.data),
            str(form.group_dn.data).strip(),
            Role.get(Role.code == form.role.data),
            unit,
            form.reach.data,
            account_id=ctx.account.id,
            now=ctx.now,
        )
    except Invalid as refused:
        form.add_error("group_dn", refused.what)
        return _page(request, form, status=422)
    return redirect("/-/console/group-roles", "已登记，下次同步时生效。")


def end(request: Request) -> Any:
    """Ends one; the next synchronisation takes the role back."""
    ctx = request.person
    end_group_role(request.params["id"], account_id=ctx.account.id, now=ctx.now)
    return redirect("/-/console/group-roles", "已终止，下次同步时收回。")


def _form(request: Request) -> GroupRoleForm:
    form = GroupRoleForm(request)
    say = request.catalogue.gettext
    form.source.choices = [
        (source.code, source.name)
        for source in DirectorySource.select()
        .where(DirectorySource.is_active)
        .order_by(DirectorySource.position, DirectorySource.id)
    ]
    form.role.choices = [
        (role.code, role.name) for role in Role.select().where(Role.is_active).order_by(Role.code)
    ]
    tree = unit_tree(request.session.units_epoch)
    form.unit.choices = [("", say(N_("各人所在单位")))] + [
        (unit.code, INDENT * unit.depth + unit.name) for unit in tree.access_units()
    ]
    form.reach.choices = [(reach, say(REACH_LABELS[reach])) for reach in REACHES]
    return form


def _page(request: Request, form: GroupRoleForm, status: int = 200) -> Any:
    say = request.catalogue.gettext
    rows = [
        {
            "id": row.id,
            "source": row.source_name,
            "group": row.group_dn,
            "role": row.role_name,
            "unit": row.unit_name or say(N_("各人所在单位")),
            "reach": say(REACH_LABELS[row.reach]),
            "changed_at": row.changed_at,
        }
        for row in group_roles()
    ]
    return page("core/console_group_roles.html", status=status, form=form, rows=rows)


PAGES = (
    Page("console/group-roles", list_group_roles, POWER),
    Page("console/group-roles", create_group_role, POWER, methods=("POST",)),
    Page("console/group-roles/{id:int}/end", end, POWER, methods=("POST",)),
)
MENU = (
    MenuEntry(
        N_("目录组授权"), "/-/console/group-roles", POWER, N_("系统管理"), "users-group", 975
    ),
)
