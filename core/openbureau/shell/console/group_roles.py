"""目录组授权: groups of a directory whose members hold a role (安全管理员)."""

from typing import Any
from urllib.parse import urlencode

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from openbureau.base.database import reading
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import Invalid, NotFound, Problem
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.models import REACHES, Role
from openbureau.kernel.access.simulation import loaded_tables
from openbureau.kernel.directory.group_roles import (
    grants_of_group,
    group_roles,
    map_group,
    unmap_group,
)
from openbureau.kernel.directory.groups import RawGroup
from openbureau.kernel.directory.lookup import group_named
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.sampling import sample
from openbureau.kernel.directory.snapshot import Incomplete
from openbureau.kernel.directory.sources import source_by_code, source_config, sources
from openbureau.kernel.sync.models import GroupRole
from openbureau.kernel.units.queries import unit_tree
from openbureau.shell.console.effects import effect_page, is_confirmed, tried

INDENT = "\N{EM SPACE}"
REACH_LABELS = {
    "unit": N_("本单位"),
    "subtree": N_("本单位及全部下属"),
    "province": N_("全省"),
}
POWER = "core.manage_roles"
NO_SUCH_GROUP = N_("目录中没有这个组，或它不在这个来源的范围内。请从目录现有的组中选择。")
UNSEEN = N_("已登记。现在没有得到目录的完整答复，没有核对这个组是否存在；下次同步时核对。")
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
    """Names a group, looked up in the directory outside any transaction; the next
    synchronisation grants."""
    with reading():
        form = _form(request)
        if not form.validate():
            return _page(request, form, status=422)
        source = source_by_code(form.source.data)
        config = source_config(source, request.app.settings.data)
    found = group_named(config, str(form.group_dn.data).strip())
    try:
        if found is None:
            raise Invalid(NO_SUCH_GROUP)
        with request.writing():
            _map(request, form, source, found)
    except Problem as refused:
        with reading():
            form.add_error("group_dn", refused.what, **refused.params)
            return _page(request, form, status=422)
    is_unseen = isinstance(found, Incomplete)
    return redirect("/-/console/group-roles", UNSEEN if is_unseen else "已登记，下次同步时生效。")


def _map(
    request: Request, form: GroupRoleForm, source: DirectorySource, found: RawGroup | Incomplete
) -> None:
    ctx = request.person
    unit = unit_tree(ctx.tree_version).by_code.get(form.unit.data or "")
    map_group(
        source,
        str(form.group_dn.data) if isinstance(found, Incomplete) else found.dn,
        Role.get(Role.code == form.role.data),
        external_id="" if isinstance(found, Incomplete) else found.external_id,
        unit_id=unit.id if unit else None,
        reach=form.reach.data,
        account_id=ctx.account.id,
        now=ctx.now,
    )


def end(request: Request) -> Any:
    """Shows who would lose what; ends the mapping once that very effect is confirmed. The next
    synchronisation takes the role back."""
    ctx = request.person
    named = GroupRole.get_or_none((GroupRole.id == request.params["id"]) & GroupRole.is_active)
    if named is None:
        raise NotFound
    ids = [grant.id for grant in grants_of_group(named)]
    before = loaded_tables()
    effect = tried(request, before, before.without_grants(ids), f"group-role:{named.id}")
    if not is_confirmed(request, effect):
        heading = ctx.gettext(N_("终止「%(role)s」的目录组授权"), role=ctx.gettext(named.role.name))
        notes = [
            named.group_dn,
            ctx.gettext(N_("%(total)s 项授权在下次同步时收回，不是立即。"), total=len(ids)),
        ]
        return effect_page(
            request, heading, effect, [], "/-/console/group-roles", notes, is_immediate=False
        )
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
    Page("console/group-roles", create_group_role, POWER, methods=("POST",), is_self_managed=True),
    Page("console/group-roles/{id:int}/end", end, POWER, methods=("POST",)),
    Page("console/group-roles/groups/{code}", list_groups, POWER, is_self_managed=True),
)
MENU = (
    MenuEntry(
        N_("目录组授权"), "/-/console/group-roles", POWER, N_("权限与安全"), "users-group", 953
    ),
)
