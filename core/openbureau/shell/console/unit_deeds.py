"""The changes an administrator can make to a unit: a form each, and what it does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.calendar.fields import DateField
from openbureau.kernel.units.changes import (
    CONTACTS,
    change_contacts,
    close_unit,
    create_unit,
    merge_units,
    move_unit,
    place_of,
    place_unit,
    recode_unit,
    rename_unit,
    reopen_unit,
    split_unit,
    unit_by_code,
)
from openbureau.kernel.units.lineage import Deed
from openbureau.kernel.units.models import Unit
from openbureau.kit.picker import PartiesField

POWER = "core.manage_units"
KIND_LABELS: Mapping[str, str] = {
    "office": N_("处室"),
    "institute": N_("直属机构"),
    "prefecture": N_("州市局"),
    "county": N_("县局"),
    "zone": N_("开发区分局"),
    "province": N_("省局"),
}


class _Dated(Form):
    """A day and a document."""

    on = DateField(N_("生效日期"), [InputRequired()], description=N_("今天或以前的日期。"))
    basis = StringField(N_("依据文件"), [InputRequired(), Length(max=200)])


class AddForm(_Dated):
    """A new unit below this one."""

    code = StringField(N_("代码"), [InputRequired(), Length(max=32)])
    kind = SelectField(N_("类别"), [InputRequired()])
    name = StringField(N_("名称"), [InputRequired(), Length(max=200)])
    short_name = StringField(N_("简称"), [Length(max=100)])


class RenameForm(_Dated):
    """Another name."""

    name = StringField(N_("名称"), [InputRequired(), Length(max=200)])
    short_name = StringField(N_("简称"), [Length(max=100)])


class RecodeForm(_Dated):
    """Another code."""

    code = StringField(N_("代码"), [InputRequired(), Length(max=32)])


class MoveForm(_Dated):
    """Another superior."""

    other = SelectField(N_("新的上级单位"), [InputRequired()])


class MergeForm(_Dated):
    """The unit it goes into."""

    other = SelectField(N_("并入"), [InputRequired()])


class SplitForm(_Dated):
    """The new unit, and who goes there."""

    code = StringField(N_("新单位的代码"), [InputRequired(), Length(max=32)])
    name = StringField(N_("新单位的名称"), [InputRequired(), Length(max=200)])
    short_name = StringField(N_("简称"), [Length(max=100)])
    people = PartiesField(N_("随转人员"), kinds=("person",), within=POWER)


class ContactsForm(Form):
    """How the unit is reached."""

    phone = StringField(N_("电话"), [Length(max=60)])
    fax = StringField(N_("传真"), [Length(max=60)])
    mail = StringField(N_("邮箱"), [Length(max=200)])
    address = StringField(N_("地址"), [Length(max=200)])
    postcode = StringField(N_("邮编"), [Length(max=12)])


class PlaceForm(Form):
    """Where it stands among its siblings."""

    place = IntegerField(N_("排名"), [InputRequired(), NumberRange(min=1, max=9999)])


def _add(deed: Deed, unit: Unit, form: Any) -> str:
    create_unit(
        deed,
        code=form.code.data.strip(),
        name=form.name.data.strip(),
        short_name=(form.short_name.data or "").strip(),
        kind=form.kind.data,
        parent=unit,
    )
    return str(form.code.data.strip())


def _rename(deed: Deed, unit: Unit, form: Any) -> str:
    rename_unit(deed, unit, form.name.data.strip(), (form.short_name.data or "").strip())
    return str(unit.code)


def _recode(deed: Deed, unit: Unit, form: Any) -> str:
    recode_unit(deed, unit, form.code.data.strip())
    return str(unit.code)


def _move(deed: Deed, unit: Unit, form: Any) -> str:
    move_unit(deed, unit, unit_by_code(form.other.data))
    return str(unit.code)


def _merge(deed: Deed, unit: Unit, form: Any) -> str:
    merge_units(deed, unit, unit_by_code(form.other.data))
    return str(form.other.data)


def _split(deed: Deed, unit: Unit, form: Any) -> str:
    uids = [value.partition(":")[2] for value in form.people.data]
    people = [row.id for row in Account.select(Account.id).where(Account.uid.in_(uids))]
    made = split_unit(
        deed,
        unit,
        code=form.code.data.strip(),
        name=form.name.data.strip(),
        short_name=(form.short_name.data or "").strip(),
        people=people,
    )
    return str(made.code)


def _close(deed: Deed, unit: Unit, form: Any) -> str:
    close_unit(deed, unit)
    return str(unit.code)


def _reopen(deed: Deed, unit: Unit, form: Any) -> str:
    reopen_unit(deed, unit)
    return str(unit.code)


def _contacts(deed: Deed, unit: Unit, form: Any) -> str:
    change_contacts(deed, unit, {name: (form[name].data or "").strip() for name in CONTACTS})
    return str(unit.code)


def _place(deed: Deed, unit: Unit, form: Any) -> str:
    place_unit(deed, unit, form.place.data)
    return str(unit.code)


def _name_values(unit: Unit) -> dict[str, Any]:
    return {"name": unit.name, "short_name": unit.short_name}


def _no_values(unit: Unit) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class UnitDeed:
    """One change: its form, what fills it at first, what it does (the code of the unit whose
    page follows), and whether it is for the top unit of a delegated administrator too."""

    label: str
    form: type[Form]
    act: Callable[[Deed, Unit, Any], str]
    values: Callable[[Unit], dict[str, Any]] = _no_values
    icon: str = "pencil"
    is_danger: bool = False
    is_inside: bool = False


DEEDS: Mapping[str, UnitDeed] = {
    "add": UnitDeed(N_("新设下属单位"), AddForm, _add, icon="plus", is_inside=True),
    "rename": UnitDeed(N_("更名"), RenameForm, _rename, _name_values, is_inside=True),
    "contacts": UnitDeed(
        N_("联系方式"),
        ContactsForm,
        _contacts,
        lambda unit: {name: getattr(unit, name) for name in CONTACTS},
        "address-book",
        is_inside=True,
    ),
    "place": UnitDeed(
        N_("排名"), PlaceForm, _place, lambda unit: {"place": place_of(unit)[0]}, "list-check"
    ),
    "recode": UnitDeed(N_("改代码"), RecodeForm, _recode, lambda unit: {"code": unit.code}, "id"),
    "move": UnitDeed(N_("改隶属"), MoveForm, _move, icon="sitemap"),
    "split": UnitDeed(N_("分设"), SplitForm, _split, icon="plus"),
    "merge": UnitDeed(N_("合并"), MergeForm, _merge, icon="users", is_danger=True),
    "close": UnitDeed(N_("撤销"), _Dated, _close, icon="x", is_danger=True),
    "reopen": UnitDeed(N_("恢复"), _Dated, _reopen, icon="refresh"),
}
