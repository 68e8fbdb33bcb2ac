"""Names of open units are unique, so that nobody can pass for another unit; sections have
theirs within the unit above, and none that of a unit."""

from dataclasses import dataclass
from typing import Any

from openbureau.base.i18n import N_
from openbureau.kernel.units.errors import UnitRefused
from openbureau.kernel.units.models import Unit

SECTION = "office"


@dataclass(frozen=True, slots=True)
class Naming:
    """What a unit is to be called and where it will stand; `own_id` once it exists."""

    name: str
    short_name: str
    parent_id: int | None
    is_section: bool
    own_id: int | None = None


def naming_of(
    unit: Unit, name: str = "", short_name: str = "", parent_id: int | None = None
) -> Naming:
    """How a unit is called, except for what is given otherwise."""
    return Naming(
        name=name or unit.name,
        short_name=short_name or name or unit.short_name,
        parent_id=parent_id or unit.parent_id,
        is_section=unit.kind == SECTION,
        own_id=unit.id,
    )


def check_name(naming: Naming) -> None:
    """Raises UnitRefused: no name, or another open unit has it; the sentence names that one."""
    if not naming.name.strip():
        raise UnitRefused("name", N_("请填写名称。"))
    for field, name in (("name", naming.name), ("short_name", naming.short_name)):
        holder = _holder(naming, name.strip())
        if holder is not None:
            raise UnitRefused(
                field,
                N_("「%(name)s」是%(unit)s（%(holder)s）的名称，请换一个。"),
                name=name.strip(),
                unit=holder.short_name,
                holder=holder.code,
            )


def _holder(naming: Naming, name: str) -> Any:
    """The open unit of this very name that stands in the way; None when none does."""
    is_near = Unit.parent.is_null() if naming.parent_id is None else Unit.parent == naming.parent_id
    others = Unit.select().where((Unit.name == name) & Unit.is_active & (Unit.id != naming.own_id))
    return others.where((Unit.kind != SECTION) | is_near).order_by(Unit.id).first()
