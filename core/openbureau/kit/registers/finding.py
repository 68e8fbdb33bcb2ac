"""What the search knows of a register's records."""

from typing import Any

from openbureau.base.i18n import N_
from openbureau.kernel.search.actions import Findable, index_record
from openbureau.kernel.units.names import pinyin_of
from openbureau.kit.registers.declared import Register

MOST_INITIALS = 12
_VOID = N_("已作废")


def index_row(register: Register, row: Any) -> None:
    """Makes a record findable; a void one is found too, for the sake of whoever looks for it."""
    index_record(findable(register, row))


def findable_after(register: Register, after_id: int, limit: int) -> list[Findable]:
    """The next records by their ids, as the search shows them."""
    model = register.model
    rows = model.select().where(model.id > after_id).order_by(model.id).limit(limit)
    return [findable(register, row) for row in rows]


def findable(register: Register, row: Any) -> Findable:
    """A record as the search shows it: found by its title, also by the initials of that, by
    its key and by the columns of the search box."""
    kinds = register.kinds
    words = [kinds[name].shown(getattr(row, name), str) for name in register.words]
    if row.voided_at is not None:
        words.insert(0, _VOID)
    title = register.record_title(row)
    _, initials = pinyin_of(title[:MOST_INITIALS])
    return Findable(
        realm=register.realm,
        record_id=row.id,
        plugin=register.slug,
        title=title,
        at=row.changed_at,
        summary=" · ".join(text for text in words if text),
        unit_id=row.unit_id,
        extra_tokens=(initials, *(str(getattr(row, name) or "") for name in register.key)),
    )
