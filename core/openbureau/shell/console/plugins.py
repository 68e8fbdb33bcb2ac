"""业务模块: switching plugins per unit (系统管理员)."""

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import NotFound, OperatorError
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.enablement.actions import parsed_scope, set_plugin_state
from openbureau.kernel.enablement.models import PLUGIN_STATES, PluginRule
from openbureau.kernel.enablement.queries import Enablement, Resolved, Rule, enablement
from openbureau.kernel.units.queries import UnitTree, unit_tree
from openbureau.kit.picker import PartiesField
from openbureau.shell.enabling import refuse_unfit

STATE_LABELS = {
    "off": N_("未启用"),
    "pilot": N_("试点"),
    "on": N_("启用"),
    "readonly": N_("只读"),
}
KIND_SCOPES = {
    "province": N_("省局机关"),
    "institute": N_("全部直属机构"),
    "prefecture": N_("全部州市局"),
    "county": N_("全部县局"),
    "zone": N_("全部开发区分局"),
}


class PluginStateForm(Form):
    """Which plugin, which state, where, why."""

    plugin = SelectField(N_("业务模块"), [InputRequired()])
    state = SelectField(N_("状态"), [InputRequired()])
    places = PartiesField(N_("范围"), kinds=("unit", "subtree"))
    kind = SelectField(N_("或某一类单位"), default="")
    scope = StringField(
        N_("或按代码填写"),
        [Length(max=60)],
        description=N_(
            "subtree:530100 为昆明市局及全部下属，unit:530102 为一个单位，kind:county 为全部县局。"
        ),
    )
    people = StringField(
        N_("试点人员"), [Length(max=500)], description=N_("仅「试点」需要：账号，用逗号分开。")
    )
    reason = TextAreaField(N_("依据或理由"), [Length(max=500)])


def _form(request: Request) -> PluginStateForm:
    form = PluginStateForm(request)
    language = request.catalogue.language
    form.plugin.choices = [(p.slug, p.label(language)) for p in request.app.plugins.loaded]
    form.state.choices = [(s, request.catalogue.gettext(STATE_LABELS[s])) for s in PLUGIN_STATES]
    kinds = [(kind, request.catalogue.gettext(label)) for kind, label in KIND_SCOPES.items()]
    form.kind.choices = [("", "\N{EM DASH}"), *kinds]
    return form


def list_plugins(request: Request) -> Any:
    """Every plugin with its rules, and the form that sets one."""
    return _plugins_page(request, _form(request))


def create_rule(request: Request) -> Any:
    """Sets one rule for each place; they are live in every process at the next request."""
    form = _form(request)
    if not form.validate():
        return _plugins_page(request, form, status=422)
    scopes = _scopes(form)
    if not scopes:
        form.add_error("places", N_("这一项必须填写。"))
    people = _people(request, form)
    if form.errors:
        return _plugins_page(request, form, status=422)
    try:
        _set(request, form, scopes, people)
    except OperatorError as refused:
        form.add_error("scope", refused.zh if request.person.language == "zh" else refused.en)
        return _plugins_page(request, form, status=422)
    return redirect("/-/console/plugins", "已生效。")


def _set(
    request: Request, form: PluginStateForm, scopes: Sequence[str], people: Sequence[int]
) -> None:
    """Sets a rule for each scope, or none. Raises OperatorError: one of them cannot be."""
    ctx, plugin, state = request.person, form.plugin.data, form.state.data
    for scope in scopes:
        parsed_scope(scope)
        refuse_unfit(request.app.plugins, plugin, state, scope)
    for scope in scopes:
        set_plugin_state(
            plugin,
            state,
            scope,
            now=ctx.now,
            people=people,
            reason=form.reason.data or "",
            account_id=ctx.account.id,
        )


def _people(request: Request, form: PluginStateForm) -> list[int]:
    """The accounts of a pilot; unknown ones are put to the form."""
    logins = [login.strip() for login in (form.people.data or "").split(",") if login.strip()]
    people = {a.login: a.id for a in Account.select().where(Account.login.in_(logins))}
    if missing := [login for login in logins if login not in people]:
        form.add_error(
            "people",
            N_("没有这些账号：%(logins)s"),
            logins=request.catalogue.gettext("、").join(missing),
        )
    return list(people.values())


def _scopes(form: PluginStateForm) -> list[str]:
    """Where the rule is to hold: what was picked, the kind of unit, what was typed."""
    kind = f"kind:{form.kind.data}" if form.kind.data else ""
    given = [*form.places.data, kind, str(form.scope.data or "").strip()]
    return list(dict.fromkeys(filter(None, given)))


def _plugins_page(request: Request, form: PluginStateForm, status: int = 200) -> Any:
    tree, states = _snapshot(request)
    rules = list(
        PluginRule.select(PluginRule, Account.name.alias("decided_by_name"))
        .left_outer_join(Account)
        .order_by(PluginRule.id)
        .namedtuples()
    )
    units = tree.access_units()
    say = request.catalogue.gettext
    plugins = [
        {
            "slug": record.slug,
            "name": record.label(request.catalogue.language),
            "version": record.manifest.version if record.manifest else "",
            "phase": record.manifest.phase if record.manifest else "",
            "state_text": say("已装载") if record.is_loaded else say("未装载"),
            "problem": record.problem or None,
            "url": f"/-/console/plugins/{record.slug}",
            "rules": [_rule_line(request, tree, r) for r in rules if r.plugin == record.slug],
            "on_total": sum(states.state(record.slug, u.id) != "off" for u in units),
            "unit_total": len(units),
        }
        for record in request.app.plugins.records.values()
    ]
    return page("core/console_plugins.html", status=status, plugins=plugins, form=form)


def _rule_line(request: Request, tree: UnitTree, rule: Any) -> dict[str, Any]:
    say = request.catalogue.gettext
    return {
        "id": rule.id,
        "scope_text": _scope_text(request, tree, rule.scope, rule.unit, rule.kind),
        "state": rule.state,
        "state_text": say(STATE_LABELS[rule.state]),
        "decided_at": rule.decided_at,
        "decided_by": rule.decided_by_name or say("命令行"),
        "reason": rule.reason,
    }


def _scope_text(
    request: Request, tree: UnitTree, scope: str, unit_id: int | None, kind: str
) -> str:
    say = request.catalogue.gettext
    if scope == "kind" or unit_id is None:
        return say(KIND_SCOPES.get(kind, kind))
    name = tree.by_id[unit_id].name
    return name if scope == "unit" else say("%(unit)s及全部下属", unit=name)


def show_plugin(request: Request) -> Any:
    """One plugin's state in every access unit, each with the rule that decides it."""
    slug = request.params["slug"]
    record = request.app.plugins.records.get(slug)
    if record is None:
        raise NotFound
    tree, states = _snapshot(request)
    rows = []
    for unit in tree.access_units():
        resolved = states.resolved(slug, unit.id)
        rows.append(
            {
                "unit_name": unit.name,
                "unit_code": unit.code,
                "state": resolved.state,
                "state_text": request.catalogue.gettext(STATE_LABELS[resolved.state]),
                "why": _why(request, tree, resolved),
            }
        )
    return page(
        "core/console_plugin.html",
        plugin={"slug": slug, "name": record.label(request.catalogue.language)},
        rows=rows,
    )


def _why(request: Request, tree: UnitTree, resolved: Resolved) -> str:
    say = request.catalogue.gettext
    if resolved.rule is None:
        return say("没有规则，默认未启用")
    text = say(
        "规则 %(id)s：%(scope)s → %(state)s",
        id=resolved.rule.id,
        scope=_rule_scope(request, tree, resolved.rule),
        state=say(STATE_LABELS[resolved.rule.state]),
    )
    if resolved.cap:
        text += say("；受上级限定：%(scope)s", scope=_rule_scope(request, tree, resolved.cap))
    return text


def _rule_scope(request: Request, tree: UnitTree, rule: Rule) -> str:
    return _scope_text(request, tree, rule.scope, rule.unit_id, rule.kind)


def _snapshot(request: Request) -> tuple[UnitTree, Enablement]:
    row = request.session
    slugs = tuple(plugin.slug for plugin in request.app.plugins.loaded)
    return unit_tree(row.units_epoch), enablement(row.plugins_epoch, row.units_epoch, slugs)


PAGES = (
    Page("console/plugins", list_plugins, "core.manage_plugins"),
    Page("console/plugins", create_rule, "core.manage_plugins", methods=("POST",)),
    Page("console/plugins/{slug}", show_plugin, "core.manage_plugins"),
)
MENU = (
    MenuEntry(
        N_("业务模块"), "/-/console/plugins", "core.manage_plugins", N_("系统管理"), "puzzle", 930
    ),
)
