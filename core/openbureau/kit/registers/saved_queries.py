"""Queries kept under a name (保存方案), and the columns somebody wants to see of a register."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from peewee import SQL, Query

from openbureau.base.context import Context
from openbureau.base.database import new_uid, param, statement
from openbureau.base.errors import Invalid, NotFound
from openbureau.base.i18n import N_
from openbureau.base.request import Address
from openbureau.kernel.access.ranges import among, id_list
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.actions import record_act
from openbureau.kernel.enablement.actions import bump_stamp
from openbureau.kernel.units.queries import UnitNode, unit_tree
from openbureau.kit.registers.addresses import arranging, narrowing
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.models import ListView, SavedQuery

MOST = 50
SHOWN = 200
LONGEST_NAME, LONGEST_ADDRESS = 60, 2000
_NAMES = msgspec.json.Decoder(list[str]).decode


@dataclass(frozen=True, slots=True)
class KeptQuery:
    """A kept query somebody is offered: their own, or one of `author` shared to `unit_id`."""

    uid: str
    name: str
    address: str
    unit_id: int | None
    author: str
    is_own: bool

    def url(self, register: Register) -> str:
        """The list as it was kept."""
        return f"{register.url}?{self.address}&query={self.uid}"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a person finds of their own at a list: the columns they chose, none for those of
    the register, and the queries they are offered, their own first, then by name."""

    columns: Sequence[str]
    queries: Sequence[KeptQuery]

    def query(self, uid: str) -> KeptQuery | None:
        """One of the queries."""
        return next((kept for kept in self.queries if kept.uid == uid), None)


def arrangement_of(ctx: Context, register: Register) -> Arrangement:
    """Columns and queries of this person at a list, in one statement."""
    rows = _arranged().rows(
        account=ctx.account.id, realm=register.realm, units=id_list(_above(ctx)), most=SHOWN
    )
    columns: Sequence[str] = ()
    queries = []
    for row in rows:
        if not row.uid:
            columns = [name for name in _NAMES(row.address) if name in register.by_name]
            continue
        is_own = row.account_id == ctx.account.id
        kept = KeptQuery(row.uid, row.name, row.address, row.unit_id, row.author, is_own)
        queries.append(kept)
    queries.sort(key=lambda kept: (not kept.is_own, kept.name))
    return Arrangement(columns, queries)


def _above(ctx: Context) -> list[int]:
    """The acting unit and those above it."""
    if ctx.post is None:
        return []
    unit_id = ctx.post.access_unit_id
    return [unit_id, *(node.id for node in unit_tree(ctx.tree_version).ancestors(unit_id))]


@statement
def _arranged() -> Query:
    own = SavedQuery.account == param("account")
    columns = (
        SavedQuery.uid,
        SavedQuery.name,
        SavedQuery.address,
        SavedQuery.unit.alias("unit_id"),
        SavedQuery.account.alias("account_id"),
        Account.name.alias("author"),
    )
    offered = (
        SavedQuery.select(*columns)
        .join(Account, on=(SavedQuery.account == Account.id))
        .where(
            (SavedQuery.realm == param("realm")) & (own | among(SavedQuery.unit, "units")),
        )
        .order_by(own.desc(), SavedQuery.id.desc())
        .limit(param("most"))
        .alias("offered")
    )
    nothing = SQL("''")
    view = ListView.select(
        nothing.alias("uid"),
        nothing.alias("name"),
        ListView.columns.alias("address"),
        SQL("CAST(NULL AS INTEGER)").alias("unit_id"),
        ListView.account.alias("account_id"),
        nothing.alias("author"),
    ).where((ListView.account == param("account")) & (ListView.realm == param("realm")))
    names = ("uid", "name", "address", "unit_id", "account_id", "author")
    chosen: Any = offered.select_from(*(getattr(offered.c, name) for name in names))
    together: Query = chosen.union_all(view)
    return together


def query_text(register: Register, address: Address) -> str:
    """What of an address is kept: all but the place."""
    return urlencode([*narrowing(register, address), *arranging(register, address)])


def shown_columns(register: Register, names: Sequence[str]) -> list[Column]:
    """The named columns in their order, or those listed by default; what names a record is
    always among them."""
    if not names:
        main = register.title[0]
        return [each for each in register.columns if each.is_listed or each.name == main]
    known = [register.by_name[name] for name in dict.fromkeys(names) if name in register.by_name]
    main_column = register.by_name[register.title[0]]
    return known if main_column in known else [main_column, *known]


def keep_columns(ctx: Context, register: Register, names: Sequence[str]) -> None:
    """Remembers which columns this person wants to see; none: those of the register."""
    found = [name for name in dict.fromkeys(names) if name in register.by_name]
    bump_stamp(register.realm)
    mine = (ListView.account == ctx.account.id) & (ListView.realm == register.realm)
    if not found:
        ListView.delete().where(mine).execute()
        return
    text = msgspec.json.encode(found).decode()
    if not ListView.update(columns=text).where(mine).execute():
        ListView.create(account=ctx.account.id, realm=register.realm, columns=text)


def shareable_units(ctx: Context, register: Register) -> list[UnitNode]:
    """The units to whose subtree this person may share a query: where they may write."""
    nodes = unit_tree(ctx.tree_version).access_units()
    return [node for node in nodes if node.is_active and ctx.may_in(register.write, node.id)]


def own_query(ctx: Context, register: Register, uid: str) -> Any:
    """A query this person keeps. Raises NotFound."""
    found = SavedQuery.get_or_none(
        (SavedQuery.uid == uid)
        & (SavedQuery.realm == register.realm)
        & (SavedQuery.account == ctx.account.id)
    )
    if found is None:
        raise NotFound(N_("没有找到这个查询方案，或它不是您的。"))
    return found


def save_query(
    ctx: Context, register: Register, name: str, address: str, unit_id: int | None
) -> SavedQuery:
    """Keeps an address under a name, shared to a unit's subtree where one is given.

    Raises Invalid, with the field it concerns in `params["field"]`.
    """
    mine = (SavedQuery.account == ctx.account.id) & (SavedQuery.realm == register.realm)
    if SavedQuery.select().where(mine).count() >= MOST:
        raise _invalid("name", N_("最多保存 %(total)s 个查询方案，请先删除不用的。"), total=MOST)
    words = _name(ctx, register, name)
    _check(ctx, register, address, unit_id)
    made: SavedQuery = SavedQuery.create(
        uid=new_uid(),
        realm=register.realm,
        name=words,
        address=address,
        account=ctx.account.id,
        unit=unit_id,
        created_at=ctx.now,
    )
    _note_sharing(ctx, register, made, None)
    return made


def change_query(
    ctx: Context, register: Register, uid: str, *, name: str, unit_id: int | None
) -> Any:
    """Gives a query another name or shares it elsewhere. Raises NotFound, Invalid."""
    kept = own_query(ctx, register, uid)
    words = _name(ctx, register, name, uid)
    if unit_id != kept.unit_id:
        _check(ctx, register, kept.address, unit_id)
    before = kept.unit_id
    SavedQuery.update(name=words, unit=unit_id).where(SavedQuery.id == kept.id).execute()
    kept.name, kept.unit = words, unit_id
    _note_sharing(ctx, register, kept, before)
    return kept


def overwrite_query(ctx: Context, register: Register, uid: str, address: str) -> Any:
    """Keeps another address under a query's name. Raises NotFound, Invalid."""
    kept = own_query(ctx, register, uid)
    _check(ctx, register, address, kept.unit_id)
    SavedQuery.update(address=address).where(SavedQuery.id == kept.id).execute()
    kept.address = address
    _note_sharing(ctx, register, kept, kept.unit_id)
    return kept


def delete_query(ctx: Context, register: Register, uid: str) -> None:
    """Gives a query up. Raises NotFound."""
    kept = own_query(ctx, register, uid)
    _note_sharing(ctx, register, kept, kept.unit_id, is_given_up=True)
    SavedQuery.delete().where(SavedQuery.id == kept.id).execute()


def _name(ctx: Context, register: Register, name: str, except_uid: str = "") -> str:
    words = " ".join(name.split())
    if not 0 < len(words) <= LONGEST_NAME:
        raise _invalid("name", N_("请填写 1 到 %(total)s 个字。"), total=LONGEST_NAME)
    is_taken = (
        SavedQuery.select()
        .where(
            (SavedQuery.account == ctx.account.id)
            & (SavedQuery.realm == register.realm)
            & (SavedQuery.name == words)
            & (SavedQuery.uid != except_uid)
        )
        .exists()
    )
    if is_taken:
        raise _invalid("name", N_("您已有叫「%(name)s」的查询方案，请换一个名称。"), name=words)
    return words


def _check(ctx: Context, register: Register, address: str, unit_id: int | None) -> None:
    if not address:
        raise _invalid("name", N_("没有可保存的条件，请先查询。"))
    if len(address) > LONGEST_ADDRESS:
        raise _invalid("name", N_("条件太多，不能保存，请减少条件。"))
    if unit_id is not None and not ctx.may_in(register.write, unit_id):
        raise _invalid("unit", N_("这个单位不在您的办理范围内。"))
    if unit_id is not None and _tells_personal_data(register, address):
        raise _invalid("unit", N_("条件中有个人信息，不能共享；可以自己保存。"))


def _tells_personal_data(register: Register, address: str) -> bool:
    """Whether a value is asked of a personal column: whoever is given the query would read it."""
    pairs = parse_qsl(address)
    asked = {value if name == "field" else name for name, value in pairs}
    return not asked.isdisjoint(register.personal_names)


def _invalid(field: str, message: str, **params: Any) -> Invalid:
    refused = Invalid(message, **params)
    refused.params = {**refused.params, "field": field}
    return refused


def _note_sharing(
    ctx: Context,
    register: Register,
    kept: SavedQuery,
    before: int | None,
    *,
    is_given_up: bool = False,
) -> None:
    """The audit row of what others are offered from now on, or no longer; lists that were
    sent before are no longer right."""
    bump_stamp(register.realm)
    unit_id = None if is_given_up else kept.unit_id
    detail = {"name": kept.name, "url": f"{register.url}?{kept.address}"}
    for verb, unit in (("unshare", before if before != unit_id else None), ("share", unit_id)):
        if unit is not None:
            record_act(ctx, f"{register.slug}.{verb}_query", register.realm, None, detail, unit)
