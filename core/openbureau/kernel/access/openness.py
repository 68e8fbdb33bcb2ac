"""The lines of an explanation about plugins being on and records being visible."""

from collections.abc import Iterator, Mapping
from typing import Any

from openbureau.base.declarations import RecordKind
from openbureau.base.i18n import N_
from openbureau.kernel.access.evidence import participations
from openbureau.kernel.access.reasons import Case
from openbureau.kernel.access.wording import Effect, Line, Words, line
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.enablement.models import PluginRule
from openbureau.kernel.enablement.queries import Resolved, Rule, enablement
from openbureau.kernel.units.queries import UnitTree

STATES: Mapping[str, str] = {
    "off": N_("未启用"),
    "pilot": N_("试点"),
    "on": N_("启用"),
    "readonly": N_("只读"),
}
UNIT_KINDS: Mapping[str, str] = {
    "province": N_("省局机关"),
    "institute": N_("全部直属机构"),
    "prefecture": N_("全部州市局"),
    "county": N_("全部县局"),
    "zone": N_("全部开发区分局"),
}
PARTICIPATIONS: Mapping[str, str] = {
    "reader": N_("阅读"),
    "handler": N_("办理"),
    "countersigner": N_("会签"),
}


def plugin_lines(case: Case) -> Iterator[Line]:
    """Whether the plugin is there, and on in a unit of the person."""
    slug = case.question.slug
    if slug == "core" or case.account.administrator:
        return
    if slug not in case.plugins.slugs:
        text = N_("业务模块 %(slug)s 没有装载。")
        yield line("deny", "plugin", text, f"plugin:{slug}", slug=slug)
        return
    permission = case.question.permission
    if case.is_business and permission not in case.plugins.permission_labels:
        text = N_("业务模块没有声明 %(permission)s 这项权限。")
        yield line("neutral", "plugin", text, f"plugin:{slug}", permission=permission)
    units = dict.fromkeys(post.access_unit_id for post in case.ctx.posts)
    if not units:
        text = N_("没有任职；业务模块按任职的单位启用。")
        yield line("deny", "plugin", text, f"plugin:{slug}")
    for unit_id in units:
        yield from _state_lines(case, unit_id)
    post = case.ctx.post
    if post is not None and slug in case.ctx.plugins and slug not in case.ctx.writable:
        unit = case.tree.by_id[post.access_unit_id].short_name
        is_act = case.question.record_id is not None and not case.is_reading
        text = N_("在当前身份所在的%(unit)s只能查阅，不能办理。")
        yield line("deny" if is_act else "neutral", "plugin", text, f"plugin:{slug}", unit=unit)


def _state_lines(case: Case, unit_id: int) -> Iterator[Line]:
    """The state in one unit, the rule that sets it, and the cap above."""
    slug, at = case.question.slug, case.at
    states = enablement(at.plugins, at.units, case.plugins.slugs)
    resolved = states.resolved(slug, unit_id)
    record = case.plugins.records[slug]
    facts: dict[str, Any] = {
        "plugin": Words(record.label(case.ctx.language)),
        "unit": case.tree.by_id[unit_id].short_name,
    }
    person_id = case.ctx.principal_id
    is_open = slug in states.for_person(person_id, (unit_id,))[0]
    is_open_elsewhere = slug in case.ctx.plugins
    effect: Effect = "allow" if is_open else "neutral" if is_open_elsewhere else "deny"
    if resolved.rule is None:
        text = N_("「%(plugin)s」在%(unit)s没有规则，默认未启用。")
        yield line(effect, "plugin", text, f"plugin:{slug}", **facts)
        return
    yield _rule_line(case, resolved, effect, facts, is_open=is_open)
    if resolved.cap is not None:
        text = N_("上级限定：%(scope)s最多为「%(state)s」。")
        since, by = _decided(resolved.cap.id)
        scope = _rule_scope(resolved.cap, case.tree)
        state = STATES[resolved.cap.state]
        source = f"rule:{resolved.cap.id}"
        yield line("neutral", "plugin", text, source, since, by, scope=scope, state=state)


def _rule_line(
    case: Case, resolved: Resolved, effect: Effect, facts: Mapping[str, Any], *, is_open: bool
) -> Line:
    rule = resolved.rule
    assert rule is not None  # noqa: S101 - the caller has looked
    since, by = _decided(rule.id)
    facts = {**facts, "scope": _rule_scope(rule, case.tree), "state": STATES[resolved.state]}
    text = N_("「%(plugin)s」在%(unit)s为「%(state)s」（规则范围：%(scope)s）。")
    if rule.state == "pilot" and resolved.state != "off":
        text = N_("「%(plugin)s」在%(unit)s试点，本人不在试点名单（规则范围：%(scope)s）。")
        if is_open:
            text = N_("「%(plugin)s」在%(unit)s试点，本人在试点名单（规则范围：%(scope)s）。")
    return line(effect, "plugin", text, f"rule:{rule.id}", since, by, **facts)


def _decided(rule_id: int) -> tuple[Any, str]:
    """When a rule was set, and by whom."""
    row = (
        PluginRule.select(PluginRule.decided_at, Account.name.alias("by"))
        .left_outer_join(Account)
        .where(PluginRule.id == rule_id)
        .namedtuples()
        .first()
    )
    return (row.decided_at, row.by or "") if row is not None else (None, "")


def _rule_scope(rule: Rule, tree: UnitTree) -> Words:
    if rule.unit_id is None:
        return Words(UNIT_KINDS.get(rule.kind, rule.kind))
    name = tree.by_id[rule.unit_id].short_name
    if rule.scope == "subtree":
        return Words(N_("%(unit)s及全部下属"), {"unit": name})
    return Words(name)


def record_lines(case: Case, kind: RecordKind, *, is_visible: bool) -> Iterator[Line]:
    """Whose record it is, who takes part, and what the plugin itself says."""
    question, source = case.question, f"record:{case.question.realm}:{case.question.record_id}"
    if kind.unit is not None and case.place_id is None:
        yield line("deny", "record", N_("没有这条记录。"), source)
        return
    if case.place_id is not None:
        unit = case.tree.by_id[case.place_id].name
        yield line("neutral", "record", N_("这条记录属于%(unit)s。"), source, unit=unit)
    taking = [*_participation_lines(case)]
    yield from taking
    permission = kind.permission or question.permission
    is_reached = case.place_id is not None and case.ctx.may_in(permission, case.place_id)
    own = f"plugin:{question.slug}"
    if is_visible and not taking and not is_reached:
        text = N_("业务模块自己的规定允许查看，例如本人起草。")
        yield line("allow", "record", text, own)
    elif not is_visible and (taking or is_reached):
        text = N_("业务模块自己的规定不允许查看，例如草稿、密级或已撤回。")
        yield line("deny", "record", text, own)
    elif not is_visible:
        text = N_("记录不在查看范围内：不属于所及的单位，也没有参与。")
        yield line("deny", "record", text, own)


def _participation_lines(case: Case) -> Iterator[Line]:
    question = case.question
    assert question.record_id is not None  # noqa: S101 - the caller has looked
    for row in participations(question.realm, question.record_id):
        if row.holder in case.ctx.holders:
            text = N_("参与这条记录（%(kind)s），以%(holder)s的名义。")
            kind = PARTICIPATIONS.get(row.kind, row.kind)
            holder = _holder_words(row.holder, case)
            source = f"participant:{row.holder}"
            yield line("allow", "participant", text, source, row.at, kind=kind, holder=holder)


def _holder_words(holder: str, case: Case) -> Words:
    kind, _, key = holder.partition(":")
    if kind == "account":
        return Words(N_("本人"))
    if kind == "post":
        titles = [post.title for post in case.ctx.posts if str(post.id) == key]
        return Words(N_("职务「%(title)s」"), {"title": titles[0] if titles else key})
    name = case.tree.by_id[int(key)].short_name
    if kind == "subtree":
        return Words(N_("%(unit)s及全部下属"), {"unit": name})
    return Words(name)
