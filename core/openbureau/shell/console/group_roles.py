"""目录组授权: groups of a directory whose members hold a role (安全管理员)."""

from typing import Any
from urllib.parse import urlencode

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from openbureau.base.database import reading
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import Invalid, NotFound
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.models import REACHES, Role
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.sampling import sample
from openbureau.kernel.directory.snapshot import Incomplete
from openbureau.kernel.directory.sources import (
    group_roles,
    map_group,
    source_by_code,
    source_config,
    sources,
    unmap_group,
)
from openbureau.kernel.sync.models import GroupRole
from openbureau.kernel.units.queries import unit_tree

INDENT = "\N{EM SPACE}"
REACH_LABELS = {
    "unit": N_("本单位"),
    "subtree": N_("本单位及全部下属"),
    "province": N_("全省"),
}
POWER = "core.manage_roles"
GROUPS_SHOWN = 30


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
    unit = unit_tree(ctx.tree_version).by_code.get(form.unit.data or "")
    try:
        map_group(
            source_by_code(form.source.data),
            str(form.group_dn.data),
            Role.get(Role.code == form.role.data),
            unit_id=unit.id if unit else None,
            reach=form.reach.data,
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
    named = GroupRole.get_or_none((GroupRole.id == request.params["id"]) & GroupRole.is_active)
    if named is None:
        raise NotFound
    unmap_group(named, now=ctx.now, account_id=ctx.account.id)
    return redirect("/-/console/group-roles", "已终止，下次同步时收回。")


def list_groups(request: Request) -> Any:
    """The groups a source has now, to choose one; the directory is asked outside any
    transaction."""
    with reading():
        source = source_by_code(request.params["code"])
        config = source_config(source, request.app.settings.data)
    found = sample(config, limit=GROUPS_SHOWN)
    with reading():
        if isinstance(found, Incomplete):
            zh, en = reason_words(found.reason)
            fault = zh if request.catalogue.language == "zh" else en
            return page("core/console_groups.html", source=source, groups=[], fault=fault)
        groups = [
            {
                "name": group.name,
                "dn": group.dn,
                "members": group.members,
                "url": "/-/console/group-roles?"
                + urlencode({"source": source.code, "group_dn": group.dn}),
            }
            for group in found.groups
        ]
        return page("core/console_groups.html", source=source, groups=groups, fault="")


def _form(request: Request) -> GroupRoleForm:
    given = {name: request.query.get(name, "") for name in ("source", "group_dn")}
    form = GroupRoleForm(request, **given)
    say = request.catalogue.gettext
    form.source.choices = [(source.code, source.name) for source in sources()]
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
            "id": named.id,
            "source": source.name,
            "group": named.group_dn,
            "role": named.role.name,
            "unit": named.unit.name if named.unit is not None else say(N_("各人所在单位")),
            "reach": say(REACH_LABELS[named.reach]),
            "changed_at": named.changed_at,
        }
        for source in sources()
        for named in group_roles(source)
    ]
    return page(
        "core/console_group_roles.html", status=status, form=form, rows=rows, sources=sources()
    )


PAGES = (
    Page("console/group-roles", list_group_roles, POWER),
    Page("console/group-roles", create_group_role, POWER, methods=("POST",)),
    Page("console/group-roles/{id:int}/end", end, POWER, methods=("POST",)),
    Page("console/group-roles/groups/{code}", list_groups, POWER, is_self_managed=True),
)
MENU = (
    MenuEntry(
        N_("目录组授权"), "/-/console/group-roles", POWER, N_("权限与安全"), "users-group", 953
    ),
)
