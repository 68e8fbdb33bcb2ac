"""What a plugin says about a register, once: lists, forms, imports, exports and API follow."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from peewee import Field, ForeignKeyField

from openbureau.base.database import InstantField, UidField
from openbureau.base.i18n import N_
from openbureau.kernel.units.models import Unit
from openbureau.kit.registers.kinds import Kind, kind_of

NAME = re.compile(r"(?P<slug>[a-z][a-z0-9]{2,29})/(?P<noun>[a-z][a-z0-9_]{1,29})")
# Every register has these columns; a plugin declares them in its table like any other.
KEPT: Mapping[str, tuple[type[Field], ...]] = {
    "uid": (UidField,),
    "unit": (ForeignKeyField,),
    "version": (Field,),
    "changed_at": (InstantField,),
    "voided_at": (InstantField,),
}
# What is valid in a unit is counted from an index alone.
COUNTED = ("voided_at", "unit")
# Words of the list's address that are not filters.
RESERVED = frozenset(
    (
        *("q", "field", "op", "value", "joiner", "add", "remove", "sort", "size", "page"),
        *("columns", "after", "before", "query", "part", "voided", "unit", "select_all"),
        *("record", "act"),
        *("advanced", "counted", "back", "renew"),
    )
)
Personal = Literal["", "name", "phone", "mobile", "id_number", "address", "mail"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a register, of a field of its table.

    `width` is that of the list's tables. A `personal` column is masked for those without
    the register's `personal` permission, and stands in the inventory of personal data with
    its `purpose`. `headers` are other names it has in workbooks.
    `is_listed`: shown in the list until the person chooses otherwise; `is_sortable` needs an
    index. `is_required` defaults to what the table demands.
    """

    field: Any
    label: str
    width: Literal["", "lamp", "moment", "unit", "step", "short", "wide"] = ""
    personal: Personal = ""
    purpose: str = ""
    headers: Sequence[str] = ()
    sample: str = ""
    help: str = ""
    is_listed: bool = True
    is_sortable: bool = False
    is_required: bool | None = None
    is_readonly: bool = False

    @property
    def name(self) -> str:
        """The field's name: in addresses, forms and the API."""
        return str(self.field.name)


@dataclass(frozen=True, slots=True)
class Lamp:
    """A row's lamp: its state, and words with their values."""

    state: Literal["late", "warn", "ok", "pause"]
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long personal data is proposed to be kept: `years` after the day in the column
    `since`, by the rule `basis`. Administrators decide, and whether it is then emptied."""

    since: str
    years: int
    basis: str


@dataclass(frozen=True, slots=True)
class BulkAction:
    """Something done to many records at once (批量办理), one after the other.

    `run(ctx, register, row, reason)` does it to one record, in a transaction that holds a
    hundred; it raises a Problem where this record stays as it is, and is told again only
    about records after the last transaction. `permission` is asked in the record's unit.
    `needs_reason`: the person says why, once for all.
    """

    code: str
    label: str
    permission: str
    run: Callable[[Any, Any, Any, str], None]
    needs_reason: bool = False


@dataclass(frozen=True, eq=False)
class Register:
    """A register (台账): a table of the plugin and everything people do with it.

    `realm` is `<slug>/<noun>`: its pages are at that address. `title` names the columns
    that name a record, `key` those that tell two valid records apart,
    `filters` columns with few values or days, `words` those the one search box looks in.
    `read`, `write` and `personal` are permissions; a plugin declares them. `order` is a
    column, `-` before it for falling. `lamp(row, today)` gives a row's lamp. `counter`
    counts records (台, 件). `public` names the columns the public may be shown: none unless
    said so, and never a personal one. `actions` are offered for chosen rows of the list.
    `check(ctx, values)` finds what no single column can tell: a message by column.
    """

    realm: str
    label: str
    model: Any
    columns: Sequence[Column]
    title: Sequence[str]
    key: Sequence[str]
    read: str
    write: str
    personal: str = ""
    filters: Sequence[str] = ()
    words: Sequence[str] = ()
    public: Sequence[str] = ()
    order: str = "-id"
    counter: str = N_("条")
    actions: Sequence[BulkAction] = ()
    retention: Retention | None = None
    lamp: Callable[[Any, dt.date], Lamp | None] | None = None
    check: Callable[[Any, Mapping[str, Any]], Mapping[str, str]] | None = None

    def __post_init__(self) -> None:
        """Raises ValueError: the declaration contradicts itself or the table."""
        if not NAME.fullmatch(self.realm):
            raise ValueError(f"register {self.realm!r}: the realm is <slug>/<noun>")
        for problem in _problems(self):
            raise ValueError(f"register {self.realm}: {problem}")

    @property
    def slug(self) -> str:
        """The plugin's slug."""
        return self.realm.partition("/")[0]

    @property
    def noun(self) -> str:
        """What a record is called in addresses."""
        return self.realm.partition("/")[2]

    @property
    def url(self) -> str:
        """Where the list is."""
        return f"/{self.realm}"

    @property
    def slot(self) -> str:
        """The place on a record's page that other plugins may fill."""
        return f"{self.slug}.{self.noun}"

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def personal_names(self) -> frozenset[str]:
        """The columns that hold personal data, by name."""
        return frozenset(column.name for column in self.columns if column.personal)

    @cached_property
    def public_columns(self) -> Sequence[Column]:
        """The columns that may be shown to the public, in the order of the table."""
        return tuple(column for column in self.columns if column.name in self.public)

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """How each column's values are read and shown, by name."""
        return {column.name: kind_of(column.field) for column in self.columns}

    @cached_property
    def headers(self) -> Mapping[str, Column]:
        """The columns by every name they have in workbooks; its own label comes first."""
        named = [(column.label, column) for column in self.columns]
        named += [(name, column) for column in self.columns for name in column.headers]
        return dict(named)

    def record_url(self, record_id: int) -> str:
        """Where one record is."""
        return f"{self.url}/{record_id}"

    def record_title(self, row: Any) -> str:
        """What a row is called."""
        return " ".join(text for name in self.title if (text := str(getattr(row, name) or "")))


def _problems(register: Register) -> list[str]:
    return [*_table_problems(register), *_naming_problems(register), *_personal_problems(register)]


def _table_problems(register: Register) -> list[str]:
    fields = register.model._meta.fields
    found = [
        f"its table lacks the column {name}"
        for name, kinds in KEPT.items()
        if not isinstance(fields.get(name), kinds)
    ]
    if isinstance(fields.get("unit"), ForeignKeyField) and fields["unit"].rel_model is not Unit:
        found.append("its column unit is not one of units")
    indexes = [index[0] for index in register.model._meta.indexes if isinstance(index, tuple)]
    if not any(tuple(index[:2]) == COUNTED for index in indexes):
        found.append("its table has no index that begins with voided_at and unit")
    found += [
        f"column {column.name} belongs to another table"
        for column in register.columns
        if fields.get(column.name) is not column.field
    ]
    return found


def _naming_problems(register: Register) -> list[str]:
    known = [column.name for column in register.columns]
    found = [f"column {name} is named twice" for name in set(known) if known.count(name) > 1]
    named = {
        "title": register.title,
        "key": register.key,
        "filters": register.filters,
        "words": register.words,
        "public": register.public,
        "order": [name for name in [register.order.removeprefix("-")] if name != "id"],
        "retention": [register.retention.since] if register.retention else [],
    }
    for what, names in named.items():
        found += [f"{what} names {name}, which is no column" for name in set(names) - set(known)]
    if not register.title or not register.key:
        found.append("title and key name at least one column")
    found += [f"the name {name} is reserved" for name in set(register.filters) & RESERVED]
    codes = [action.code for action in register.actions]
    found += [f"action {code} is named twice" for code in set(codes) if codes.count(code) > 1]
    return found


def _personal_problems(register: Register) -> list[str]:
    found = []
    personal = register.personal_names
    if register.order.removeprefix("-") in personal:
        found.append("its order would tell personal data")
    told = personal & {*register.title, *register.key, *register.words}
    found += [f"its title, key or words would tell the personal data of {name}" for name in told]
    shown = personal & {*register.public}
    found += [f"personal column {name} cannot be public" for name in shown]
    found += [
        f"personal column {column.name} does not say its purpose"
        for column in register.columns
        if column.personal and not column.purpose
    ]
    if personal and not register.personal:
        found.append("it holds personal data and names no permission for it")
    return found
