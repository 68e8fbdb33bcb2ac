"""Changing the unit tree: every change is dated, ordered by a document and kept; no unit is
ever deleted. The caller holds the transaction."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from peewee import fn

from openbureau.base.context import CHINA
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.search.core_records import index_people, index_units
from openbureau.kernel.units.actions import rebuild_paths, sounds_of
from openbureau.kernel.units.custody import is_kept_by_directory, is_made_by_directory
from openbureau.kernel.units.errors import UnitRefused
from openbureau.kernel.units.lineage import Deed, newest_event_on, note_event
from openbureau.kernel.units.models import KINDS, Node, Unit
from openbureau.kernel.units.naming import Naming, check_name, naming_of

CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{1,31}")
CONTACTS = ("phone", "fax", "mail", "address", "postcode")


def unit_by_code(code: str) -> Unit:
    """A unit. Raises NotFound: there is none with this code."""
    found = Unit.get_or_none(Unit.code == code)
    if found is None:
        raise NotFound(N_("没有代码为「%(unit)s」的单位。"), code="UNIT-001", unit=code[:40])
    return found


def create_unit(
    deed: Deed, *, code: str, name: str, short_name: str, kind: str, parent: Unit
) -> Unit:
    """A new unit, last among those under its parent."""
    _check_day(deed)
    _check_code(code)
    _check_open(parent, "parent")
    if kind not in KINDS:
        raise UnitRefused("kind", N_("没有这种单位类别。"))
    check_name(Naming(name, short_name, parent.id, is_section=kind == "office"))
    unit = Unit.create(
        code=code,
        name=name,
        short_name=short_name or name,
        kind=kind,
        parent=parent,
        region=parent.region,
        is_access_unit=kind != "office",
        home_node=Node.get(Node.is_self),
        position=_last_position(parent.id) + 1,
        source="local",
        **sounds_of(name, short_name or name),
    )
    note_event(unit.id, "created", deed, after={"code": code, "name": name})
    _finish(deed, "core.create_unit", unit, {"code": code, "name": name, "parent": parent.code})
    return unit


def rename_unit(deed: Deed, unit: Unit, name: str, short_name: str) -> None:
    """Another name from a day on; `unit_name_on` still answers the old one for before."""
    _check_change(deed, unit)
    check_name(naming_of(unit, name, short_name))
    before = {"name": unit.name, "short_name": unit.short_name}
    after = {"name": name, "short_name": short_name or name}
    if before == after:
        raise UnitRefused("name", N_("名称没有变化。"))
    _save(unit, {**after, **sounds_of(name, short_name or name), "is_name_assumed": False})
    note_event(unit.id, "renamed", deed, before=before, after=after)
    _finish(deed, "core.rename_unit", unit, {"before": before, "after": after})


def recode_unit(deed: Deed, unit: Unit, code: str) -> None:
    """Another code from a day on."""
    _check_change(deed, unit)
    _check_code(code)
    before = {"code": unit.code}
    _save(unit, {"code": code})
    note_event(unit.id, "recoded", deed, before=before, after={"code": code})
    _finish(deed, "core.recode_unit", unit, {"before": before["code"], "after": code})


def move_unit(deed: Deed, unit: Unit, parent: Unit) -> None:
    """Another superior from a day on; everything below moves along."""
    _check_change(deed, unit)
    _check_open(parent, "parent")
    if f"/{unit.id}/" in parent.path:
        raise UnitRefused("parent", N_("不能移到自己或自己的下属之下。"))
    if unit.parent_id is None or unit.parent_id == parent.id:
        raise UnitRefused("parent", N_("上级单位没有变化，或最上级单位不能移动。"))
    check_name(naming_of(unit, parent_id=parent.id))
    _note_move(deed, unit, parent)
    _finish(deed, "core.move_unit", unit, {"parent": parent.code})


def _note_move(deed: Deed, unit: Unit, parent: Unit) -> None:
    before = {"parent": unit.parent.code, "parent_name": unit.parent.name}
    after = {"parent": parent.code, "parent_name": parent.name}
    _save(unit, {"parent": parent.id, "position": _last_position(parent.id) + 1})
    note_event(unit.id, "moved", deed, before=before, after=after)


def close_unit(deed: Deed, unit: Unit) -> None:
    """Closes a unit without staff and without open units below; its records stay. One of the
    unit list may be closed although a directory adopted it: the list brought it here."""
    if is_made_by_directory(unit):
        _refuse_kept(unit)
    _check_open_on(deed, unit)
    staff = people_total([unit.id])
    if staff:
        raise UnitRefused("", N_("还有 %(total)s 人在这个单位任职，请先调离或合并。"), total=staff)
    below = [child.short_name for child in _open_children(unit.id)]
    if below:
        raise UnitRefused(
            "",
            N_("还有 %(total)s 个下属单位没有撤销：%(names)s。"),
            total=len(below),
            names="、".join(below[:5]),
        )
    _close(deed, unit)
    _finish(deed, "core.close_unit", unit, {})


def _close(deed: Deed, unit: Unit) -> None:
    _save(unit, {"is_active": False, "closed_at": deed.now})
    note_event(unit.id, "closed", deed)


def reopen_unit(deed: Deed, unit: Unit) -> None:
    """Opens a closed unit again."""
    _check_day(deed, unit)
    if unit.is_active:
        raise UnitRefused("", N_("这个单位没有撤销。"))
    if unit.parent is not None:
        _check_open(unit.parent, "")
    check_name(naming_of(unit))
    _save(unit, {"is_active": True, "closed_at": None})
    note_event(unit.id, "reopened", deed)
    _finish(deed, "core.reopen_unit", unit, {})


def merge_units(deed: Deed, source: Unit, target: Unit) -> None:
    """Closes a unit into another: its people and the open units below it move there, its
    records stay its own."""
    _check_change(deed, source)
    _check_change(deed, target)
    if f"/{source.id}/" in target.path:
        raise UnitRefused("target", N_("不能并入自己或自己的下属。"))
    for child in _open_children(source.id):
        if is_kept_by_directory(child):
            _refuse_kept(child)
        _note_move(deed, child, target)
    moved = move_people(deed, _posts_in(source.id), target)
    note_event(source.id, "merged", deed, other_id=target.id)
    note_event(target.id, "merged", deed, other_id=source.id)
    _close(deed, source)
    _finish(deed, "core.merge_units", source, {"target": target.code, "people": moved})


def split_unit(
    deed: Deed, unit: Unit, *, code: str, name: str, short_name: str, people: Collection[int] = ()
) -> Unit:
    """A new unit beside the one it comes from, with some of its people (account ids)."""
    _check_change(deed, unit)
    parent = unit.parent if unit.parent is not None else unit
    made = create_unit(
        deed, code=code, name=name, short_name=short_name, kind=unit.kind, parent=parent
    )
    note_event(made.id, "split", deed, other_id=unit.id)
    note_event(unit.id, "split", deed, other_id=made.id)
    posts = [post for post in _posts_in(unit.id) if post.account_id in set(people)]
    moved = move_people(deed, posts, made)
    _finish(deed, "core.split_unit", unit, {"new": code, "people": moved})
    return made


def move_people(deed: Deed, posts: Sequence[Post], target: Unit) -> int:
    """Moves posts to another unit; how many. What was done in the old unit stays there."""
    for post in posts:
        Post.update(unit=target).where(Post.id == post.id).execute()
        record_audit(
            action="core.move_post",
            at=deed.now,
            account_id=deed.account_id,
            unit_id=target.id,
            realm="core/account",
            record_id=post.account_id,
            detail={"post": post.id, "from": post.unit_id, "to": target.id},
            request_id=deed.request_id,
            address=deed.address,
        )
    if posts:
        index_people([post.account_id for post in posts])
        bump_epoch("access")
    return len(posts)


def place_unit(deed: Deed, unit: Unit, place: int) -> None:
    """Puts a unit at a place (from 1) among its siblings: the official order (排名)."""
    siblings = [row for row in _siblings(unit.parent_id) if row.id != unit.id]
    siblings.insert(min(max(place, 1), len(siblings) + 1) - 1, unit)
    slots = sorted(row.position for row in siblings)
    for number in range(1, len(slots)):
        slots[number] = max(slots[number], slots[number - 1] + 1)
    for row, position in zip(siblings, slots, strict=True):
        if row.position != position:
            Unit.update(position=position).where(Unit.id == row.id).execute()
    _finish(deed, "core.place_unit", unit, {"place": siblings.index(unit) + 1})


def place_of(unit: Unit) -> tuple[int, int]:
    """(place from 1, how many) of a unit among its siblings."""
    ids = [row.id for row in _siblings(unit.parent_id)]
    return ids.index(unit.id) + 1, len(ids)


def change_contacts(deed: Deed, unit: Unit, contacts: Mapping[str, str]) -> None:
    """Sets telephone, fax, mail, address and postcode, those given."""
    given = {name: contacts[name] for name in CONTACTS if name in contacts}
    if not given:
        raise UnitRefused("", N_("没有给出要改的联系方式。"))
    before = {name: getattr(unit, name) for name in given}
    _save(unit, given)
    _finish(deed, "core.change_unit_contacts", unit, {"before": before, "after": given})


def people_total(unit_ids: Collection[int]) -> int:
    """How many active people have a post in these very units."""
    return int(
        Post.select(fn.COUNT(Post.account.distinct()))
        .join(Account)
        .where(Post.unit.in_(list(unit_ids)) & Post.is_active & (Account.state == "active"))
        .scalar()
    )


def _posts_in(unit_id: int) -> list[Post]:
    return list(Post.select().where((Post.unit == unit_id) & Post.is_active))


def _open_children(unit_id: int) -> list[Any]:
    return [row for row in _siblings(unit_id) if row.is_active]


def _siblings(parent_id: int | None) -> list[Any]:
    is_below = Unit.parent.is_null() if parent_id is None else Unit.parent == parent_id
    return list(Unit.select().where(is_below).order_by(Unit.position, Unit.code))


def _last_position(parent_id: int) -> int:
    return int(Unit.select(fn.MAX(Unit.position)).where(Unit.parent == parent_id).scalar() or 0)


def _save(unit: Unit, values: Mapping[str, Any]) -> None:
    Unit.update(**values).where(Unit.id == unit.id).execute()
    for name, value in values.items():
        setattr(unit, name, value)


def _check_change(deed: Deed, unit: Unit) -> None:
    """What holds for every change of a unit's name and place."""
    if is_kept_by_directory(unit):
        _refuse_kept(unit)
    _check_open_on(deed, unit)


def _check_open_on(deed: Deed, unit: Unit) -> None:
    _check_day(deed, unit)
    if not unit.is_active:
        raise UnitRefused("", N_("这个单位已经撤销，不能再改动；如有误请先恢复。"))


def _refuse_kept(unit: Unit) -> NoReturn:
    if is_made_by_directory(unit):
        raise UnitRefused(
            "", N_("%(name)s由目录同步维护，名称、隶属和存废请在目录中修改。"), name=unit.name
        )
    raise UnitRefused(
        "",
        N_(
            "%(name)s由目录同步维护，名称、代码和隶属请在目录中修改，"
            "在这里改的会被下次同步改回；撤销可以在这里办理。"
        ),
        name=unit.name,
    )


def _check_day(deed: Deed, unit: Unit | None = None) -> None:
    if deed.on > deed.now.astimezone(CHINA).date():
        raise UnitRefused("on", N_("生效日期不能晚于今天；请在生效当天办理。"))
    newest = newest_event_on(unit.id) if unit is not None else None
    if newest is not None and deed.on < newest:
        raise UnitRefused("on", N_("生效日期不能早于上一次变动（%(on)s）。"), on=str(newest))


def _check_code(code: str) -> None:
    if not CODE.fullmatch(code):
        raise UnitRefused("code", N_("代码用数字、字母和短横，2 到 32 位。"))
    if Unit.get_or_none(fn.LOWER(Unit.code) == code.lower()) is not None:
        raise UnitRefused("code", N_("代码 %(taken)s 已经有单位使用。"), taken=code)


def _check_open(unit: Unit, field: str) -> None:
    if not unit.is_active:
        raise UnitRefused(field, N_("%(name)s已经撤销。"), name=unit.name)


def _finish(deed: Deed, action: str, unit: Unit, detail: Mapping[str, Any]) -> None:
    """Paths, search, audit and the picture every process keeps."""
    rebuild_paths()
    index_units(deed.now, [unit.id])
    record_audit(
        action=action,
        at=deed.now,
        account_id=deed.account_id,
        unit_id=unit.id,
        realm="core/unit",
        record_id=unit.id,
        detail={"on": str(deed.on), "basis": deed.basis, **detail},
        request_id=deed.request_id,
        address=deed.address,
    )
    bump_epoch("units")
    bump_epoch("access")
