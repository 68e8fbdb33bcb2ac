"""The form of a register, made from its columns; values are read by the kinds of the columns."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # stubs of 3.2
from wtforms.validators import InputRequired, Length, Optional

from openbureau.base.context import NOWHERE, Context
from openbureau.base.forms import AttachmentsField, Form
from openbureau.base.i18n import N_
from openbureau.base.request import Request
from openbureau.kernel.calendar.fields import DateField
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.kinds import Choice, Day, Line, Passage, UnitChoice, YesNo
from openbureau.kit.registers.masking import HIDDEN, masked, masked_columns
from openbureau.kit.registers.records import Told, is_required, may_be_empty, read_values

VERSION, FILES = "version", "files"


def record_form(register: Register, request: Request, row: Any = None) -> Form:
    """The form of a new record, or of one as it stands, filled with what was sent."""
    ctx = request.person
    # A new record begins with what the table fills in by itself, in the acting unit.
    values = form_values(ctx, register, row or register.model(unit=ctx.unit_id))
    version = "" if row is None else str(row.version)
    form: Form = _form_class(register)(request, **{VERSION: version}, **values)
    for name, kind in register.kinds.items():
        if name in form and isinstance(kind, Choice | YesNo | UnitChoice):
            choosing: Any = form[name]
            shown = _choices(ctx, register, kind)
            # Nothing can be chosen only where it is allowed, or nothing is chosen yet.
            is_chosen = any(choice.value == choosing.data for choice in shown)
            if may_be_empty(register.by_name[name]) or not is_chosen:
                shown.insert(0, SelectChoice("", ctx.gettext("请选择")))
            choosing.choices = shown
    return form


def form_values(ctx: Context, register: Register, row: Any) -> dict[str, Any]:
    """What a row's columns hold, as the form's fields show it: personal ones masked for those
    who may not read them in the record's unit."""
    hidden = _hidden(ctx, register, row)
    tree = unit_tree(ctx.tree_version)
    values: dict[str, Any] = {}
    for name, kind in register.kinds.items():
        value = row.__data__.get(name)
        if isinstance(kind, UnitChoice):
            values[name] = tree.by_id[value].code if value in tree.by_id else ""
        elif isinstance(kind, Day):
            values[name] = value
        elif isinstance(kind, YesNo):
            values[name] = {True: "1", False: "0", None: ""}[value]
        else:
            values[name] = kind.written(value) if not isinstance(kind, Choice) else value or ""
        if name in hidden:
            shown = kind.written(value)
            values[name] = masked(register.by_name[name].personal, shown)
    return values


def _hidden(ctx: Context, register: Register, row: Any) -> frozenset[str]:
    """The columns of a record that this person sees masked; none of a new one."""
    is_new = row is None or row.id is None
    return frozenset() if is_new else masked_columns(ctx, register, row.unit_id)


def form_given(ctx: Context, register: Register, form: Form, row: Any = None) -> Mapping[str, Any]:
    """The values of a sent form by column, read; what cannot be read or is missing is put on
    its field. What is still masked as it was shown is left out: it stays as it is. Look at the
    form's errors before using them."""
    form.validate()
    hidden = _hidden(ctx, register, row)
    given = {}
    for column in register.columns:
        if column.name not in form:
            continue
        value = form[column.name].data
        if column.personal and HIDDEN in str(value or ""):
            if column.name not in hidden:
                form.add_error(column.name, N_("这是遮盖后的内容，请填写完整内容。"))
            continue
        given[column.name] = value
    wanted = read_values(ctx, register, given)
    put_problems(form, {n: told for n, told in wanted.problems.items() if not form[n].errors})
    return wanted.values


def put_problems(form: Form, problems: Mapping[str, Told]) -> None:
    """Puts what is wrong with columns on their fields."""
    for name, (message, params) in problems.items():
        form.add_error(name, message, **params)


@lru_cache(maxsize=256)
def _form_class(register: Register) -> type[Form]:
    fields: dict[str, Any] = {
        column.name: _field(register, column)
        for column in register.columns
        if not column.is_readonly
    }
    fields[VERSION] = HiddenField()
    fields[FILES] = AttachmentsField(N_("附件"))
    return type("RecordForm", (Form,), fields)


def _field(register: Register, column: Column) -> Any:
    kind = register.kinds[column.name]
    validators: list[Any] = [InputRequired() if is_required(column) else Optional()]
    if isinstance(kind, Line) and kind.longest:
        validators.append(Length(max=kind.longest))
    options: dict[str, Any] = {"description": column.help, "validators": validators}
    if isinstance(kind, Day):
        return DateField(column.label, **options)
    if isinstance(kind, Choice | YesNo | UnitChoice):
        return SelectField(column.label, validate_choice=False, **options)
    make = TextAreaField if isinstance(kind, Passage) else StringField
    return make(column.label, **options)


def _choices(
    ctx: Context, register: Register, kind: Choice | YesNo | UnitChoice
) -> list[SelectChoice]:
    say = ctx.gettext
    if isinstance(kind, UnitChoice):
        reach = ctx.reach.get(register.write, NOWHERE)
        nodes = unit_tree(ctx.tree_version).access_units()
        shown = [
            (node.code, node.name) for node in nodes if node.is_active and reach.covers(node.id)
        ]
    elif isinstance(kind, Choice):
        shown = [(str(value), say(label)) for value, label in kind.labels.items()]
    else:
        shown = [("1", say("是")), ("0", say("否"))]
    return [SelectChoice(value, label) for value, label in shown]
