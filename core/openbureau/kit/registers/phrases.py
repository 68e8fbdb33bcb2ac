"""What a list was asked, in words: above its rows and on paper."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.base.context import Context
from openbureau.base.i18n import N_
from openbureau.base.request import Address
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.addresses import Pairs, narrowing
from openbureau.kit.registers.asked import Asked
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.kinds import Day, Kind, UnitChoice, Unreadable
from openbureau.kit.registers.records import around
from openbureau.kit.registers.spans import span_label, span_word

OPERATORS: Mapping[str, str] = {
    "has": N_("包含"),
    "is": N_("等于"),
    "not": N_("不等于"),
    "from": N_("不小于"),
    "to": N_("不大于"),
    "empty": N_("为空"),
}
_OF_DAYS: Mapping[str, str] = {
    **OPERATORS,
    "is": N_("在"),
    "from": N_("不早于"),
    "to": N_("不晚于"),
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing asked, and the words of the address without it. `group` is `any` for those
    of which one is enough."""

    text: str
    rest: Pairs
    group: str = ""


def operator_words(kind: Kind, say: Callable[..., str]) -> list[tuple[str, str]]:
    """The comparisons of a kind with their words."""
    labels = _labels(kind)
    return [(op, say(labels[op])) for op in kind.operators]


def _labels(kind: Kind) -> Mapping[str, str]:
    return _OF_DAYS if isinstance(kind, Day) else OPERATORS


def phrases(ctx: Context, register: Register, query: Asked, pairs: Pairs) -> list[Phrase]:
    """What of the plain address `pairs` is asked, in its order; what cannot be used is left
    out."""
    rows = [row for row in query.conditions.rows if row.is_stated]
    refused = {id(query.conditions.rows[place]) for place in query.faults}
    is_any = len(rows) - len(refused) > 1 and query.conditions.joiner == "or"
    found = []
    number = 0
    for place, (name, value) in enumerate(pairs):
        if name == "field":
            row, number = rows[number], number + 1
            if id(row) not in refused:
                rest = [*pairs[:place], *pairs[place + 3 :]]
                text = _compared(ctx, register, row.field, row.op, row.value)
                found.append(Phrase(text, rest, "any" if is_any else ""))
        elif text := _told(ctx, register, query, name, value):
            found.append(Phrase(text, [*pairs[:place], *pairs[place + 1 :]]))
    return found


def sentence(ctx: Context, told: Sequence[Phrase]) -> str:
    """All of them in one sentence; "" when nothing was asked."""
    every = [phrase.text for phrase in told if not phrase.group]
    some = ctx.gettext("，或 ").join(phrase.text for phrase in told if phrase.group)
    if some:
        every.append(ctx.gettext("（%(text)s）", text=some) if every else some)
    return ctx.gettext("，且 ").join(every)


def _told(ctx: Context, register: Register, query: Asked, name: str, value: str) -> str:
    say = ctx.gettext
    if name == "q":
        return say("含有「%(words)s」", words=value)
    if name == "voided":
        return say("已作废")
    if name == "unit" and query.unit_code:
        node = unit_tree(ctx.tree_version).by_code[query.unit_code]
        return say("%(unit)s及其下属", unit=node.short_name)
    if name in register.filters and name in {test.column for test in query.shape.filters}:
        return _compared(ctx, register, name, "is", value)
    return ""


def _compared(ctx: Context, register: Register, name: str, op: str, value: str) -> str:
    say, kind = ctx.gettext, register.kinds[name]
    parts = [say(register.by_name[name].label), say(_labels(kind)[op])]
    if op != "empty":
        parts.append(_value(ctx, kind, op, value))
    return " ".join(parts)


def _value(ctx: Context, kind: Kind, op: str, value: str) -> str:
    say = ctx.gettext
    if op == "has":
        return say("「%(words)s」", words=value)
    if isinstance(kind, Day):
        if word := span_word(value):
            return span_label(word, say)
        first, dots, last = value.partition("..")
        if dots:
            return _span(ctx, *(_read(ctx, kind, part) for part in (first, last)))
    return _read(ctx, kind, value)


def _span(ctx: Context, first: str, last: str) -> str:
    say: Any = ctx.gettext
    if first and last:
        return str(say("%(first)s 至 %(last)s", first=first, last=last))
    return str(say("%(day)s 起", day=first) if first else say("%(day)s 止", day=last))


def _read(ctx: Context, kind: Kind, value: str) -> str:
    """A value as it is kept, in words; as it was typed where it cannot be read."""
    try:
        kept = kind.read(value, around(ctx))
    except Unreadable:
        return value
    if isinstance(kind, UnitChoice):
        node = unit_tree(ctx.tree_version).by_id.get(kept)
        return node.short_name if node else value
    return kind.shown(kept, ctx.gettext)


def address_in_words(ctx: Context, register: Register, address: Address, query: Asked) -> str:
    """What an address asks, in one sentence; 全部 when it asks nothing."""
    pairs = narrowing(register, address)
    return sentence(ctx, phrases(ctx, register, query, pairs)) or ctx.gettext("全部")
