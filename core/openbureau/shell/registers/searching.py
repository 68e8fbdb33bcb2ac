"""What a list is narrowed with: drop-downs, rows of the advanced query, what was asked."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import QueryParams

from openbureau.base.context import NOWHERE, Context
from openbureau.base.request import Address, Request
from openbureau.kernel.units.queries import UnitNode, unit_tree
from openbureau.kit.conditions import Condition, Conditions, conditions
from openbureau.kit.registers.addresses import PLACE, Pairs, list_url
from openbureau.kit.registers.asked import SINGLE, Asked, Told, askable, repeated
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.kinds import Choice, Day, Kind, UnitChoice, Unreadable, YesNo
from openbureau.kit.registers.phrases import Phrase, operator_words
from openbureau.kit.registers.records import around
from openbureau.kit.registers.spans import span_label, span_word

FORM = "search"
UNITS = "units-known"
MOST_UNITS = 40
_SHORTCUTS = ("today", "week", "month", "quarter", "year")
_FILTERED = ("past", "30d", "90d")


def renewed(ctx: Context, register: Register, request: Request) -> Address:
    """The address after the field of the condition `renew` was chosen anew: what does not
    fit the new field is left out."""
    asked = request.query.get("renew", "")
    names = askable(register)
    rows = list(conditions(request, names).rows)
    if not (asked.isascii() and asked.isdigit() and int(asked) < len(rows)):
        return request
    row = rows[int(asked)]
    kind = register.kinds[row.field]
    op = row.op if row.op in kind.operators else kind.operators[0]
    rows[int(asked)] = Condition(row.field, op, row.value if _fits(ctx, kind, row.value) else "")
    left = ("field", "op", "value", "renew")
    pairs = [pair for pair in request.query.multi_items() if pair[0] not in left]
    pairs.append(("advanced", "1"))
    for each in rows:
        pairs += [("field", each.field), ("op", each.op), ("value", each.value)]
    return Address(request.path, QueryParams(pairs))


def _fits(ctx: Context, kind: Kind, value: str) -> bool:
    try:
        kind.read(value, around(ctx))
    except Unreadable:
        return False
    return True


def filters(ctx: Context, register: Register, query: Asked) -> list[dict[str, Any]]:
    """The drop-downs above the list: choices, spans of days, units of the person's reach."""
    say = ctx.gettext
    found = []
    for name in register.filters:
        column, kind = register.by_name[name], register.kinds[name]
        options = [("", say("全部")), *_options(ctx, kind)]
        if isinstance(kind, Day):
            options += [(word, span_label(word, say)) for word in _FILTERED]
        value = query.filtered[name]
        value = span_word(value) or value if isinstance(kind, Day) else value
        if value not in dict(options):
            label = span_label(value, say) if span_word(value) == value else value
            options.append((value, label))
        found.append({"name": name, "label": say(column.label), "value": value, "options": options})
    if units := _units(ctx, register):
        options = [("", say("全部")), *((node.code, node.short_name) for node in units)]
        if query.unit_code not in dict(options):
            node = unit_tree(ctx.tree_version).by_code[query.unit_code]
            options.append((node.code, node.short_name))
        own = register.by_name.get("unit")
        label = say(own.label) if own else say("单位")
        value = query.unit_code
        found.append({"name": "unit", "label": label, "value": value, "options": options})
    return found


def _units(ctx: Context, register: Register) -> list[UnitNode]:
    """Units with their subtrees to choose from: those in reach, of very many the upper ones."""
    tree = unit_tree(ctx.tree_version)
    reach = ctx.reach.get(register.read, NOWHERE)
    found = [node for node in tree.access_units() if node.is_active and reach.covers(node.id)]
    if len(found) > MOST_UNITS:
        roots = {None, *(node.id for node in tree.roots)}
        found = [node for node in found if node.parent_id in roots]
    return found if len(found) > 1 else []


def _options(ctx: Context, kind: Kind) -> list[tuple[str, str]]:
    say = ctx.gettext
    if isinstance(kind, Choice):
        return [(str(value), say(label)) for value, label in kind.labels.items()]
    return [("1", say("是")), ("0", say("否"))] if isinstance(kind, YesNo) else []


def condition_rows(register: Register, address: Address) -> Conditions:
    """The rows of the form, unfinished ones too; a new one begins with what its field offers."""
    asked = conditions(address, askable(register))
    rows = []
    for row in asked.rows:
        operators = register.kinds[row.field].operators
        is_new = not row.value and row.op not in operators
        rows.append(Condition(row.field, operators[0], "") if is_new else row)
    return Conditions(rows, asked.joiner)


def offers(
    ctx: Context, register: Register, plain: Address, rows: Conditions, query: Asked
) -> list[dict[str, Any]]:
    """What each row's field offers: comparisons, values to choose from, days; and what is
    wrong with what was typed."""
    stated = [place for place, row in enumerate(query.conditions.rows) if row.is_stated]
    found = []
    for place, row in enumerate(rows.rows):
        kind = register.kinds[row.field]
        told = query.faults.get(stated.pop(0)) if row.is_stated and stated else None
        found.append(
            {
                "operators": operator_words(kind, ctx.gettext),
                "options": _options(ctx, kind),
                "value": _shown(ctx, kind, row.value),
                "hint": ctx.gettext("单位名称或代码") if isinstance(kind, UnitChoice) else "",
                "list": UNITS if isinstance(kind, UnitChoice) else "",
                "problem": _words(ctx, told),
                "shortcuts": _shortcuts(ctx, register, plain, rows, place),
            }
        )
    return found


def _words(ctx: Context, told: Told | None) -> str:
    return ctx.gettext(told[0], **told[1]) if told else ""


def unusable(ctx: Context, query: Asked) -> list[str]:
    """What of the address could not be used, for pages without the form."""
    return [_words(ctx, told) for told in query.problems]


def problems(ctx: Context, register: Register, given: Address, query: Asked) -> list[str]:
    """What of the address that was given could not be used, besides the conditions."""
    at_rows = list(query.faults.values())
    found = repeated(given.query, (*register.filters, *SINGLE))
    found += [told for told in query.problems if told not in at_rows]
    return [_words(ctx, told) for told in found]


def _shown(ctx: Context, kind: Kind, value: str) -> str:
    if isinstance(kind, Day) and (word := span_word(value)):
        return span_label(word, ctx.gettext)
    return value


def _shortcuts(
    ctx: Context, register: Register, plain: Address, rows: Conditions, place: int
) -> list[tuple[str, str, bool]]:
    """Links that set a condition on days: this month, until today."""
    row, say = rows.rows[place], ctx.gettext
    if not isinstance(register.kinds[row.field], Day):
        return []
    meant = [(span_label(word, say), Condition(row.field, "is", word)) for word in _SHORTCUTS]
    meant.append((say("截至今天"), Condition(row.field, "to", "today")))
    now = Condition(row.field, row.op, span_word(row.value))
    return [
        (text, _with_row(register, plain, rows, place, asked), asked == now)
        for text, asked in meant
    ]


def _with_row(
    register: Register, plain: Address, rows: Conditions, place: int, meant: Condition
) -> str:
    left = {"field", "op", "value", "joiner", *PLACE}
    pairs = [pair for pair in plain.query.multi_items() if pair[0] not in left]
    pairs += [("joiner", rows.joiner), ("advanced", "1")]
    for number, row in enumerate(rows.rows):
        each = meant if number == place else row
        if each.is_stated:
            pairs += [("field", each.field), ("op", each.op), ("value", each.value)]
    return list_url(register, pairs)


def chips(
    ctx: Context, register: Register, told: Sequence[Phrase], more: Pairs
) -> list[tuple[str, str, str]]:
    """Each thing asked, the list without it, and the word before it."""
    found: list[tuple[str, str, str]] = []
    for place, phrase in enumerate(told):
        is_one_of = bool(phrase.group) and place > 0 and bool(told[place - 1].group)
        word = ctx.gettext("或") if is_one_of else ctx.gettext("且")
        joiner = word if place else ""
        found.append((phrase.text, list_url(register, [*phrase.rest, *more]), joiner))
    return found
