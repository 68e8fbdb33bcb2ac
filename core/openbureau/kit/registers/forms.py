"""The form of a register, made from its columns; values are read by the kinds of the columns."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from openbureau.base.context import NOWHERE, Context
from openbureau.base.forms import AttachmentsField, Form
from openbureau.base.i18n import N_
from openbureau.base.request import Request
from openbureau.kernel.calendar.fields import DateField
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.kinds import Choice, Day, Line, Passage, UnitChoice, YesNo
from openbureau.kit.registers.records import Told, is_required, read_values

VERSION, FILES = "version", "files"


def record_form(register: Register, request: Request, row: Any = None) -> Form:
    """The form of a new record, or of one as it stands, filled with what was sent."""
    ctx = request.person
    # A new record begins with what the table fills in by itself, in the acting unit.
    values = form_values(ctx, register, row or register.model(unit=ctx.unit_id))
    version = "" if row is None else str(row.version)
    form: Form = _form_class(register)(request, **{VERSION: version}, **values)
    for name in register.by_name:
        if isinstance(register.kinds[name], UnitChoice) and name in form:
            choosing: Any = form[name]
            choosing.choices = _units(ctx, register.write)
    return form


def form_values(ctx: Context, register: Register, row: Any) -> dict[str, Any]:
    """What a row's columns hold, as the form's fields show it."""
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
    return values


def form_given(ctx: Context, register: Register, form: Form) -> Mapping[str, Any]:
    """The values of a sent form by column, read; what cannot be read or is missing is put on
    its field. Look at the form's errors before using them."""
    is_valid = form.validate()
    given = {
        column.name: form[column.name].data for column in register.columns if column.name in form
    }
    wanted = read_values(ctx, register, given)
    if is_valid:
        put_problems(form, wanted.problems)
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
        choices = [("", N_("请选择")), *_choices(kind)]
        return SelectField(column.label, choices=choices, validate_choice=False, **options)
    make = TextAreaField if isinstance(kind, Passage) else StringField
    return make(column.label, **options)


def _choices(kind: Choice | YesNo | UnitChoice) -> list[tuple[str, str]]:
    if isinstance(kind, Choice):
        return [(str(value), label) for value, label in kind.labels.items()]
    return [("1", N_("是")), ("0", N_("否"))] if isinstance(kind, YesNo) else []


def _units(ctx: Context, permission: str) -> list[tuple[str, str]]:
    reach = ctx.reach.get(permission, NOWHERE)
    nodes = unit_tree(ctx.tree_version).access_units()
    return [(node.code, node.name) for node in nodes if node.is_active and reach.covers(node.id)]
