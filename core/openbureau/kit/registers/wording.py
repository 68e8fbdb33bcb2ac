"""What somebody asked of a register, in words: for the trail, workbooks and pages."""

from collections.abc import Iterator

from openbureau.base.context import Context
from openbureau.base.i18n import N_
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.asked import Asked
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.kinds import Choice, UnitChoice, YesNo

OPERATORS = {
    "has": N_("包含"),
    "is": N_("等于"),
    "not": N_("不等于"),
    "from": N_("不小于"),
    "to": N_("不大于"),
    "empty": N_("为空"),
}


def asked_in_words(ctx: Context, register: Register, query: Asked) -> str:
    """A query in one line, 全部 where nothing narrows it."""
    say = ctx.gettext
    return say("；").join(_parts(ctx, register, query)) or say("全部")


def _parts(ctx: Context, register: Register, query: Asked) -> Iterator[str]:
    say = ctx.gettext
    if query.words:
        yield say("查找「%(words)s」", words=query.words)
    for name, text in query.filtered.items():
        if text:
            yield _named(ctx, register, name, text)
    rows = query.conditions.stated
    joiner = say("或") if query.conditions.joiner == "or" else say("且")
    told = [
        f"{say(register.by_name[row.field].label)} {say(OPERATORS[row.op])} "
        f"{_value(ctx, register, row.field, row.value) if row.op != 'empty' else ''}".strip()
        for row in rows
    ]
    if told:
        yield f" {joiner} ".join(told)
    if query.unit_code:
        node = unit_tree(ctx.tree_version).by_code.get(query.unit_code)
        yield say("单位：%(name)s", name=node.name if node else query.unit_code)
    if query.shape.is_voided:
        yield say("已作废的")


def _named(ctx: Context, register: Register, name: str, text: str) -> str:
    label = ctx.gettext(register.by_name[name].label)
    return f"{label}{ctx.gettext('：')}{_value(ctx, register, name, text)}"


def _value(ctx: Context, register: Register, name: str, text: str) -> str:
    kind = register.kinds[name]
    if isinstance(kind, Choice):
        labels = {str(value): label for value, label in kind.labels.items()}
        return ctx.gettext(labels[text]) if text in labels else text
    if isinstance(kind, YesNo):
        return kind.shown(YesNo.words.get(text), ctx.gettext) or text
    if isinstance(kind, UnitChoice):
        node = unit_tree(ctx.tree_version).by_code.get(text)
        return node.name if node else text
    return text
