"""Rows of a register as HTML, all cells of a row in one go: a macro for every cell costs a
list of fifty rows as much again as its query."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from markupsafe import Markup

from openbureau.base.context import Context
from openbureau.base.escaping import escape_text
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.kinds import Amount, Day, Moment, Passage, UnitChoice, Whole
from openbureau.kit.registers.masking import masked

_MARKS = {"late": "●", "warn": "▲", "ok": "■", "pause": "◇"}
_NONE = '<span class="minor">—</span>'
_CUT_FROM = 5
# In half-width characters: what is longer may take two lines; a code stays in one piece.
_LONG_FROM = 29
_LONGEST_CODE = 40
_WIDE_CODE_FROM = 13


class Row(NamedTuple):
    """A record in a list: the cells after its box, and whether it stands out."""

    id: int
    cells: Markup
    is_strong: bool = False


def table_columns(
    ctx: Context, register: Register, shown: Sequence[Column]
) -> list[dict[str, str]]:
    """The heads of a list, as the `table` macro takes them."""
    say = ctx.gettext
    heads = [{"label": say("时限"), "width": "lamp"}] if register.lamp else []
    for column in shown:
        head = {"label": say(column.label), "width": _width(register, column)}
        if column.name == register.title[0]:
            head["main"] = "1"
        if isinstance(register.kinds[column.name], Whole | Amount):
            head["align"] = "end"
        if column.is_sortable:
            head["key"] = column.name
        heads.append(head)
    return heads


def table_rows(
    ctx: Context, register: Register, shown: Sequence[Column], rows: Sequence[Any]
) -> list[Row]:
    """The rows of a list with these columns; personal ones masked for those who may not see
    them in the record's unit."""
    writers = [_writer(ctx, register, column) for column in shown]
    lamp = _lamp_writer(ctx, register)
    found = []
    for row in rows:
        may_see = not register.personal or ctx.may_in(register.personal, row.unit_id)
        parts = [lamp(row), *(write(row, may_see) for write in writers)]
        cells = Markup("".join(parts))  # noqa: S704 - every value was escaped by its writer
        found.append(Row(row.id, cells))
    return found


def cell_text(ctx: Context, register: Register, column: Column, row: Any, *, may_see: bool) -> str:
    """One value as this person may read it."""
    return _text(ctx, register, column, getattr(row, _attribute(column)), may_see=may_see)


def _attribute(column: Column) -> str:
    return "unit_id" if column.name == "unit" else column.name


def _text(ctx: Context, register: Register, column: Column, value: Any, *, may_see: bool) -> str:
    kind = register.kinds[column.name]
    if isinstance(kind, UnitChoice):
        node = unit_tree(ctx.tree_version).by_id.get(value)
        return node.short_name if node else ""
    text = kind.shown(value, ctx.gettext)
    return masked(column.personal, text) if column.personal and not may_see else text


def _writer(ctx: Context, register: Register, column: Column) -> Callable[[Any, bool], str]:
    value_of = attrgetter(_attribute(column))
    known: dict[tuple[Any, bool], str] = {}
    cell = _main_cell if column.name == register.title[0] else _plain_cell(ctx, register, column)

    def write(row: Any, may_see: bool) -> str:  # noqa: FBT001 - called once per cell
        key = (value_of(row), may_see)
        html = known.get(key)
        if html is None:
            # A page holds the same kinds, states, units and days many times.
            text = escape_text(_text(ctx, register, column, key[0], may_see=may_see))
            html = known[key] = cell(text)
        return html

    if column.name != register.title[0]:
        return write
    url = register.url
    return lambda row, may_see: write(row, may_see).format(url=url, id=row.id)


def _main_cell(text: str) -> str:
    """The cell that leads to the record, without its address yet."""
    shown = text.replace("{", "{{").replace("}", "}}")
    return (
        '<td class="cell-main"><span class="cell-title">'
        f'<a href="{{url}}/{{id}}" title="{shown}">{shown or "{id}"}</a></span></td>'
    )


def _plain_cell(ctx: Context, register: Register, column: Column) -> Callable[[str], str]:
    plain, label = _css(register, column), escape_text(ctx.gettext(column.label))
    is_cut = plain.startswith("cell-clip")
    is_text = is_cut or plain == "cell-wrap"

    def cell(text: str) -> str:
        if not text:
            return f'<td class="{plain} cell-none" data-label="{label}">{_NONE}</td>'
        css = "cell-clip cell-code" if is_cut and _is_code(text) else plain
        title = f' title="{text}"' if is_cut and len(text) >= _CUT_FROM else ""
        if is_text and _half_widths(text) >= _LONG_FROM and not css.endswith("cell-code"):
            text = f'<span class="cell-lines">{text}</span>'
        return f'<td class="{css}" data-label="{label}"{title}>{text}</td>'

    return cell


def _is_code(text: str) -> bool:
    """Mostly letters and figures, in one word: 梯10滇A01234(26) is one, 示例食品厂3 is not."""
    plain = sum(letter.isascii() for letter in text)
    return len(text) <= 2 * plain and len(text) <= _LONGEST_CODE and " " not in text


def _half_widths(text: str) -> int:
    return sum(1 if letter.isascii() else 2 for letter in text)


def _width(register: Register, column: Column) -> str:
    """The column's width; a code without one gets what keeps it in one piece."""
    is_code = column.name in register.key and column.name != register.title[0]
    longest = getattr(column.field, "max_length", None) or 0
    is_long = is_code and not column.field.choices and longest >= _WIDE_CODE_FROM
    return column.width or ("wide" if is_long else "")


def _css(register: Register, column: Column) -> str:
    kind = register.kinds[column.name]
    if isinstance(kind, Whole | Amount):
        return "cell-number"
    if isinstance(kind, Day | Moment):
        return "cell-nowrap"
    if isinstance(kind, Passage):
        return "cell-wrap"
    return "cell-clip cell-code" if column.name in register.key else "cell-clip"


def _lamp_writer(ctx: Context, register: Register) -> Callable[[Any], str]:
    lamp_of, today = register.lamp, ctx.today
    if lamp_of is None:
        return lambda row: ""

    def write(row: Any) -> str:
        lamp = lamp_of(row, today)
        if lamp is None:
            return f'<td class="cell-lamp">{_NONE}</td>'
        text = escape_text(ctx.gettext(lamp.text, **lamp.params))
        return (
            f'<td class="cell-lamp"><span class="lamp lamp-{lamp.state}">'
            f'<span class="lamp-mark" aria-hidden="true">{_MARKS[lamp.state]}</span>'
            f"{text}</span></td>"
        )

    return write
